//! What new records come to beside known clusters: which one each joins, what is new, and which clusters belong together.

use std::collections::{BTreeMap, HashMap, HashSet};

use midband::{Blocked, Decision, resolve::clusters};
use serde_json::{Map, Value, json};

use super::{options::Merges, record_values::id_value, resolved::Resolved};
use crate::clusters::CLEAR;

/// A match of a new record with a known cluster.
#[derive(Clone, Copy)]
struct Bond {
    score: f64,
    /// The new record.
    by: u32,
}

/// What new records came to.
pub(super) struct Joined {
    /// By record, known ones first, its cluster.
    pub(super) numbers: Vec<u32>,
    pub(super) changes: Vec<Map<String, Value>>,
    pub(super) added: usize,
    pub(super) fresh: HashSet<u32>,
    pub(super) merges: usize,
    /// Clusters that became part of another one.
    pub(super) merged: Vec<(u32, u32)>,
}

/// New records whose pairs are all scored.
pub(super) struct Arrivals<'a> {
    pub(super) blocked: &'a Blocked,
    pub(super) known: &'a Resolved,
    /// By candidate, what was decided and its score.
    pub(super) seen: &'a [(Decision, Option<f64>)],
    pub(super) merges: Merges,
}

impl Arrivals<'_> {
    /// Groups of new records that match each other, and what each of them matches of the known clusters.
    fn groups(&self) -> (Vec<u32>, BTreeMap<u32, BTreeMap<u32, Bond>>) {
        let known = self.known.clusters.len() as u32;
        let fresh = self.blocked.lists().0.len() as u32 - known;
        let matches = self.blocked.candidates.iter().zip(self.seen);
        let matches = matches.filter(|(_, (decision, _))| *decision == Decision::Match);
        let among = matches.clone().filter(|(pair, _)| pair.left >= known);
        let among = among.map(|(pair, _)| (pair.left - known, pair.right - known));
        let groups = clusters(fresh, among);
        let mut bonds: BTreeMap<u32, BTreeMap<u32, Bond>> = BTreeMap::new();
        // What a person says of two known records changes no cluster of theirs here.
        let with_known = matches.filter(|(pair, _)| pair.left < known && pair.right >= known);
        for (pair, (_, score)) in with_known {
            let group = groups[(pair.right - known) as usize];
            let cluster = self.known.clusters[pair.left as usize];
            let bond = Bond {
                score: score.unwrap_or(0.5),
                by: pair.right,
            };
            let best = bonds
                .entry(group)
                .or_default()
                .entry(cluster)
                .or_insert(bond);
            if bond.score > best.score {
                *best = bond;
            }
        }
        (groups, bonds)
    }

    /// Puts the new records into clusters.
    pub(super) fn join(&self) -> Joined {
        let records = self.blocked.lists().0;
        let known = self.known.clusters.len();
        let (groups, bonds) = self.groups();
        let id = |row: u32| id_value(&records[row as usize].id);
        let (mut numbers, mut changes) = (self.known.clusters.clone(), Vec::new());
        let mut together: Vec<(u32, u32)> = Vec::new();
        let mut home: HashMap<u32, (u32, Option<f64>)> = HashMap::new();
        let (mut next, mut added, mut fresh, mut merges) =
            (self.known.next(), 0, HashSet::new(), 0);
        for (at, group) in groups.iter().enumerate() {
            let row = (known + at) as u32;
            let (cluster, score) = *home.entry(*group).or_insert_with(|| {
                let mut wanted: Vec<(u32, Bond)> = (bonds.get(group).into_iter().flatten())
                    .map(|(cluster, bond)| (*cluster, *bond))
                    .collect();
                // The best match decides; of equals the smaller number.
                wanted.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(&b.0)));
                let Some(((best, bond), others)) = wanted.split_first() else {
                    next += 1;
                    return (next - 1, None);
                };
                for (other, of) in others {
                    merges += 1;
                    together.push((*best, *other));
                    changes.push(object(json!({
                        "change": "merge", "cluster": best, "with": other, "by": id(of.by), "score": of.score,
                        "done": self.merges == Merges::Join,
                    })));
                }
                (*best, Some(bond.score))
            });
            match score {
                Some(score) => {
                    added += 1;
                    changes.push(object(json!({
                        "change": "add", "cluster": cluster, "id": id(row), "score": score,
                    })));
                }
                None => {
                    fresh.insert(cluster);
                    changes.push(object(
                        json!({"change": "new", "cluster": cluster, "id": id(row)}),
                    ));
                }
            }
            numbers.push(cluster);
        }
        let mut merged = Vec::new();
        if self.merges == Merges::Join && !together.is_empty() {
            merged = merge(&mut numbers, &together);
        }
        Joined {
            numbers,
            changes,
            added,
            fresh,
            merges,
            merged,
        }
    }

    /// Clusters with a pair that was scored as a clear non-match.
    pub(super) fn contradicted(&self, numbers: &[u32]) -> HashSet<u32> {
        let pairs = self.blocked.candidates.iter().zip(self.seen);
        let clear = |decision: Decision, score: Option<f64>| {
            decision == Decision::NoMatch && score.is_some_and(|score| score < CLEAR)
        };
        pairs
            .filter(|(_, (decision, score))| clear(*decision, *score))
            .map(|(pair, _)| (numbers[pair.left as usize], numbers[pair.right as usize]))
            .filter(|(a, b)| a == b)
            .map(|(a, _)| a)
            .collect()
    }
}

/// Gives clusters that belong together the smallest of their numbers, and says which ones became part of which.
fn merge(numbers: &mut [u32], together: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut names: Vec<u32> = together.iter().flat_map(|(a, b)| [*a, *b]).collect();
    names.sort_unstable();
    names.dedup();
    let place = |name: u32| names.binary_search(&name).unwrap_or_default() as u32;
    let pairs = together.iter().map(|(a, b)| (place(*a), place(*b)));
    let groups = clusters(names.len() as u32, pairs);
    let mut least: HashMap<u32, u32> = HashMap::new();
    for (name, group) in names.iter().zip(&groups) {
        // Names are sorted: the first one of a group is the smallest.
        least.entry(*group).or_insert(*name);
    }
    for number in numbers {
        if let Ok(at) = names.binary_search(number) {
            *number = least[&groups[at]];
        }
    }
    let merged = names
        .iter()
        .zip(&groups)
        .map(|(name, group)| (*name, least[group]));
    merged.filter(|(from, to)| from != to).collect()
}

/// The fields of a row.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
