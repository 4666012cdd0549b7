//! Linked pairs that are still to be scored: those that nobody has settled.

use std::collections::HashMap;

use midband::{
    FinalScore, LinkedPairs, MATCH_WEIGHT, PairId, Part, ProxyScore, model::numeric::sigmoid,
};

use crate::certainty::Certainty;

/// Linked pairs that nobody has settled.
pub(crate) struct Unsettled {
    pub(crate) pairs: LinkedPairs,
    /// Their places among all.
    pub(crate) places: Vec<usize>,
    /// What the columns say of the others, before anybody's word.
    pub(crate) ready: HashMap<PairId, FinalScore>,
}

impl Unsettled {
    /// `parts` says what the log odds of the pair at a place are made of, where that is wanted.
    pub(crate) fn of(
        linked: LinkedPairs,
        certainty: &Certainty,
        parts: Option<&impl Fn(usize, Vec<Part>) -> Vec<Part>>,
    ) -> Self {
        let width = linked.columns.len() + 1;
        let mut this = Self {
            pairs: LinkedPairs {
                columns: linked.columns,
                goal: linked.goal,
                ..LinkedPairs::default()
            },
            places: Vec::new(),
            ready: HashMap::new(),
        };
        let rows = linked.values.chunks_exact(width);
        for (at, (pair, row)) in linked.pairs.into_iter().zip(rows).enumerate() {
            if certainty.of_id(&pair.id).is_none() {
                this.places.push(at);
                this.pairs.pairs.push(pair);
                this.pairs.values.extend_from_slice(row);
                continue;
            }
            let whole = Part {
                name: MATCH_WEIGHT.to_owned(),
                log_odds: row[0],
            };
            let scored = FinalScore::before_a_word(
                pair.id,
                ProxyScore::new(sigmoid(row[0])).ok(),
                parts.map(|parts| parts(at, vec![whole])),
            );
            this.ready.insert(scored.id.clone(), scored);
        }
        this
    }
}
