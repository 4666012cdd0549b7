//! fastembed behind a pool of sessions.
//!
//! A session takes one caller at a time (`embed(&mut self)`), and its own threads pay off less than more
//! sessions do: so there is one session a core where that many fit, each with its share of the cores, and
//! while one tokenises another one infers. A caller has a session for one batch at a time, so that a long list of texts
//! keeps nobody waiting.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use fastembed::{InitOptionsUserDefined, TextEmbedding};
use midband_core::EmbedError;
use tokenizers::Tokenizer;

use crate::{
    model::Model,
    sessions::{Pace, Sessions},
};

/// Texts that are counted without a thread: about a millisecond's worth.
const FEW_TEXTS: usize = 16;

/// What an embedder says that was told to stop.
const STOPPED: &str = "it was told to stop";

pub(crate) struct Pool {
    sessions: Sessions<TextEmbedding>,
    pace: Pace,
    tokenizer: Tokenizer,
    pub(crate) width: usize,
}

/// When to stop before the end, and who hears how far it is.
#[derive(Clone, Copy)]
pub(crate) struct Cut<'a> {
    /// The caller is gone: an error.
    pub(crate) stop: &'a AtomicBool,
    /// What is not begun in time is left out.
    pub(crate) deadline: Option<Instant>,
    /// Hears, after each batch, how many texts it had.
    pub(crate) told: &'a (dyn Fn(usize) + Sync),
}

/// A text's place, and its vector.
type Row = (usize, Vec<f32>);

impl Pool {
    /// So many sessions with so many threads each.
    pub(crate) fn build(model: &Model, sessions: usize, threads: usize) -> fastembed::Result<Self> {
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
            sessions: Sessions::new(built),
            pace: Pace::default(),
            tokenizer,
            width,
        })
    }

    /// Tokens of each text, special ones included, before any truncation.
    pub(crate) fn lengths(
        &self,
        texts: &[&str],
        stop: &AtomicBool,
    ) -> Result<Vec<usize>, EmbedError> {
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
        let chunk = texts.len().div_ceil(self.sessions.count());
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
                        .map_err(|_| EmbedError::Model("the tokenizer died".into()))??,
                );
            }
            Ok(lengths)
        })
    }

    pub(crate) fn sessions(&self) -> usize {
        self.sessions.count()
    }

    /// Runs the batches on all sessions, the longest texts first so that none is left over at the end. `lengths` are the
    /// tokens that are read of each text. Rows of texts that the deadline cut off are missing.
    pub(crate) fn run(
        &self,
        texts: &[&str],
        lengths: &[usize],
        batches: &[Vec<usize>],
        cut: Cut<'_>,
    ) -> Result<Vec<Row>, EmbedError> {
        let next = AtomicUsize::new(batches.len());
        let work = || -> Result<Vec<Row>, EmbedError> {
            let mut rows = Vec::new();
            loop {
                let Ok(taken) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                }) else {
                    return Ok(rows);
                };
                if cut.stop.load(Ordering::Relaxed) {
                    return Err(EmbedError::Model(STOPPED.to_owned()));
                }
                let batch = &batches[taken - 1];
                match self.embedded(texts, lengths, batch, cut.deadline) {
                    Some(vectors) => {
                        rows.extend(batch.iter().copied().zip(vectors?));
                        (cut.told)(batch.len());
                    }
                    None => return Ok(rows),
                }
            }
        };
        if batches.len() == 1 {
            return work();
        }
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.sessions.count().min(batches.len()))
                .map(|_| scope.spawn(work))
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

    /// The vectors of a batch; `None` if they would not be there in time.
    fn embedded(
        &self,
        texts: &[&str],
        lengths: &[usize],
        batch: &[usize],
        deadline: Option<Instant>,
    ) -> Option<Result<Vec<Vec<f32>>, EmbedError>> {
        let inputs: Vec<&str> = batch.iter().map(|&index| texts[index]).collect();
        let longest = batch.iter().map(|&index| lengths[index]).max();
        let tokens = longest.unwrap_or(0) * batch.len();
        let latest = |end: Instant| end.checked_sub(self.pace.expected(tokens)).unwrap_or(end);
        let begin_by = deadline.map(latest);
        let now = Instant::now();
        if begin_by.is_some_and(|latest| now >= latest) {
            if deadline.is_some_and(|end| now < end) {
                self.pace.refused();
            }
            return None;
        }
        self.sessions.with(begin_by, |session| {
            let begin = Instant::now();
            let vectors = session
                .embed(&inputs, Some(inputs.len()))
                .map_err(|error| EmbedError::Model(error.to_string()));
            self.pace.observe(tokens, begin.elapsed());
            vectors
        })
    }
}
