//! One interface to every policy: ask, learn, ask again, done.

use midband_core::{Band, BandOn, Route};
use midband_model::{DecisionRule, Goal, JudgeModel, LabelShift, LinearProxy};

use crate::{
    BandPolicy, Budget, GainOptions, Knowledge, Pairs, Reply, RouterError,
    certify::{Certificate, Target, TargetRun},
    gain::{self, Gain},
    learner::Learner,
};

/// Which pairs are asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Policy {
    /// Those in a fixed band.
    Band(BandPolicy),
    /// Those where asking pays.
    Gain(GainOptions),
    /// Those where asking pays most, within a budget.
    Budget(GainOptions, Budget),
    /// As many as it takes to certify a target.
    Target(Target),
}

impl Policy {
    /// The word used in files and flags.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Band(_) => "band",
            Self::Gain(_) => "gain",
            Self::Budget(..) => "budget",
            Self::Target(_) => "target",
        }
    }

    /// What a question must be worth at least ([`GainOptions::min_gain`]); the usual price where the policy does
    /// not weigh its questions.
    pub fn min_gain(&self) -> f64 {
        match self {
            Self::Gain(options) | Self::Budget(options, _) => options.min_gain,
            Self::Band(_) | Self::Target(_) => GainOptions::default().min_gain,
        }
    }
}

/// What a run is expected to come to, before its first question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Questions, as many as a budget allows: up to 5,000 pairs those of a run against answers that are drawn from what is known,
    /// beyond that those that pay before anything is learned. `None` for a policy that does not weigh its questions.
    pub questions: Option<usize>,
    /// Matches by the proxy.
    pub matches: f64,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the judge about these pairs (places in [`Pairs`]) and hand every reply to
    /// [`Router::learn`], in as many parts as you like.
    Ask(Vec<usize>),
    /// Nothing more to ask: take the [`Router::outcome`].
    Done,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Probability of a match before any verdict on the pair, by a fit that has not seen one.
    pub proxy_scores: Vec<f64>,
    /// Final probability of a match: the proxy's, merged with the verdict where one came. A gold
    /// label is not merged in.
    pub scores: Vec<f64>,
    /// Where each pair went.
    pub routes: Vec<Route>,
    /// Where a final score turns into a decision.
    pub rule: DecisionRule,
    /// The proxy that was learnt, to score pairs outside of this run.
    pub proxy: LinearProxy,
    /// The judge's reliability.
    pub judge: JudgeModel,
    /// How often matches were found to occur, where that differs from what the prior was trained at.
    pub label_shift: Option<LabelShift>,
    /// Refits of the proxy; 0 where the prior stood to the end.
    pub fits: usize,
    /// What was certified, where a target was set.
    pub certificate: Option<Certificate>,
}

/// A policy at work.
///
/// ```
/// use midband_model::{CosineMap, PairKey, TaskKind, learn::Prior};
/// use midband_router::{GainOptions, Knowledge, Pairs, Policy, Reply, Router, Step};
///
/// let columns = vec!["cosine".to_owned()];
/// let pairs = Pairs {
///     keys: (0..100).map(PairKey).collect(),
///     values: (0..100).map(|i| f64::from(i) / 100.0).collect(),
///     columns: columns.clone(),
/// };
/// let map = CosineMap::default_for(TaskKind::General);
/// let knowledge = Knowledge::of_priors(vec![Prior::cosine(map, &columns)]);
/// let mut router = Router::new(Policy::Gain(GainOptions::default()), pairs, knowledge)?;
/// while let Step::Ask(asked) = router.step() {
///     let reply = |pair: usize| Reply { pair, answer: Some(f64::from(u8::from(pair > 70))) };
///     let replies: Vec<Reply> = asked.into_iter().map(reply).collect();
///     router.learn(&replies)?;
/// }
/// let outcome = router.outcome();
/// assert!(outcome.scores[99] > outcome.rule.cut && outcome.scores[0] < outcome.rule.cut);
/// # Ok::<(), midband_router::RouterError>(())
/// ```
pub struct Router {
    learner: Learner,
    work: Work,
}

enum Work {
    Band(BandPolicy, bool),
    Gain(Gain),
    Target(Box<TargetRun>),
}

impl Router {
    /// A policy on pairs.
    ///
    /// # Errors
    /// Pairs that are not whole, no prior, or a setting out of its range.
    pub fn new(policy: Policy, pairs: Pairs, knowledge: Knowledge) -> Result<Self, RouterError> {
        if let Goal::Cost(costs) = knowledge.goal {
            costs.rule().map_err(|bad| RouterError::Setting {
                name: "a cost",
                range: "(0, infinity)",
                value: bad.0,
            })?;
        }
        let mut learner = Learner::new(pairs, knowledge)?;
        let n = learner.pairs.len();
        let work = match policy {
            Policy::Band(band) => Work::Band(band, false),
            Policy::Gain(options) => Work::Gain(Gain::new(options, None, n)?),
            Policy::Budget(options, budget) => Work::Gain(Gain::new(options, Some(budget), n)?),
            Policy::Target(target) => Work::Target(Box::new(TargetRun::new(target, &mut learner)?)),
        };
        Ok(Self { learner, work })
    }

    /// What is expected as things stand.
    pub fn expected(&self) -> Expected {
        Expected {
            questions: match &self.work {
                Work::Gain(gain) => Some(gain.expected(&self.learner)),
                Work::Band(..) | Work::Target(_) => None,
            },
            // The sum of nothing is -0.
            matches: self.learner.probabilities().iter().sum::<f64>().abs(),
        }
    }

    /// What to do next. Asks each pair once at most.
    pub fn step(&mut self) -> Step {
        let asked = match &mut self.work {
            Work::Band(_, true) => Vec::new(),
            Work::Band(band, asked) => {
                *asked = true;
                self.learner.refit();
                let all = in_band(&self.learner, band);
                self.learner.ask(all)
            }
            Work::Gain(gain) => gain.next(&mut self.learner),
            Work::Target(run) => run.next(&mut self.learner),
        };
        if asked.is_empty() {
            Step::Done
        } else {
            Step::Ask(asked)
        }
    }

    /// Says that there is time for so many more questions. Where that is less than what is worth asking, the best come first.
    /// A target asks on: its promise needs its questions.
    pub fn limit(&mut self, questions: usize) {
        if let Work::Gain(gain) = &mut self.work {
            gain.limit(questions);
        }
    }

    /// Takes in what the labels at hand teach, and asks nobody: for a run without a judge.
    pub fn settle(&mut self) {
        self.learner.refit();
    }

    /// Takes replies in, in any order and in any parts.
    ///
    /// # Errors
    /// A reply for a pair that was not asked, a second one, or an answer outside of 0..=1.
    pub fn learn(&mut self, replies: &[Reply]) -> Result<(), RouterError> {
        self.learner.learn(replies)
    }

    /// The state of things: final once [`Step::Done`] was given, and the best guess so far before
    /// (where a deadline ends the run early).
    pub fn outcome(mut self) -> Outcome {
        let certificate = match &mut self.work {
            Work::Target(run) => Some(run.certificate(&self.learner)),
            Work::Band(..) => None,
            Work::Gain(_) => None,
        };
        let learner = &self.learner;
        let rule = gain::rule(learner);
        let sigmoid = midband_model::numeric::sigmoid;
        let mut scores = learner.probabilities();
        if let Work::Target(run) = &self.work {
            run.settle(learner, &rule, &mut scores);
        }
        let routes = (scores.iter().zip(&learner.asked))
            .map(|(score, asked)| match (asked, *score >= rule.cut) {
                (true, _) => Route::Ask,
                (false, true) => Route::Accept,
                (false, false) => Route::Reject,
            })
            .collect();
        Outcome {
            proxy_scores: learner.logits.iter().map(|logit| sigmoid(*logit)).collect(),
            scores,
            routes,
            rule,
            proxy: learner.proxy.clone(),
            judge: learner.judge,
            label_shift: learner.knowledge.label_shift,
            fits: learner.fits,
            certificate,
        }
    }
}

fn in_band(learner: &Learner, policy: &BandPolicy) -> Vec<usize> {
    let cosine = learner.pairs.columns.iter().position(|c| c == "cosine");
    let score = |pair: usize| match policy.on {
        BandOn::Cosine => cosine.map_or(f64::NAN, |at| learner.pairs.row(pair)[at]),
        BandOn::Proxy => midband_model::numeric::sigmoid(learner.logits[pair]),
    };
    let band: Band = policy.band;
    let mut asked: Vec<usize> = (0..learner.pairs.len())
        .filter(|pair| band.route(score(*pair)) == Route::Ask)
        .collect();
    asked.sort_unstable_by_key(|pair| learner.pairs.keys[*pair]);
    asked
}
