//! How many pairs a blocking rule proposes, counted without making them.

use crate::hash;

/// Of how many keys one is counted in long lists, and how many must be among these for a count to be believed.
const SAMPLED: u64 = 8;
const ENOUGH_KEYS: usize = 2_000;
/// Rows of which all pairs are counted, about, so that a block of many rows is not missed, and pairs among these to say anything.
const SOME_ROWS: usize = 4_096;
const ENOUGH_PAIRS: u64 = 16;
/// Pairs among these from which on they are believed alone: the keys that are sampled may hold a large block, or lack it.
const TELLING_PAIRS: u64 = 1_000;
/// Records up to which every count is exact.
const COUNTED: usize = 20_000;

/// A record under a rule's key, which is 0 where it has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Keyed {
    pub(crate) key: u64,
    /// Whether it is of the right one of two lists.
    pub(crate) right: bool,
}

/// Pairs of a rule, and the keys that they share.
#[derive(Clone, Copy, Default)]
struct Counted {
    keys: usize,
    pairs: u64,
}

/// Rows drawn by what their records say, whatever the order of the rows: equal records are drawn together.
#[derive(Debug)]
pub(crate) struct SomeRows {
    drawn: Vec<Drawn>,
    /// One record in so many was drawn.
    part: u64,
}

#[derive(Clone, Copy, Debug)]
struct Drawn {
    row: usize,
    /// Hash of the record: equal records are one.
    record: u64,
}

impl SomeRows {
    pub(crate) fn of(by_atom: &[Vec<u64>], rows: usize) -> Self {
        let part = (rows / SOME_ROWS).max(1) as u64;
        let record = |row: usize| {
            by_atom
                .iter()
                .fold(1, |sum, keys| hash::mix(sum ^ keys[row]))
        };
        let all = if part > 1 { 0..rows } else { 0..0 };
        Self {
            drawn: all
                .map(|row| Drawn {
                    row,
                    record: record(row),
                })
                .filter(|drawn| drawn.record % part == 0)
                .collect(),
            part,
        }
    }

    /// Pairs among all rows. Two different records are both drawn once in `part` times `part` cases; equal ones, which come
    /// together, once in `part`.
    fn pairs(&self, split: bool, keyed: impl Fn(usize) -> Keyed) -> Estimate {
        let mut rows: Vec<(Keyed, u64)> = (self.drawn.iter())
            .map(|drawn| (keyed(drawn.row), drawn.record))
            .filter(|(keyed, _)| keyed.key != 0)
            .collect();
        rows.sort_unstable_by_key(|(keyed, record)| (keyed.key, *record));
        let sides = |block: &[(Keyed, u64)]| {
            let right = block.iter().filter(|(keyed, _)| keyed.right).count();
            (block.len() - right, right)
        };
        let (mut all, mut equal) = (0, 0);
        for block in rows.chunk_by(|a, b| a.0.key == b.0.key) {
            let (left, right) = sides(block);
            all += pairs_of(left, right, split);
            for copies in block.chunk_by(|a, b| a.1 == b.1) {
                let (left, right) = sides(copies);
                equal += pairs_of(left, right, split);
            }
        }
        let enough = |pairs: u64| if pairs < ENOUGH_PAIRS { 0 } else { pairs };
        Estimate {
            pairs: enough(all - equal) * self.part.pow(2) + enough(equal) * self.part,
            is_sure: all - equal >= TELLING_PAIRS,
        }
    }
}

/// Pairs by some rows, and whether they are enough to be believed alone.
struct Estimate {
    pairs: u64,
    is_sure: bool,
}

/// Pairs between the lists, or within the one there is.
fn pairs_of(left: usize, right: usize, split: bool) -> u64 {
    let (left, right) = (left as u64, right as u64);
    if split {
        left * right
    } else {
        left * left.saturating_sub(1) / 2
    }
}

/// Pairs of the records by their keys: exact up to 20,000 records, above from every eighth key unless these are few, or from
/// some rows if these show more, or enough.
pub(crate) fn count(
    rows: usize,
    split: bool,
    keyed: impl Fn(usize) -> Keyed,
    some: &SomeRows,
) -> u64 {
    if rows <= COUNTED {
        return by_keys(rows, split, &keyed, 1).pairs;
    }
    let sampled = by_keys(rows, split, &keyed, SAMPLED);
    // One large block among few keys may be all pairs there are, and is easily missed.
    if sampled.keys < ENOUGH_KEYS {
        return by_keys(rows, split, &keyed, 1).pairs;
    }
    let by_rows = some.pairs(split, keyed);
    match by_rows.is_sure {
        true => by_rows.pairs,
        false => by_rows.pairs.max(sampled.pairs * SAMPLED),
    }
}

/// Distinct keys, every so many of them, and the pairs that these propose.
fn by_keys(rows: usize, split: bool, keyed: impl Fn(usize) -> Keyed, part: u64) -> Counted {
    let mut keys: Vec<Keyed> = (0..rows)
        .map(keyed)
        .filter(|one| one.key != 0 && one.key % part == 0)
        .collect();
    keys.sort_unstable();
    let blocks = keys.chunk_by(|a, b| a.key == b.key).map(|block| {
        let right = block.iter().filter(|one| one.right).count();
        pairs_of(block.len() - right, right, split)
    });
    blocks.fold(Counted::default(), |all, pairs| Counted {
        keys: all.keys + 1,
        pairs: all.pairs + pairs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of two columns: `ids` has another value in each `copies` rows, `names` one of so many.
    fn lists(rows: usize, copies: usize, names: usize) -> Vec<Vec<u64>> {
        let column = |salt: u64, of: &dyn Fn(usize) -> usize| -> Vec<u64> {
            let key = |row| hash::mix(salt ^ hash::mix(of(row) as u64)).max(1);
            (0..rows).map(key).collect()
        };
        vec![
            column(1, &|row| row / copies),
            column(2, &|row| row / copies % names),
        ]
    }

    fn near(counted: u64, exact: u64) -> bool {
        (exact * 8 / 10..=exact * 12 / 10).contains(&counted)
    }

    #[test]
    fn equal_records_are_counted_once_however_they_are_drawn() {
        let rows = 120_000;
        for (copies, names) in [(1, 3_000), (2, 3_000), (5, 20_000)] {
            let atoms = lists(rows, copies, names);
            let some = SomeRows::of(&atoms, rows);
            for keys in &atoms {
                let keyed = |row: usize| Keyed {
                    key: keys[row],
                    right: false,
                };
                let exact = by_keys(rows, false, keyed, 1).pairs;
                let counted = count(rows, false, keyed, &some);
                assert!(near(counted, exact), "{copies} copies: {counted}, {exact}");
            }
        }
    }

    #[test]
    fn a_block_of_many_rows_is_not_missed() {
        // 30,000 rows under one key, each other row under its own: one key in eight says nothing of it.
        let rows = 100_000;
        let own: Vec<u64> = (0..rows as u64).map(|row| hash::mix(row).max(1)).collect();
        for salt in 0..8 {
            let common = hash::mix(salt).max(1);
            let keyed = |row: usize| Keyed {
                key: if row < 30_000 { common } else { own[row] },
                right: false,
            };
            let counted = count(
                rows,
                false,
                keyed,
                &SomeRows::of(std::slice::from_ref(&own), rows),
            );
            assert!(near(counted, 30_000 * 29_999 / 2), "{counted}");
        }
    }

    #[test]
    fn a_right_list_of_few_records_is_not_taken_for_none() {
        let rows = 100_000;
        let atoms = lists(rows, 1, 20_000);
        let some = SomeRows::of(&atoms, rows);
        // A right list of which no row is drawn.
        let is_drawn = |row: usize| some.drawn.iter().any(|drawn| drawn.row == row);
        let right: Vec<usize> = (rows - 20..rows).filter(|row| !is_drawn(*row)).collect();
        assert!(right.len() > 10);
        let keyed = |row: usize| Keyed {
            key: atoms[1][row],
            right: right.contains(&row),
        };
        let exact = by_keys(rows, true, keyed, 1).pairs;
        let counted = count(rows, true, keyed, &some);
        assert!(counted < 20 * exact, "{counted}, {exact}");
    }

    #[test]
    fn pairs_of_two_lists_are_those_between_them() {
        let rows = 60_000;
        let atoms = lists(rows / 2, 1, 2_500);
        // The right list holds the records of the left one.
        let twice = |keys: &Vec<u64>| [keys.as_slice(), keys.as_slice()].concat();
        let atoms: Vec<Vec<u64>> = atoms.iter().map(twice).collect();
        let some = SomeRows::of(&atoms, rows);
        for keys in &atoms {
            let keyed = |row: usize| Keyed {
                key: keys[row],
                right: row >= rows / 2,
            };
            let exact = by_keys(rows, true, keyed, 1).pairs;
            let counted = count(rows, true, keyed, &some);
            assert!(near(counted, exact), "{counted}, {exact}");
        }
    }
}
