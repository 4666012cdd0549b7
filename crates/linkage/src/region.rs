//! Which agreements make a pair a candidate, and how likely that is.
//!
//! Candidates of a rule agree on its columns by construction. The likelihood says so: the pairs that are fitted
//! are those with an exact agreement on all columns of some rule, and each class of pairs is expected
//! among them as often as its own probabilities say.

/// The agreements that bring a pair into the fit.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    /// The columns that rules use.
    columns: Vec<usize>,
    /// By set of exactly agreeing columns (bits in the order of `columns`): whether some rule fires.
    fires: Vec<bool>,
}

/// Columns that the sets of agreements are counted over, at most.
const MOST_COLUMNS: usize = 14;

impl Region {
    /// From rules as sets of columns. None where every pair is compared, or there is no rule.
    pub(crate) fn new(rules: &[Vec<usize>]) -> Option<Self> {
        let mut columns: Vec<usize> = Vec::new();
        let mut kept: Vec<&Vec<usize>> = Vec::new();
        for rule in rules {
            let fresh: Vec<usize> = rule
                .iter()
                .copied()
                .filter(|column| !columns.contains(column))
                .collect();
            if columns.len() + fresh.len() <= MOST_COLUMNS {
                columns.extend(fresh);
                kept.push(rule);
            }
        }
        columns.sort_unstable();
        let masks: Vec<usize> = kept
            .iter()
            .map(|rule| {
                rule.iter()
                    .filter_map(|column| columns.iter().position(|at| at == column))
                    .fold(0, |mask, at| mask | 1 << at)
            })
            .collect();
        let fires = (0..1_usize << columns.len())
            .map(|set| masks.iter().any(|mask| set & mask == *mask))
            .collect();
        (!masks.is_empty()).then_some(Self { columns, fires })
    }

    /// Whether a pair with these levels is in.
    pub(crate) fn holds(&self, levels: &[u8]) -> bool {
        let set = self
            .columns
            .iter()
            .enumerate()
            .fold(0, |set, (at, column)| {
                set | (usize::from(levels[*column] == 0) << at)
            });
        self.fires[set]
    }

    /// For independent columns that agree exactly with the probabilities `exact` (by column): the probability to
    /// be in the region, and by used column (column, P(outside and exact), P(outside and not exact)).
    pub(crate) fn outside(&self, exact: impl Fn(usize) -> f64) -> (f64, Vec<(usize, f64, f64)>) {
        let mut chance = vec![1.0; 1];
        for column in &self.columns {
            let e = exact(*column);
            let mut next: Vec<f64> = chance.iter().map(|chance| chance * (1.0 - e)).collect();
            next.extend(chance.iter().map(|chance| chance * e));
            chance = next;
        }
        let mut out = 0.0;
        let mut agreeing = vec![0.0; self.columns.len()];
        for (set, chance) in chance
            .iter()
            .enumerate()
            .filter(|(set, _)| !self.fires[*set])
        {
            out += chance;
            for (at, agreeing) in agreeing.iter_mut().enumerate() {
                if set >> at & 1 == 1 {
                    *agreeing += chance;
                }
            }
        }
        let by = self
            .columns
            .iter()
            .zip(agreeing)
            .map(|(column, both)| (*column, both, (out - both).max(0.0)))
            .collect();
        ((1.0 - out).clamp(1e-12, 1.0), by)
    }
}
