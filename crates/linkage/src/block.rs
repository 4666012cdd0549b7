//! From rules to candidate pairs.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    hash,
    prepare::Field,
    rule_counts::{self, Keyed, SomeRows},
    rules::Atom,
};

/// The most rules that one run has: a pair remembers its rules in the bits of a number.
pub(crate) const MOST_RULES: usize = 64;

/// Two records that are worth comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidatePair {
    /// Record of the left list; in one list the smaller number.
    pub left: u32,
    /// Record of the right list, or the greater number in one list.
    pub right: u32,
    /// Bit `i` is set where rule `i` of the plan proposes the pair.
    pub rules: u64,
}

/// The key of a rule from those of its parts; 0 where a part has none.
pub(crate) fn joined(keys: impl Iterator<Item = u64>) -> u64 {
    let mut keys = keys;
    let joined = keys.try_fold(0_u64, |sum, key| match key {
        0 => None,
        key => Some(hash::mix(sum ^ key).max(1)),
    });
    joined.unwrap_or(0)
}

/// Keys of all records. Records of a right list follow those of the left one.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) atoms: Vec<Atom>,
    /// By atom: one hash a record, 0 for none.
    pub(crate) by_atom: Vec<Vec<u64>>,
    /// Records of the left list, where there are two.
    pub(crate) split: Option<usize>,
    rows: usize,
    some: SomeRows,
    /// The first new record, where no two of those before it are compared.
    fresh: Option<usize>,
    /// Pairs of the whole lists for each pair of these.
    grown: f64,
}

impl Keys {
    pub(crate) fn new(
        atoms: Vec<Atom>,
        fields: &[Field],
        split: Option<usize>,
        rows: usize,
    ) -> Self {
        let by_atom: Vec<Vec<u64>> = atoms.iter().map(|atom| atom.hashes(fields)).collect();
        Self {
            atoms,
            some: SomeRows::of(&by_atom, rows),
            by_atom,
            split,
            rows,
            fresh: None,
            grown: 1.0,
        }
    }

    /// The lists are samples: each pair stands for so many.
    pub(crate) fn grown_by(self, grown: f64) -> Self {
        Self { grown, ..self }
    }

    fn of_whole(&self, pairs: u64) -> u64 {
        match self.grown == 1.0 {
            true => pairs,
            false => (pairs as f64 * self.grown).round() as u64,
        }
    }

    pub(crate) fn fresh_from(mut self, fresh: Option<usize>) -> Self {
        self.fresh = fresh;
        self
    }

    /// Pairs that may be compared at all.
    pub(crate) fn all_pairs(&self) -> u64 {
        let of = |records: u64| records * records.saturating_sub(1) / 2;
        let rows = self.rows as u64;
        self.of_whole(match (self.split, self.fresh) {
            (Some(split), _) => split as u64 * (rows - split as u64),
            (None, Some(fresh)) => of(rows) - of(fresh as u64),
            (None, None) => of(rows),
        })
    }

    fn key(&self, rule: &[usize], row: usize) -> u64 {
        joined(rule.iter().map(|atom| self.by_atom[*atom][row]))
    }

    /// Pairs of new records that a rule proposes.
    fn count_fresh(&self, rule: &[usize], fresh: usize) -> u64 {
        let mut blocks: FxHashMap<u64, (u64, u64)> = FxHashMap::default();
        for key in (fresh..self.rows).map(|row| self.key(rule, row)) {
            blocks.entry(key).or_default().0 += 1;
        }
        blocks.remove(&0);
        for key in (0..fresh).map(|row| self.key(rule, row)) {
            if let Some(block) = blocks.get_mut(&key) {
                block.1 += 1;
            }
        }
        let pairs = |(fresh, known): &(u64, u64)| fresh * (fresh - 1) / 2 + fresh * known;
        blocks.values().map(pairs).sum()
    }

    /// Pairs that a rule proposes in the whole lists.
    pub(crate) fn count(&self, rule: &[usize]) -> u64 {
        self.of_whole(self.count_here(rule))
    }

    /// Pairs that a rule proposes, about: exact for new records and for short lists.
    fn count_here(&self, rule: &[usize]) -> u64 {
        if let Some(fresh) = self.fresh {
            return self.count_fresh(rule, fresh);
        }
        let keyed = |row: usize| Keyed {
            key: self.key(rule, row),
            right: self.split.is_some_and(|split| row >= split),
        };
        rule_counts::count(self.rows, self.split.is_some(), keyed, &self.some)
    }

    /// All pairs that some rule proposes, each once, by left and right record.
    pub(crate) fn candidates(&self, rules: &[Vec<usize>]) -> Vec<CandidatePair> {
        let used: Vec<usize> = (0..self.atoms.len())
            .filter(|atom| rules.iter().any(|rule| rule.contains(atom)))
            .collect();
        let width = used.len();
        // Record by record, so that a pair reads two short rows.
        let mut rows = vec![0_u32; width * self.rows];
        for (at, atom) in used.iter().enumerate() {
            for (row, key) in self.by_atom[*atom].iter().enumerate() {
                rows[row * width + at] = if *key == 0 { 0 } else { (key >> 32) as u32 | 1 };
            }
        }
        let bits = |rule: &Vec<usize>| {
            rule.iter()
                .filter_map(|atom| used.iter().position(|other| other == atom))
                .fold(0_u64, |bits, at| bits | 1 << at)
        };
        let masks: Vec<u64> = rules.iter().take(MOST_RULES).map(bits).collect();
        let agreeing = |a: u32, b: u32| {
            let (a, b) = (
                &rows[a as usize * width..][..width],
                &rows[b as usize * width..][..width],
            );
            a.iter()
                .zip(b)
                .enumerate()
                .fold(0_u64, |mask, (at, (x, y))| {
                    mask | (u64::from(x == y && *x != 0) << at)
                })
        };
        let mut found = Vec::new();
        let split = self.split.map(|split| split as u32);
        for (at, rule) in rules.iter().enumerate().take(MOST_RULES) {
            let key = |row: u32| (self.key(rule, row as usize), row);
            let fresh = self.fresh.map_or(0, |fresh| fresh as u32);
            let news: FxHashSet<u64> = (fresh..self.rows as u32).map(|row| key(row).0).collect();
            let mut keys: Vec<(u64, u32)> = (0..self.rows as u32)
                .map(key)
                .filter(|(key, _)| *key != 0 && (fresh == 0 || news.contains(key)))
                .collect();
            keys.sort_unstable();
            for block in keys.chunk_by(|a, b| a.0 == b.0) {
                let lefts = split.map_or(block.len(), |split| {
                    block.partition_point(|(_, row)| *row < split)
                });
                for (place, (_, left)) in block[..lefts].iter().enumerate() {
                    let others = if split.is_some() {
                        &block[lefts..]
                    } else {
                        let known = block.partition_point(|(_, row)| *row < fresh);
                        &block[known.max(place + 1)..]
                    };
                    for (_, right) in others {
                        let agreed = agreeing(*left, *right);
                        // The first rule that proposes a pair brings it in.
                        let first = masks.iter().position(|mask| agreed & mask == *mask);
                        if first == Some(at) {
                            let rules =
                                masks[at..].iter().enumerate().fold(0, |set, (next, mask)| {
                                    set | (u64::from(agreed & mask == *mask) << (at + next))
                                });
                            found.push(CandidatePair {
                                left: *left,
                                right: *right - split.unwrap_or(0),
                                rules,
                            });
                        }
                    }
                }
            }
        }
        found.sort_unstable_by_key(|pair| (pair.left, pair.right));
        found
    }

    /// Every pair there is.
    pub(crate) fn every_pair(&self) -> Vec<CandidatePair> {
        let pair = |left: usize, right: usize| CandidatePair {
            left: left as u32,
            right: right as u32,
            rules: 0,
        };
        match (self.split, self.fresh) {
            (Some(split), _) => (0..split)
                .flat_map(|a| (0..self.rows - split).map(move |b| pair(a, b)))
                .collect(),
            (None, Some(fresh)) => every_fresh_pair(self.rows, fresh),
            (None, None) => (0..self.rows)
                .flat_map(|a| (a + 1..self.rows).map(move |b| pair(a, b)))
                .collect(),
        }
    }
}

/// Every pair with a record from `fresh` on.
fn every_fresh_pair(rows: usize, fresh: usize) -> Vec<CandidatePair> {
    let pair = |a: usize, b: usize| CandidatePair {
        left: a as u32,
        right: b as u32,
        rules: 0,
    };
    let known = (0..fresh).flat_map(|a| (fresh..rows).map(move |b| pair(a, b)));
    let among = (fresh..rows).flat_map(|a| (a + 1..rows).map(move |b| pair(a, b)));
    known.chain(among).collect()
}
