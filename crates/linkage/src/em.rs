//! The fit: m probabilities, shares of the classes and what households share, by expectation and maximisation
//! (Fellegi and Sunter 1969; Winkler 1988), with the truncation that blocking brings (Dempster, Laird and Rubin
//! 1977, section 4.2) and levels whose weights fall (isotonic regression in the maximisation step).

use crate::{
    classes::{CHANCE, CLASSES, COUNTED, Classes, HOUSEHOLD, MOVED, SAME, SHARING},
    comparison_levels::{self, MISSING, SWAPPED},
    headers,
    learnt::{Learnt, ln_sum},
    monotone_levels::falling,
    pair_levels::Compared,
    prepare::Field,
    region::Region,
    types::ColumnType,
};

/// How many matches the shipped m probabilities stand for.
const PRIOR_MATCHES: f64 = 12.0;
/// How many pairs of a household the shipped shares stand for.
const PRIOR_SHARED: f64 = 8.0;
/// Matches that moved house for each that did not, at most: beyond that it is namesakes who are taken for movers.
const MOST_MOVERS: f64 = 0.5;
/// How many times as often as shipped matches may disagree on a name.
const DISAGREEING: f64 = 5.0;
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

/// Counts of one step.
struct Counts {
    m: Vec<Vec<f64>>,
    pairs: [f64; CLASSES],
    /// By class and field: (agree as one person's, all).
    shared: [Vec<(f64, f64)>; CLASSES],
    objective: f64,
}

/// What a fit takes as given.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) classes: &'a Classes,
    pub(crate) compared: &'a Compared,
    /// The u probabilities by field and level.
    pub(crate) u: &'a [Vec<f64>],
    /// By field, how often both sides have a value.
    pub(crate) present: &'a [f64],
    pub(crate) region: Option<&'a Region>,
}

/// Fits. Returns what was learnt and the penalised log likelihood after each step, which never falls.
pub(crate) fn fit(pairs: &Pairs, mut learnt: Learnt, given: Given<'_>) -> (Learnt, Vec<f64>) {
    let Given {
        classes,
        compared,
        u,
        present,
        region,
    } = given;
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
        *m = falling(m, &u[field], free(field), most(&compared.fields[field]));
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
        for class in COUNTED.into_iter().filter(|class| classes.there[*class]) {
            learnt.pairs[class] = (counts.pairs[class] + 0.5) / outside[class].0;
        }
        if learnt.pairs[MOVED] > MOST_MOVERS * learnt.pairs[SAME] {
            // Most people stay: the most likely numbers under that bound.
            learnt.pairs[SAME] = (counts.pairs[SAME] + counts.pairs[MOVED] + 1.0)
                / (outside[SAME].0 + MOST_MOVERS * outside[MOVED].0);
            learnt.pairs[MOVED] = MOST_MOVERS * learnt.pairs[SAME];
        }
        missed(&mut counts, &learnt, u, present, &outside);
        for (field, counted) in counts.m.iter().enumerate() {
            let counted: Vec<f64> = counted
                .iter()
                .zip(&priors[field])
                .map(|(count, prior)| count + prior)
                .collect();
            learnt.m[field] = falling(
                &counted,
                &u[field],
                free(field),
                most(&compared.fields[field]),
            );
        }
        for field in (0..classes.learnt.len()).filter(|field| classes.learnt[*field]) {
            let start = classes.shared[HOUSEHOLD][field];
            let (agree, all) = counts.shared[HOUSEHOLD][field];
            learnt.shared[HOUSEHOLD][field] = (agree + PRIOR_SHARED * start) / (all + PRIOR_SHARED);
        }
    }
    (learnt, trace)
}

/// The share of matches that may disagree on a column. Names stay with a person, and a birth date even more: two records of
/// one home and one name that differ in it are of a junior and a senior, unless the list is sure of something else. What is in other columns may be of
/// another kind in each record (a date of admission, a number of another office), and the lists say how often.
fn most(field: &Field) -> f64 {
    let shipped = || {
        let last = comparison_levels::levels(field.kind).last();
        last.map_or(1.0, |level| level.prior)
    };
    match field.kind {
        ColumnType::GivenName | ColumnType::FamilyName | ColumnType::FullName => {
            DISAGREEING * shipped()
        }
        ColumnType::Date if headers::names_birth(&field.name) => shipped(),
        _ => 1.0,
    }
}

fn learnt_priors(compared: &Compared) -> Vec<Vec<f64>> {
    let prior = |level: &comparison_levels::Level| level.prior * PRIOR_MATCHES;
    compared
        .fields
        .iter()
        .map(|field| {
            comparison_levels::levels(field.kind)
                .iter()
                .map(prior)
                .collect()
        })
        .collect()
}

fn penalty(learnt: &Learnt, priors: &[Vec<f64>], classes: &Classes) -> f64 {
    let m: f64 = priors
        .iter()
        .flatten()
        .zip(learnt.m.iter().flatten())
        .map(|(prior, m)| prior * m.ln())
        .sum();
    let pairs: f64 = COUNTED
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
            for class in SHARING {
                classes[class] = f64::NEG_INFINITY;
            }
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
            for class in SHARING {
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
    for class in COUNTED {
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
