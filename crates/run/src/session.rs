//! A run with its engine set up.

mod ended;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Instant, SystemTime},
};

use anyhow::Result;
use midband::{
    Embedder, Engine, Judge, Learning, LinkedPairs, Part, Provenance, Seconds, Summary,
    embed::{CachedEmbedder, OnnxEmbedder},
    judge::LlmJudge,
    model::Calibration,
    router::Reference,
};

use midband_report::Lists;

use crate::{
    Asked, Begun, Certainty, Files, JudgeChoice, Listener, Outcome, ROWS, Rows, RunOptions, Source,
    Sources, Stop,
    audit::Audit,
    embedding::embedding,
    flow,
    gold_judge::GoldJudge,
    judge::{AbsentJudge, JudgeFound, Verdicts, connect},
    no_embedder::NoEmbedder,
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

/// A run with its engine set up, whatever its pairs come from.
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
                let mut settings = *settings.clone();
                if let Some(learning) = &learning {
                    settings.task.lexicon = learning.lexicon.clone();
                }
                let connecting = connect(Some(settings), verdicts, listener.as_ref());
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
            provenance.proxy = "match weights by column, learned from the lists".to_owned();
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

    /// Draws rows for an audit if one is wanted and somebody can be asked, and notes which pairs taught the calibration.
    fn watch(&self, args: &RunOptions, files: &mut Files) {
        let audits = args.audit > 0 && self.asks.is_some();
        files.audit = audits.then(|| Audit::new(args.audit, args.seed));
        files.taught = self.calibration.clone();
    }
}
