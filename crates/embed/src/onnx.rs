//! An ONNX model as an embedder. Its sessions are built at the first text, not before: a run that finds every vector in
//! a cache never pays for them.

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use midband_core::{EmbedError, Embedder, ModelIdentity, Reached, Vectors};

use crate::{
    batches::{DEFAULT_BATCH_TOKENS, plan},
    model::Model,
    pool::{Cut, Pool},
};

/// Each session holds its own copy of the weights (90 MB for the default model, about twice that with
/// the runtime's packed copies): more than four trade memory for little.
const MOST_SESSIONS: usize = 4;

/// Tokens in a batch under a deadline, padding included: tens of milliseconds, so that the cut comes in time.
const TIMED_TOKENS: usize = 256;

/// A text of about a hundred tokens: it builds the sessions and shows how fast they are.
const WARM_UP: &str = "warm up ";

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
    pub(crate) fn shape(self) -> (usize, usize) {
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

    fn pool(&self) -> Result<&Pool, EmbedError> {
        let built = self.pool.get_or_init(|| {
            let model = self
                .model
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let (sessions, threads) = self.options.shape();
            match model {
                Some(model) => {
                    Pool::build(&model, sessions, threads).map_err(|error| error.to_string())
                }
                None => Err("its bytes are gone".to_owned()),
            }
        });
        built.as_ref().map_err(|why| EmbedError::Model(why.clone()))
    }
}

impl OnnxEmbedder {
    fn embed_by(&self, texts: &[&str], deadline: Option<Instant>) -> Result<Reached, EmbedError> {
        if texts.is_empty() {
            return Ok(Reached::default());
        }
        let pool = self.pool()?;
        let lengths = pool.lengths(texts, &self.stop)?;
        let read: Vec<usize> = lengths
            .iter()
            .map(|&length| length.min(self.max_tokens))
            .collect();
        let most = match deadline {
            None => self.options.batch_tokens,
            Some(_) => self.options.batch_tokens.min(TIMED_TOKENS),
        };
        let batches = plan(&read, most, pool.sessions());
        let done = AtomicUsize::new(0);
        let told = |texts_done: usize| {
            let done = done.fetch_add(texts_done, Ordering::Relaxed) + texts_done;
            if let Some(listener) = &self.on_progress {
                listener(done as u64, texts.len() as u64);
            }
        };
        let cut = Cut {
            stop: &self.stop,
            deadline,
            told: &told,
        };
        let mut all = Reached {
            vectors: Vectors::zeros(texts.len(), pool.width),
            reached: vec![false; texts.len()],
        };
        for (index, vector) in pool.run(texts, &read, &batches, cut)? {
            let truncated = lengths[index] > self.max_tokens;
            all.vectors.set(index, &vector, truncated)?;
            all.reached[index] = true;
        }
        Ok(all)
    }
}

impl Embedder for OnnxEmbedder {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        Ok(self.embed_by(texts, None)?.vectors)
    }

    /// Stops between two batches: before one that would not be done in time, as fast as the last ones were.
    fn embed_until(&self, texts: &[&str], deadline: Instant) -> Result<Reached, EmbedError> {
        self.embed_by(texts, Some(deadline))
    }

    /// Builds the sessions.
    fn warm_up(&self) -> Result<(), EmbedError> {
        let texts = vec![WARM_UP.repeat(32); self.pool()?.sessions()];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.embed(&texts).map(drop)
    }

    /// 0 where the model does not load.
    fn width(&self) -> usize {
        self.pool().map_or(0, |pool| pool.width)
    }

    /// `None` before the sessions are built.
    fn known_width(&self) -> Option<usize> {
        let built = self.pool.get()?.as_ref();
        built.ok().map(|pool| pool.width)
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn model(&self) -> &ModelIdentity {
        &self.identity
    }
}
