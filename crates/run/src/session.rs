//! A run once its engine stands.

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use anyhow::Result;
use midband::{
    EmbedError, Embedder, Engine, Judge, Learning, LinkedPairs, ModelIdentity, Part, Provenance,
    Seconds, Vectors,
    embed::{CachedEmbedder, OnnxEmbedder},
    judge::LlmJudge,
    model::Use,
    router::Reference,
};

use crate::{
    Asked, Begun, Files, JudgeChoice, Listener, Notice, Outcome, ROWS, Rows, RunError, RunOptions,
    Source, Sources, Stop,
    embedding::embedding,
    flow::{self, Ended},
    gold_judge::GoldJudge,
    judge::{AbsentJudge, JudgeFound, Verdicts, connect},
    outcome,
};

/// Where the pairs of a run come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairsOf {
    /// A file of pairs.
    File,
    /// Lists whose records are compared as texts.
    Lists,
    /// Lists whose records are compared column by column: nothing is embedded.
    Columns,
}

/// Stands where nothing is embedded, so that no model is opened.
pub struct NoEmbedder(ModelIdentity);

impl Default for NoEmbedder {
    fn default() -> Self {
        Self(ModelIdentity {
            name: "none".to_owned(),
            digest: String::new(),
        })
    }
}

impl Embedder for NoEmbedder {
    fn embed(&self, _: &[&str]) -> Result<Vectors, EmbedError> {
        Err(EmbedError::Model(
            "columns are compared, and no model was opened".to_owned(),
        ))
    }
    fn width(&self) -> usize {
        0
    }
    fn max_tokens(&self) -> usize {
        0
    }
    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}

/// A run once its engine stands, whatever its pairs come from.
pub struct Session {
    /// Where it waits.
    pub runtime: tokio::runtime::Runtime,
    /// What scores.
    pub engine: Engine,
    judge: Option<Arc<LlmJudge>>,
    vectors: Option<Arc<CachedEmbedder<OnnxEmbedder>>>,
    gold: Option<Arc<GoldJudge>>,
    /// Matches that are known, written among the pairs or not: side files say so, and what blocking lost can be counted.
    pub gold_pairs: Option<usize>,
    /// Time that went before the pairs were there: reading lists, embedding their records, finding the pairs.
    pub before: Seconds,
    /// What the run is made of, for the provenance.
    pub sources: Sources,
    asked: Asked,
    listener: Arc<dyn Listener>,
    provenance: Provenance,
}

impl Session {
    /// Sets the engine up: judge, embedding model, what is learnt.
    ///
    /// # Errors
    /// Runtime library or model are missing, the judge's settings can't be met, or the calibration fits another use.
    pub fn open(
        args: &RunOptions,
        learning: Option<Learning>,
        (begun, pairs): (&Begun, PairsOf),
        listener: Arc<dyn Listener>,
    ) -> Result<Self> {
        let runtime = runtime()?;
        // The judge's model warms up while the embedding model is read.
        let verdicts = Verdicts {
            cache: args.embedding.cache.as_deref(),
            own_since: begun.unfinished.is_some().then_some(begun.since),
        };
        let gold = (args.reference == Reference::Gold).then(|| Arc::new(GoldJudge::default()));
        let found = match (&gold, &args.judge) {
            (None, JudgeChoice::Server(settings)) => {
                let settings = Some(*settings.clone());
                let connecting = connect(settings, verdicts, listener.as_ref());
                runtime.block_on(until(&args.stop, connecting))?
            }
            _ => JudgeFound::None,
        };
        let (judge, absent) = match found {
            JudgeFound::Judge(judge) => (Some(Arc::new(*judge)), None),
            JudgeFound::None => (None, None),
            JudgeFound::Absent(why) => (None, Some(why)),
        };
        let asks: Option<Arc<dyn Judge>> = match (&judge, &gold, &absent, &args.judge) {
            (Some(judge), ..) => Some(judge.clone()),
            (None, Some(gold), ..) => Some(gold.clone()),
            (None, None, Some(_), _) => Some(Arc::new(AbsentJudge)),
            (None, None, None, JudgeChoice::Own(own)) => Some(own.clone()),
            (None, None, None, _) => None,
        };
        let asked = match (absent, &gold, &args.judge) {
            (Some(absent), ..) => Asked::Absent(absent),
            (None, Some(gold), _) => Asked::Gold(gold.name()),
            (None, None, JudgeChoice::Own(own)) => Asked::Judge(own.name()),
            (None, None, _) => Asked::Nobody,
        };
        let flags = (begun.whole_chunks, pairs != PairsOf::File);
        let (embedder, vectors) = match pairs {
            PairsOf::Columns => (Arc::new(NoEmbedder::default()) as Arc<dyn Embedder>, None),
            _ => embedding(&args.embedding, &args.stop, &listener)?,
        };
        let engine = engine(args, (learning, flags), (embedder, asks), &listener)?;
        let mut provenance = engine.provenance();
        if pairs == PairsOf::Columns {
            provenance.proxy = "match weights by column, learnt from the lists".to_owned();
        }
        provenance.started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Ok(Self {
            runtime,
            engine,
            judge,
            vectors,
            gold,
            gold_pairs: None,
            before: Seconds::default(),
            sources: Sources::default(),
            asked,
            listener,
            provenance,
        })
    }

    /// Scores rows as they come, by the band or by what was learnt before; `at_once` of them travel together.
    ///
    /// # Errors
    /// Input or output fail, or the engine does.
    pub fn stream(
        self,
        args: &RunOptions,
        rows: Rows,
        at_once: usize,
        files: Files,
    ) -> Result<Outcome> {
        let scored = flow::score(&self.engine, rows, at_once, HashMap::new(), files);
        let ended = self.runtime.block_on(until(&args.stop, scored));
        self.end(args, ended)
    }

    /// Learns from rows, then scores them.
    ///
    /// # Errors
    /// As [`stream`](Self::stream); and there are more pairs than the policy can learn from.
    pub fn learn_and_score(
        self,
        args: &RunOptions,
        source: &dyn Source,
        files: Files,
    ) -> Result<Outcome> {
        let learning = flow::LearningFlow {
            source,
            most: args.sample,
            seed: args.seed,
            gold: self.gold.as_deref(),
        };
        let scored = flow::learn_and_score(&self.engine, learning, files);
        let ended = self.runtime.block_on(until(&args.stop, scored));
        self.end(args, ended)
    }

    /// Asks where asking pays about pairs of which the columns say enough for log odds. `parts` says what the log odds of
    /// the pair at a place are made of.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn score_linked(
        self,
        args: &RunOptions,
        linked: LinkedPairs,
        parts: impl Fn(usize, Vec<Part>) -> Vec<Part>,
        rows: Rows,
        files: Files,
    ) -> Result<Outcome> {
        let scored = self.runtime.block_on(until(&args.stop, async {
            Ok(self.engine.score_linked(linked).await?)
        }))?;
        let mut ready = HashMap::with_capacity(scored.scores.len());
        for (at, mut score) in scored.scores.into_iter().enumerate() {
            score.parts = score.parts.map(|found| parts(at, found));
            ready.insert(score.id.clone(), score);
        }
        let written = flow::score(&self.engine, rows, ROWS, ready, files);
        let ended = self
            .runtime
            .block_on(until(&args.stop, written))
            .map(|(mut ended, files)| {
                ended.fit = scored.fit;
                ended.summary.add_seconds(scored.summary.seconds);
                ended.summary.judge_failed = scored.summary.judge_failed;
                (ended, files)
            });
        self.end(args, ended)
    }

    /// Gives the files their names and says what the run came to.
    fn end(mut self, args: &RunOptions, ended: Result<(Ended, Files)>) -> Result<Outcome> {
        let (ended, files) = ended?;
        let Ended {
            mut summary,
            fit,
            rejected_rows,
        } = ended;
        summary.add_seconds(self.before);
        if let Some(fit) = &fit {
            self.provenance.word_counts = Some(fit.calibration.frequencies.digest());
        }
        let verdicts = self.judge.as_ref().map(|judge| judge.flush_cache());
        let vectors = self.vectors.as_ref().map(|cached| cached.lost());
        for (lost, what) in [(verdicts, "verdicts"), (vectors, "embeddings")] {
            if let Some(lost) = lost.filter(|&lost| lost > 0) {
                self.listener.notice(&Notice::NotKept(lost, what));
            }
        }
        let left_out = self.vectors.as_ref().map(|cached| cached.left_out());
        if let Some(vectors) = left_out.filter(|&vectors| vectors > 0) {
            self.listener.notice(&Notice::CacheFull(vectors));
        }
        let usage = self.judge.as_ref().map(|judge| judge.usage());
        let mut written = outcome::written(&summary, rejected_rows, usage.as_ref())?;
        if let Some(known) = self.gold_pairs {
            written["gold_pairs"] = known.into();
        }
        let left_out = files.left_out;
        let recorded = self.sources.recorded(&self.provenance)?;
        let (rejected_file, has_side_files) =
            files.finish(args, (&recorded, &written), rejected_rows)?;
        let described = |judge: &Arc<LlmJudge>| Asked::Judge(outcome::described(judge));
        Ok(Outcome {
            asked: self.judge.as_ref().map_or(self.asked, described),
            summary,
            fit,
            rejected_rows,
            rejected_file,
            left_out,
            provenance: self.provenance,
            recorded,
            written,
            has_side_files,
        })
    }
}

/// Where a command waits: two threads, whatever the machine, since the work is done elsewhere.
///
/// # Errors
/// The system has no thread left.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// The engine of a run: with a policy where `learning` has one, its cosines by whole chunks of the input where these must be
/// the same in every run, and for pairs of lists or of a file.
///
/// # Errors
/// The settings can't go together, or the calibration fits another use.
pub fn engine(
    args: &RunOptions,
    (learning, (whole_chunks, lists)): (Option<Learning>, (bool, bool)),
    (embedder, judge): (Arc<dyn Embedder>, Option<Arc<dyn Judge>>),
    listener: &Arc<dyn Listener>,
) -> Result<Engine> {
    let shown = listener.clone();
    let mut builder = Engine::builder()
        .band_on(args.band_on)
        .task(args.task.clone(), args.kind.unwrap_or_default())
        .seed(args.seed)
        .whole_chunks(whole_chunks)
        .explain_scores(args.writing.parts)
        .on_progress(move |now| shown.progress(now));
    if let Some(band) = args.band {
        builder = builder.band(band);
    }
    if let Some(judge) = &judge {
        builder = builder.judge(judge.clone());
    }
    let calibration = learning
        .as_ref()
        .and_then(|learning| learning.calibration.clone());
    if let Some(learning) = learning {
        builder = builder.learn(learning);
    }
    let engine = builder.embedder(embedder).build()?;
    if let Some(calibration) = calibration {
        let fingerprint = judge.as_ref().map(|judge| judge.fingerprint());
        calibration.check(&Use {
            embedding_model: &engine.provenance().embedding_model,
            task: &args.task,
            judge_fingerprint: fingerprint.as_ref(),
            lists,
        })?;
    }
    Ok(engine)
}

/// What comes of `work`, unless the run is told to stop before.
///
/// # Errors
/// The work's own, or [`RunError::Stopped`].
pub async fn until<T>(stop: &Stop, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        done = work => done,
        () = stop.told() => Err(RunError::Stopped.into()),
    }
}
