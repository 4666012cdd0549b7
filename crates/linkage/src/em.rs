//! The fit: m probabilities, shares of the classes and what households share, by expectation and maximisation
//! (Fellegi and Sunter 1969; Winkler 1988), with the truncation that blocking brings (Dempster, Laird and Rubin
//! 1977, section 4.2) and levels whose weights fall (isotonic regression in the maximisation step).

use crate::{
    classes::{AREA, CHANCE, CLASSES, Classes, HOUSEHOLD, MOVED, SAME},
    compare::{self, MISSING, SWAPPED},
    levels::Compared,
    region::Region,
};

/// How many matches the shipped m probabilities stand for.
const PRIOR_MATCHES: f64 = 12.0;
/// How many pairs of a household the shipped shares stand for.
const PRIOR_SHARED: f64 = 8.0;
/// Steps at most.
const STEPS: usize = 60;
/// The share of movers among labelled pairs outside of the fitted region.
const MOVERS: f64 = 0.1;

/// The pairs that are fitted.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// Row by row: levels of the fields.
    pub(crate) levels: Vec<u8>,
    /// Row by row: logarithm of the u probability of each level.
    pub(crate) ln_u: Vec<f32>,
    /// By pair: how many pairs it stands for.
    pub(crate) weight: Vec<f64>,
    /// By pair: probability that it matches by what somebody said (.5 where nobody did).
    pub(crate) said: Vec<f64>,
    /// By pair: whether it is in the region, so that it tells how many pairs of each class there are.
    pub(crate) inside: Vec<bool>,
}

/// Logarithms of m probabilities by field and level, and of the numbers of pairs by class.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    pub(crate) m: Vec<Vec<f64>>,
    pub(crate) pairs: [f64; CLASSES],
}

/// What is learnt.
#[derive(Clone, Debug)]
pub(crate) struct Learnt {
    /// By field and level: m probability, of pairs with a value on both sides.
    pub(crate) m: Vec<Vec<f64>>,
    /// By class: pairs of it among all pairs of the lists; 0 for a class that is not there.
    pub(crate) pairs: [f64; CLASSES],
    /// By class and field: probability to agree as one person's records do.
    pub(crate) shared: [Vec<f64>; CLASSES],
}

impl Learnt {
    /// Where the fit starts: shipped m probabilities, as many matches as given.
    pub(crate) fn start(compared: &Compared, classes: &Classes, matches: f64, all: f64) -> Self {
        let m = compared.fields.iter().map(|field| {
            let levels = compare::levels(field.kind);
            let sum: f64 = levels.iter().map(|level| level.prior).sum();
            levels.iter().map(|level| level.prior / sum).collect()
        });
        let mut pairs = [
            0.9 * matches,
            0.1 * matches,
            all,
            2.0 * matches,
            0.1 * matches,
        ];
        for (pairs, there) in pairs.iter_mut().zip(classes.there) {
            *pairs *= f64::from(u8::from(there));
        }
        Self {
            m: m.collect(),
            pairs,
            shared: classes.shared.clone(),
        }
    }

    /// Logarithms of how likely a pair is in each class, against chance (the class's number of pairs included).
    pub(crate) fn classes(&self, logs: &Logs, levels: &[u8], ln_u: &[f32]) -> [f64; CLASSES] {
        let mut out = logs.pairs;
        // Products of sums, with one logarithm at the end; they stay far from the limits of the numbers.
        let mut mixed = [1.0_f64; CLASSES];
        for (field, (level, ln_u)) in levels.iter().zip(ln_u).enumerate() {
            if *level == MISSING {
                continue;
            }
            let weight = logs.m[field][*level as usize] - f64::from(*ln_u);
            out[SAME] += weight;
            out[MOVED] += weight * self.shared[MOVED][field];
            if self.shared[HOUSEHOLD][field] > 0.0 {
                let ratio = weight.exp();
                for class in [AREA, HOUSEHOLD] {
                    let shared = self.shared[class][field];
                    mixed[class] *= 1.0 - shared + shared * ratio;
                    if !(1e-200..1e200).contains(&mixed[class]) {
                        out[class] += mixed[class].ln();
                        mixed[class] = 1.0;
                    }
                }
            }
        }
        for class in [AREA, HOUSEHOLD] {
            out[class] += mixed[class].ln();
        }
        out
    }

    /// Logarithms of what scores need.
    pub(crate) fn logs(&self) -> Logs {
        Logs {
            m: self
                .m
                .iter()
                .map(|m| m.iter().map(|m| m.ln()).collect())
                .collect(),
            pairs: self.pairs.map(f64::ln),
        }
    }
}

/// Logarithm of a sum of exponentials.
pub(crate) fn ln_sum(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        most
    } else {
        most + terms
            .iter()
            .map(|term| (term - most).exp())
            .sum::<f64>()
            .ln()
    }
}

/// Counts of one step.
struct Counts {
    m: Vec<Vec<f64>>,
    pairs: [f64; CLASSES],
    /// By class and field: (agree as one person's, all).
    shared: [Vec<(f64, f64)>; CLASSES],
    objective: f64,
}

/// Fits. `u` holds the u probabilities by field and level, `present` how often both sides have a value.
/// Returns what was learnt and the penalised log likelihood after each step, which never falls.
pub(crate) fn fit(
    pairs: &Pairs,
    mut learnt: Learnt,
    (classes, compared): (&Classes, &Compared),
    (u, present): (&[Vec<f64>], &[f64]),
    region: Option<&Region>,
) -> (Learnt, Vec<f64>) {
    let priors: Vec<Vec<f64>> = learnt_priors(compared);
    let mut trace: Vec<f64> = Vec::new();
    let free = |field: usize| {
        compared.fields[field]
            .kind
            .is_name()
            .then_some(SWAPPED as usize)
    };
    // The start keeps the order of levels too, whatever chance says by now.
    for (field, m) in learnt.m.iter_mut().enumerate() {
        *m = falling(m, &u[field], free(field));
    }
    for _ in 0..STEPS {
        let mut counts = expect(pairs, &learnt);
        let outside = outside(&learnt, u, present, region);
        counts.objective -= (0..CLASSES)
            .map(|class| learnt.pairs[class] * outside[class].0)
            .sum::<f64>();
        counts.objective += penalty(&learnt, &priors, classes);
        let gain = trace
            .last()
            .map_or(f64::INFINITY, |last| counts.objective - last);
        trace.push(counts.objective);
        if gain < 1e-9 * counts.objective.abs() + 1e-3 {
            break;
        }
        for class in [SAME, MOVED, AREA, HOUSEHOLD]
            .into_iter()
            .filter(|class| classes.there[*class])
        {
            learnt.pairs[class] = (counts.pairs[class] + 0.5) / outside[class].0;
        }
        missed(&mut counts, &learnt, u, present, &outside);
        for (field, counted) in counts.m.iter().enumerate() {
            let counted: Vec<f64> = counted
                .iter()
                .zip(&priors[field])
                .map(|(count, prior)| count + prior)
                .collect();
            learnt.m[field] = falling(&counted, &u[field], free(field));
        }
        for field in (0..classes.learnt.len()).filter(|field| classes.learnt[*field]) {
            let start = classes.shared[HOUSEHOLD][field];
            let (agree, all) = counts.shared[HOUSEHOLD][field];
            learnt.shared[HOUSEHOLD][field] = (agree + PRIOR_SHARED * start) / (all + PRIOR_SHARED);
        }
    }
    (learnt, trace)
}

fn learnt_priors(compared: &Compared) -> Vec<Vec<f64>> {
    let prior = |level: &compare::Level| level.prior * PRIOR_MATCHES;
    compared
        .fields
        .iter()
        .map(|field| compare::levels(field.kind).iter().map(prior).collect())
        .collect()
}

fn penalty(learnt: &Learnt, priors: &[Vec<f64>], classes: &Classes) -> f64 {
    let m: f64 = priors
        .iter()
        .flatten()
        .zip(learnt.m.iter().flatten())
        .map(|(prior, m)| prior * m.ln())
        .sum();
    let pairs: f64 = [SAME, MOVED, AREA, HOUSEHOLD]
        .into_iter()
        .filter(|class| classes.there[*class])
        .map(|class| 0.5 * learnt.pairs[class].ln())
        .sum();
    let shared: f64 = (0..classes.learnt.len())
        .filter(|field| classes.learnt[*field])
        .map(|field| {
            let (start, now) = (
                classes.shared[HOUSEHOLD][field],
                learnt.shared[HOUSEHOLD][field],
            );
            PRIOR_SHARED * (start * now.ln() + (1.0 - start) * (1.0 - now).ln())
        })
        .sum();
    m + pairs + shared
}

fn expect(pairs: &Pairs, learnt: &Learnt) -> Counts {
    let width = learnt.m.len();
    let logs = learnt.logs();
    let mut counts = Counts {
        m: learnt.m.iter().map(|m| vec![0.0; m.len()]).collect(),
        pairs: [0.0; CLASSES],
        shared: std::array::from_fn(|_| vec![(0.0, 0.0); width]),
        objective: 0.0,
    };
    for (at, weight) in pairs.weight.iter().enumerate() {
        let (levels, ln_u) = (
            &pairs.levels[at * width..][..width],
            &pairs.ln_u[at * width..][..width],
        );
        let mut classes = learnt.classes(&logs, levels, ln_u);
        let (yes, no) = (pairs.said[at].ln(), (1.0 - pairs.said[at]).ln());
        if !pairs.inside[at] {
            // Labels from elsewhere tell about levels, not about numbers of pairs.
            let movers: f64 = if learnt.pairs[MOVED] > 0.0 {
                MOVERS
            } else {
                0.0
            };
            classes[SAME] += (1.0 - movers).ln() - learnt.pairs[SAME].ln();
            classes[MOVED] += if movers > 0.0 {
                movers.ln() - learnt.pairs[MOVED].ln()
            } else {
                0.0
            };
            classes[CHANCE] = 0.0;
            classes[AREA] = f64::NEG_INFINITY;
            classes[HOUSEHOLD] = f64::NEG_INFINITY;
        }
        for (class, value) in classes.iter_mut().enumerate() {
            *value += if class <= MOVED { yes } else { no };
        }
        let all = ln_sum(&classes);
        counts.objective += weight * all;
        let share = classes.map(|value| weight * (value - all).exp());
        if pairs.inside[at] {
            for (sum, share) in counts.pairs.iter_mut().zip(share) {
                *sum += share;
            }
        }
        if 1.0 - share[CHANCE] / weight < 1e-7 {
            continue;
        }
        for (field, level) in levels
            .iter()
            .enumerate()
            .filter(|(_, level)| **level != MISSING)
        {
            let mut count = share[SAME] + share[MOVED] * learnt.shared[MOVED][field];
            for class in [AREA, HOUSEHOLD] {
                let shared = learnt.shared[class][field];
                if shared > 0.0 && share[class] > 0.0 {
                    let ratio =
                        shared * (logs.m[field][*level as usize] - f64::from(ln_u[field])).exp();
                    let agree = share[class] * ratio / (ratio + 1.0 - shared);
                    count += agree;
                    counts.shared[class][field].0 += agree;
                    counts.shared[class][field].1 += share[class];
                }
            }
            counts.m[field][*level as usize] += count;
        }
    }
    counts
}

type Outside = (f64, Vec<(usize, f64, f64)>);

fn outside(
    learnt: &Learnt,
    u: &[Vec<f64>],
    present: &[f64],
    region: Option<&Region>,
) -> [Outside; CLASSES] {
    std::array::from_fn(|class| match region {
        Some(region) => region.outside(|field| {
            let shared = learnt.shared[class][field];
            present[field] * (shared * learnt.m[field][0] + (1.0 - shared) * u[field][0])
        }),
        None => (1.0, Vec::new()),
    })
}

/// Adds the pairs of each class that no rule found, as the parameters expect them.
fn missed(
    counts: &mut Counts,
    learnt: &Learnt,
    u: &[Vec<f64>],
    present: &[f64],
    outside: &[Outside; CLASSES],
) {
    for class in [SAME, MOVED, AREA, HOUSEHOLD] {
        for (field, exact, other) in &outside[class].1 {
            let (field, pairs) = (*field, learnt.pairs[class]);
            let shared = learnt.shared[class][field];
            if shared == 0.0 || pairs == 0.0 {
                continue;
            }
            let m0 = learnt.m[field][0];
            let mixed = shared * m0 + (1.0 - shared) * u[field][0];
            let agree = pairs * exact * shared * m0 / mixed;
            let rest = pairs * other * present[field] / (1.0 - present[field] * mixed).max(1e-12);
            counts.m[field][0] += agree;
            for (count, m) in counts.m[field].iter_mut().zip(&learnt.m[field]).skip(1) {
                *count += rest * shared * m;
            }
            counts.shared[class][field].0 += agree + rest * shared * (1.0 - m0);
            counts.shared[class][field].1 += pairs * exact + rest * (1.0 - mixed);
        }
    }
}

/// The most likely m probabilities for these counts whose ratio to u falls from level to level: pooling of
/// neighbours that violate it (Barlow et al. 1972). Level `free` is left out of the order.
pub(crate) fn falling(counts: &[f64], u: &[f64], free: Option<usize>) -> Vec<f64> {
    let all: f64 = counts.iter().sum();
    let mut m: Vec<f64> = counts.iter().map(|count| count / all).collect();
    let mut pools: Vec<(f64, f64, Vec<usize>)> = Vec::new();
    for level in (0..counts.len()).filter(|level| Some(*level) != free) {
        pools.push((counts[level], u[level], vec![level]));
        while let [.., (a, ua, _), (b, ub, _)] = pools.as_slice()
            && b / ub > a / ua
            && let Some((b, ub, more)) = pools.pop()
            && let Some((a, ua, levels)) = pools.last_mut()
        {
            *a += b;
            *ua += ub;
            levels.extend(more);
        }
    }
    for (count, of, levels) in pools {
        for level in levels {
            m[level] = count / all * u[level] / of;
        }
    }
    m
}
