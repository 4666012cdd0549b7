//! Rows through the engine and out again, in constant memory.
//!
//! A thread reads rows and hands pairs to the engine, which reads no faster than the scores are written; what is
//! passed through waits in a queue beside. A policy that learns sees a seeded sample first, all pairs of a
//! shorter input; then the whole input runs past, each pair of the sample with the score that it has, and the
//! others scored by what was learnt.

mod reading;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    pin::pin,
    thread,
};

use anyhow::{Context, Result, anyhow, bail};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use midband::{
    DEFAULT_CHUNK, DecidedBy, Engine, FitReport, Pair, PairId, Summary,
    model::{KeyedRng, PairKey},
};
use midband_io::{Item, RejectedRow};
use tokio::sync::mpsc;

use crate::{
    RunError,
    certainty::Certainty,
    files::{Files, OutputRow},
    gold_judge::GoldJudge,
    rows::{Rows, Source},
};
use reading::{Reading, Ready, Waiting};

/// Rows that the reader hands on at once: a message a row would cost more than reading it.
pub const ROWS: usize = 512;

/// Messages that wait between reader and engine: two chunks, so that a chunk is always ready.
const WAITING: usize = 8192 / ROWS;

/// Keeps the draw of the sample apart from every other use of the seed.
const SAMPLE: u64 = 0x5a3b_0000;

/// What a run came to.
pub(crate) struct Ended {
    pub(crate) summary: Summary,
    pub(crate) fit: Option<FitReport>,
    pub(crate) rejected_rows: u64,
    pub(crate) first_rejected: Option<RejectedRow>,
    /// Ids of the pairs whose labels taught the calibration.
    pub(crate) taught: Vec<PairId>,
}

/// A pair's place in the seeded order of which the sample of a policy is the beginning.
pub fn sample_rank(id: &PairId, seed: u64) -> u64 {
    KeyedRng::new(seed, SAMPLE).rank(PairKey::from(id))
}

/// What a policy learns from.
pub(crate) struct LearningFlow<'a> {
    pub(crate) source: &'a dyn Source,
    /// Pairs that are learnt from at most.
    pub(crate) most: usize,
    pub(crate) seed: u64,
    /// Takes the labels in the place of a judge.
    pub(crate) gold: Option<&'a GoldJudge>,
    /// What is settled before anything is scored, and learnt from where the policy can.
    pub(crate) certainty: &'a Certainty,
}

/// Learns on a sample of the pairs, on all of them where they are few enough, then scores the input by what was learnt.
pub(crate) async fn learn_and_score(
    engine: &Engine,
    learning: LearningFlow<'_>,
    files: Files,
) -> Result<(Ended, Files)> {
    let Sampled {
        pairs,
        all,
        rows,
        known,
    } = learning.sample(engine.learns_from_labels())?;
    if rows.is_none() && !engine.learns_from_samples() {
        bail!(RunError::TooManyPairs {
            pairs: all,
            most: learning.most,
        });
    }
    let learned = engine.taught(known).score(pairs).await?;
    let fit = learned.fit.context("the policy did not learn anything")?;
    let fitted = engine.fitted(&fit.calibration);
    let ready: Ready = learned
        .scores
        .into_iter()
        .map(|score| (score.id.clone(), score))
        .collect();
    let rows = match rows {
        Some(rows) => Box::new(rows.into_iter().map(Ok)),
        None => learning.source.rows()?,
    };
    let certainty = learning.certainty;
    let (mut ended, files) = score(&fitted, rows, ROWS, ready, certainty, files).await?;
    ended.fit = Some(fit);
    ended.summary.add_seconds(learned.summary.seconds);
    ended.summary.judge_failed = ended.summary.judge_failed.or(learned.summary.judge_failed);
    Ok((ended, files))
}

/// The next of a stream; `waits` is done before it is waited for.
async fn next<S: Stream + Unpin>(
    stream: &mut S,
    waits: impl FnOnce() -> Result<()>,
) -> Result<Option<S::Item>> {
    if let Some(ready) = stream.next().now_or_never() {
        return Ok(ready);
    }
    waits()?;
    Ok(stream.next().await)
}

/// What is learnt from.
struct Sampled {
    /// The pairs whose ids come first in a seeded order.
    pairs: Vec<Pair>,
    /// Pairs of the input.
    all: u64,
    /// All rows, where the pairs are all of the input's: it need not be read again.
    rows: Option<Vec<Item>>,
    /// The truth of pairs that a person labelled.
    known: HashMap<PairId, bool>,
}

impl LearningFlow<'_> {
    /// Reads the input once. Pairs that a person labelled come before all others where they teach, and stay out where they
    /// don't.
    fn sample(&self, labels_teach: bool) -> Result<Sampled> {
        // By rank in the seeded order; of equal ranks the later pair first.
        let (mut first, mut all) = (BTreeMap::new(), 0u64);
        let (mut labels, mut known) = (HashMap::new(), HashMap::new());
        let mut rows = Some(Vec::new());
        for item in self.source.rows()? {
            let item = item?;
            if let Item::Row(row) = &item {
                if let (Some(_), Some(label)) = (self.gold, row.gold) {
                    labels.insert(row.pair.id.clone(), label >= 0.5);
                }
                let certain = self.certainty.of(row);
                let teaches =
                    labels_teach && certain.is_some_and(|word| word.by == DecidedBy::Person);
                if certain.is_none() || teaches {
                    let rank = match certain {
                        Some(_) => 0,
                        None => sample_rank(&row.pair.id, self.seed),
                    };
                    let rank = (rank, Reverse(all));
                    first.insert(rank, row.pair.clone());
                }
                if let Some(word) = certain.filter(|_| teaches) {
                    known.insert(row.pair.id.clone(), word.is_match);
                }
                all += 1;
                if first.len() > self.most {
                    first.pop_last();
                    rows = None;
                }
            }
            if let Some(rows) = &mut rows {
                rows.push(item);
            }
        }
        if let Some(gold) = self.gold {
            gold.take(labels)?;
        }
        Ok(Sampled {
            pairs: first.into_values().collect(),
            all,
            rows,
            known,
        })
    }
}

/// Scores what is not ready and writes everything in the input's order.
pub(crate) async fn score(
    engine: &Engine,
    reader: Rows,
    at_once: usize,
    ready: Ready,
    certainty: &Certainty,
    mut files: Files,
) -> Result<(Ended, Files)> {
    let (to_engine, mut pairs) = mpsc::channel::<Vec<Pair>>(WAITING);
    let (to_writer, mut waiting) = mpsc::channel::<Vec<Waiting>>(2 * WAITING);
    let reading = Reading {
        at_once,
        rejected: std::mem::take(&mut files.rejected),
        rejected_rows: 0,
        first_rejected: None,
        read: 0,
        keeps_text: files.include_text || files.audit.is_some() || files.wants_contradictions(),
        skip: files.skip,
        ready,
        certainty: certainty.clone(),
        calibration: files.taught.take(),
        taught: Vec::new(),
    };
    let reading = thread::spawn(move || reading.run(reader, &to_engine, &to_writer));
    let pairs = stream::poll_fn(move |context| pairs.poll_recv(context));
    let mut scores = engine.stream(pairs.flat_map(stream::iter));
    let mut counted = files.counts.clone();
    let mut written = 0u64;
    let rows = stream::poll_fn(move |context| waiting.poll_recv(context));
    let mut rows = pin!(rows.flat_map(stream::iter));
    // Who writes row by row reads a score before the next row: what is written waits in no buffer while there is time.
    let by_row = at_once == 1;
    let flush = |files: &mut Files| if by_row { files.flush() } else { Ok(()) };
    loop {
        let beside = next(&mut rows, || flush(&mut files)).await?;
        let Some(beside) = beside else { break };
        let mut score = match beside.ready {
            Some(ready) => {
                counted.count(&ready);
                *ready
            }
            None => {
                let score = next(&mut scores, || flush(&mut files)).await?;
                score.context("a row has no score")??
            }
        };
        if let Some(audit) = &mut files.audit {
            audit.look(&score, beside.pair.as_ref());
        }
        if files.wants_contradictions() {
            let pair = beside.pair.as_ref();
            score.contradictions = pair.and_then(|pair| engine.contradictions(pair));
        }
        let row = OutputRow {
            score,
            pair: beside.pair.filter(|_| files.include_text),
            extra: beside.extra,
        };
        if let Some(row) = match &mut files.resolver {
            Some(resolver) => resolver.take(row),
            None => Some(row),
        } {
            files.write(row)?;
        }
        written += 1;
        // A whole chunk is what `--resume` keeps, and the next one may take its judge hours.
        if written.is_multiple_of(DEFAULT_CHUNK as u64) {
            files.flush()?;
        }
    }
    let reading = reading
        .join()
        .map_err(|_| anyhow!("the reader thread stopped unexpectedly"))??;
    files.rejected = reading.rejected;
    let (read, came_out) = (reading.read, files.skip + written + reading.rejected_rows);
    if read != came_out {
        bail!("{read} rows were read but {came_out} written: this is a bug in midband");
    }
    let mut summary = scores.summary();
    summary.add_counts(&counted);
    if let Some(mut resolver) = files.resolver.take() {
        for row in resolver.finish(&mut summary)? {
            files.write(row)?;
        }
        files.resolved = resolver.came_to();
        files.sheets = resolver.sheets();
    }
    let ended = Ended {
        summary,
        fit: None,
        rejected_rows: reading.rejected_rows,
        first_rejected: reading.first_rejected,
        taught: reading.taught,
    };
    Ok((ended, files))
}
