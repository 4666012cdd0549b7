//! fastembed behind a pool of sessions.
//!
//! A session takes one caller at a time (`embed(&mut self)`), and its own threads pay off less than more
//! sessions do: so there is one session a core where that many fit, each with its share of the cores, and
//! while one tokenises another one infers. Sessions are built at the first text, not before: a run that
//! finds every vector in a cache never pays for them.

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use fastembed::{InitOptionsUserDefined, TextEmbedding};
use midband_core::{EmbedError, Embedder, ModelIdentity, Vectors};
use tokenizers::Tokenizer;

use crate::{
    batches::{DEFAULT_BATCH_TOKENS, plan},
    model::Model,
};

/// Each session holds its own copy of the weights (90 MB for the default model, about twice that with
/// the runtime's packed copies): more than four trade memory for little.
const MOST_SESSIONS: usize = 4;

/// Texts that are counted without a thread: about a millisecond's worth.
const FEW_TEXTS: usize = 16;

/// What an embedder says that was told to stop.
const STOPPED: &str = "it was told to stop";

/// How an [`OnnxEmbedder`] uses the machine.
#[derive(Clone, Copy, Debug)]
pub struct OnnxOptions {
    /// Threads in all; 0 = one a core.
    pub threads: usize,
    /// Sessions; 0 = one a thread, four at most. Threads are shared out among them.
    pub sessions: usize,
    /// Tokens in a batch, padding included.
    pub batch_tokens: usize,
}

impl Default for OnnxOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            sessions: 0,
            batch_tokens: DEFAULT_BATCH_TOKENS,
        }
    }
}

impl OnnxOptions {
    /// (sessions, threads of each); `sessions × threads <= cores` unless the user asked for more.
    fn shape(self) -> (usize, usize) {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = if self.threads == 0 {
            cores
        } else {
            self.threads
        };
        let sessions = match self.sessions {
            0 => threads.min(MOST_SESSIONS),
            wanted => wanted.min(threads),
        };
        (sessions, threads / sessions)
    }
}

/// Embeds texts with an ONNX model through fastembed. Needs [`crate::onnx_runtime`] first.
pub struct OnnxEmbedder {
    identity: ModelIdentity,
    max_tokens: usize,
    options: OnnxOptions,
    model: Mutex<Option<Model>>,
    pool: OnceLock<Result<Pool, String>>,
    stop: Arc<AtomicBool>,
    on_progress: Option<Box<OnProgress>>,
}

/// Hears, after each batch, how many texts of a list are embedded, and of how many.
type OnProgress = dyn Fn(u64, u64) + Send + Sync;

struct Pool {
    sessions: Vec<Mutex<TextEmbedding>>,
    tokenizer: Tokenizer,
    width: usize,
}

impl OnnxEmbedder {
    /// An embedder over a model that was read and digested. Loads nothing yet.
    pub fn new(model: Model, options: OnnxOptions) -> Self {
        Self {
            identity: model.identity().clone(),
            max_tokens: model.max_tokens(),
            options,
            model: Mutex::new(Some(model)),
            pool: OnceLock::new(),
            stop: Arc::default(),
            on_progress: None,
        }
    }

    /// Gives up before the next batch once this is set: a caller that is gone waits for no list of texts.
    #[must_use]
    pub fn with_stop(mut self, stop: Arc<AtomicBool>) -> Self {
        self.stop = stop;
        self
    }

    /// Tells, after each batch, how many texts of a list are embedded, and of how many.
    #[must_use]
    pub fn on_progress(mut self, listener: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(listener));
        self
    }

    /// Builds the sessions now, so that the first pair does not wait for them.
    ///
    /// # Errors
    /// ONNX Runtime refuses the model.
    pub fn warm_up(&self) -> Result<(), EmbedError> {
        self.embed(&["warm-up"]).map(drop)
    }

    fn pool(&self) -> Result<&Pool, EmbedError> {
        let built = self.pool.get_or_init(|| {
            let model = self
                .model
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            match model {
                Some(model) => Pool::build(&model, self.options).map_err(|error| error.to_string()),
                None => Err("its bytes are gone".to_owned()),
            }
        });
        built.as_ref().map_err(|why| EmbedError::Model(why.clone()))
    }
}

impl Pool {
    fn build(model: &Model, options: OnnxOptions) -> fastembed::Result<Self> {
        let (sessions, threads) = options.shape();
        let build = || {
            let options = InitOptionsUserDefined::new()
                .with_max_length(model.max_tokens)
                .with_intra_threads(threads)
                // A waiting thread that spins takes the core that another session needs.
                .with_session_config("session.intra_op.allow_spinning", "0");
            TextEmbedding::try_new_from_user_defined(model.for_fastembed(), options)
        };
        let mut built =
            thread::scope(|scope| {
                let others: Vec<_> = (1..sessions).map(|_| scope.spawn(build)).collect();
                let mut built = vec![build()?];
                for other in others {
                    built.push(other.join().map_err(|_| {
                        fastembed::Error::Other("a session's thread died".into())
                    })??);
                }
                Ok::<_, fastembed::Error>(built)
            })?;
        let mut tokenizer = built[0].tokenizer.clone();
        tokenizer
            .with_padding(None)
            .with_truncation(None)
            .map_err(|error| fastembed::Error::TokenizerConfig(error.to_string()))?;
        // The model's files do not always say how wide it is: ask it.
        let width = built[0].embed(["width"], None)?.first().map_or(0, Vec::len);
        Ok(Self {
            sessions: built.into_iter().map(Mutex::new).collect(),
            tokenizer,
            width,
        })
    }

    /// Tokens of each text, special ones included, before any truncation.
    fn lengths(&self, texts: &[&str], stop: &AtomicBool) -> Result<Vec<usize>, EmbedError> {
        let count = |chunk: &[&str]| {
            let tokens = |text: &&str| {
                if stop.load(Ordering::Relaxed) {
                    return Err(STOPPED.into());
                }
                self.tokenizer
                    .encode_fast(*text, true)
                    .map(|encoding| encoding.len())
            };
            let counted: Result<Vec<_>, _> = chunk.iter().map(tokens).collect();
            counted.map_err(|error| EmbedError::Model(format!("tokenising failed: {error}")))
        };
        // Starting a thread costs more than a few texts do.
        if texts.len() <= FEW_TEXTS {
            return count(texts);
        }
        let chunk = texts.len().div_ceil(self.sessions.len());
        thread::scope(|scope| {
            let counting: Vec<_> = texts
                .chunks(chunk)
                .map(|chunk| scope.spawn(move || count(chunk)))
                .collect();
            let mut lengths = Vec::with_capacity(texts.len());
            for counted in counting {
                lengths.extend(
                    counted
                        .join()
                        .map_err(|_| EmbedError::Model("the tokeniser died".into()))??,
                );
            }
            Ok(lengths)
        })
    }

    /// Runs the batches on all sessions, the longest texts first so that none is left over at the end.
    fn run(
        &self,
        texts: &[&str],
        batches: &[Vec<usize>],
        (stop, told): (&AtomicBool, &(dyn Fn(usize) + Sync)),
    ) -> Result<Vec<(usize, Vec<f32>)>, EmbedError> {
        let next = AtomicUsize::new(batches.len());
        let work = |session: &Mutex<TextEmbedding>| -> Result<Vec<(usize, Vec<f32>)>, EmbedError> {
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            let mut rows = Vec::new();
            loop {
                let Ok(taken) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                }) else {
                    return Ok(rows);
                };
                if stop.load(Ordering::Relaxed) {
                    return Err(EmbedError::Model(STOPPED.to_owned()));
                }
                let batch = &batches[taken - 1];
                let inputs: Vec<&str> = batch.iter().map(|&index| texts[index]).collect();
                let vectors = session
                    .embed(&inputs, Some(inputs.len()))
                    .map_err(|error| EmbedError::Model(error.to_string()))?;
                rows.extend(batch.iter().copied().zip(vectors));
                told(batch.len());
            }
        };
        if batches.len() == 1 {
            return work(&self.sessions[0]);
        }
        thread::scope(|scope| {
            let workers: Vec<_> = self
                .sessions
                .iter()
                .map(|session| scope.spawn(|| work(session)))
                .collect();
            let mut rows = Vec::with_capacity(texts.len());
            for worker in workers {
                rows.extend(
                    worker
                        .join()
                        .map_err(|_| EmbedError::Model("a session's thread died".into()))??,
                );
            }
            Ok(rows)
        })
    }
}

impl Embedder for OnnxEmbedder {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        if texts.is_empty() {
            return Ok(Vectors::default());
        }
        let pool = self.pool()?;
        let lengths = pool.lengths(texts, &self.stop)?;
        let read: Vec<usize> = lengths
            .iter()
            .map(|&length| length.min(self.max_tokens))
            .collect();
        let batches = plan(&read, self.options.batch_tokens, pool.sessions.len());
        let mut vectors = Vectors::zeros(texts.len(), pool.width);
        let done = AtomicUsize::new(0);
        let told = |texts_done: usize| {
            let done = done.fetch_add(texts_done, Ordering::Relaxed) + texts_done;
            if let Some(listener) = &self.on_progress {
                listener(done as u64, texts.len() as u64);
            }
        };
        for (index, vector) in pool.run(texts, &batches, (&self.stop, &told))? {
            vectors.set(index, &vector, lengths[index] > self.max_tokens)?;
        }
        Ok(vectors)
    }

    /// 0 where the model does not load.
    fn width(&self) -> usize {
        self.pool().map_or(0, |pool| pool.width)
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn model(&self) -> &ModelIdentity {
        &self.identity
    }
}
