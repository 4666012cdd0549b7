//! What other records say about a pair: rivals between two clean lists, a third record within one.

use rustc_hash::FxHashMap;

use crate::{
    classes::{CHANCE, MOVED, SAME},
    comparison_levels::MISSING,
    learnt::ln_sum,
    model::{Model, log_odds, probability},
    pair_levels::Compared,
};

/// Log odds below which a candidate is no rival.
const FAINT: f64 = -20.0;
/// Records with several partners, of those with any, up to which a list looks clean.
const UNCLEAN: f64 = 0.02;
/// Partners of a record that bring others together, at most; the strongest.
const PARTNERS: usize = 40;
/// Records around each of a pair that are asked, at most.
const AROUND: usize = 5;
/// Steps along which records are brought together.
const ROUNDS: usize = 3;

/// By record, its candidates from `least` log odds on, as places among all.
fn by_record(pairs: &[(u32, u32)], scores: &[f64], least: f64) -> FxHashMap<u32, Vec<usize>> {
    let mut out: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
    for (at, (a, b)) in pairs
        .iter()
        .enumerate()
        .filter(|(at, _)| scores[*at] >= least)
    {
        out.entry(*a).or_default().push(at);
        out.entry(*b).or_default().push(at);
    }
    out
}

/// Whether hardly a record has more than one partner at odds of 1 or more.
pub(crate) fn looks_clean(pairs: &[(u32, u32)], scores: &[f64]) -> bool {
    let partners = by_record(pairs, scores, 0.0);
    let several = partners.values().filter(|of| of.len() > 1).count();
    partners.len() > 20 && several as f64 <= UNCLEAN * partners.len() as f64
}

/// One partner at most for each record: the odds of a pair stand against those of its rivals and against
/// "no partner". `smaller` and `larger` are the lengths of the lists. Returns what this adds to log odds.
pub(crate) fn rivals(
    pairs: &[(u32, u32)],
    scores: &[f64],
    smaller: f64,
) -> FxHashMap<(u32, u32), f64> {
    let near = by_record(pairs, scores, FAINT);
    let mut places: Vec<usize> = near.values().flatten().copied().collect();
    places.sort_unstable();
    places.dedup();
    let rivals: Vec<f64> = places
        .iter()
        .map(|at| {
            let (a, b) = pairs[*at];
            let others = [a, b]
                .into_iter()
                .flat_map(|record| &near[&record])
                .filter(|other| *other != at);
            others.map(|other| scores[*other].exp()).sum()
        })
        .collect();
    // The more records have a partner, the less likely a record is to have none.
    let mut matched = 0.0;
    let mut odds: Vec<f64> = Vec::new();
    for _ in 0..10 {
        let none = (1.0 - matched / smaller.max(1.0)).max(0.01);
        odds = places
            .iter()
            .zip(&rivals)
            .map(|(at, rivals)| scores[*at] - (none + rivals).ln())
            .collect();
        matched = odds
            .iter()
            .map(|odds| probability(*odds))
            .sum::<f64>()
            .min(smaller);
    }
    places
        .iter()
        .zip(odds)
        .map(|(at, odds)| (pairs[*at], odds - scores[*at]))
        .collect()
}

/// Two records that each match a third one are of one person, as far as their own columns do not speak
/// against it. Of the states of three records (all apart, one pair, all together) the odds of the pair follow.
/// Returns what this adds to the log odds by columns; pairs that are no candidates are among them.
pub(crate) fn third_record(
    compared: &Compared,
    model: &Model,
    pairs: &[(u32, u32)],
    scores: &[f64],
) -> FxHashMap<(u32, u32), f64> {
    let prior =
        ln_sum(&model.learnt.pairs.map(f64::ln)[SAME..CHANCE]) - model.learnt.pairs[CHANCE].ln();
    let mut links: FxHashMap<(u32, u32), f64> = pairs
        .iter()
        .zip(scores)
        .filter(|(_, score)| **score >= 0.0)
        .map(|(pair, score)| (*pair, *score))
        .collect();
    let mut own: FxHashMap<(u32, u32), f64> = FxHashMap::default();
    let mut levels = vec![0; compared.width()];
    for _ in 0..ROUNDS {
        let mut partners: FxHashMap<u32, Vec<(u32, f64)>> = FxHashMap::default();
        for ((a, b), score) in &links {
            partners.entry(*a).or_default().push((*b, *score));
            partners.entry(*b).or_default().push((*a, *score));
        }
        let mut raised: FxHashMap<(u32, u32), f64> = FxHashMap::default();
        for of in partners.values_mut().filter(|of| of.len() > 1) {
            of.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
            of.truncate(PARTNERS);
            for (at, (x, one)) in of.iter().enumerate() {
                for (y, two) in &of[at + 1..] {
                    let pair = (*x.min(y), *x.max(y));
                    let by_columns = *own.entry(pair).or_insert_with(|| {
                        compared.levels(pair.0, pair.1, &mut levels);
                        log_odds(&model.classes(compared, &levels, pair.0, pair.1))
                    });
                    // Agreement follows from the third record; only disagreement is news.
                    let together = one + two + (by_columns - prior).min(0.0);
                    let odds = ln_sum(&[by_columns, together]) - ln_sum(&[0.0, *one, *two]);
                    if odds > by_columns && odds > -5.0 {
                        let best = raised.entry(pair).or_insert(odds);
                        *best = best.max(odds);
                    }
                }
            }
        }
        let mut grown = false;
        for (pair, odds) in raised {
            let known = links.entry(pair).or_insert(f64::NEG_INFINITY);
            grown |= odds >= 0.0 && *known < 0.0;
            *known = known.max(odds);
        }
        if !grown {
            break;
        }
    }
    let mut out: FxHashMap<(u32, u32), f64> = own
        .iter()
        .filter_map(|(pair, by_columns)| links.get(pair).map(|odds| (*pair, odds - by_columns)))
        .filter(|(_, more)| *more > 0.0)
        .collect();
    consensus(compared, model, pairs, scores, &links, &mut out);
    out
}

/// How much of its weight an address speaks with among the records around a pair: another one is at most as much against it
/// as a move is rare.
fn home_scale(compared: &Compared, model: &Model, levels: &[u8], pair: (u32, u32)) -> f64 {
    let fields = compared.fields.iter().enumerate();
    let home: f64 = fields
        .filter(|(at, field)| field.kind.is_home() && levels[*at] != MISSING)
        .map(|(at, _)| model.weight(compared, levels, at, pair))
        .sum();
    let moved = model.logs.pairs[MOVED] - model.logs.pairs[SAME];
    if home < 0.0 {
        ln_sum(&[home, moved]).min(0.0) / home
    } else {
        1.0
    }
}

/// A chain of records that each resemble the next one joins people whom hardly a record takes for one. A pair is
/// no likelier than what the records around each of the two say of one another, column by column and on average:
/// a column that is missing in one record of a person speaks through the others.
fn consensus(
    compared: &Compared,
    model: &Model,
    pairs: &[(u32, u32)],
    scores: &[f64],
    links: &FxHashMap<(u32, u32), f64>,
    out: &mut FxHashMap<(u32, u32), f64>,
) {
    let mut around: FxHashMap<u32, Vec<(f64, u32)>> = FxHashMap::default();
    for ((a, b), score) in pairs.iter().zip(scores).filter(|(_, score)| **score >= 0.0) {
        around.entry(*a).or_default().push((*score, *b));
        around.entry(*b).or_default().push((*score, *a));
    }
    for of in around.values_mut() {
        of.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
        of.truncate(AROUND);
    }
    let width = compared.width();
    let mut levels = vec![0; width];
    let mut sums = vec![(0.0, 0.0); width];
    for (pair, odds) in links.iter().filter(|(_, odds)| **odds >= 0.0) {
        let side = |record: u32| {
            let others = around.get(&record).into_iter().flatten();
            std::iter::once(record).chain(others.map(|(_, other)| *other))
        };
        let alone = side(pair.0)
            .chain(side(pair.1))
            .all(|record| record == pair.0 || record == pair.1);
        if alone {
            continue;
        }
        sums.fill((0.0, 0.0));
        for a in side(pair.0) {
            for b in side(pair.1).filter(|b| *b != a) {
                let (a, b) = (a.min(b), a.max(b));
                compared.levels(a, b, &mut levels);
                let scale = home_scale(compared, model, &levels, (a, b));
                for field in (0..width).filter(|field| levels[*field] != MISSING) {
                    let is_home = compared.fields[field].kind.is_home();
                    let weight = model.weight(compared, &levels, field, (a, b));
                    sums[field].0 += weight * if is_home { scale } else { 1.0 };
                    sums[field].1 += 1.0;
                }
            }
        }
        let means = sums
            .iter()
            .enumerate()
            .filter(|(_, (_, views))| *views > 0.0);
        let agreed = log_odds(&model.learnt.classes_by(
            &model.logs,
            means.map(|(field, (sum, views))| (field, sum / views)),
        ));
        if agreed < *odds {
            *out.entry(*pair).or_insert(0.0) += agreed - odds;
        }
    }
}
