//! How the gain policy asks, what may be spent, and what a request costs.

/// How the gain policy asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GainOptions {
    /// What a question must be worth at least, in wrong decisions at an even cut: at .02, fifty
    /// questions are asked to put one decision right.
    pub min_gain: f64,
    /// Questions of a round at least, unless fewer are worth asking.
    pub round: usize,
    /// Share of what is worth asking that a round asks, 0 (exclusive) to 1.
    pub share: f64,
    /// Without gold labels: share of the first round that is added at random from all pairs, so that a
    /// prior that is surely wrong can be found out.
    pub explore: f64,
}

impl GainOptions {
    /// The usual options at another price, 0 to 1 (exclusive).
    pub fn at_min_gain(min_gain: f64) -> Self {
        Self {
            min_gain,
            ..Self::default()
        }
    }
}

impl GainOptions {
    /// Pairs that the first round asks about at random, beside those that are worth asking, where no gold label guides it.
    pub(crate) fn explored(&self) -> usize {
        (self.explore * self.round as f64) as usize
    }
}

impl Default for GainOptions {
    /// Fifty questions to a decision, rounds of sixty or half. Prices of 0, .02 and .04 gave the same
    /// accuracy within .002 on the study's sets; the other numbers are choices.
    fn default() -> Self {
        Self {
            min_gain: 0.02,
            round: 60,
            share: 0.5,
            explore: 0.2,
        }
    }
}

/// The one rule of asking: a question is worth asking where its expected gain exceeds what it must be worth. At 0 a pair
/// whose decision no verdict can change is not asked.
pub fn is_worth_asking(expected_gain: f64, min_gain: f64) -> bool {
    expected_gain > min_gain
}

/// What may be spent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// Questions at most.
    pub questions: Option<usize>,
    /// Seconds of judge time at most.
    pub seconds: Option<f64>,
    /// Expected seconds of each pair's question; empty where they are alike.
    pub pair_seconds: Vec<f64>,
    /// Expected seconds of a question where `pair_seconds` is empty.
    pub usual_seconds: f64,
}

/// What a request to the judge costs: a fixed part, and a part for each pair in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchCost {
    /// Seconds of a request before its first pair.
    pub fixed: f64,
    /// Seconds of each pair.
    pub each: f64,
    /// Pairs in a request.
    pub batch: usize,
}

impl BatchCost {
    /// Seconds of a question when requests are full.
    pub fn seconds_a_pair(&self) -> f64 {
        self.fixed / self.batch.max(1) as f64 + self.each
    }

    /// Seconds of so many questions.
    pub fn seconds(&self, questions: usize) -> f64 {
        questions.div_ceil(self.batch.max(1)) as f64 * self.fixed + questions as f64 * self.each
    }
}
