//! What a policy is given: the pairs, and what is known before the first question.

use midband_model::{Goal, JudgeModel, LabelShift, PairKey, learn::Prior};

/// The pairs of a run, or a seeded sample of a larger one.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// One key a pair, from its id; each pair once.
    pub keys: Vec<PairKey>,
    /// Names of the features.
    pub columns: Vec<String>,
    /// Row-major features, finite, one row a pair.
    pub values: Vec<f64>,
}

impl Pairs {
    /// Says whether they are whole, and what is known belongs to them.
    pub(crate) fn check(&self, knowledge: &Knowledge) -> Result<(), RouterError> {
        let n = self.len();
        if self.columns.is_empty() || self.values.len() != n * self.columns.len() {
            return Err(RouterError::Pairs(
                "keys and rows of features differ in number",
            ));
        }
        if !self.values.iter().all(|x| x.is_finite()) {
            return Err(RouterError::Pairs("a feature is not a finite number"));
        }
        let mut keys = self.keys.clone();
        keys.sort_unstable();
        if keys.windows(2).any(|two| two[0] == two[1]) {
            return Err(RouterError::Pairs("a pair's key stands twice"));
        }
        match knowledge.gold.iter().find(|g| g.pair >= n) {
            Some(stray) => Err(RouterError::NoSuchPair {
                pair: stray.pair,
                pairs: n,
            }),
            None => Ok(()),
        }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True where there is no pair.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The features of a pair, in the order of the columns.
    pub fn row(&self, at: usize) -> &[f64] {
        let width = self.columns.len();
        &self.values[at * width..(at + 1) * width]
    }
}

/// A pair of known truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoldLabel {
    /// The pair's place.
    pub pair: usize,
    /// The truth.
    pub is_match: bool,
}

/// What is known before the first question.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// Where the proxy starts; the last one stands in for labels.
    pub priors: Vec<Prior>,
    /// The judge's reliability as far as it is known.
    pub judge: JudgeModel,
    /// Pairs of known truth among the pairs.
    pub gold: Vec<GoldLabel>,
    /// Whether the gold pairs are asked too, so that the judge's reliability can be measured.
    pub judge_gold: bool,
    /// Added to every log odds of the last prior, where matches are found to occur more or less often than where it was
    /// trained.
    pub label_shift: Option<LabelShift>,
    /// Share of matches where the last prior was trained, for a shift to be looked for; `None` to look for none.
    pub trained_prevalence: Option<f64>,
    /// True where no judge will be asked: the scores are then taken as they are.
    pub unjudged: bool,
    /// True where the last prior's probabilities can be taken as they are.
    pub vouched: bool,
    /// True where the last prior was made for texts of this kind, wherever matches are as frequent as there: verdicts that
    /// agree with it can then vouch for it.
    pub of_kind: bool,
    /// Log odds by which verdicts on other pairs may move a pair from where the last prior has it; infinite for no bound.
    pub most_departure: f64,
    /// What the decisions are to be good at.
    pub goal: Goal,
    /// Probabilities of further pairs of the run, which are settled without the router: they count where a goal looks at all
    /// pairs.
    pub settled: Vec<f64>,
    /// Seed of every random choice.
    pub seed: u64,
}

impl Knowledge {
    /// Nothing but where the proxy starts: the default judge, no gold, right decisions as the goal.
    pub fn of_priors(priors: Vec<Prior>) -> Self {
        Self {
            priors,
            judge: JudgeModel::default(),
            gold: Vec::new(),
            judge_gold: true,
            label_shift: None,
            trained_prevalence: None,
            unjudged: false,
            vouched: false,
            of_kind: false,
            most_departure: f64::INFINITY,
            goal: Goal::Accuracy,
            settled: Vec::new(),
            seed: 0,
        }
    }
}

/// A reply to a question. A judge that did not answer says nothing: `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reply {
    /// The pair's place.
    pub pair: usize,
    /// The graded answer, 0..=1, where one came.
    pub answer: Option<f64>,
}

/// Why a policy can't run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RouterError {
    /// Keys and features differ in number, a key stands twice, or a feature is not finite.
    #[error("the pairs are not whole: {0}")]
    Pairs(&'static str),
    /// A gold label or a reply names a pair that is not there.
    #[error("pair {pair} is not among the {pairs} pairs")]
    NoSuchPair {
        /// The place named.
        pair: usize,
        /// Pairs given.
        pairs: usize,
    },
    /// No prior to start from. Give that of the cosine at least.
    #[error("a policy needs at least one prior")]
    NoPrior,
    /// A cost, price, share or target is out of its range.
    #[error("{name} must lie in {range}, got {value}")]
    Setting {
        /// What it is.
        name: &'static str,
        /// Where it may lie.
        range: &'static str,
        /// The number given.
        value: f64,
    },
    /// A reply came for a pair that was not asked, or a second one for the same pair.
    #[error("pair {0} was not waiting for a reply")]
    NotAsked(usize),
}
