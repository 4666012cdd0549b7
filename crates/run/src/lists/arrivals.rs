//! New records and known clusters: what a record joins, what is new, and which known clusters belong together.

use std::{collections::HashMap, path::Path, sync::Arc};

use anyhow::{Context, Result};
use midband::{Blocked, Decision, Summary};
use midband_io::{Format, Output};
use midband_linkage::ValueCounts;
use serde_json::{Map, Value, json};

use super::{
    arrival_counts::{Arrivals, Joined, object},
    options::{CHANGES, MatchOptions, Merges},
    record_values::id_value,
    resolved::Resolved,
    state::{Keeping, Listed, NewRecord, Shift, Update},
};
use crate::{Listener, Notice, OutputRow, Resolver, beside, found::output_form};

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

    pub(super) fn for_excel(mut self, for_excel: bool) -> Self {
        self.for_excel = for_excel;
        self
    }

    /// The list is kept in a folder.
    pub(super) fn kept_by(mut self, keeping: Keeping) -> Self {
        self.keeping = Some(keeping);
        self
    }

    fn arrivals(&self) -> Arrivals<'_> {
        Arrivals {
            blocked: &self.blocked,
            known: &self.known,
            seen: &self.seen,
            merges: self.options.merges,
        }
    }

    fn write(&self, path: &Path, format: Format, rows: &[Map<String, Value>]) -> Result<()> {
        let failed = || format!("cannot write {}", path.display());
        let mut output = Output::file(path, format).with_context(failed)?;
        midband_io::write_objects(&mut output, format, rows, self.for_excel)
            .with_context(failed)?;
        output.finish().with_context(failed)
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
            contradicted: self
                .arrivals()
                .contradicted(&joined.numbers)
                .into_iter()
                .collect(),
            changes: joined.changes.clone(),
            counts,
            shifts,
        }
    }

    /// The rows of the file of clusters, of a list that is kept in a folder.
    fn rows_of_all(&self, joined: &Joined, kept: &[Listed]) -> Vec<Map<String, Value>> {
        let home: HashMap<u32, u32> = joined.merged.iter().copied().collect();
        let contradicted = self.arrivals().contradicted(&joined.numbers);
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
        let contradicted = self.arrivals().contradicted(numbers);
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
        let joined = self.arrivals().join();
        self.tell(&joined);
        if let Some(keeping) = &self.keeping {
            keeping.pending.put(self.update(&joined, keeping));
            if let (Some(path), Some(kept)) = (&self.options.clusters, &keeping.known) {
                self.write(path, output_form(path), &self.rows_of_all(&joined, kept))?;
                let told = format!("clusters are in {}", path.display());
                self.listener.notice(&Notice::Told(told));
            }
            return Ok(Vec::new());
        }
        if let Some(path) = &self.options.clusters {
            self.write(&beside(path, CHANGES), Format::Jsonl, &joined.changes)?;
            self.write(path, output_form(path), &self.rows(&joined.numbers))?;
            let told = format!(
                "clusters are in {}, with the changes next to them",
                path.display()
            );
            self.listener.notice(&Notice::Told(told));
        }
        Ok(Vec::new())
    }
}

/// True, also as a text.
fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str() == Some("true")
}
