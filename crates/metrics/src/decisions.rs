//! What decisions cost: the confusion table and what follows from it.

use serde::Serialize;

use crate::{Labelled, ranking::weights};

/// Counts of decisions against labels. Pairs left for review count as neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decisions {
    /// Matches called matches.
    pub true_matches: u64,
    /// Non-matches called matches.
    pub false_matches: u64,
    /// Matches called non-matches.
    pub missed_matches: u64,
    /// Non-matches called non-matches.
    pub true_others: u64,
}

impl Decisions {
    /// Counts one decision.
    pub fn count(&mut self, called_match: bool, is_match: bool) {
        match (called_match, is_match) {
            (true, true) => self.true_matches += 1,
            (true, false) => self.false_matches += 1,
            (false, true) => self.missed_matches += 1,
            (false, false) => self.true_others += 1,
        }
    }

    /// All decisions counted.
    pub fn total(&self) -> u64 {
        self.true_matches + self.false_matches + self.missed_matches + self.true_others
    }

    /// Share of decisions that are right.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.true_matches + self.true_others, self.total())
    }

    /// Share of the matches called that are matches.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_matches, self.true_matches + self.false_matches)
    }

    /// Share of the matches that were called matches.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_matches, self.true_matches + self.missed_matches)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> Option<f64> {
        share(
            2 * self.true_matches,
            2 * self.true_matches + self.false_matches + self.missed_matches,
        )
    }
}

/// Share of right decisions, each by its weight, if scores from `cut` on are called matches. `None` without a pair.
pub fn accuracy_at(scored: &[Labelled], cut: f64) -> Option<f64> {
    let right = scored
        .iter()
        .filter(|one| (one.score >= cut) == one.is_match);
    let right: f64 = right.map(|one| one.weight).sum();
    (!scored.is_empty()).then(|| right / weights(scored).1)
}

/// F1 of the match class, each pair by its weight, if scores from `cut` on are called matches. `None` if there is no match and none
/// is called.
pub fn f1_at(scored: &[Labelled], cut: f64) -> Option<f64> {
    let called = weight(scored, |one| one.score >= cut);
    let (matches, _) = weights(scored);
    let both = weight(scored, |one| one.score >= cut && one.is_match);
    (called + matches > 0.0).then(|| 2.0 * both / (called + matches))
}

fn weight(scored: &[Labelled], counts: impl Fn(&Labelled) -> bool) -> f64 {
    let counted = scored.iter().filter(|one| counts(one));
    counted.map(|one| one.weight).sum()
}

/// The score interval of a share, at 95 % (Wilson, JASA 22, 1927): lower and upper end, 0..=1. `None` of nothing.
pub fn wilson(part: u64, whole: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_964;
    let (p, n) = (share(part, whole)?, whole as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_follow_from_the_counts() {
        let mut decisions = Decisions::default();
        for (called, is) in [
            (true, true),
            (true, true),
            (true, false),
            (false, true),
            (false, false),
        ] {
            decisions.count(called, is);
        }
        assert_eq!(decisions.accuracy(), Some(0.6));
        assert_eq!(decisions.precision(), Some(2.0 / 3.0));
        assert_eq!(decisions.recall(), Some(2.0 / 3.0));
        assert_eq!(decisions.f1(), Some(2.0 / 3.0));
        assert_eq!(Decisions::default().accuracy(), None);
    }

    #[test]
    fn an_interval_holds_its_share_and_narrows() {
        let (low, high) = wilson(80, 100).unwrap();
        // Values of the closed form, worked out by hand.
        assert!(
            (low - 0.7112).abs() < 5e-4 && (high - 0.8666).abs() < 5e-4,
            "{low} {high}"
        );
        let (lower, higher) = wilson(800, 1_000).unwrap();
        assert!(low < lower && higher < high);
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(5, 5).unwrap().1, 1.0);
    }
}
