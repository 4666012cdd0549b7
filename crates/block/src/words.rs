//! Search by words: an inverted index, the cosine of tf-idf vectors.
//!
//! A word counts once a record, weighed by `ln(1 + N / df)`. Words that stand in more than [`COMMON`] records
//! are looked up only for records that have no rarer one: so the cost stays linear in the number of records.

use std::collections::HashMap;

use midband_features::index_terms;

use crate::{
    exact::on_all_cores,
    list::List,
    top::{Hit, Top},
};

/// Records that a word may stand in and still be looked up. A choice: 20 words a record are then at most 40,000
/// entries a query.
const COMMON: usize = 2_000;

/// Records that a thread looks up between two looks at the list of work.
const BLOCK: usize = 256;

/// What a record is found by: the words of its text, and what else the list says.
fn terms(list: &List<'_>, row: usize) -> Vec<u64> {
    let mut terms = index_terms(list.texts[row]);
    let more = list.terms.and_then(|all| all.get(row));
    terms.extend(more.into_iter().flatten());
    terms
}

/// An index over one list.
pub(crate) struct WordIndex {
    /// Of each word: its weight and the records that it stands in, ascending.
    postings: HashMap<u64, (f32, Vec<u32>)>,
    /// Length of each record's vector.
    lengths: Vec<f32>,
}

impl WordIndex {
    pub(crate) fn of(list: &List<'_>) -> Self {
        let texts = list.texts;
        let mut places: HashMap<u64, Vec<u32>> = HashMap::new();
        for row in 0..texts.len() {
            for word in terms(list, row) {
                places.entry(word).or_default().push(row as u32);
            }
        }
        let mut lengths = vec![0.0f64; texts.len()];
        let mut postings = HashMap::with_capacity(places.len());
        // In a fixed order, so that the sums are the same every time.
        let mut words: Vec<_> = places.into_iter().collect();
        words.sort_unstable_by_key(|(word, _)| *word);
        for (word, rows) in words {
            let weight = (texts.len() as f64 / rows.len() as f64).ln_1p();
            for &row in &rows {
                lengths[row as usize] += weight * weight;
            }
            postings.insert(word, (weight as f32, rows));
        }
        Self {
            postings,
            lengths: lengths.into_iter().map(|sum| sum.sqrt() as f32).collect(),
        }
    }

    /// The `k` records of the index nearest to each one of a list. `allowed` says which records one of it may meet.
    pub(crate) fn nearest(
        &self,
        list: &List<'_>,
        k: usize,
        allowed: impl Fn(u32, u32) -> bool + Sync,
    ) -> Vec<Vec<Hit>> {
        let blocks: Vec<usize> = (0..list.texts.len()).step_by(BLOCK).collect();
        on_all_cores(&blocks, |&from| {
            let mut sums = vec![0.0f32; self.lengths.len()];
            let mut touched: Vec<u32> = Vec::new();
            let query = |at: usize| {
                let length = self.add_up(&terms(list, at), &mut sums, &mut touched);
                let mut top = Top::new(k);
                for row in touched.drain(..) {
                    let sum = std::mem::take(&mut sums[row as usize]);
                    if allowed(at as u32, row) {
                        top.offer(row, sum / (length * self.lengths[row as usize]));
                    }
                }
                top.into_hits()
            };
            (from..(from + BLOCK).min(list.texts.len()))
                .map(query)
                .collect()
        })
    }

    /// Adds the products with the terms of one record up; returns the length of its own vector, above 0 where anything was
    /// touched.
    fn add_up(&self, words: &[u64], sums: &mut [f32], touched: &mut Vec<u32>) -> f32 {
        let known: Vec<&(f32, Vec<u32>)> = words
            .iter()
            .filter_map(|word| self.postings.get(word))
            .collect();
        // A word that the index does not have is as rare as can be.
        let unseen = (self.lengths.len() as f32).ln_1p();
        let squares: f32 = known.iter().map(|(weight, _)| weight * weight).sum();
        let length = (squares + (words.len() - known.len()) as f32 * unseen * unseen).sqrt();
        let rarest = known.iter().map(|(_, rows)| rows.len()).min().unwrap_or(0);
        for (weight, rows) in known {
            if rows.len() > COMMON.max(rarest) {
                continue;
            }
            for &row in rows {
                let sum = &mut sums[row as usize];
                if *sum == 0.0 {
                    touched.push(row);
                }
                *sum += weight * weight;
            }
        }
        length
    }
}
