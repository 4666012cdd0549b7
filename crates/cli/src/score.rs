//! `midband score`: a file of pairs in, a file of final scores out.
//!
//! A thread reads rows and hands pairs to the engine, which reads no faster than the scores are written:
//! memory stays constant for any length of input. What is passed through waits in a queue beside.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    thread,
    time::SystemTime,
};

use anyhow::{Context, Result, anyhow};
use futures_util::stream;
use midband::{
    BandOn, Engine, EngineBuilder, Judge, Learning, Learnt, Pair, Provenance, Summary,
    combiner::Use,
    embed::{CachedEmbedder, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime},
    judge::OllamaJudge,
};
use midband_io::{Format, Item, Output, ReadOptions, Reader, RejectedRow, Row, ScoreWriter};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::{
    args::{BandOnArg, ModelArgs, ReadingArgs, ScoreArgs},
    exit,
    judging::{self, Found},
    learning,
    progress::Bar,
    report,
};

/// Rows that wait between reader and engine: two chunks, so that a chunk is always ready.
const WAITING_ROWS: usize = 8192;

pub(crate) fn run(args: &ScoreArgs) -> Result<ExitCode> {
    let learning = learning::learning(&args.routing)?;
    let format = input_format(args);
    let reader = Reader::new(open(&args.input)?, read_options(&args.reading, format)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let bar = Bar::new(args.quiet);
    // The judge's model warms up while the embedding model is read.
    let (judge, why_none) = match runtime.block_on(judging::connect(
        &args.judge,
        args.model.cache.as_deref(),
        args.seed,
    ))? {
        Found::Judge(judge) => (Some(Arc::new(*judge)), String::new()),
        Found::None(why) => (None, why),
    };
    let learns = learning.is_some();
    let engine = engine(args, learning, judge.clone(), &bar)?;
    let mut provenance = engine.provenance();
    provenance.started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();

    let files = Files::open(args, format, reader.extra_columns())?;
    let ended = if learns {
        runtime.block_on(score_together(&engine, reader, files))
    } else {
        runtime.block_on(score(&engine, reader, files))
    };
    bar.finish();
    let (Ended { summary, learnt }, files, rejected_rows) = ended?;
    if let Some(lost) = judge
        .as_ref()
        .map(|judge| judge.flush_cache())
        .filter(|&lost| lost > 0)
    {
        eprintln!("midband: {lost} verdicts could not be kept in the cache");
    }
    let rejected_file = files.finish(args, &provenance, rejected_rows)?;
    if !args.quiet {
        let context = report::Context {
            judge: judge.as_deref().map_or(why_none, report::judge),
            rejected_rows,
            rejected_file,
            calibrated: provenance.calibrated,
            learnt,
        };
        eprint!("{}", report::summary(&summary, &context));
    }
    let settled = summary.all_settled() && rejected_rows == 0;
    Ok(if settled {
        exit::SETTLED
    } else {
        ExitCode::from(exit::UNSETTLED)
    })
}

/// As named, else by the input's ending, else JSONL.
pub(crate) fn input_format(args: &ScoreArgs) -> Format {
    args.reading
        .format
        .or_else(|| Format::from_ending(&args.input))
        .unwrap_or(Format::Jsonl)
}

/// How an input of this format is read.
pub(crate) fn read_options(reading: &ReadingArgs, format: Format) -> Result<ReadOptions> {
    let delimiter = match reading.delimiter {
        None => None,
        Some(char) => Some(
            u8::try_from(char)
                .map_err(|_| anyhow!("the delimiter {char:?} is not a single byte"))?,
        ),
    };
    Ok(ReadOptions {
        delimiter,
        no_headers: reading.no_headers,
        id: reading.id.clone(),
        left: reading.left.clone(),
        right: reading.right.clone(),
        gold: reading.gold.clone(),
        max_text_bytes: reading.max_text_bytes,
        ..ReadOptions::new(format)
    })
}

/// The input, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("{} can't be opened", path.display()))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// The engine of a run.
pub(crate) fn engine(
    args: &ScoreArgs,
    learning: Option<Learning>,
    judge: Option<Arc<OllamaJudge>>,
    bar: &Bar,
) -> Result<Engine> {
    let shown = bar.clone();
    let task = judging::task(&args.judge.task)?.name;
    let mut builder = Engine::builder()
        .band_on(match args.routing.band_on {
            BandOnArg::Cosine => BandOn::Cosine,
            BandOnArg::Proxy => BandOn::Proxy,
        })
        .task(
            task.clone(),
            args.routing.learning.task_kind.unwrap_or_default(),
        )
        .seed(args.seed)
        .on_progress(move |now| shown.show(now));
    if let Some(band) = args.routing.band {
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
    let engine = embedder(&args.model, builder)?.build()?;
    if let Some(calibration) = calibration {
        let fingerprint = judge.as_ref().map(|judge| judge.fingerprint());
        calibration.check(&Use {
            embedding_model: &engine.provenance().embedding_model,
            task: &task,
            judge_fingerprint: fingerprint.as_ref(),
        })?;
    }
    Ok(engine)
}

/// Gives the engine its embedder: runtime, model, and cache where there is one.
pub(crate) fn embedder(model: &ModelArgs, builder: EngineBuilder) -> Result<EngineBuilder> {
    onnx_runtime(model.onnxruntime.as_deref())?;
    let folder = ModelFolder::find(model.embed_model_dir.as_deref(), &model.embed_model)?;
    let mut read = folder.read(model.allow_batch_dependent)?;
    if let Some(max_tokens) = model.max_tokens {
        read = read.with_max_tokens(max_tokens);
    }
    let options = OnnxOptions {
        threads: model.threads,
        batch_tokens: model.batch_tokens,
        ..OnnxOptions::default()
    };
    let embedder = OnnxEmbedder::new(read, options);
    Ok(match &model.cache {
        Some(folder) => builder.embedder(CachedEmbedder::open(embedder, folder)?),
        None => builder.embedder(embedder),
    })
}

/// What waits beside a pair until its score comes.
struct Waiting {
    pair: Option<Pair>,
    extra: Map<String, Value>,
}

type Rejected = (Option<Output>, u64);

/// What a run came to.
struct Ended {
    summary: Summary,
    learnt: Option<Learnt>,
}

async fn score(engine: &Engine, reader: Reader, mut files: Files) -> Result<(Ended, Files, u64)> {
    let (to_engine, mut pairs) = mpsc::channel::<Pair>(WAITING_ROWS);
    let (to_writer, mut waiting) = mpsc::unbounded_channel::<Waiting>();
    let rejected = (files.rejected.take(), 0);
    let include_text = files.include_text;
    let reading =
        thread::spawn(move || read(reader, rejected, include_text, (to_engine, to_writer)));
    let mut scores = engine.stream(stream::poll_fn(move |context| pairs.poll_recv(context)));
    while let Some(score) = scores.next().await {
        let score = score?;
        let beside = waiting.recv().await.context("a score came for no row")?;
        files
            .scores
            .write(&score, beside.pair.as_ref(), beside.extra)?;
    }
    let (output, count) = reading
        .join()
        .map_err(|_| anyhow!("the reading thread died"))??;
    files.rejected = output;
    let ended = Ended {
        summary: scores.summary(),
        learnt: None,
    };
    Ok((ended, files, count))
}

/// Scores all pairs of a run together: what a learning policy learns depends on all of them.
async fn score_together(
    engine: &Engine,
    reader: Reader,
    mut files: Files,
) -> Result<(Ended, Files, u64)> {
    let (mut pairs, mut beside, mut rejected_rows) = (Vec::new(), Vec::new(), 0);
    for item in reader {
        match item? {
            Item::Rejected(row) => {
                rejected_rows += 1;
                if let Some(output) = &mut files.rejected {
                    write_rejected(output, &row)?;
                }
            }
            Item::Row(row) => {
                let Row { pair, extra, .. } = *row;
                beside.push(Waiting {
                    pair: files.include_text.then(|| pair.clone()),
                    extra,
                });
                pairs.push(pair);
            }
        }
    }
    let scored = engine.score(pairs).await?;
    for (score, beside) in scored.scores.iter().zip(beside) {
        files
            .scores
            .write(score, beside.pair.as_ref(), beside.extra)?;
    }
    let ended = Ended {
        summary: scored.summary,
        learnt: scored.learnt,
    };
    Ok((ended, files, rejected_rows))
}

/// Reads to the end, or until nobody takes the pairs any more.
fn read(
    reader: Reader,
    (mut output, mut count): Rejected,
    include_text: bool,
    (to_engine, to_writer): (mpsc::Sender<Pair>, mpsc::UnboundedSender<Waiting>),
) -> Result<Rejected> {
    for item in reader {
        match item? {
            Item::Rejected(row) => {
                count += 1;
                if let Some(output) = &mut output {
                    write_rejected(output, &row)?;
                }
            }
            Item::Row(row) => {
                let Row { pair, extra, .. } = *row;
                let beside = Waiting {
                    pair: include_text.then(|| pair.clone()),
                    extra,
                };
                if to_writer.send(beside).is_err() || to_engine.blocking_send(pair).is_err() {
                    break;
                }
            }
        }
    }
    Ok((output, count))
}

fn write_rejected(output: &mut Output, row: &RejectedRow) -> io::Result<()> {
    serde_json::to_writer(&mut *output, row).map_err(io::Error::from)?;
    output.write_all(b"\n")
}

/// What the run writes.
struct Files {
    scores: ScoreWriter<Output>,
    rejected: Option<Output>,
    include_text: bool,
}

impl Files {
    fn open(args: &ScoreArgs, input: Format, columns: Option<Vec<String>>) -> Result<Self> {
        let writing = &args.writing;
        let format = writing
            .output_format
            .or_else(|| Format::from_ending(writing.output.as_deref()?))
            .unwrap_or(input);
        let opened = |path: &Path| {
            Output::file(path).with_context(|| format!("{} can't be written", path.display()))
        };
        let (output, rejected) = match &writing.output {
            Some(path) => (
                opened(path)?,
                Some(opened(&beside(path, "rejected.jsonl"))?),
            ),
            None => (Output::stdout(), None),
        };
        Ok(Self {
            scores: ScoreWriter::new(output, format, columns, writing.include_text),
            rejected,
            include_text: writing.include_text,
        })
    }

    /// Gives the files their names, the scores last: who finds them finds the rest. Returns the name of
    /// the file of rejected rows, where there is one.
    fn finish(
        self,
        args: &ScoreArgs,
        provenance: &Provenance,
        rejected_rows: u64,
    ) -> Result<Option<String>> {
        let provenance = serde_json::to_string_pretty(provenance)?;
        let Some(path) = &args.writing.output else {
            self.scores.finish()?.finish()?;
            if args.writing.provenance {
                eprintln!("{provenance}");
            }
            return Ok(None);
        };
        let rejected_path = beside(path, "rejected.jsonl");
        let mut rejected_file = None;
        match self.rejected {
            Some(rejected) if rejected_rows > 0 => {
                rejected.finish()?;
                rejected_file = Some(rejected_path.display().to_string());
            }
            // A list left by an earlier run would be taken for this one's.
            _ if rejected_path.exists() => fs::remove_file(&rejected_path)?,
            _ => {}
        }
        let mut sidecar = Output::file(&beside(path, "provenance.json"))?;
        writeln!(sidecar, "{provenance}")?;
        sidecar.finish()?;
        self.scores.finish()?.finish()?;
        Ok(rejected_file)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}
