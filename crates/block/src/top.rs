//! The best few of many, in an order that depends on nothing but scores and row numbers.

/// A row that a search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) row: u32,
    pub(crate) score: f32,
}

/// Keeps the `k` best hits: higher scores first, then lower rows.
pub(crate) struct Top {
    k: usize,
    hits: Vec<Hit>,
    least: f32,
}

impl Top {
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            hits: Vec::with_capacity(2 * k + 1),
            least: f32::NEG_INFINITY,
        }
    }

    /// Scores are finite.
    pub(crate) fn offer(&mut self, row: u32, score: f32) {
        // Equal scores are kept until the rows can be compared.
        if score < self.least || self.k == 0 {
            return;
        }
        self.hits.push(Hit { row, score });
        if self.hits.len() > 2 * self.k {
            self.prune();
        }
    }

    fn prune(&mut self) {
        self.hits
            .sort_unstable_by(|x, y| y.score.total_cmp(&x.score).then(x.row.cmp(&y.row)));
        self.hits.truncate(self.k);
        if self.hits.len() == self.k {
            self.least = self.hits.last().map_or(self.least, |hit| hit.score);
        }
    }

    /// The best, best first.
    pub(crate) fn into_hits(mut self) -> Vec<Hit> {
        self.prune();
        self.hits
    }
}
