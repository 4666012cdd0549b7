//! `midband score`: a file of pairs in, a file of final scores out.
//!
//! `flow` moves rows through the engine, `files` is what is written, and this file puts both together.

mod files;
mod flow;
mod inputs;
mod resume;

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context, Result, bail};
use midband::{
    BandOn, EmbedError, Embedder, Engine, Judge, Learning, LinkedPairs, ModelIdentity, Part,
    Provenance, Vectors,
    embed::{CachedEmbedder, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime},
    judge::LlmJudge,
    model::Use,
    router::{Policy, Reference},
};
use midband_io::{Format, ReadOptions, unpacked};

use flow::Ended;

pub(crate) use files::{Files, OutputRow, PROVENANCE, Resolver, SUMMARY, beside, output_format};
pub(crate) use flow::{ROWS, Rows, Source};
pub(crate) use inputs::{Inputs, found};
pub(crate) use resume::{Begun, own_cache};

use crate::{
    args::{BandOnArg, JudgeArg, ModelArgs, ReadingArgs, RunArgs, ScoreArgs},
    exit,
    gold_judge::GoldJudge,
    judging::{self, AbsentJudge, JudgeFound, Verdicts},
    learning,
    progress::Bar,
    summary,
};

pub(crate) fn run(mut args: Box<ScoreArgs>) -> Result<ExitCode> {
    own_cache(&mut args.run);
    let args = &args;
    let mut inputs = Inputs::new(&args.inputs, &args.reading)?;
    // A stream gets its scores row by row, each by itself, unless a policy is named that looks at all pairs.
    let streams = inputs.is_stdin() && args.run.routing.policy.is_none();
    let learning = learning::learning(&args.run.routing)?.filter(|learning| {
        !streams || matches!(learning.policy, Policy::Target(_)) || learning.calibration.is_some()
    });
    let format = inputs.format();
    if args.run.resume && inputs.is_stdin() {
        bail!("--resume needs an input that can be read again: name a file");
    }
    let by_calibration = streams
        && learning
            .as_ref()
            .is_some_and(|learning| matches!(learning.policy, Policy::Gain(_)));
    let learns = learning.is_some() && !by_calibration;
    if learns {
        // What is learnt from is read more than once; anything else may be a pipe without an end.
        inputs.keep()?;
    }
    let (rows, columns) = inputs.read()?;
    let begun = Begun::new(
        &args.run,
        output_format(&args.run.writing, format),
        (
            &(&args.reading, args.run.shape()),
            // Rows that are not written can't be gone on after.
            learns || !args.run.writing.only.is_empty(),
        ),
        &inputs.paths(),
    )?;
    let session = Session::open(&args.run, learning, &begun, PairsOf::File)?;
    let files = Files::open(&args.run, format, columns, begun)?;
    if learns {
        return session.learn_and_score(&args.run, &inputs, files);
    }
    // Who writes to a pipe row by row gets scores row by row.
    let at_once = if inputs.is_stdin() { 1 } else { ROWS };
    session.stream(&args.run, rows, at_once, files)
}

/// Where the pairs of a run come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairsOf {
    /// A file of pairs.
    File,
    /// Lists whose records are compared as texts.
    Lists,
    /// Lists whose records are compared column by column: nothing is embedded.
    Columns,
}

/// Stands where nothing is embedded, so that no model is opened.
pub(crate) struct NoEmbedder(ModelIdentity);

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

/// A run once its engine stands: what `score` and `match` share.
pub(crate) struct Session {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) engine: Engine,
    judge: Option<Arc<LlmJudge>>,
    vectors: Option<Arc<CachedEmbedder<OnnxEmbedder>>>,
    gold: Option<Arc<GoldJudge>>,
    why_none: String,
    bar: Bar,
    provenance: Provenance,
}

impl Session {
    pub(crate) fn open(
        args: &RunArgs,
        learning: Option<Learning>,
        begun: &Begun,
        pairs: PairsOf,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let bar = Bar::new(args.quiet);
        // The judge's model warms up while the embedding model is read.
        let verdicts = Verdicts {
            cache: args.model.cache.as_deref(),
            own_since: begun.unfinished.is_some().then_some(begun.since),
        };
        let gold =
            (args.routing.reference == Reference::Gold).then(|| Arc::new(GoldJudge::default()));
        let found = match &gold {
            Some(_) => JudgeFound::None,
            None => runtime.block_on(judging::connect(&args.judge, verdicts, args.seed))?,
        };
        let (judge, absent) = match found {
            JudgeFound::Judge(judge) => (Some(Arc::new(*judge)), None),
            JudgeFound::None => (None, None),
            JudgeFound::Absent(why) => (None, Some(why)),
        };
        let asked: Option<Arc<dyn Judge>> = match (&judge, &gold, &absent) {
            (Some(judge), ..) => Some(judge.clone()),
            (None, Some(gold), _) => Some(gold.clone()),
            (None, None, Some(_)) => Some(Arc::new(AbsentJudge)),
            (None, None, None) => None,
        };
        let why_none = match (absent, &gold) {
            (Some(why), _) => why,
            (None, Some(gold)) => gold.name(),
            (None, None) => judging::NONE.to_owned(),
        };
        let flags = (begun.whole_chunks, pairs != PairsOf::File);
        let (embedder, vectors) = match pairs {
            PairsOf::Columns => (Arc::new(NoEmbedder::default()) as Arc<dyn Embedder>, None),
            _ => embedding(&args.model)?,
        };
        let engine = engine(args, (learning, flags), (embedder, asked), &bar)?;
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
            why_none,
            bar,
            provenance,
        })
    }

    /// Scores rows as they come, by the band or by what was learnt before.
    pub(crate) fn stream(
        self,
        args: &RunArgs,
        rows: Rows,
        at_once: usize,
        files: Files,
    ) -> Result<ExitCode> {
        let scored = flow::score(&self.engine, rows, at_once, HashMap::new(), files);
        let ended = self.runtime.block_on(scored);
        self.end(args, ended)
    }

    /// Learns from rows, then scores them.
    pub(crate) fn learn_and_score(
        self,
        args: &RunArgs,
        source: &dyn Source,
        files: Files,
    ) -> Result<ExitCode> {
        let learning = flow::LearningFlow {
            source,
            most: args.routing.sample,
            seed: args.seed,
            gold: self.gold.as_deref(),
        };
        let scored = flow::learn_and_score(&self.engine, learning, files);
        let ended = self.runtime.block_on(scored);
        self.end(args, ended)
    }

    /// Asks where asking pays about pairs of which the columns say enough for log odds. `parts` says what the log odds of
    /// the pair at a place are made of.
    pub(crate) fn score_linked(
        self,
        args: &RunArgs,
        linked: LinkedPairs,
        parts: impl Fn(usize, Vec<Part>) -> Vec<Part>,
        rows: Rows,
        files: Files,
    ) -> Result<ExitCode> {
        let scored = self.runtime.block_on(self.engine.score_linked(linked))?;
        let mut ready = HashMap::with_capacity(scored.scores.len());
        for (at, mut score) in scored.scores.into_iter().enumerate() {
            score.parts = score.parts.map(|found| parts(at, found));
            ready.insert(score.id.clone(), score);
        }
        let written = flow::score(&self.engine, rows, ROWS, ready, files);
        let ended = self.runtime.block_on(written).map(|(mut ended, files)| {
            ended.fit = scored.fit;
            ended.summary.add_seconds(scored.summary.seconds);
            ended.summary.judge_failed = scored.summary.judge_failed;
            (ended, files)
        });
        self.end(args, ended)
    }

    /// Gives the files their names and says what the run came to.
    fn end(mut self, args: &RunArgs, ended: Result<(Ended, Files)>) -> Result<ExitCode> {
        self.bar.finish();
        let (ended, files) = ended?;
        let Ended {
            summary: counts,
            fit,
            rejected_rows,
        } = ended;
        if let Some(fit) = &fit {
            self.provenance.word_counts = Some(fit.calibration.frequencies.digest());
        }
        let verdicts = self.judge.as_ref().map(|judge| judge.flush_cache());
        let vectors = self.vectors.as_ref().map(|cached| cached.lost());
        for (lost, what) in [(verdicts, "verdicts"), (vectors, "embeddings")] {
            if let Some(lost) = lost.filter(|&lost| lost > 0) {
                noteln!("midband: {lost} {what} could not be kept in the cache");
            }
        }
        let usage = self.judge.as_ref().map(|judge| judge.usage());
        let written = summary::written(&counts, rejected_rows, usage.as_ref())?;
        let left_out = files.left_out;
        let rejected_file = files.finish(args, (&self.provenance, &written), rejected_rows)?;
        if !args.quiet {
            let context = summary::Context {
                judge: self.judge.as_deref().map_or(self.why_none, summary::judge),
                rejected_rows,
                rejected_file,
                calibrated: self.provenance.calibrated,
                fit,
            };
            note!("{}", summary::shown(&counts, &context));
            if left_out > 0 {
                noteln!(
                    "midband: {left_out} of these pairs are not written: they have other decisions"
                );
            }
        }
        // Who says that nobody is to be asked is not told that nobody answered.
        let nobody = args.judge.asking.server.judge == Some(JudgeArg::None);
        let unanswered = counts.unanswered_pairs() > 0 && !nobody;
        let rejected = counts.rejected_pairs() + rejected_rows > 0;
        Ok(exit::finished(unanswered, rejected))
    }
}

/// As named, else by the file itself, else JSONL.
pub(crate) fn format_of(named: Option<Format>, path: &Path) -> Format {
    named
        .or_else(|| midband_io::form_of(path))
        .unwrap_or(Format::Jsonl)
}

/// How an input of this format is read.
pub(crate) fn read_options(reading: &ReadingArgs, format: Format) -> Result<ReadOptions> {
    Ok(ReadOptions {
        delimiter: reading.text.delimiter,
        quoting: reading.text.quoting(),
        encoding: reading.text.encoding,
        no_headers: reading.no_headers,
        id: reading.id.clone(),
        left: reading.left.clone(),
        right: reading.right.clone(),
        gold: reading.gold.clone(),
        max_text_bytes: reading.max_text_bytes,
        ..ReadOptions::new(format)
    })
}

/// The input's text, or standard input's for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        let input = unpacked(Box::new(BufReader::new(io::stdin())));
        return input.context("standard input can't be read");
    }
    midband_io::open(path).with_context(|| format!("{} can't be opened", path.display()))
}

/// The engine of a run.
pub(crate) fn engine(
    args: &RunArgs,
    (learning, (whole_chunks, lists)): (Option<Learning>, (bool, bool)),
    (embedder, judge): (Arc<dyn Embedder>, Option<Arc<dyn Judge>>),
    bar: &Bar,
) -> Result<Engine> {
    let shown = bar.clone();
    let task = judging::task(&args.judge.asking.server.task)?.name;
    let mut builder = Engine::builder()
        .band_on(match args.routing.band_on {
            Some(BandOnArg::Proxy) => BandOn::Proxy,
            Some(BandOnArg::Cosine) | None => BandOn::Cosine,
        })
        .task(
            task.clone(),
            args.routing.learning.task_kind.unwrap_or_default(),
        )
        .seed(args.seed)
        .whole_chunks(whole_chunks)
        .explain_scores(args.writing.parts)
        .on_progress(move |now| shown.show(now));
    if let Some(band) = args.routing.wanted_band()? {
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
            task: &task,
            judge_fingerprint: fingerprint.as_ref(),
            lists,
        })?;
    }
    Ok(engine)
}

/// The embedder that the flags name: runtime, model, and cache where there is one.
pub(crate) fn embedder(model: &ModelArgs) -> Result<Arc<dyn Embedder>> {
    Ok(embedding(model)?.0)
}

/// Tokens below which hardly a sentence is read.
const FEWEST_TOKENS: usize = 16;

/// The embedder, and its cache where there is one.
type Embedding = (Arc<dyn Embedder>, Option<Arc<CachedEmbedder<OnnxEmbedder>>>);

fn embedding(model: &ModelArgs) -> Result<Embedding> {
    onnx_runtime(model.onnxruntime.as_deref())?;
    let folder = ModelFolder::find(model.embed_model_dir.as_deref(), &model.embed_model)?;
    let mut read = folder.read(model.allow_batch_dependent)?;
    if let Some(max_tokens) = model.max_tokens {
        if max_tokens < FEWEST_TOKENS {
            noteln!(
                "midband: of each text --max-tokens {max_tokens} leaves little more than a word: different texts look alike"
            );
        }
        read = read.with_max_tokens(max_tokens);
    }
    let options = OnnxOptions {
        threads: model.threads,
        batch_tokens: model.batch_tokens,
        ..OnnxOptions::default()
    };
    let embedder = OnnxEmbedder::new(read, options);
    Ok(match &model.cache {
        Some(folder) => {
            let cached = CachedEmbedder::open(embedder, folder)?;
            if let Some(aside) = cached.set_aside() {
                noteln!(
                    "midband: the embedding cache could not be read: it is now {}, and a new one was begun",
                    aside.display()
                );
            }
            let cached = Arc::new(cached);
            (cached.clone(), Some(cached))
        }
        None => (Arc::new(embedder), None),
    })
}
