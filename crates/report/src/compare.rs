//! What changed between two runs: pairs that are decided otherwise, records that are in other clusters.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    ReportError,
    fields::{PROBABILITY, decision_of, id_of, within},
};

/// The decision of a pair that a run did not write.
pub const NOT_WRITTEN: &str = "not_written";

/// What changed between two files of scored pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PairChanges {
    /// Pairs of the old run.
    pub old: usize,
    /// Pairs of the new run.
    pub new: usize,
    /// Pairs that both runs wrote.
    pub both: usize,
    /// Pairs of both that are decided as before.
    pub unchanged: usize,
    /// Other decisions, the most frequent first.
    pub changes: Vec<DecisionChange>,
    /// Mean absolute difference of the scores of pairs that both runs scored, 0..=1; none where there is no such pair.
    pub mean_score_difference: Option<f64>,
}

/// Pairs whose decision changed in one way.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DecisionChange {
    /// The old decision.
    pub from: String,
    /// The new decision.
    pub to: String,
    /// How many pairs.
    pub pairs: usize,
    /// The same by who decided in the new run; in the old one where the new one did not write the pair.
    pub decided_by: BTreeMap<String, usize>,
    /// Ids of some of them.
    pub examples: Vec<String>,
}

/// What changed between two files of clusters, over the records that both have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClusterChanges {
    /// Records of both.
    pub records: usize,
    /// Records that only the old one has.
    pub gone: usize,
    /// Records that only the new one has.
    pub added: usize,
    /// Clusters that are the same.
    pub unchanged: usize,
    /// Old clusters that are now several.
    pub split: usize,
    /// New clusters that were several.
    pub merged: usize,
    /// Groups of clusters between which records moved in some other way.
    pub regrouped: usize,
    /// Pairs of records that are together now and were not.
    pub pairs_joined: u64,
    /// Pairs of records that were together and are not now.
    pub pairs_parted: u64,
    /// Some of the changed groups.
    pub examples: Vec<Regrouping>,
}

/// Records whose clusters changed, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Regrouping {
    /// The old clusters.
    pub was: Vec<Vec<String>>,
    /// The new clusters.
    pub is: Vec<Vec<String>>,
}

/// Text of a field, whatever the file's format made of it.
fn text(row: &Map<String, Value>, name: &str) -> Option<String> {
    match row.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

struct Decided {
    decision: String,
    by: String,
    score: Option<f64>,
}

fn decided(
    rows: impl IntoIterator<Item = Map<String, Value>>,
) -> Result<BTreeMap<String, Decided>, ReportError> {
    let mut found = BTreeMap::new();
    for row in rows {
        let id = id_of(&row)?;
        let decided = Decided {
            decision: decision_of(&row)?.to_owned(),
            by: text(&row, "decided_by").unwrap_or_else(|| "nobody".to_owned()),
            score: within(&row, "score", PROBABILITY)?,
        };
        if found.insert(id.clone(), decided).is_some() {
            return Err(ReportError::Doubled(id));
        }
    }
    Ok(found)
}

impl PairChanges {
    /// Compares two files of scored pairs by the pairs' ids, with at most so many examples of each change. A pair of one list
    /// whose records changed places is the same pair.
    ///
    /// # Errors
    /// A row is no scored pair, or a pair stands there twice.
    pub fn of(
        old: impl IntoIterator<Item = Map<String, Value>>,
        new: impl IntoIterator<Item = Map<String, Value>>,
        examples: usize,
    ) -> Result<Self, ReportError> {
        let (old, mut new) = (decided(old)?, decided(new)?);
        let mut this = Self {
            old: old.len(),
            new: new.len(),
            ..Self::default()
        };
        let mut changes: BTreeMap<(String, String), DecisionChange> = BTreeMap::new();
        let mut change = |id: &str, from: &str, to: &str, by: &str| {
            let key = (from.to_owned(), to.to_owned());
            let change = changes.entry(key).or_insert_with(|| DecisionChange {
                from: from.to_owned(),
                to: to.to_owned(),
                ..DecisionChange::default()
            });
            change.pairs += 1;
            *change.decided_by.entry(by.to_owned()).or_default() += 1;
            if change.examples.len() < examples {
                change.examples.push(id.to_owned());
            }
        };
        let (mut sum, mut scored) = (0.0, 0);
        for (id, before) in &old {
            let turned = || {
                let (left, right) = midband_core::record_ids(id)?;
                Some(midband_core::pair_id(&right, &left))
            };
            let now = new.remove(id).or_else(|| new.remove(&turned()?));
            let Some(now) = now else {
                change(id, &before.decision, NOT_WRITTEN, &before.by);
                continue;
            };
            this.both += 1;
            if let (Some(before), Some(now)) = (before.score, now.score) {
                sum += (before - now).abs();
                scored += 1;
            }
            if before.decision == now.decision {
                this.unchanged += 1;
            } else {
                change(id, &before.decision, &now.decision, &now.by);
            }
        }
        for (id, now) in &new {
            change(id, NOT_WRITTEN, &now.decision, &now.by);
        }
        this.mean_score_difference = (scored > 0).then(|| sum / f64::from(scored));
        this.changes = changes.into_values().collect();
        // Stable: those that are as frequent stay in the order of their words.
        this.changes
            .sort_by_key(|change| std::cmp::Reverse(change.pairs));
        Ok(this)
    }
}

/// Cluster by record.
fn clustered(
    rows: impl IntoIterator<Item = Map<String, Value>>,
) -> Result<BTreeMap<(String, String), String>, ReportError> {
    let mut found = BTreeMap::new();
    for row in rows {
        let record = text(&row, "id").zip(text(&row, "cluster"));
        let Some((id, cluster)) = record else {
            return Err(ReportError::NotClustered);
        };
        let list = text(&row, "list").unwrap_or_default();
        found.insert((list, id), cluster);
    }
    Ok(found)
}

impl ClusterChanges {
    /// Compares two files of clusters by the records' ids, with at most so many examples. The clusters' numbers say nothing.
    ///
    /// # Errors
    /// A row names no record and cluster.
    pub fn of(
        old: impl IntoIterator<Item = Map<String, Value>>,
        new: impl IntoIterator<Item = Map<String, Value>>,
        examples: usize,
    ) -> Result<Self, ReportError> {
        let (old, new) = (clustered(old)?, clustered(new)?);
        let both: Vec<(&(String, String), &String, &String)> = old
            .iter()
            .filter_map(|(record, before)| Some((record, before, new.get(record)?)))
            .collect();
        let mut this = Self {
            records: both.len(),
            gone: old.len() - both.len(),
            added: new.len() - both.len(),
            ..Self::default()
        };
        type Members<'a> = BTreeMap<&'a str, Vec<usize>>;
        let (mut of_old, mut of_new) = (Members::new(), Members::new());
        let mut of_both: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for (at, (_, before, now)) in both.iter().enumerate() {
            of_old.entry(before).or_default().push(at);
            of_new.entry(now).or_default().push(at);
            *of_both.entry((before, now)).or_default() += 1;
        }
        let pairs = |count: u64| count * (count - 1) / 2;
        let sum = |of: &Members<'_>| of.values().map(|of| pairs(of.len() as u64)).sum::<u64>();
        let kept: u64 = of_both.values().copied().map(pairs).sum();
        this.pairs_joined = sum(&of_new) - kept;
        this.pairs_parted = sum(&of_old) - kept;
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for first in of_old.keys() {
            if seen.contains(first) {
                continue;
            }
            // All clusters that share records with one another.
            let (mut olds, mut news) = (BTreeSet::from([*first]), BTreeSet::new());
            let mut waiting = vec![*first];
            while let Some(next) = waiting.pop() {
                for at in &of_old[next] {
                    let now = both[*at].2.as_str();
                    if news.insert(now) {
                        let more = of_new[now].iter().map(|at| both[*at].1.as_str());
                        waiting.extend(more.filter(|old| olds.insert(*old)));
                    }
                }
            }
            seen.extend(&olds);
            let name = |at: &usize| {
                let (list, id) = both[*at].0;
                if list == "right" {
                    format!("right {id}")
                } else {
                    id.clone()
                }
            };
            match (olds.len(), news.len()) {
                (1, 1) => {
                    this.unchanged += 1;
                    continue;
                }
                (1, _) => this.split += 1,
                (_, 1) => this.merged += 1,
                _ => this.regrouped += 1,
            }
            if this.examples.len() < examples {
                let named = |of: &Members<'_>, some: &BTreeSet<&str>| -> Vec<Vec<String>> {
                    let mut groups: Vec<Vec<String>> = some
                        .iter()
                        .map(|one| of[one].iter().map(name).collect())
                        .collect();
                    groups.sort();
                    groups
                };
                this.examples.push(Regrouping {
                    was: named(&of_old, &olds),
                    is: named(&of_new, &news),
                });
            }
        }
        Ok(this)
    }
}

#[cfg(test)]
mod tests;
