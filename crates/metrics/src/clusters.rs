//! Clusters against the true ones.

use std::collections::HashMap;

use serde::Serialize;

use crate::Decisions;

/// How well clusters are those that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClusterQuality {
    /// Every pair of records as a decision: together, or apart.
    pub pairs: Decisions,
    /// B-cubed precision (Bagga and Baldwin, 1998): over all records, the mean share of a record's found cluster that
    /// belongs to it, 0 to 1.
    pub b_cubed_precision: f64,
    /// B-cubed recall: over all records, the mean share of a record's true cluster that is in its found one, 0 to 1.
    pub b_cubed_recall: f64,
}

impl ClusterQuality {
    /// Compares clusters by record: `found` and `truth` hold a cluster's number for each record. None where they differ in
    /// length or there is no record.
    pub fn of(found: &[u32], truth: &[u32]) -> Option<Self> {
        if found.len() != truth.len() || found.is_empty() {
            return None;
        }
        let (mut of_found, mut of_truth, mut of_both) = (
            HashMap::<u32, u64>::new(),
            HashMap::<u32, u64>::new(),
            HashMap::<(u32, u32), u64>::new(),
        );
        for (&found, &truth) in found.iter().zip(truth) {
            *of_found.entry(found).or_default() += 1;
            *of_truth.entry(truth).or_default() += 1;
            *of_both.entry((found, truth)).or_default() += 1;
        }
        let pairs = |count: u64| count * (count - 1) / 2;
        let called: u64 = of_found.values().copied().map(pairs).sum();
        let are: u64 = of_truth.values().copied().map(pairs).sum();
        let right: u64 = of_both.values().copied().map(pairs).sum();
        let records = found.len() as u64;
        let decisions = Decisions {
            true_matches: right,
            false_matches: called - right,
            missed_matches: are - right,
            true_others: pairs(records) - called - (are - right),
        };
        // In the order of the records, so that the sums are the same in every run.
        let (mut precision, mut recall) = (0.0, 0.0);
        for (&found, &truth) in found.iter().zip(truth) {
            let both = of_both[&(found, truth)] as f64;
            precision += both / of_found[&found] as f64;
            recall += both / of_truth[&truth] as f64;
        }
        Some(Self {
            pairs: decisions,
            b_cubed_precision: precision / records as f64,
            b_cubed_recall: recall / records as f64,
        })
    }

    /// Harmonic mean of B-cubed precision and recall.
    pub fn b_cubed_f1(&self) -> f64 {
        let (p, r) = (self.b_cubed_precision, self.b_cubed_recall);
        2.0 * p * r / (p + r)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_bagga_and_baldwin() {
        // Two true chains of 5 and 2 of 12 records are joined; the third one is found as it is.
        let truth = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2];
        let found = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1];
        let quality = ClusterQuality::of(&found, &truth).unwrap();
        assert!((quality.b_cubed_precision - 16.0 / 21.0).abs() < 1e-12);
        assert_eq!(quality.b_cubed_recall, 1.0);
        assert_eq!(quality.pairs.true_matches, 21);
        assert_eq!(quality.pairs.false_matches, 10);
        assert_eq!(quality.pairs.total(), 66);
    }

    #[test]
    fn nothing_to_compare_has_no_quality() {
        assert_eq!(ClusterQuality::of(&[], &[]), None);
        assert_eq!(ClusterQuality::of(&[0], &[0, 0]), None);
    }

    proptest! {
        #[test]
        fn pairs_are_counted_as_one_by_one(records in prop::collection::vec((0u32..4, 0u32..4), 1..20)) {
            let (found, truth): (Vec<u32>, Vec<u32>) = records.iter().copied().unzip();
            let quality = ClusterQuality::of(&found, &truth).unwrap();
            let mut counted = Decisions::default();
            for a in 0..records.len() {
                for b in 0..a {
                    counted.count(found[a] == found[b], truth[a] == truth[b]);
                }
            }
            prop_assert_eq!(quality.pairs, counted);
            let turned = ClusterQuality::of(&truth, &found).unwrap();
            prop_assert!((turned.b_cubed_precision - quality.b_cubed_recall).abs() < 1e-12);
            prop_assert!(quality.b_cubed_f1() <= 1.0 + 1e-12);
            prop_assert_eq!(ClusterQuality::of(&found, &found).unwrap().b_cubed_f1(), 1.0);
        }
    }
}
