//! What is known of every pair while a run goes on: the proxy's log odds, the answers so far, and the
//! judge's reliability.
//!
//! Verdicts are labels too: each refit takes the gold labels as the truth and every verdict for what
//! its reliability makes it worth. A labelled pair's log odds come from the fit that has not seen its
//! own label, so that no verdict counts twice when it is merged in the end.

use midband_model::{
    Agreement, Evidence, JudgeCovariates, JudgeModel, JudgedGold, LabelShift, LinearProxy, PairKey,
    ProxySupport,
    learn::{self, CandidateShare, FitOptions, Label, Rows, VERDICTS_ALONE},
    numeric::sigmoid,
};

use crate::{GoldLabel, Knowledge, Pairs, Reply, RouterError};

/// Labels from which the proxy is refitted: five for each fold of the cross-validation.
const FIT_FROM: usize = 25;

/// Log likelihood ratio, over all answers, from which on a proxy that nothing else vouches for is borne out by the judge:
/// odds of 150 to 1 against answers by chance.
const BORNE_OUT: f64 = 5.0;

/// A probability is never taken for surer than this.
const SUREST: f64 = 1e-6;

/// The state of what is known.
#[derive(Clone)]
pub(crate) struct Learner {
    pub(crate) pairs: Pairs,
    pub(crate) knowledge: Knowledge,
    pub(crate) proxy: LinearProxy,
    /// The proxy before any verdict.
    start: LinearProxy,
    pub(crate) judge: JudgeModel,
    /// Log odds of each pair before any verdict on it.
    pub(crate) logits: Vec<f64>,
    /// The same before any verdict at all.
    before: Vec<f64>,
    /// Graded answers; `None` where none came, or none was asked for.
    pub(crate) answers: Vec<Option<f64>>,
    pub(crate) asked: Vec<bool>,
    waiting: Vec<bool>,
    is_gold: Vec<bool>,
    /// True where the judge's word is the truth, however sure it is of it.
    trusts_judge: bool,
    /// True where the judge's answers bear out the proxy's probabilities before any of them.
    pub(crate) borne_out: bool,
    narrowed: Option<Vec<CandidateShare>>,
    /// Labels of the last fit that tried every candidate.
    tried_all_at: usize,
    places: [Option<usize>; 2],
    pub(crate) fits: usize,
}

impl Learner {
    pub(crate) fn new(pairs: Pairs, knowledge: Knowledge) -> Result<Self, RouterError> {
        pairs.check(&knowledge)?;
        let n = pairs.len();
        let start = knowledge.priors.last().ok_or(RouterError::NoPrior)?;
        let mut is_gold = vec![false; n];
        knowledge.gold.iter().for_each(|g| is_gold[g.pair] = true);
        let proxy = start.proxy.on(&pairs.columns);
        let mut this = Self {
            judge: knowledge.judge,
            places: JudgeCovariates::places(&proxy),
            start: proxy.clone(),
            proxy,
            logits: vec![0.0; n],
            before: Vec::new(),
            answers: vec![None; n],
            asked: vec![false; n],
            waiting: vec![false; n],
            is_gold,
            trusts_judge: false,
            borne_out: false,
            narrowed: None,
            tried_all_at: 0,
            fits: 0,
            pairs,
            knowledge,
        };
        this.score_all();
        this.shift();
        this.before = this.logits.clone();
        this.start = this.proxy.clone();
        Ok(this)
    }

    /// Moves the last prior to the prevalence of these pairs, where that is found to be another one.
    fn shift(&mut self) {
        let estimate = |trained| match self.knowledge.unjudged {
            true => LabelShift::of_unjudged(&self.logits, trained),
            false => LabelShift::estimate(&self.logits, trained),
        };
        let found = (self.knowledge.label_shift)
            .or_else(|| self.knowledge.trained_prevalence.and_then(estimate));
        self.knowledge.label_shift = found;
        if let (Some(shift), Some(prior)) = (found, self.knowledge.priors.last_mut()) {
            shift.apply(&mut prior.proxy);
            shift.apply(&mut self.proxy);
            self.score_all();
        }
    }

    /// What the judge's agreement with the proxy says of its reliability; what is known of it already stands where gold
    /// pairs showed it, or where its word is the truth.
    fn judge_by_agreement(&self, seen: &[Agreement]) -> JudgeModel {
        let known = &self.knowledge;
        let measured = known.judge.gold_pairs() > 0
            || known.gold.iter().any(|g| self.answers[g.pair].is_some());
        if self.trusts_judge || measured {
            return self.judge;
        }
        let support = match (known.vouched, self.borne_out) {
            (true, _) => ProxySupport::Vouched,
            (false, true) => ProxySupport::Answers,
            (false, false) => ProxySupport::Nothing,
        };
        known.judge.by_agreement(seen, support)
    }

    /// Answers beside what the proxy thinks, in the order of the keys: sums must not depend on the order of the pairs.
    fn agreements(&self) -> Vec<Agreement> {
        let mut seen: Vec<(PairKey, Agreement)> = (0..self.answers.len())
            .filter_map(|pair| {
                let agreement = Agreement {
                    logit_p: self.logits[pair],
                    before: self.before[pair],
                    answer_score: self.answers[pair]?,
                };
                Some((self.pairs.keys[pair], agreement))
            })
            .collect();
        seen.sort_unstable_by_key(|(key, _)| *key);
        seen.into_iter().map(|(_, agreement)| agreement).collect()
    }

    /// True where neither gold pairs nor a setting say how far the judge can be trusted.
    pub(crate) fn judge_is_unknown(&self) -> bool {
        !self.trusts_judge
            && self.knowledge.judge.gold_pairs() == 0
            && (self.knowledge.gold.is_empty() || !self.knowledge.judge_gold)
    }

    /// Takes the judge's answers for the truth.
    pub(crate) fn trust_judge(&mut self) {
        self.trusts_judge = true;
        if let Ok(judge) = JudgeModel::new(1.0, 1.0) {
            self.knowledge.judge = judge;
            self.judge = judge;
        }
    }

    fn score_all(&mut self) {
        let fast = self.proxy.prepared();
        for (logit, row) in self
            .logits
            .iter_mut()
            .zip(self.pairs.values.chunks_exact(self.pairs.columns.len()))
        {
            *logit = fast.logit(row);
        }
    }

    pub(crate) fn covariates(&self, pair: usize) -> JudgeCovariates {
        JudgeCovariates::at(
            &self.proxy,
            &self.places,
            self.pairs.row(pair),
            self.logits[pair],
        )
    }

    /// True where the judge said yes; `None` where it did not answer.
    pub(crate) fn said_yes(&self, pair: usize) -> Option<bool> {
        self.answers[pair].map(|answer| answer >= 0.5)
    }

    pub(crate) fn is_gold(&self, pair: usize) -> bool {
        self.is_gold[pair]
    }

    /// Marks pairs as asked. What was asked before is left out: no pair is asked twice.
    pub(crate) fn ask(&mut self, mut pairs: Vec<usize>) -> Vec<usize> {
        pairs.retain(|pair| !std::mem::replace(&mut self.asked[*pair], true));
        pairs.iter().for_each(|pair| self.waiting[*pair] = true);
        pairs
    }

    pub(crate) fn learn(&mut self, replies: &[Reply]) -> Result<(), RouterError> {
        for reply in replies {
            let pairs = self.pairs.len();
            let waiting = self
                .waiting
                .get_mut(reply.pair)
                .ok_or(RouterError::NoSuchPair {
                    pair: reply.pair,
                    pairs,
                })?;
            if !std::mem::replace(waiting, false) {
                return Err(RouterError::NotAsked(reply.pair));
            }
            if let Some(answer) = reply.answer.filter(|a| !(0.0..=1.0).contains(a)) {
                return Err(RouterError::Setting {
                    name: "an answer",
                    range: "0..=1",
                    value: answer,
                });
            }
            self.answers[reply.pair] = reply.answer;
        }
        Ok(())
    }

    /// Takes what has been learnt into proxy, judge and log odds.
    pub(crate) fn refit(&mut self) {
        let seen = self.agreements();
        let known = &self.knowledge;
        self.borne_out = known.of_kind && known.judge.against_a_coin(&seen) > BORNE_OUT;
        self.judge = self.judge_by_agreement(&seen);
        if self.judge.knows_nothing() && self.knowledge.gold.is_empty() {
            // Answers without information teach nothing: what they taught before goes too.
            self.proxy = self.start.clone();
            self.places = JudgeCovariates::places(&self.proxy);
            self.logits.clone_from(&self.before);
            self.fits = 0;
            return;
        }
        let gold: Vec<GoldLabel> = self.knowledge.gold.clone();
        let label = |row: usize, evidence: Evidence| Label {
            row,
            key: self.pairs.keys[row],
            evidence,
        };
        let mut labels: Vec<Label> = gold
            .iter()
            .map(|g| label(g.pair, Evidence::gold(g.is_match)))
            .collect();
        for pair in (0..self.answers.len()).filter(|pair| !self.is_gold[*pair]) {
            let evidence = if self.trusts_judge {
                self.said_yes(pair).map(Evidence::gold)
            } else {
                let evidence = |answer| self.judge.evidence(answer, &self.covariates(pair));
                self.answers[pair].map(evidence)
            };
            labels.extend(evidence.map(|evidence| label(pair, evidence)));
        }
        if labels.len() >= FIT_FROM {
            self.fit(&labels, &gold);
        }
    }

    fn fit(&mut self, labels: &[Label], gold: &[GoldLabel]) {
        let Ok(rows) = Rows::new(&self.pairs.columns, &self.pairs.values) else {
            return;
        };
        // Twice the labels may want another strength; in between, those that had a part will do.
        let again = labels.len() >= 2 * self.tried_all_at;
        let usual = FitOptions::default();
        let options = FitOptions {
            seed: self.knowledge.seed,
            narrowed: self.narrowed.clone().filter(|_| !again),
            intercept_sd: if gold.is_empty() && !self.trusts_judge {
                VERDICTS_ALONE
            } else {
                usual.intercept_sd
            },
            ..usual
        };
        let scale = rows.scale();
        let Ok(found) = learn::fit(rows, &scale, labels, &self.knowledge.priors, &options) else {
            return;
        };
        if again {
            self.tried_all_at = labels.len();
            self.narrowed = Some(found.candidates.clone());
        }
        // Labels without any verdict were chosen by somebody, and say little of the pairs that nobody chose.
        if labels.len() == gold.len() && !self.is_gain(labels, &found.held_out) {
            return;
        }
        self.fits += 1;
        self.proxy = found.proxy;
        self.places = JudgeCovariates::places(&self.proxy);
        self.score_all();
        for (label, held_out) in labels.iter().zip(&found.held_out) {
            self.logits[label.row] = *held_out;
        }
        let most = self.knowledge.most_departure;
        if most.is_finite() {
            for (logit, before) in self.logits.iter_mut().zip(&self.before) {
                *logit = logit.clamp(before - most, before + most);
            }
        }
        let mut judged: Vec<(u64, JudgedGold)> = (gold.iter())
            .filter_map(|g| {
                let judged = JudgedGold {
                    answer_score: self.answers[g.pair]?,
                    is_match: g.is_match,
                    logit_p: self.logits[g.pair],
                    at: self.covariates(g.pair),
                };
                Some((self.pairs.keys[g.pair].0, judged))
            })
            .collect();
        judged.sort_unstable_by_key(|(key, _)| *key);
        let judged: Vec<JudgedGold> = judged.into_iter().map(|(_, judged)| judged).collect();
        if !judged.is_empty() {
            self.judge = self.knowledge.judge.fitted(&judged);
        }
    }

    /// True where a fit predicts the labels that it has not seen better than what stood before any label, by more than two
    /// standard errors of that difference.
    fn is_gain(&self, labels: &[Label], held_out: &[f64]) -> bool {
        let likelihood = |logit: f64, evidence: &Evidence| {
            let p = sigmoid(logit).clamp(SUREST, 1.0 - SUREST);
            (p * evidence.if_match + (1.0 - p) * evidence.if_no_match).ln()
        };
        let (mut sum, mut squares) = (0.0, 0.0);
        for (label, held_out) in labels.iter().zip(held_out) {
            let before = likelihood(self.before[label.row], &label.evidence);
            let gain = likelihood(*held_out, &label.evidence) - before;
            sum += gain;
            squares += gain * gain;
        }
        sum > 2.0 * squares.sqrt()
    }
}
