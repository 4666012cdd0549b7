//! Learns a judge's reliability from gold pairs that it was asked about.

use super::{JudgeCovariates, JudgeModel, graded, graded_logit, plain};
use crate::{
    Evidence,
    logistic::Problem,
    numeric::{logit, sigmoid},
};

/// A pair of known truth with the judge's answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgedGold {
    /// The graded answer, 0..=1.
    pub answer_score: f64,
    /// The truth.
    pub is_match: bool,
    /// The proxy's log odds by a fit that has not seen the pair.
    pub logit_p: f64,
    /// What was known of the pair.
    pub at: JudgeCovariates,
}

/// Pairs' worth of the earlier reliability in the estimate of the overall hit rate.
const BASE_PAIRS: f64 = 4.0;

/// Pairs' worth of the overall hit rate in the estimate for each class (the Beta prior): with ten
/// matches among a hundred gold pairs, half of the sensitivity still comes from the other class.
const CLASS_PAIRS: f64 = 10.0;

/// Standard deviation of the effect of one standard deviation of a circumstance, log odds of a yes.
/// On the study's judges .3, .5, .7 and 1 differ by less than .0003 in mean accuracy: .5 was the best.
const CIRCUMSTANCE: f64 = 0.5;

/// Pairs of a class below which its circumstances are held back more than twice as hard.
const FEW: f64 = 30.0;

/// Precision of a class's log odds of a yes around its Beta mean while circumstances are fitted.
const CLASS_PRECISION: f64 = 1.5;

/// Standard deviations of the proxy's weight around 1 and of what is added after a yes and a no.
const PROXY_WEIGHT: f64 = 0.5;
const AFTER: f64 = 0.7;

/// Below this many gold pairs circumstances and stacking stay out: plain Bayes is as good or better.
const STACK_FROM: usize = 30;

/// Below this many, they are held back four times as hard.
const SHRINK_BELOW: usize = 50;

/// Share of a plain yes that a hedged answer one standard deviation off is worth before gold pairs are seen, and the standard
/// deviation of what it is worth, in log odds.
const HEDGED_SLOPE: f64 = 0.5;
const HEDGED_SLOPE_SD: f64 = 0.5;

/// A proxy is taken for no surer than these log odds where an answer is held against it.
const SUREST: f64 = 6.0;

/// Standard deviation of the neutral point of a judge that hedges around .5, in logits of the answer, before gold pairs are seen.
const HEDGED_NEUTRAL: f64 = 0.5;

/// Share of answers that are neither a plain yes nor a plain no from which a map of graded answers
/// is learnt.
const GRADED_SHARE: f64 = 0.2;

impl JudgeModel {
    /// The reliability that gold pairs show, starting from this one. The order of the pairs changes
    /// nothing beyond rounding; give them in a fixed order.
    #[must_use]
    pub fn fitted(&self, gold: &[JudgedGold]) -> Self {
        if gold.is_empty() {
            return *self;
        }
        let mut model = self.hit_rates(gold);
        model.gold_pairs = gold.len();
        if gold.len() < STACK_FROM {
            return model;
        }
        let grades = gold
            .iter()
            .filter(|g| (0.02..0.98).contains(&g.answer_score))
            .count();
        if grades as f64 >= GRADED_SHARE * gold.len() as f64 {
            let answers = graded::Answers::of(gold.iter().map(|g| g.answer_score));
            let (slope, intercept) = graded_map(gold, &answers, &model);
            model.graded = Some((slope, intercept));
            if answers.hedge {
                model.hedged_ratio = slope * answers.spread;
            }
        } else {
            model.on_match = model.circumstances(gold, true);
            model.on_no_match = model.circumstances(gold, false);
        }
        model.stack(gold);
        // A judge whose yes speaks against a match more than its no does is noise, not a mirror.
        let says = |answer| model.log_likelihood_ratio(answer, &JudgeCovariates::AVERAGE);
        if says(1.0) <= says(0.0) {
            model.graded = Some((0.0, 0.0));
            model.hedged_ratio = 0.0;
            (model.after_yes, model.after_no) = (0.0, 0.0);
        }
        model
    }

    /// Beta means of sensitivity and specificity, both drawn to the overall hit rate.
    fn hit_rates(&self, gold: &[JudgedGold]) -> Self {
        // Counted, not averaged: a judge that is right and says so at .8 is right every time.
        let hit = |g: &JudgedGold| {
            let yes = plain(g.answer_score);
            if g.is_match { yes } else { 1.0 - yes }
        };
        let base = 0.5 * (self.sensitivity + self.specificity);
        let all: f64 = gold.iter().map(hit).sum();
        let overall = (base * BASE_PAIRS + all) / (BASE_PAIRS + gold.len() as f64);
        let of = |class: bool| {
            let hits = gold.iter().filter(|g| g.is_match == class).map(hit);
            let (sum, n) = hits.fold((0.0, 0.0), |(sum, n), hit| (sum + hit, n + 1.0));
            (overall * CLASS_PAIRS + sum) / (CLASS_PAIRS + n)
        };
        Self::even(of(true), of(false))
    }

    /// How the probability of a yes moves with the circumstances, on one class.
    fn circumstances(&self, gold: &[JudgedGold], class: bool) -> [f64; JudgeCovariates::COUNT] {
        let (mut rows, mut evidence) = (Vec::new(), Vec::new());
        for g in gold.iter().filter(|g| g.is_match == class) {
            rows.push(1.0);
            rows.extend_from_slice(g.at.values());
            evidence.push(Evidence {
                if_match: g.answer_score,
                if_no_match: 1.0 - g.answer_score,
                weight: 1.0,
            });
        }
        let rate = if class {
            self.sensitivity
        } else {
            1.0 - self.specificity
        };
        let mut mean = [0.0; JudgeCovariates::COUNT + 1];
        mean[0] = logit(rate);
        // Ten matches can't carry three slopes: they are held harder the fewer pairs the class has.
        let few = 1.0 + FEW / evidence.len().max(1) as f64;
        let held = few * hold(gold.len()) / (CIRCUMSTANCE * CIRCUMSTANCE);
        let mut precision = [held; JudgeCovariates::COUNT + 1];
        precision[0] = CLASS_PRECISION;
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets: &[],
            prior_mean: &mean,
            precision: &precision,
        };
        let weights = problem.fit(&mean);
        std::array::from_fn(|at| weights[at + 1])
    }

    /// The proxy's weight, and what is added after a yes and a no.
    fn stack(&mut self, gold: &[JudgedGold]) {
        let (mut rows, mut evidence, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
        for g in gold {
            rows.extend([g.logit_p, g.answer_score, 1.0 - g.answer_score]);
            evidence.push(Evidence::gold(g.is_match));
            offsets.push(self.log_likelihood_ratio(g.answer_score, &g.at));
        }
        let hold = hold(gold.len());
        let after = hold / (AFTER * AFTER);
        let mean = [1.0, 0.0, 0.0];
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets: &offsets,
            prior_mean: &mean,
            precision: &[hold / (PROXY_WEIGHT * PROXY_WEIGHT), after, after],
        };
        let weights = problem.fit(&mean);
        self.proxy_weight = weights[0].clamp(0.2, 2.0);
        (self.after_yes, self.after_no) = (weights[1], weights[2]);
    }
}

fn hold(gold: usize) -> f64 {
    if gold < SHRINK_BELOW { 4.0 } else { 1.0 }
}

/// Slope and intercept of the log likelihood ratio on the logit of a graded answer: a logistic of
/// truth on answer, less the log odds of a match among the gold pairs.
fn graded_map(gold: &[JudgedGold], answers: &graded::Answers, rates: &JudgeModel) -> (f64, f64) {
    let share = gold.iter().filter(|g| g.is_match).count() as f64 / gold.len() as f64;
    let odds = logit(share.clamp(0.01, 0.99));
    let (mut rows, mut evidence) = (Vec::new(), Vec::new());
    for (g, logit) in gold.iter().zip(&answers.logits) {
        rows.extend([*logit, 1.0]);
        evidence.push(Evidence::gold(g.is_match));
    }
    let plain = 0.5 * (logit(rates.sensitivity) + logit(rates.specificity));
    let (mean, precision, offsets) = if answers.hedge {
        // What a hedged answer adds to the proxy is learnt, in units of the answers' own spread.
        let slope = (HEDGED_SLOPE * plain / answers.spread).max(0.0);
        let neutral = (HEDGED_NEUTRAL * slope.max(1.0)).powi(-2);
        let precision = [(answers.spread / HEDGED_SLOPE_SD).powi(2), neutral];
        let beside = gold.iter().map(|g| g.logit_p.clamp(-SUREST, SUREST));
        ([slope, 0.0], precision, beside.collect())
    } else {
        // Before the gold pairs are seen, an answer at the edge is worth a plain yes.
        let slope = (plain / graded_logit(1.0)).max(0.0);
        ([slope, 0.0], [4.0, 2.0], vec![odds; gold.len()])
    };
    let problem = Problem {
        rows: &rows,
        evidence: &evidence,
        offsets: &offsets,
        prior_mean: &mean,
        precision: &precision,
    };
    let weights = problem.fit(&mean);
    // The intercept belongs to the slope: without one, an answer says nothing at all.
    if weights[0] > 0.0 {
        (weights[0], weights[1])
    } else {
        (0.0, 0.0)
    }
}

impl JudgeModel {
    /// By how much a yes or a no is expected to move the log odds. How far the next answer of a judge that hedges will lie from its
    /// neutral point is not known: its usual answer is planned for, or a plain one where no gold pairs showed any.
    fn planned_ratio(&self, is_yes: bool, at: &JudgeCovariates) -> f64 {
        let answer = f64::from(u8::from(is_yes));
        if self.hedged_ratio > 0.0 {
            let after = answer * self.after_yes + (1.0 - answer) * self.after_no;
            return (2.0 * answer - 1.0) * self.hedged_ratio + after;
        }
        let plain = match self.gold_pairs {
            0 => Self {
                graded: None,
                ..*self
            },
            _ => *self,
        };
        plain.log_likelihood_ratio(answer, at)
    }

    /// Expected loss before and after a yes-or-no verdict, when a match is called from probability
    /// `cut` on; both in units in which a wrong decision at an even cut costs 1. The difference is
    /// what asking is worth.
    pub fn expected_loss(&self, logit_p: f64, at: &JudgeCovariates, cut: f64) -> (f64, f64) {
        let before = self.proxy_weight * logit_p;
        let yes = sigmoid(before + self.planned_ratio(true, at));
        let no = sigmoid(before + self.planned_ratio(false, at));
        let (low, high) = (yes.min(no), yes.max(no));
        // What is expected of a pair is the mean over its answers, so it lies between the two: a stacked
        // model that puts both on one side corrects the proxy, and no answer is needed for that.
        let p = sigmoid(before).clamp(low, high);
        let loss = |p: f64| loss(p, cut);
        if high - low < 1e-9 {
            return (loss(p), loss(p));
        }
        let share = (p - low) / (high - low);
        (loss(p), share * loss(high) + (1.0 - share) * loss(low))
    }
}

/// Expected loss of deciding a pair of this probability at `cut`, in units in which a wrong decision at
/// an even cut costs 1.
pub fn loss(p: f64, cut: f64) -> f64 {
    2.0 * (cut * (1.0 - p)).min((1.0 - cut) * p)
}
