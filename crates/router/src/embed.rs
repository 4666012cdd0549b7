//! The embedding as a tier: embed only the pairs that the lexical features leave unsure.
//!
//! An embedding costs milliseconds, the features beside it microseconds. On records they say nearly all
//! that it says, on questions and terms they don't; two fits on the labels at hand, with the cosine and
//! without, tell which it is.

use midband_model::{
    TaskKind,
    learn::{Fit, Label},
    numeric::sigmoid,
};

/// Shares of the pairs that may be embedded, tried from the smallest.
const SHARES: [f64; 3] = [0.1, 0.15, 0.2];

/// Share that is embedded, and so can be asked about, where there is a judge: at .2 a judge right 95 % of the time had
/// pairs left on which it knew better than a fit of 100 labels.
const JUDGED: f64 = 0.3;

/// Share that is embedded where nobody is asked and no label says more: a choice, checked by the accuracy of whole
/// runs on the sets of records.
const UNJUDGED: f64 = 0.02;

/// Loss in log likelihood, nats a label, that counts as none: a choice, checked in the study by what it
/// leads to on each set.
const NO_LOSS: f64 = 0.02;

/// Which pairs are embedded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmbedPlan {
    /// Share of the pairs that are embedded: those on which the lexical proxy is least sure; 1 for all.
    pub share: f64,
    /// Cross-validated loss against embedding all, nats a label; 0 where nothing was measured.
    pub loss: f64,
    /// Its standard error.
    pub error: f64,
}

impl EmbedPlan {
    /// Embeds every pair.
    pub const ALL: Self = Self {
        share: 1.0,
        loss: 0.0,
        error: 0.0,
    };

    /// What the kind of a task suggests before there are labels: on records the lexical prior ranks as
    /// the full one does, so the surest pairs need no embedding. A judge can only be asked about what is
    /// embedded: without one fewer pairs are left to the embedding.
    pub fn without_labels(kind: TaskKind, judged: bool) -> Self {
        match kind {
            TaskKind::Records => Self {
                share: if judged { JUDGED } else { UNJUDGED },
                ..Self::ALL
            },
            _ => Self::ALL,
        }
    }

    /// The smallest share that loses nothing, by fits on the same labels without and with the cosine;
    /// all pairs where none is shown to.
    pub fn from_fits(labels: &[Label], lexical: &Fit, full: &Fit) -> Self {
        let all = labels
            .len()
            .min(lexical.held_out.len())
            .min(full.held_out.len());
        let mut order: Vec<usize> = (0..all).collect();
        let sureness = |i: &usize| (lexical.held_out[*i].abs(), labels[*i].key);
        order.sort_by(|a, b| {
            sureness(a)
                .0
                .total_cmp(&sureness(b).0)
                .then(sureness(a).1.cmp(&sureness(b).1))
        });
        let likelihood = |i: usize, logit: f64| labels[i].evidence.log_likelihood(sigmoid(logit));
        for share in SHARES {
            let embedded = (share * all as f64) as usize;
            // A pair that is embedded is scored by the full fit, and loses nothing.
            let losses: Vec<f64> = (order[embedded..].iter())
                .map(|i| likelihood(*i, full.held_out[*i]) - likelihood(*i, lexical.held_out[*i]))
                .collect();
            let n = all.max(2) as f64;
            let loss = losses.iter().sum::<f64>() / n;
            let squares = losses.iter().map(|l| l * l).sum::<f64>() / n - loss * loss;
            let error = (squares.max(0.0) / (n - 1.0)).sqrt();
            if all > 0 && loss + error <= NO_LOSS {
                return Self { share, loss, error };
            }
        }
        Self::ALL
    }

    /// The lexical log odds, by size, below which a pair is embedded: infinite where all are. Freeze it
    /// on a sample and apply it to a stream.
    pub fn threshold(&self, lexical_logits: &[f64]) -> f64 {
        if self.share >= 1.0 || lexical_logits.is_empty() {
            return f64::INFINITY;
        }
        let mut sizes: Vec<f64> = lexical_logits.iter().map(|logit| logit.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        sizes[((self.share * sizes.len() as f64) as usize).min(sizes.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_embeds_the_share() {
        let logits: Vec<f64> = (0..1000).map(|i| f64::from(i) / 100.0 - 3.0).collect();
        let plan = EmbedPlan {
            share: 0.15,
            ..EmbedPlan::ALL
        };
        let below = logits
            .iter()
            .filter(|l| l.abs() < plan.threshold(&logits))
            .count();
        assert!((145..=155).contains(&below), "{below}");
        assert_eq!(EmbedPlan::ALL.threshold(&logits), f64::INFINITY);
        assert_eq!(
            EmbedPlan::without_labels(TaskKind::Questions, false),
            EmbedPlan::ALL
        );
        let records = |judged| EmbedPlan::without_labels(TaskKind::Records, judged).share;
        assert!(records(false) < records(true) && records(true) < 1.0);
    }
}
