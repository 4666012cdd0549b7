//! The answer that a run was made for, in records or in pairs.

use std::collections::{BTreeMap, HashMap};

use midband_resolve::clusters;
use serde::Serialize;

use crate::{Lists, ResultRow};

/// Clusters that are named one by one.
const NAMED: usize = 12;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// Pairs that are matches.
    pub matches: u64,
    /// Pairs that wait for a person.
    pub review: u64,
    /// Pairs that are no matches.
    pub no_match: u64,
    /// Records of the left list, or of the only one; `None` where pairs were scored that came from no list.
    pub left: Option<Found>,
    /// Records of the right list.
    pub right: Option<Found>,
    /// Records that matches join, where the pairs came from lists.
    pub clusters: Option<Clusters>,
}

/// What became of a list's records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Found {
    /// The list's name.
    pub name: String,
    /// Records; `None` where the run did not write it down.
    pub records: Option<u64>,
    /// Records with a match.
    pub found: u64,
    /// Of these, with more than one.
    pub several: u64,
    /// Records without a match, in a pair that waits for a person.
    pub waiting: u64,
    /// The others.
    pub alone: Option<u64>,
}

/// Records that matches join, directly or through others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Clusters {
    /// Clusters by the number of their records, of two and more.
    pub by_size: BTreeMap<usize, u64>,
    /// The largest clusters, the largest first.
    pub largest: Vec<Cluster>,
}

/// One cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cluster {
    /// Ids of its records, those of the left list first.
    pub records: Vec<String>,
    /// Records of the left list among them.
    pub left: usize,
    /// Its matches: places in `records`, and final scores.
    pub edges: Vec<(usize, usize, f64)>,
    /// The smallest score of a match that it rests on, 0..=1.
    pub weakest: f64,
}

/// Numbers records by list and id.
#[derive(Default)]
struct Numbers<'a> {
    of: HashMap<(bool, &'a str), u32>,
    names: Vec<(bool, &'a str)>,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, record: (bool, &'a str)) -> u32 {
        let next = self.names.len() as u32;
        let number = *self.of.entry(record).or_insert(next);
        if number == next {
            self.names.push(record);
        }
        number
    }
}

/// A record's part in the pairs.
#[derive(Clone, Copy, Default)]
struct Seen {
    matches: u32,
    review: bool,
}

impl Answer {
    /// Counts pairs, and records where the pairs came from lists.
    pub fn new(rows: &[ResultRow], lists: Option<&Lists>) -> Self {
        let count = |word: &str| rows.iter().filter(|row| row.decision == word).count() as u64;
        let mut answer = Self {
            matches: count("match"),
            review: count("review"),
            no_match: count("no_match"),
            ..Self::default()
        };
        let pairs: Vec<(&str, &str, &ResultRow)> = rows
            .iter()
            .filter_map(|row| Some((row.left_id.as_deref()?, row.right_id.as_deref()?, row)))
            .collect();
        if pairs.is_empty() && lists.is_none() {
            return answer;
        }
        let one = lists.is_some_and(|lists| lists.right.is_none());
        let mut numbers = Numbers::default();
        let mut seen: Vec<Seen> = Vec::new();
        let mut edges = Vec::new();
        for (left, right, row) in pairs {
            if row.decision != "match" && row.decision != "review" {
                continue;
            }
            let ends = [numbers.of((false, left)), numbers.of((!one, right))];
            seen.resize(numbers.names.len(), Seen::default());
            for end in ends {
                let seen = &mut seen[end as usize];
                seen.matches += u32::from(row.decision == "match");
                seen.review |= row.decision == "review";
            }
            if row.decision == "match" {
                edges.push((ends[0], ends[1], row.score.unwrap_or(1.0)));
            }
        }
        let side = |right: bool| {
            let list = lists.and_then(|lists| match right {
                false => Some(&lists.left),
                true => lists.right.as_ref(),
            });
            let of_side = || {
                let all = numbers.names.iter().zip(&seen);
                all.filter(move |((side, _), _)| *side == right)
                    .map(|(_, seen)| seen)
            };
            let found = of_side().filter(|seen| seen.matches > 0).count() as u64;
            let waiting = of_side()
                .filter(|seen| seen.matches == 0 && seen.review)
                .count() as u64;
            let records = list.map(|list| list.records);
            Found {
                name: list.map_or(String::new(), |list| list.name.clone()),
                records,
                found,
                several: of_side().filter(|seen| seen.matches > 1).count() as u64,
                waiting,
                alone: records.map(|all| all.saturating_sub(found + waiting)),
            }
        };
        answer.left = Some(side(false));
        answer.right = (!one).then(|| side(true));
        answer.clusters = Some(joined(&numbers, &edges));
        answer
    }
}

fn joined(numbers: &Numbers<'_>, edges: &[(u32, u32, f64)]) -> Clusters {
    let of = clusters(
        numbers.names.len() as u32,
        edges.iter().map(|&(a, b, _)| (a, b)),
    );
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (record, cluster) in of.iter().enumerate() {
        members.entry(*cluster).or_default().push(record as u32);
    }
    members.retain(|_, records| records.len() > 1);
    let mut found = Clusters::default();
    for records in members.values() {
        *found.by_size.entry(records.len()).or_default() += 1;
    }
    let mut largest: Vec<(u32, Vec<u32>)> = members.into_iter().collect();
    // Stable: clusters of one size keep the order of their first records.
    largest.sort_by_key(|(_, records)| std::cmp::Reverse(records.len()));
    largest.truncate(NAMED);
    found.largest = largest
        .into_iter()
        .map(|(cluster, mut records)| {
            records.sort_by_key(|record| (numbers.names[*record as usize].0, *record));
            let place: HashMap<u32, usize> = records
                .iter()
                .enumerate()
                .map(|(at, record)| (*record, at))
                .collect();
            let edges: Vec<(usize, usize, f64)> = edges
                .iter()
                .filter(|(a, _, _)| of[*a as usize] == cluster)
                .filter_map(|(a, b, score)| Some((*place.get(a)?, *place.get(b)?, *score)))
                .collect();
            Cluster {
                left: records
                    .iter()
                    .filter(|record| !numbers.names[**record as usize].0)
                    .count(),
                weakest: edges.iter().map(|edge| edge.2).fold(1.0, f64::min),
                records: records
                    .iter()
                    .map(|record| numbers.names[*record as usize].1.to_owned())
                    .collect(),
                edges,
            }
        })
        .collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::List;

    fn row(left: &str, right: &str, decision: &str) -> ResultRow {
        ResultRow {
            left_id: Some(left.to_owned()),
            right_id: Some(right.to_owned()),
            decision: decision.to_owned(),
            score: Some(0.9),
            ..ResultRow::default()
        }
    }

    fn list(records: u64) -> List {
        List {
            records,
            ..List::default()
        }
    }

    #[test]
    fn records_are_found_or_wait_or_have_no_partner() {
        let rows = [
            row("1", "1", "match"),
            row("1", "2", "match"),
            row("2", "3", "review"),
            row("1", "3", "review"),
            row("3", "4", "no_match"),
        ];
        let lists = Lists {
            left: list(5),
            right: Some(list(4)),
            ..Lists::default()
        };
        let answer = Answer::new(&rows, Some(&lists));
        let (left, right) = (answer.left.unwrap(), answer.right.unwrap());
        assert_eq!(
            (left.found, left.several, left.waiting, left.alone),
            (1, 1, 1, Some(3))
        );
        assert_eq!((right.found, right.waiting, right.alone), (2, 1, Some(1)));
        // The same id in both lists is two records.
        let clusters = answer.clusters.unwrap();
        assert_eq!(clusters.by_size, BTreeMap::from([(3, 1)]));
        assert_eq!(clusters.largest[0].records, ["1", "1", "2"]);
        assert_eq!(clusters.largest[0].left, 1);
    }

    #[test]
    fn records_of_one_list_are_of_one_kind_and_pairs_are_no_records() {
        let lists = Lists {
            left: list(4),
            ..Lists::default()
        };
        let answer = Answer::new(
            &[row("1", "2", "match"), row("2", "3", "match")],
            Some(&lists),
        );
        assert_eq!(
            answer.left.map(|left| (left.found, left.alone)),
            Some((3, Some(1)))
        );
        assert!(answer.right.is_none());
        let pair = ResultRow {
            left_id: None,
            ..row("1", "2", "match")
        };
        let answer = Answer::new(&[pair], None);
        assert!(answer.left.is_none() && answer.clusters.is_none());
        assert_eq!(answer.matches, 1);
    }
}
