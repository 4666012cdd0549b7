//! Two normal groups in unlabelled scores, by EM (Dempster, Laird and Rubin 1977).

use crate::numeric::{logit, sigmoid};

/// Rounds at most.
const ROUNDS: usize = 200;
/// Added to each variance, log odds squared: a group of equal scores has a density all the same.
const LEAST_VARIANCE: f64 = 0.05;
/// Scores of a group below which there is none.
const LEAST: f64 = 10.0;

/// Two groups of log odds. The upper one holds the matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TwoGroups {
    lower: Group,
    upper: Group,
    /// Share of the upper group.
    pub(crate) share: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Group {
    mean: f64,
    variance: f64,
}

impl Group {
    /// Of scores with their parts in it.
    fn of(scores: impl Iterator<Item = (f64, f64)> + Clone, size: f64) -> Self {
        let mean = scores.clone().map(|(x, part)| part * x).sum::<f64>() / size;
        let squares = scores.map(|(x, part)| part * (x - mean).powi(2));
        Self {
            mean,
            variance: squares.sum::<f64>() / size + LEAST_VARIANCE,
        }
    }

    fn log_density(&self, x: f64) -> f64 {
        -0.5 * (self.variance.ln() + (x - self.mean).powi(2) / self.variance)
    }
}

impl TwoGroups {
    /// Starts from the log odds themselves, moved by `start`; `None` where a group runs empty or both lie at one place.
    pub(crate) fn fit(scores: &[f64], start: f64) -> Option<Self> {
        let mut parts: Vec<f64> = scores.iter().map(|x| sigmoid(x + start)).collect();
        let mut found = None;
        for _ in 0..ROUNDS {
            let size = parts.iter().sum::<f64>();
            let rest = scores.len() as f64 - size;
            if size < LEAST || rest < LEAST {
                return None;
            }
            let both = scores.iter().zip(&parts);
            let groups = Self {
                lower: Group::of(both.clone().map(|(x, part)| (*x, 1.0 - part)), rest),
                upper: Group::of(both.map(|(x, part)| (*x, *part)), size),
                share: size / scores.len() as f64,
            };
            found = Some(groups);
            let mut moved = 0.0_f64;
            for (x, part) in scores.iter().zip(&mut parts) {
                let next = sigmoid(groups.log_odds(*x));
                moved = moved.max((next - *part).abs());
                *part = next;
            }
            if moved < 1e-6 {
                break;
            }
        }
        found.filter(|groups| groups.lower.mean < groups.upper.mean)
    }

    fn log_odds(&self, x: f64) -> f64 {
        logit(self.share) + self.upper.log_density(x) - self.lower.log_density(x)
    }

    /// How far the groups are apart: the difference of the means by the root mean square of the standard deviations (Ashman, Bird
    /// and Zepf 1994).
    pub(crate) fn apart(&self) -> f64 {
        let spread = (0.5 * (self.lower.variance + self.upper.variance)).sqrt();
        (self.upper.mean - self.lower.mean) / spread
    }

    /// Where both groups are as likely, between their means.
    pub(crate) fn border(&self) -> Option<f64> {
        let (mut low, mut high) = (self.lower.mean, self.upper.mean);
        if self.log_odds(low) >= 0.0 || self.log_odds(high) <= 0.0 {
            return None;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.log_odds(middle) < 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(0.5 * (low + high))
    }

    /// How fast the log odds grow at a score between the means.
    pub(crate) fn slope(&self, at: f64) -> f64 {
        (self.upper.mean - at) / self.upper.variance + (at - self.lower.mean) / self.lower.variance
    }
}
