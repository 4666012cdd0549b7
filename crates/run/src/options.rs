//! What a run is told, settled.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use midband::{
    Band, BandOn, Decision, Embedder, Judge,
    embed::{DEFAULT_BATCH_TOKENS, DEFAULT_MODEL},
    judge::{JudgeSettings, Task},
    model::TaskKind,
    router::Reference,
};
use midband_io::{Column, Encoding, Format, ReadOptions};

use crate::RunError;

/// Pairs that a policy learns from at most, where nothing is said.
pub const DEFAULT_SAMPLE: usize = 100_000;

/// How an input is read.
#[derive(Clone, Debug)]
pub struct ReadingOptions {
    /// Its format; by its ending where none is named.
    pub format: Option<Format>,
    /// The pair's id.
    pub id: Column,
    /// The left text.
    pub left: Column,
    /// The right text.
    pub right: Column,
    /// A field with graded gold in 0..1, instead of `label`.
    pub gold: Option<String>,
    /// What stands between the fields of a delimited file; found out where none is named.
    pub delimiter: Option<u8>,
    /// Whether fields may stand in quotes; as the format has it where nothing is said.
    pub quoting: Option<bool>,
    /// How bytes stand for text.
    pub encoding: Encoding,
    /// A delimited file has no header line.
    pub no_headers: bool,
    /// Longer texts are rejected, bytes.
    pub max_text_bytes: usize,
}

impl ReadingOptions {
    /// How an input of this format is read.
    pub fn of(&self, format: Format) -> ReadOptions {
        ReadOptions {
            delimiter: self.delimiter,
            quoting: self.quoting,
            encoding: self.encoding,
            no_headers: self.no_headers,
            id: self.id.clone(),
            left: self.left.clone(),
            right: self.right.clone(),
            gold: self.gold.clone(),
            max_text_bytes: self.max_text_bytes,
            ..ReadOptions::new(format)
        }
    }
}

/// What is written.
#[derive(Clone, Debug, Default)]
pub struct WritingOptions {
    /// Where the scores go; standard output where none is named.
    pub output: Option<PathBuf>,
    /// The output's format; by its ending, else the input's.
    pub output_format: Option<Format>,
    /// Write the texts too.
    pub include_text: bool,
    /// Write where each score came from.
    pub parts: bool,
    /// CSV and TSV for Excel: a byte order mark, and no formulas.
    pub bom: bool,
    /// Write only pairs of these decisions; of all where none is named.
    pub only: Vec<Decision>,
}

impl WritingOptions {
    /// True where a pair of this decision is written.
    pub fn wants(&self, decision: Decision) -> bool {
        self.only.is_empty() || self.only.contains(&decision)
    }
}

/// How texts become vectors.
#[derive(Clone, Debug)]
pub struct EmbeddingOptions {
    /// A model by name.
    pub embed_model: String,
    /// A model's folder.
    pub embed_model_dir: Option<PathBuf>,
    /// Tokens of a text that are read; the model's own number where none is named.
    pub max_tokens: Option<usize>,
    /// Accept a model whose embeddings depend on what else is in the batch.
    pub allow_batch_dependent: bool,
    /// The ONNX Runtime library.
    pub onnxruntime: Option<PathBuf>,
    /// Folder of the caches of embeddings and verdicts.
    pub cache: Option<PathBuf>,
    /// Bytes that the caches may take together; no bound where none is named.
    pub cache_most_bytes: Option<u64>,
    /// Threads for embedding; 0 = one a core.
    pub threads: usize,
    /// Tokens in a batch, padding included.
    pub batch_tokens: usize,
    /// A model that is open already, in the place of the one that is named.
    pub opened: Option<OpenedEmbedder>,
}

/// A model that is open already.
#[derive(Clone)]
pub struct OpenedEmbedder(pub Arc<dyn Embedder>);

impl fmt::Debug for OpenedEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenedEmbedder")
            .field(&self.0.model().name)
            .finish()
    }
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        Self {
            embed_model: DEFAULT_MODEL.to_owned(),
            embed_model_dir: None,
            max_tokens: None,
            allow_batch_dependent: false,
            onnxruntime: None,
            cache: None,
            cache_most_bytes: None,
            threads: 0,
            batch_tokens: DEFAULT_BATCH_TOKENS,
            opened: None,
        }
    }
}

/// What every run of the cascade is told.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// What is written.
    pub writing: WritingOptions,
    /// How texts become vectors.
    pub embedding: EmbeddingOptions,
    /// The fixed band, where one is asked for.
    pub band: Option<Band>,
    /// What the band is laid on.
    pub band_on: BandOn,
    /// Nothing is learnt: each pair is scored by itself.
    pub alone: bool,
    /// The task's name.
    pub task: String,
    /// Who named the task. The texts suggest one if nobody did ([`suit_task`](Self::suit_task)).
    pub task_from: TaskFrom,
    /// What the texts are; found out where nothing is said.
    pub kind: Option<TaskKind>,
    /// Whose word a target is certified against.
    pub reference: Reference,
    /// The file of the calibration in force, so that no output takes its place.
    pub calibration: Option<PathBuf>,
    /// A file of a person's labels: they stand, whatever is scored, and the run learns from them.
    pub labels: Option<PathBuf>,
    /// Pairs that a policy learns from at most.
    pub sample: usize,
    /// Settled pairs that the judge is asked about at the end, drawn at random; 0 asks about none.
    pub audit: usize,
    /// Who is asked.
    pub judge: JudgeChoice,
    /// Seed of every random choice.
    pub seed: u64,
    /// Go on with an unfinished run of the same settings.
    pub resume: bool,
    /// Ends the run from outside.
    pub stop: Stop,
}

impl Default for RunOptions {
    /// Nobody is asked, nothing is kept, and rows go to standard output.
    fn default() -> Self {
        Self {
            writing: WritingOptions::default(),
            embedding: EmbeddingOptions::default(),
            band: None,
            band_on: BandOn::Cosine,
            alone: false,
            task: Task::default().name,
            task_from: TaskFrom::Caller,
            kind: None,
            reference: Reference::Judge,
            calibration: None,
            labels: None,
            sample: DEFAULT_SAMPLE,
            audit: 0,
            judge: JudgeChoice::Nobody,
            seed: 0,
            resume: false,
            stop: Stop::default(),
        }
    }
}

/// Who named the task of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskFrom {
    /// The caller.
    #[default]
    Caller,
    /// The calibration in force. A notice says so if the texts suggest another task.
    Calibration,
    /// Nobody yet: the texts suggest it.
    Texts,
}

/// Who is asked.
#[derive(Clone)]
pub enum JudgeChoice {
    /// Nobody.
    Nobody,
    /// Language models behind a server.
    Server(Box<JudgeSettings>),
    /// The caller's own judge.
    Own(Arc<dyn Judge>),
}

impl fmt::Debug for JudgeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("Nobody"),
            Self::Server(settings) => f.debug_tuple("Server").field(settings).finish(),
            Self::Own(judge) => f.debug_tuple("Own").field(&judge.name()).finish(),
        }
    }
}

/// Ends a run from another thread: it fails with [`RunError::Stopped`] within a fraction of a second,
/// and what its caches hold stays.
#[derive(Clone, Debug, Default)]
pub struct Stop(pub(crate) Arc<AtomicBool>);

impl Stop {
    /// Ends the run.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Says that the run is to end, where it is.
    ///
    /// # Errors
    /// [`RunError::Stopped`].
    pub fn check(&self) -> Result<(), RunError> {
        if self.0.load(Ordering::Relaxed) {
            Err(RunError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Ready once the run is to end.
    pub async fn told(&self) {
        while !self.0.load(Ordering::Relaxed) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}
