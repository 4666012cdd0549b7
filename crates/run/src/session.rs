//! A run once its engine stands.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Instant, SystemTime},
};

use anyhow::Result;
use midband::{
    Embedder, Engine, Judge, Learning, LinkedPairs, PairId, Part, Provenance, Seconds, Summary,
    embed::{CachedEmbedder, OnnxEmbedder},
    judge::LlmJudge,
    model::Calibration,
    router::Reference,
};

use midband_report::Lists;

use crate::{
    Asked, Begun, Certainty, Files, JudgeChoice, Listener, Notice, Outcome, ROWS, Rows, RunOptions,
    Source, Sources, Stop,
    audit::Audit,
    embedding::embedding,
    flow::{self, Ended},
    gold_judge::GoldJudge,
    judge::{AbsentJudge, JudgeFound, Verdicts, connect},
    no_embedder::NoEmbedder,
    outcome,
    setup::{PairSource, engine, runtime, until},
    unsettled::Unsettled,
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

/// A run once its engine stands, whatever its pairs come from.
pub struct Session {
    /// Where it waits.
    pub runtime: tokio::runtime::Runtime,
    /// What scores.
    pub engine: Engine,
    judge: Option<Arc<LlmJudge>>,
    vectors: Option<Arc<CachedEmbedder<OnnxEmbedder>>>,
    gold: Option<Arc<GoldJudge>>,
    /// Who is asked, whatever it is.
    asks: Option<Arc<dyn Judge>>,
    /// What is certain of pairs before they are scored.
    pub certainty: Certainty,
    /// Matches that are known, written among the pairs or not: side files say so, and what blocking lost can be counted.
    pub gold_pairs: Option<usize>,
    /// Time that went before the pairs were there: reading lists, embedding their records, finding the pairs.
    pub before: Seconds,
    /// What the run is made of, for the provenance.
    pub sources: Sources,
    /// The lists that the pairs come from: side files say what they are, and how many records have no partner.
    pub lists: Option<Lists>,
    /// When the command began, so that its whole time is known.
    pub began: Instant,
    asked: Asked,
    calibration: Option<Arc<Calibration>>,
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
        begun: &Begun,
        pairs: PairsOf,
        listener: Arc<dyn Listener>,
    ) -> Result<Self> {
        // Pairs of lists are known by their records: what is certain of them is found there.
        let labels = args.labels.as_deref().filter(|_| pairs == PairsOf::File);
        let certainty = labels.map(Certainty::of_labels).transpose()?;
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
        let taken = PairSource {
            whole_chunks: begun.whole_chunks,
            of_lists: pairs != PairsOf::File,
        };
        let (embedder, vectors) = match pairs {
            PairsOf::Columns => (Arc::new(NoEmbedder::default()) as Arc<dyn Embedder>, None),
            _ => embedding(&args.embedding, &args.stop, &listener)?,
        };
        let calibration = learning
            .as_ref()
            .and_then(|learning| learning.calibration.clone());
        let engine = engine(args, learning, taken, embedder, asks.clone(), &listener)?;
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
            asks,
            certainty: certainty.unwrap_or_default(),
            gold_pairs: None,
            before: Seconds::default(),
            sources: Sources::default(),
            lists: None,
            began: Instant::now(),
            asked,
            calibration,
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
        mut files: Files,
    ) -> Result<Outcome> {
        self.watch(args, &mut files);
        let scored = flow::score(
            &self.engine,
            rows,
            at_once,
            HashMap::new(),
            &self.certainty,
            files,
        );
        let ended = self.runtime.block_on(until(&args.stop, scored));
        self.end(args, ended)
    }

    /// Scores rows by the band or by what was learnt before, and stays open for more. `stop` ends this call alone.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn score(&self, stop: &Stop, rows: Rows, files: Files) -> Result<Summary> {
        let ready = HashMap::new();
        let scored = flow::score(&self.engine, rows, ROWS, ready, &self.certainty, files);
        let (ended, _) = self.runtime.block_on(until(stop, scored))?;
        self.keep();
        Ok(ended.summary)
    }

    /// Learns from rows, then scores them.
    ///
    /// # Errors
    /// As [`stream`](Self::stream); and there are more pairs than the policy can learn from.
    pub fn learn_and_score(
        self,
        args: &RunOptions,
        source: &dyn Source,
        mut files: Files,
    ) -> Result<Outcome> {
        self.watch(args, &mut files);
        let learning = flow::LearningFlow {
            source,
            most: args.sample,
            seed: args.seed,
            gold: self.gold.as_deref(),
            certainty: &self.certainty,
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
        mut files: Files,
    ) -> Result<Outcome> {
        self.watch(args, &mut files);
        let parted = args.writing.parts.then_some(&parts);
        let Unsettled {
            pairs,
            places,
            mut ready,
        } = Unsettled::of(linked, &self.certainty, parted);
        let scored = self.runtime.block_on(until(&args.stop, async {
            Ok(self.engine.score_linked(pairs).await?)
        }))?;
        for (at, mut score) in places.into_iter().zip(scored.scores) {
            score.parts = score.parts.map(|found| parts(at, found));
            ready.insert(score.id.clone(), score);
        }
        let written = flow::score(&self.engine, rows, ROWS, ready, &self.certainty, files);
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

    /// Draws among what this run settles, where that is wanted and somebody can be asked.
    /// Says what is to be noted of the rows that go by.
    fn watch(&self, args: &RunOptions, files: &mut Files) {
        let audits = args.audit > 0 && self.asks.is_some();
        files.audit = audits.then(|| Audit::new(args.audit, args.seed));
        files.taught = self.calibration.clone();
    }

    /// Waits until the caches hold what was asked and embedded.
    fn keep(&self) {
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
    }

    /// Gives the files their names and says what the run came to.
    fn end(mut self, args: &RunOptions, ended: Result<(Ended, Files)>) -> Result<Outcome> {
        let (ended, mut files) = ended?;
        let audited = match (files.audit.take(), &self.asks) {
            (Some(audit), Some(judge)) => {
                Some(self.runtime.block_on(until(&args.stop, async {
                    Ok(audit.ask(judge.as_ref()).await)
                }))?)
            }
            _ => None,
        };
        let Ended {
            mut summary,
            fit,
            rejected_rows,
            taught,
        } = ended;
        summary.add_seconds(self.before);
        if let Some(fit) = &fit {
            self.provenance.word_counts = Some(fit.calibration.frequencies.digest());
        }
        self.keep();
        let usage = self.judge.as_ref().map(|judge| judge.usage());
        let mut written = outcome::written(&summary, rejected_rows, usage.as_ref())?;
        if let Some(fit) = &fit {
            let Calibration { goal, rule, .. } = &fit.calibration;
            written["goal"] = serde_json::to_value(goal)?;
            written["cut"] = rule.cut.into();
        }
        if files.left_out > 0 {
            written["left_out"] = files.left_out.into();
        }
        if !taught.is_empty() {
            written["taught"] = taught.iter().map(PairId::as_str).collect();
        }
        if let Some(known) = self.gold_pairs {
            written["gold_pairs"] = known.into();
        }
        for line in self.certainty.told() {
            self.listener.notice(&Notice::UnusedLabels(line));
        }
        for (name, value) in self.certainty.counts() {
            written[name] = value;
        }
        for (name, value) in &files.resolved {
            written[name] = value.clone();
        }
        if let Some(lists) = &self.lists {
            written["lists"] = serde_json::to_value(lists)?;
        }
        written["vouched"] = fit.as_ref().map(|fit| fit.vouched).into();
        written["seconds"]["wall"] = self.began.elapsed().as_secs_f64().into();
        if let Some(audited) = &audited {
            written["audit"] = serde_json::to_value(audited)?;
        }
        let left_out = files.left_out;
        let recorded = self.sources.recorded(&self.provenance)?;
        let on_disk = files.finish(args, &recorded, &written, rejected_rows)?;
        if on_disk.cut_cells > 0 {
            self.listener.notice(&Notice::CutCells(on_disk.cut_cells));
        }
        let described = |judge: &Arc<LlmJudge>| Asked::Judge(outcome::described(judge));
        Ok(Outcome {
            asked: self.judge.as_ref().map_or(self.asked, described),
            summary,
            fit,
            audited,
            rejected_rows,
            rejected_file: on_disk.rejected_file,
            left_out,
            provenance: self.provenance,
            recorded,
            written,
            has_side_files: on_disk.has_side_files,
        })
    }
}
