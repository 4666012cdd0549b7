//! The thread that reads rows and hands their pairs on.

use std::{collections::HashMap, sync::Arc};

use anyhow::Result;
use midband::{FinalScore, Pair, PairId, model::Calibration};
use midband_io::{Item, PairRow, RejectedRow};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::{
    certainty::{Certainty, settled},
    files::Rejected,
    rows::Rows,
};

/// What waits beside a pair until its score comes.
pub(super) struct Waiting {
    /// The score of a pair that was in the sample.
    pub(super) ready: Option<Box<FinalScore>>,
    pub(super) pair: Option<Pair>,
    pub(super) extra: Map<String, Value>,
}

/// Scores of the sample, by id.
pub(super) type Ready = HashMap<PairId, FinalScore>;

/// The reading thread's own.
pub(super) struct Reading {
    /// Rows that are handed on together.
    pub(super) at_once: usize,
    pub(super) rejected: Rejected,
    pub(super) rejected_rows: u64,
    pub(super) first_rejected: Option<RejectedRow>,
    /// Rows of the input, whatever became of them.
    pub(super) read: u64,
    pub(super) keeps_text: bool,
    /// Pairs at the beginning whose rows are written already.
    pub(super) skip: u64,
    pub(super) ready: Ready,
    pub(super) certainty: Certainty,
    pub(super) calibration: Option<Arc<Calibration>>,
    pub(super) taught: Vec<PairId>,
}

impl Reading {
    /// Reads to the end, or until nobody takes the pairs any more.
    pub(super) fn run(
        mut self,
        mut reader: Rows,
        to_engine: &mpsc::Sender<Vec<Pair>>,
        to_writer: &mpsc::Sender<Vec<Waiting>>,
    ) -> Result<Self> {
        loop {
            let (pairs, waiting) = self.some(&mut reader)?;
            let ended = waiting.is_empty();
            // The writer first: it waits for the scores of these rows, not for later ones.
            if ended
                || to_writer.blocking_send(waiting).is_err()
                || !pairs.is_empty() && to_engine.blocking_send(pairs).is_err()
            {
                return Ok(self);
            }
        }
    }

    /// The next rows, and of these the pairs that have no score yet; none at the end.
    fn some(&mut self, reader: &mut Rows) -> Result<(Vec<Pair>, Vec<Waiting>)> {
        let (mut pairs, mut waiting) = (
            Vec::with_capacity(self.at_once),
            Vec::with_capacity(self.at_once),
        );
        while waiting.len() < self.at_once {
            match reader.next() {
                None => break,
                Some(item) => match item.inspect(|_| self.read += 1)? {
                    Item::Rejected(row) => {
                        self.rejected_rows += 1;
                        self.first_rejected.get_or_insert_with(|| row.clone());
                        self.rejected.write(row)?;
                    }
                    Item::Row(row) => {
                        let certain = self.certainty.of(&row);
                        let PairRow { pair, extra, .. } = *row;
                        if self
                            .calibration
                            .as_ref()
                            .is_some_and(|all| all.knows(&pair))
                        {
                            self.taught.push(pair.id.clone());
                        }
                        let mut ready = self.ready.remove(&pair.id);
                        if let Some(word) = certain {
                            // No judge is asked about a pair that somebody has settled.
                            ready = Some(match ready {
                                Some(scored) => scored.settled_by(word.is_match, word.by),
                                None => settled(pair.id.clone(), word),
                            });
                        }
                        let ready = ready.map(Box::new);
                        if self.skip > 0 {
                            self.skip -= 1;
                            continue;
                        }
                        let is_scored = ready.is_some();
                        waiting.push(Waiting {
                            ready,
                            pair: self.keeps_text.then(|| pair.clone()),
                            extra,
                        });
                        if !is_scored {
                            pairs.push(pair);
                        }
                    }
                },
            }
        }
        Ok((pairs, waiting))
    }
}
