//! New records and known clusters: what a record joins, what is new, and which known clusters belong together.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result};
use midband::{Blocked, Decision, Summary, resolve::clusters};
use midband_io::{Format, Output};
use midband_linkage::ValueCounts;
use serde_json::{Map, Value, json};

use super::{
    options::{CHANGES, MatchOptions, Merges},
    resolved::Resolved,
    state::{Keeping, Listed, NewRecord, Shift, Update},
    values::id_value,
};
use crate::{Listener, Notice, OutputRow, Resolver, beside, clusters::CLEAR, format_of};

/// Sees all scored pairs of new records, and puts these into clusters.
pub(super) struct Joining {
    blocked: Arc<Blocked>,
    known: Arc<Resolved>,
    options: MatchOptions,
    listener: Arc<dyn Listener>,
    /// What keeps the list in a folder, where one does.
    keeping: Option<Keeping>,
    /// Decisions and scores of all candidates so far.
    seen: Vec<(Decision, Option<f64>)>,
    /// CSV and TSV are written for Excel.
    for_excel: bool,
}

/// A match of a new record with a known cluster.
#[derive(Clone, Copy)]
struct Bond {
    score: f64,
    /// The new record.
    by: u32,
}

/// What new records came to.
struct Joined {
    /// By record, known ones first, its cluster.
    numbers: Vec<u32>,
    changes: Vec<Map<String, Value>>,
    added: usize,
    fresh: HashSet<u32>,
    merges: usize,
    /// Clusters that became part of another one.
    merged: Vec<(u32, u32)>,
}

impl Joining {
    pub(super) fn new(
        blocked: Arc<Blocked>,
        known: Arc<Resolved>,
        options: &MatchOptions,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self {
            blocked,
            known,
            options: options.clone(),
            listener,
            keeping: None,
            seen: Vec::new(),
            for_excel: false,
        }
    }

    /// The list is kept in a folder.
    pub(super) fn for_excel(mut self, for_excel: bool) -> Self {
        self.for_excel = for_excel;
        self
    }

    pub(super) fn kept_by(mut self, keeping: Keeping) -> Self {
        self.keeping = Some(keeping);
        self
    }

    fn write(&self, path: &Path, format: Format, rows: &[Map<String, Value>]) -> Result<()> {
        let failed = || format!("cannot write {}", path.display());
        let mut output = Output::file(path, format).with_context(failed)?;
        midband_io::write_objects(&mut output, format, rows, self.for_excel)
            .with_context(failed)?;
        output.finish().with_context(failed)
    }

    /// Groups of new records that match each other, and what each of them matches of the known clusters.
    fn groups(&self) -> (Vec<u32>, BTreeMap<u32, BTreeMap<u32, Bond>>) {
        let known = self.known.clusters.len() as u32;
        let fresh = self.blocked.lists().0.len() as u32 - known;
        let matches = self.blocked.candidates.iter().zip(&self.seen);
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

    fn join(&self) -> Joined {
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
                        "done": self.options.merges == Merges::Join,
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
        if self.options.merges == Merges::Join && !together.is_empty() {
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

    /// What the folder that keeps the list gets.
    fn update(&self, joined: &Joined, keeping: &Keeping) -> Update {
        let records = self.blocked.lists().0;
        let before = &self.known.clusters;
        let sizes = |clusters: &[u32]| {
            let mut sizes: HashMap<u32, f64> = HashMap::new();
            for cluster in clusters {
                *sizes.entry(*cluster).or_default() += 1.0;
            }
            sizes
        };
        let (old, new) = (sizes(before), sizes(&joined.numbers));
        let (mut shifts, mut counts) = (Vec::new(), ValueCounts::default());
        if let Some(rest) = &self.known.rest {
            counts = rest.counts.clone();
            for (row, cluster) in joined.numbers.iter().enumerate() {
                // Records of one person count as one together.
                let more =
                    1.0 / new[cluster] - before.get(row).map_or(0.0, |old_one| 1.0 / old[old_one]);
                if more != 0.0 {
                    shifts.extend(rest.read.values(row).map(|(column, value)| Shift {
                        column,
                        value: value.into(),
                        people: more,
                    }));
                }
            }
        }
        let known = before.len();
        let new_records = records.iter().zip(&joined.numbers).skip(known);
        Update {
            records: (new_records.map(|(record, cluster)| NewRecord {
                id: record.id.clone(),
                cluster: *cluster,
            }))
            .collect(),
            values: keeping
                .beside
                .values()
                .0
                .get(known..)
                .unwrap_or_default()
                .to_vec(),
            columns: keeping.columns.clone(),
            weights: None,
            merged: joined.merged.clone(),
            contradicted: self.contradicted(&joined.numbers).into_iter().collect(),
            changes: joined.changes.clone(),
            counts,
            shifts,
        }
    }

    /// Clusters with a pair that was scored as a clear non-match.
    fn contradicted(&self, numbers: &[u32]) -> HashSet<u32> {
        let pairs = self.blocked.candidates.iter().zip(&self.seen);
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

    /// The rows of the file of clusters, of a list that is kept in a folder.
    fn rows_of_all(&self, joined: &Joined, kept: &[Listed]) -> Vec<Map<String, Value>> {
        let home: HashMap<u32, u32> = joined.merged.iter().copied().collect();
        let contradicted = self.contradicted(&joined.numbers);
        let row = |cluster: u32, id: &Value, before: bool| {
            let contradicted = before || contradicted.contains(&cluster);
            object(
                json!({"cluster": cluster, "list": "left", "id": id, "contradicted": contradicted}),
            )
        };
        let known = kept.iter().map(|one| {
            let cluster = home.get(&one.cluster).copied().unwrap_or(one.cluster);
            row(cluster, &one.id, one.contradicted)
        });
        let here = self.known.clusters.len();
        let records = self
            .blocked
            .lists()
            .0
            .iter()
            .zip(&joined.numbers)
            .skip(here);
        known
            .chain(records.map(|(record, cluster)| row(*cluster, &id_value(&record.id), false)))
            .collect()
    }

    /// The rows of the file of clusters: known records as they were, new ones after them.
    fn rows(&self, numbers: &[u32]) -> Vec<Map<String, Value>> {
        let records = self.blocked.lists().0;
        let contradicted = self.contradicted(numbers);
        let blank: Map<String, Value> = (self.known.rows.first().into_iter().flatten())
            .map(|(name, _)| (name.clone(), Value::Null))
            .collect();
        let rows = numbers.iter().enumerate().map(|(at, cluster)| {
            let known = self.known.rows.get(at);
            let mut row = known.unwrap_or(&blank).clone();
            let before = row.get("contradicted").is_some_and(is_true);
            let list = row.get("list").filter(|list| !list.is_null()).cloned();
            row.insert("cluster".to_owned(), (*cluster).into());
            row.insert("list".to_owned(), list.unwrap_or_else(|| "left".into()));
            row.insert("id".to_owned(), id_value(&records[at].id));
            let now = before || contradicted.contains(cluster);
            row.insert("contradicted".to_owned(), now.into());
            row
        });
        rows.chain(self.known.gone.iter().cloned()).collect()
    }

    fn tell(&self, joined: &Joined) {
        let fresh = joined.numbers.len() - self.known.clusters.len();
        let mut facts = vec![format!(
            "{} of {fresh} new records join one of {} known clusters, {} make {} new ones",
            joined.added,
            self.known.all_clusters(),
            fresh - joined.added,
            joined.fresh.len()
        )];
        if joined.merges > 0 {
            let done = match self.options.merges {
                Merges::Join => "were joined (rule: join)",
                Merges::Propose => "stay apart (rule: propose)",
            };
            facts.push(format!(
                "{} times, a new record matched a second known cluster: they {done}",
                joined.merges
            ));
        }
        for fact in facts {
            self.listener.notice(&Notice::Told(fact));
        }
    }
}

impl Resolver for Joining {
    fn take(&mut self, row: OutputRow) -> Option<OutputRow> {
        self.seen.push((row.score.decision, row.score.score));
        let proxy = row.score.proxy_score.map(|proxy| proxy.get());
        match (self.options.min_proxy, proxy) {
            (Some(least), Some(proxy)) if proxy < least => None,
            _ => Some(row),
        }
    }

    fn finish(&mut self, _: &mut Summary) -> Result<Vec<OutputRow>> {
        let joined = self.join();
        self.tell(&joined);
        if let Some(keeping) = &self.keeping {
            keeping.pending.put(self.update(&joined, keeping));
            if let (Some(path), Some(kept)) = (&self.options.clusters, &keeping.known) {
                self.write(
                    path,
                    format_of(None, path),
                    &self.rows_of_all(&joined, kept),
                )?;
                let told = format!("clusters are in {}", path.display());
                self.listener.notice(&Notice::Told(told));
            }
            return Ok(Vec::new());
        }
        if let Some(path) = &self.options.clusters {
            self.write(&beside(path, CHANGES), Format::Jsonl, &joined.changes)?;
            self.write(path, format_of(None, path), &self.rows(&joined.numbers))?;
            let told = format!(
                "clusters are in {}, with the changes next to them",
                path.display()
            );
            self.listener.notice(&Notice::Told(told));
        }
        Ok(Vec::new())
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

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// True, also as a text.
fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str() == Some("true")
}
