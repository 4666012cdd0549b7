//! Records of equal texts: where a search keeps some of them, nothing but their rows decided which.
//!
//! All of them are kept, up to a bound; beyond it each record keeps others, so that every one of them can find a partner.

use std::collections::HashMap;

use crate::fuse::Candidate;

/// Partners of one text that a record keeps at most: equal records by the thousand would be pairs by the million.
pub const MOST_EQUAL: usize = 50;

/// Which records of a list have equal texts.
pub(crate) struct Equals {
    /// Of each record, the first one with its text.
    first: Vec<u32>,
    /// Of each record, how many with its text come before it.
    ordinal: Vec<u32>,
    /// By the first one: all of them, ascending, where they are more than one.
    groups: HashMap<u32, Vec<u32>>,
}

impl Equals {
    pub(crate) fn of(texts: &[&str]) -> Self {
        let mut firsts: HashMap<&str, u32> = HashMap::with_capacity(texts.len());
        let mut groups: HashMap<u32, Vec<u32>> = HashMap::new();
        let (mut first, mut ordinal) = (Vec::with_capacity(texts.len()), Vec::new());
        for (row, text) in (0u32..).zip(texts) {
            let of = *firsts.entry(text).or_insert(row);
            first.push(of);
            if of == row {
                ordinal.push(0);
            } else {
                let group = groups.entry(of).or_insert_with(|| vec![of]);
                ordinal.push(group.len() as u32);
                group.push(row);
            }
        }
        Self {
            first,
            ordinal,
            groups,
        }
    }

    /// True where two records have one text.
    pub(crate) fn are_equal(&self, a: u32, b: u32) -> bool {
        self.first[a as usize] == self.first[b as usize]
    }

    fn group(&self, row: u32) -> &[u32] {
        let group = self.groups.get(&self.first[row as usize]);
        group.map_or(&[], Vec::as_slice)
    }
}

/// Adds to a left record's candidates, best first, those that equal one of them and were cut off. `allowed` says which right
/// records it may meet.
pub(crate) fn complete(
    candidates: Vec<Candidate>,
    left: &Equals,
    right: &Equals,
    allowed: impl Fn(u32) -> bool,
) -> Vec<Candidate> {
    if right.groups.is_empty() {
        return candidates;
    }
    let mut all: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for (at, candidate) in candidates.iter().enumerate() {
        all.push(*candidate);
        let group = right.group(candidate.right);
        let is_equal = |other: &&Candidate| right.are_equal(other.right, candidate.right);
        // The last of its text: what was cut off comes behind it.
        if group.is_empty() || candidates[at + 1..].iter().any(|other| is_equal(&other)) {
            continue;
        }
        let kept = candidates.iter().filter(is_equal).count();
        let begin = left.ordinal[candidate.left as usize] as usize % group.len();
        let turned = group[begin..].iter().chain(&group[..begin]);
        let missing = turned
            .copied()
            .filter(|&row| allowed(row) && !candidates.iter().any(|other| other.right == row));
        let missing = missing.take(MOST_EQUAL.saturating_sub(kept));
        all.extend(missing.map(|right| Candidate {
            right,
            ..*candidate
        }));
    }
    all
}

/// Records whose text more than [`MOST_EQUAL`] partners have: not all of these are compared with it. `right` is none for a
/// list that is compared with itself.
pub fn crowded(left: &[&str], right: Option<&[&str]>) -> usize {
    fn counts<'t>(texts: &[&'t str]) -> HashMap<&'t str, usize> {
        let mut counts = HashMap::with_capacity(texts.len());
        for text in texts {
            *counts.entry(*text).or_default() += 1;
        }
        counts
    }
    let a = counts(left);
    let Some(right) = right else {
        return a.values().filter(|&&count| count > MOST_EQUAL + 1).sum();
    };
    let b = counts(right);
    let of = |own: usize, others: usize| if others > MOST_EQUAL { own } else { 0 };
    a.iter()
        .filter_map(|(text, &left)| Some((left, *b.get(text)?)))
        .map(|(left, right)| of(left, right) + of(right, left))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(left: u32, right: u32) -> Candidate {
        Candidate {
            left,
            right,
            cosine: Some(0.5),
            words: None,
        }
    }

    #[test]
    fn what_equals_a_candidate_is_one_too() {
        let texts = ["x", "same", "y", "same", "same"];
        let equals = Equals::of(&texts);
        let found = |candidates: Vec<Candidate>| -> Vec<u32> {
            let all = complete(candidates, &equals, &equals, |row| row != 4);
            assert!(all.iter().all(|pair| pair.cosine == Some(0.5)));
            all.iter().map(|pair| pair.right).collect()
        };
        assert_eq!(found(vec![candidate(0, 1), candidate(0, 2)]), [1, 3, 2]);
        assert_eq!(found(vec![candidate(0, 0), candidate(0, 2)]), [0, 2]);
        assert_eq!(found(vec![candidate(0, 3), candidate(0, 1)]), [3, 1]);
    }

    #[test]
    fn beyond_the_bound_every_record_keeps_its_own() {
        let texts = ["same"; 3 * MOST_EQUAL];
        let equals = Equals::of(&texts);
        let partners = |left: u32| {
            let few = (0..5).map(|right| candidate(left, right)).collect();
            complete(few, &equals, &equals, |_| true)
        };
        for left in 0..texts.len() as u32 {
            let all = partners(left);
            assert_eq!(all.len(), MOST_EQUAL);
            assert!(all.iter().any(|pair| pair.right == left), "{left}");
        }
        assert_eq!(crowded(&texts, Some(&texts)), 2 * texts.len());
        assert_eq!(crowded(&texts, None), texts.len());
        assert_eq!(crowded(&texts[..=MOST_EQUAL], Some(&texts[..4])), 4);
        assert_eq!(crowded(&texts[..MOST_EQUAL], Some(&texts[..4])), 0);
        assert_eq!(crowded(&texts[..=MOST_EQUAL], None), 0);
    }
}
