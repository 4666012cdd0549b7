//! Clusters by average link (UPGMA; Sokal and Michener, 1958): the two parts join first whose pairs have the greatest mean of
//! log odds, as long as that mean is above the threshold.
//!
//! A bare transitive closure lets one wrong pair join two groups, however many of their other pairs say that they are apart.
//! Average link asks all pairs between two parts. Best link and correlation clustering by local moves were measured next to it
//! on lists of people (docs/linkage.md).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

use crate::{Clustering, Join, Link, Linking, Word, clusters::Sets};

/// Log odds of one pair beyond which more says nothing: else one pair would outvote ten that say the opposite.
const MOST: f64 = 5.0;

/// Weights are counted in millionths, so that no sum depends on the order of its terms.
const SCALE: f64 = 1e6;

/// Every record in one cluster. `links` name each pair of records once at most; of one that is named twice the last counts.
/// The result depends neither on the order of the links nor on which of two records comes first. Of equal means the parts with
/// the smaller first records join first.
pub fn average_link(records: u32, links: &[Link], options: &Linking) -> Clustering {
    let pairs: BTreeMap<(u32, u32), Link> = links
        .iter()
        .filter(|link| link.a != link.b && link.a.max(link.b) < records)
        .map(|link| ((link.a.min(link.b), link.a.max(link.b)), *link))
        .collect();
    let mut merging = Merging::new(records, &pairs, options);
    while merging.step() {}
    merging.finish()
}

/// What is known of the pairs between two parts.
#[derive(Clone, Copy, Default)]
struct Between {
    /// Sum of the weights, in millionths.
    sum: i64,
    pairs: u64,
    rejected: u64,
    /// Somebody said that two of the records are different.
    apart: bool,
}

impl Between {
    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            pairs: self.pairs + other.pairs,
            rejected: self.rejected + other.rejected,
            apart: self.apart || other.apart,
        }
    }
}

/// Two parts that may join: the greatest mean first, then the smallest first records.
type Waiting = (i64, Reverse<(u32, u32)>, (u32, u32));

struct Merging<'a> {
    options: &'a Linking,
    sets: Sets,
    /// By first record of a part: its records of either list, or of the one.
    size: Vec<[u64; 2]>,
    /// By first record of a part: how often it grew.
    grown: Vec<u32>,
    /// By first record of a part: what is known between it and another one.
    near: Vec<HashMap<u32, Between>>,
    waiting: BinaryHeap<Waiting>,
    joins: Vec<Join>,
    /// By first record of a part: the weakest of its joins, in millionths.
    weakest: HashMap<u32, i64>,
    contradictions: Vec<(u32, u32)>,
}

fn millionths(weight: f64) -> i64 {
    (weight.clamp(-MOST, MOST) * SCALE).round() as i64
}

impl<'a> Merging<'a> {
    fn new(records: u32, pairs: &BTreeMap<(u32, u32), Link>, options: &'a Linking) -> Self {
        let mut this = Self {
            options,
            sets: Sets::new(records),
            size: (0..records)
                .map(|record| match options.split {
                    Some(split) if record >= split => [0, 1],
                    _ => [1, 0],
                })
                .collect(),
            grown: vec![0; records as usize],
            near: vec![HashMap::new(); records as usize],
            waiting: BinaryHeap::new(),
            joins: Vec::new(),
            weakest: HashMap::new(),
            contradictions: Vec::new(),
        };
        // Only within a connected component can anything join.
        let mut component = Sets::new(records);
        for (&(a, b), link) in pairs {
            if link.is_joining() {
                component.join(a, b);
            }
        }
        for (&(a, b), link) in pairs {
            if component.first(a) != component.first(b) {
                continue;
            }
            let between = match link.word {
                Word::Same => continue,
                Word::Different => Between {
                    apart: true,
                    ..Between::default()
                },
                Word::Odds => Between {
                    sum: millionths(link.weight),
                    pairs: 1,
                    rejected: u64::from(link.weight < 0.0),
                    apart: false,
                },
            };
            this.near[a as usize].insert(b, between);
            this.near[b as usize].insert(a, between);
        }
        for (&(a, b), _) in pairs.iter().filter(|(_, link)| link.word == Word::Same) {
            let (a, b) = (this.sets.first(a), this.sets.first(b));
            if a != b {
                this.join(a, b, MOST);
            }
        }
        let different = pairs
            .iter()
            .filter(|(_, link)| link.word == Word::Different);
        for (&(a, b), _) in different {
            if this.sets.first(a) == this.sets.first(b) {
                this.contradictions.push((a, b));
            }
        }
        for part in 0..records {
            this.wait(part, |other| part < other);
        }
        this
    }

    /// Mean log odds between two parts in millionths; none where they can't join.
    fn mean(&self, a: u32, b: u32) -> Option<i64> {
        let known = self.near[a as usize].get(&b)?;
        let (one, two) = (self.size[a as usize], self.size[b as usize]);
        let all = match self.options.split {
            Some(_) => one[0] * two[1] + one[1] * two[0],
            None => one[0] * two[0],
        };
        let (mut sum, mut pairs, mut rejected) = (known.sum, known.pairs, known.rejected);
        if let Some(absent) = self.options.absent {
            let missing = all.saturating_sub(pairs);
            sum += missing as i64 * millionths(absent);
            rejected += if absent < 0.0 { missing } else { 0 };
            pairs += missing;
        }
        if known.apart || pairs == 0 || 2 * rejected > pairs {
            return None;
        }
        let mean = sum / pairs as i64;
        (mean > millionths(self.options.threshold)).then_some(mean)
    }

    /// Puts a part and its neighbours into the queue.
    fn wait(&mut self, part: u32, wanted: impl Fn(u32) -> bool) {
        let others: Vec<u32> = self.near[part as usize].keys().copied().collect();
        for other in others.into_iter().filter(|other| wanted(*other)) {
            let (a, b) = (part.min(other), part.max(other));
            if let Some(mean) = self.mean(a, b) {
                let grown = (self.grown[a as usize], self.grown[b as usize]);
                self.waiting.push((mean, Reverse((a, b)), grown));
            }
        }
    }

    /// Joins the two parts that agree most; false where none is left.
    fn step(&mut self) -> bool {
        while let Some((mean, Reverse((a, b)), grown)) = self.waiting.pop() {
            let is_current = self.sets.first(a) == a
                && self.sets.first(b) == b
                && grown == (self.grown[a as usize], self.grown[b as usize]);
            if is_current {
                self.join(a, b, mean as f64 / SCALE);
                self.wait(a, |_| true);
                return true;
            }
        }
        false
    }

    /// Makes one part of two, given by their first records.
    fn join(&mut self, a: u32, b: u32, weight: f64) {
        let (a, b) = (a.min(b), a.max(b));
        self.sets.join(a, b);
        let of_b = self.size[b as usize];
        self.size[a as usize][0] += of_b[0];
        self.size[a as usize][1] += of_b[1];
        self.grown[a as usize] += 1;
        let of_b = std::mem::take(&mut self.near[b as usize]);
        self.near[a as usize].remove(&b);
        for (other, between) in of_b.into_iter().filter(|(other, _)| *other != a) {
            let both = self.near[a as usize]
                .get(&other)
                .map_or(between, |known| known.and(between));
            self.near[a as usize].insert(other, both);
            self.near[other as usize].remove(&b);
            self.near[other as usize].insert(a, both);
        }
        let least = [self.weakest.remove(&a), self.weakest.remove(&b)]
            .into_iter()
            .flatten()
            .fold(millionths(weight), i64::min);
        self.weakest.insert(a, least);
        self.joins.push(Join {
            first: a,
            second: b,
            weight,
        });
    }

    fn finish(mut self) -> Clustering {
        let of = self.sets.numbers();
        let several = of.iter().max().map_or(0, |last| *last as usize + 1);
        let mut confidence = vec![None; several];
        for (first, weakest) in self.weakest {
            let odds = weakest as f64 / SCALE;
            confidence[of[first as usize] as usize] = Some(1.0 / (1.0 + (-odds).exp()));
        }
        Clustering {
            of,
            confidence,
            joins: self.joins,
            contradictions: self.contradictions,
        }
    }
}
