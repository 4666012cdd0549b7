//! How many pairs a request holds: the user's bounds, and the best size within them by measurement.

use std::{collections::HashMap, fmt, str::FromStr, time::Duration};

use crate::{
    latency::LATEST,
    mode::{MAX_BATCH, PromptingMode, Question},
};

/// Pairs in a request: `least..=most`, between which the best is found by measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSize {
    /// Fewest, at least 1.
    pub least: usize,
    /// Most, at most [`MAX_BATCH`].
    pub most: usize,
}

impl BatchSize {
    /// What a question takes where the user says nothing. A thought is shared by 4: the list of 3 to 5
    /// that was wished for; beyond that, more pairs a thought cost accuracy (arXiv 2309.00384).
    pub(crate) fn of(question: Question, prompt_arrays: bool) -> Self {
        let start = question.default_batch();
        match question {
            Question::Score(
                PromptingMode::Keyed | PromptingMode::Array | PromptingMode::Digits,
            ) => Self {
                least: start / 2,
                most: MAX_BATCH,
            },
            Question::Score(PromptingMode::YesNo) if prompt_arrays => Self {
                least: 1,
                most: MAX_BATCH,
            },
            _ => start.into(),
        }
    }
}

impl From<usize> for BatchSize {
    fn from(size: usize) -> Self {
        Self {
            least: size,
            most: size,
        }
    }
}

impl FromStr for BatchSize {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.trim()
                .parse::<usize>()
                .map_err(|_| format!("{text:?} is not a number of pairs; write 8 or 4..16"))
        };
        match text.split_once("..") {
            Some((least, most)) => Ok(Self {
                least: number(least)?,
                most: number(most.trim_start_matches('='))?,
            }),
            None => Ok(number(text)?.into()),
        }
    }
}

impl fmt::Display for BatchSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            write!(f, "{}", self.least)
        } else {
            write!(f, "{}..{}", self.least, self.most)
        }
    }
}

/// Full requests of a size before it is compared with another.
const ENOUGH: u32 = 4;

/// A larger batch must cost less than this share of the smaller one: below 1, since accuracy falls with
/// the size of a batch (arXiv 2309.00384), and noise should move nothing.
const PAYS: f64 = 0.95;

/// Requests after which a size that did not pay is tried again.
const FORGET: u32 = 256;

/// The size of a batch that costs the least time a pair, found by trying the neighbours: twice as many,
/// then half as many.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    bounds: BatchSize,
    current: usize,
    /// A neighbour that is being tried.
    trial: Option<usize>,
    /// By size: server seconds a pair (moving average), and full requests seen.
    costs: HashMap<usize, (f64, u32)>,
    since_change: u32,
}

impl Sizes {
    pub(crate) fn new(bounds: BatchSize, start: usize) -> Self {
        Self {
            bounds,
            current: start.clamp(bounds.least, bounds.most),
            trial: None,
            costs: HashMap::new(),
            since_change: 0,
        }
    }

    /// Pairs for the next request.
    pub(crate) fn size(&self) -> usize {
        self.trial.unwrap_or(self.current)
    }

    /// The largest size that may ever come.
    pub(crate) fn most(&self) -> usize {
        self.bounds.most
    }

    /// The best size so far.
    pub(crate) fn settled(&self) -> usize {
        self.current
    }

    /// Notes an answer to a full request of `pairs` that came while `at_once` requests were out.
    pub(crate) fn learn(&mut self, pairs: usize, elapsed: Duration, at_once: usize) {
        if self.bounds.least == self.bounds.most {
            return;
        }
        let cost = elapsed.as_secs_f64() / (pairs * at_once.max(1)).max(1) as f64;
        let (kept, seen) = self.costs.entry(pairs).or_insert((cost, 0));
        *kept += LATEST * (cost - *kept);
        *seen = seen.saturating_add(1);
        self.since_change = self.since_change.saturating_add(1);
        if self.since_change >= FORGET {
            let current = self.current;
            self.costs.retain(|size, _| *size == current);
            self.since_change = 0;
        }
        self.step();
    }

    fn known(&self, size: usize) -> Option<f64> {
        let (cost, _) = self.costs.get(&size).filter(|(_, seen)| *seen >= ENOUGH)?;
        Some(*cost)
    }

    fn step(&mut self) {
        let Some(here) = self.known(self.current) else {
            return;
        };
        if let Some(trial) = self.trial {
            let Some(there) = self.known(trial) else {
                return;
            };
            self.trial = None;
            let (larger, smaller) = if trial > self.current {
                (there, here)
            } else {
                (here, there)
            };
            if (larger < PAYS * smaller) == (trial > self.current) {
                self.current = trial;
                self.since_change = 0;
            }
        }
        let up = (self.current * 2).min(self.bounds.most);
        let down = (self.current / 2).max(self.bounds.least);
        self.trial = [up, down]
            .into_iter()
            .find(|size| *size != self.current && self.known(*size).is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size that is settled on where a request costs `fixed` and `each` seconds, and `crowd` more
    /// for the square of its pairs.
    fn settled(bounds: &str, fixed: f64, each: f64, crowd: f64) -> usize {
        let mut sizes = Sizes::new(bounds.parse().unwrap(), 8);
        for _ in 0..200 {
            let pairs = sizes.size();
            let count = pairs as f64;
            let seconds = fixed + each * count + crowd * count * count;
            sizes.learn(pairs, Duration::from_secs_f64(seconds), 2);
        }
        sizes.settled()
    }

    #[test]
    fn the_best_size_within_the_bounds_is_found() {
        assert_eq!(settled("1..16", 1.0, 0.05, 0.0), 16);
        assert_eq!(settled("1..16", 0.0, 0.1, 0.0), 1);
        assert_eq!(settled("4..16", 0.0, 0.1, 0.0), 4);
        assert_eq!(settled("1..16", 1.0, 0.1, 0.08), 4);
        assert_eq!(settled("8", 1.0, 0.0, 0.0), 8);
    }

    #[test]
    fn sizes_read_back() {
        for text in ["8", "4..16"] {
            assert_eq!(text.parse::<BatchSize>().unwrap().to_string(), text);
        }
        assert!("four".parse::<BatchSize>().unwrap_err().contains("4..16"));
    }
}
