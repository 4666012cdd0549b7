//! Levels of many pairs.

use rustc_hash::FxHashMap;

use crate::{
    compare,
    comparison_levels::{MISSING, SWAPPED},
    hash,
    prepare::Field,
    types::ColumnType,
};

/// The fields that are compared, with what pairs of them need.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) fields: Vec<Field>,
    /// Places of the one given and the one family name, which may be swapped, and the names of each record
    /// in numbers that both columns share (0 for none).
    swap: Option<(usize, usize, Vec<[u32; 2]>)>,
    /// The given and the family name, and by code of each the code of the same text in the other one (0 for none).
    pub(crate) twins: Option<[(usize, Vec<u32>); 2]>,
    /// Records in all.
    pub(crate) rows: usize,
}

impl Compared {
    pub(crate) fn new(fields: Vec<Field>, rows: usize) -> Self {
        let only = |kind| {
            let mut found = fields
                .iter()
                .enumerate()
                .filter(|(_, field)| field.kind == kind)
                .map(|(at, _)| at);
            found.next().filter(|_| found.next().is_none())
        };
        let swap = only(ColumnType::GivenName)
            .zip(only(ColumnType::FamilyName))
            .map(|(given, family)| {
                let mut shared: FxHashMap<&str, u32> = FxHashMap::default();
                shared.insert("", 0);
                let mut number = |field: usize| -> Vec<u32> {
                    let next = |text| {
                        let fresh = shared.len() as u32;
                        *shared.entry(text).or_insert(fresh)
                    };
                    fields[field]
                        .values
                        .iter()
                        .map(|value| &*value.text)
                        .map(next)
                        .collect()
                };
                let (givens, families) = (number(given), number(family));
                let both = (0..rows)
                    .map(|row| {
                        [
                            givens[fields[given].codes[row] as usize],
                            families[fields[family].codes[row] as usize],
                        ]
                    })
                    .collect();
                (given, family, both)
            });
        let twins = swap.as_ref().map(|(given, family, _)| {
            let codes = |of: usize| -> FxHashMap<&str, u32> {
                fields[of]
                    .values
                    .iter()
                    .enumerate()
                    .skip(1)
                    .map(|(code, value)| (&*value.text, code as u32))
                    .collect()
            };
            let twin = |of: usize, other: usize| {
                let codes = codes(other);
                (
                    of,
                    fields[of]
                        .values
                        .iter()
                        .map(|value| codes.get(&*value.text).copied().unwrap_or(0))
                        .collect(),
                )
            };
            [twin(*given, *family), twin(*family, *given)]
        });
        Self {
            fields,
            swap,
            twins,
            rows,
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.fields.len()
    }

    /// Levels of a pair of records, one a field.
    pub(crate) fn levels(&self, a: u32, b: u32, out: &mut [u8]) {
        for (field, out) in self.fields.iter().zip(out.iter_mut()) {
            *out = field.level(a, b);
        }
        if let Some((given, family, names)) = &self.swap
            && out[*given] > 4
            && out[*family] > 4
            && (out[*given] != MISSING || out[*family] != MISSING)
        {
            let ([given_a, family_a], [given_b, family_b]) = (names[a as usize], names[b as usize]);
            let (one, two) = (
                given_a == family_b && given_a != 0,
                family_a == given_b && family_a != 0,
            );
            let near = |first: u32, second: u32, x: u32, y: u32| {
                let (given, family) = (&self.fields[*given], &self.fields[*family]);
                first == 0
                    || second == 0
                    || compare::compare(
                        ColumnType::GivenName,
                        &given.values[given.codes[x as usize] as usize],
                        &family.values[family.codes[y as usize] as usize],
                    ) <= 4
            };
            let first = one && (two || near(family_a, given_b, b, a));
            if first || (two && near(given_a, family_b, a, b)) {
                out[*given] = SWAPPED;
                // The level of the given name stands for both.
                out[*family] = MISSING;
            }
        }
    }

    /// Levels of all pairs, row by row, on some threads; the result is the same for any number of them.
    pub(crate) fn all_levels(&self, pairs: &[(u32, u32)], threads: usize) -> Vec<u8> {
        let width = self.width();
        let mut out = vec![MISSING; pairs.len() * width];
        if width == 0 {
            return out;
        }
        let chunk = pairs.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for (pairs, out) in pairs.chunks(chunk).zip(out.chunks_mut(chunk * width)) {
                scope.spawn(move || {
                    for ((a, b), out) in pairs.iter().zip(out.chunks_mut(width)) {
                        self.levels(*a, *b, out);
                    }
                });
            }
        });
        out
    }

    /// A number for the content of each record that depends neither on the order of rows nor of columns.
    pub(crate) fn record_hashes(&self) -> Vec<u64> {
        let mut sums = vec![0_u64; self.rows];
        for field in &self.fields {
            let name = hash::of(&field.name);
            let table: Vec<u64> = field
                .values
                .iter()
                .map(|value| hash::mix(name ^ hash::of(&value.text)))
                .collect();
            for (sum, code) in sums.iter_mut().zip(&field.codes) {
                *sum = sum.wrapping_add(table[*code as usize]);
            }
        }
        sums.into_iter().map(hash::mix).collect()
    }
}

/// Pairs of records drawn by chance, or all of them where they are few. `split` parts two lists.
pub(crate) fn random_pairs(
    hashes: &[u64],
    split: Option<usize>,
    most: usize,
    seed: u64,
) -> Vec<(u32, u32)> {
    let order = |from: usize, to: usize| {
        let mut rows: Vec<u32> = (from as u32..to as u32).collect();
        rows.sort_by_key(|row| hashes[*row as usize]);
        rows
    };
    let (left, right) = match split {
        Some(split) => (order(0, split), order(split, hashes.len())),
        None => (order(0, hashes.len()), Vec::new()),
    };
    if split.is_some() {
        if left.is_empty() || right.is_empty() {
            return Vec::new();
        }
        if left.len().saturating_mul(right.len()) <= most {
            return left
                .iter()
                .flat_map(|a| right.iter().map(move |b| (*a, *b)))
                .collect();
        }
    } else if left.len() < 2 {
        return Vec::new();
    } else if left.len().saturating_mul(left.len() - 1) / 2 <= most {
        return left
            .iter()
            .enumerate()
            .flat_map(|(at, a)| left[at + 1..].iter().map(move |b| (*a, *b)))
            .collect();
    }
    let others = if split.is_some() { &right } else { &left };
    let draw = |at: u64, list: &[u32]| {
        list[(hash::mix(seed ^ hash::mix(at)) % list.len() as u64) as usize]
    };
    (0..most as u64)
        .map(|at| (draw(2 * at, &left), draw(2 * at + 1, others)))
        .filter(|(a, b)| a != b)
        .collect()
}
