//! A list that an earlier run resolved: its clusters, and what was learnt from it.

use std::{collections::HashSet, fs, io::Write, path::Path};

use anyhow::{Context, Result, anyhow, bail};
use midband_io::{Form, Format, Output, id_of, is_special, objects, without_values};
use midband_linkage::{Options, ReadRecords, SavedFit, ValueCounts};
use serde_json::{Map, Value};

use super::{
    error::MatchError,
    options::{Compare, MatchOptions, WEIGHTS},
    records::Records,
    state::{Part, State},
};
use crate::{beside, format_of, listed, open};

/// What is known of a list.
pub(super) struct Resolved {
    /// By record, the number of its cluster.
    pub(super) clusters: Vec<u32>,
    /// By record, its row in the file of clusters.
    pub(super) rows: Vec<Map<String, Value>>,
    /// Rows of records that are in the list no more.
    pub(super) gone: Vec<Map<String, Value>>,
    /// What was learnt; none where records were compared as texts, which teach nothing that is kept.
    pub(super) weights: Option<SavedFit>,
    /// Blocking rules were named anew.
    own_rules: bool,
    /// What of the list is not at hand; none where all of it is.
    pub(super) rest: Option<Rest>,
}

/// A kept list of which a part is at hand.
pub(super) struct Rest {
    /// Records of the whole list, clusters of it, and the number that a new one gets.
    pub(super) records: usize,
    pub(super) clusters: usize,
    pub(super) next_cluster: u32,
    /// All of it is at hand after all.
    pub(super) is_whole: bool,
    /// How many people have each value, by what is kept.
    pub(super) counts: ValueCounts,
    /// The same with the new records.
    pub(super) with_new: ValueCounts,
    /// The records that are at hand, as they are kept.
    pub(super) read: ReadRecords,
}

impl Resolved {
    /// The part of a kept list that stands before new records.
    pub(super) fn of_part(part: Part, records: &Records, state: &State) -> Result<Self> {
        let read = part.weights.read(&records.table);
        let rows = records.records.len();
        let counts = state.counts(&read, rows)?;
        let mut with_new = counts.clone();
        for row in part.clusters.len()..rows {
            for (column, value) in read.values(row) {
                with_new.add(column, value, 1.0);
            }
        }
        Ok(Self {
            clusters: part.clusters,
            rows: Vec::new(),
            gone: Vec::new(),
            weights: Some(part.weights),
            own_rules: false,
            rest: Some(Rest {
                records: part.records,
                clusters: part.all_clusters,
                next_cluster: part.next_cluster,
                is_whole: part.is_whole,
                counts,
                with_new,
                read,
            }),
        })
    }

    /// Reads the clusters of the records that are not new, and the match weights beside. Without weights the known list was
    /// compared as texts, and the file says so.
    pub(super) fn read(path: &Path, records: &Records, options: &MatchOptions) -> Result<Self> {
        let known = records.fresh_from.unwrap_or_default();
        let named = || format!("cannot use the clusters {}", path.display());
        let mut clusters: Vec<Option<u32>> = vec![None; known];
        let mut rows: Vec<Map<String, Value>> = vec![Map::new(); known];
        let mut gone = Vec::new();
        let form = Form::new(format_of(None, path));
        for row in objects(open(path)?, &form).with_context(named)? {
            let row = row.with_context(named)?;
            let line = row.line;
            let object = match row.object {
                Ok(object) => object,
                Err(why) => bail!("{}: line {line}: {why}", named()),
            };
            let id = object.get("id").and_then(id_of);
            let id = id.with_context(|| format!("{}: line {line} has no id", named()))?;
            let cluster = object.get("cluster").and_then(whole);
            let cluster = cluster
                .with_context(|| format!("{}: line {line} has no cluster number", named()))?;
            match records.by_id.get(&id).map(|row| *row as usize) {
                Some(at) if at < known => {
                    if clusters[at].replace(cluster).is_some() {
                        bail!("{}: line {line}: duplicate id", named());
                    }
                    rows[at] = object;
                }
                _ => gone.push(object),
            }
        }
        let missing: Vec<(u64, String)> = (clusters.iter().enumerate())
            .filter(|(_, cluster)| cluster.is_none())
            .map(|(at, _)| (at as u64 + 1, records.records[at].id.to_string()))
            .collect();
        if !missing.is_empty() {
            bail!(
                "{}: {} records of the known list have no cluster: {}",
                named(),
                missing.len(),
                listed(&missing)
            );
        }
        let weights = weights(path)?;
        if weights.is_none() && options.compare == Compare::Columns {
            bail!(MatchError::KnownColumns);
        }
        Ok(Self {
            clusters: clusters.into_iter().flatten().collect(),
            rows,
            gone,
            weights,
            own_rules: !options.block_on.is_empty(),
            rest: None,
        })
    }

    /// Has the new records compared as the known ones were: the same columns, types and rules.
    pub(super) fn shape(&self, linkage: &mut Options, records: &Records) {
        linkage.fresh_from = Some(self.clusters.len());
        let mut compared = HashSet::new();
        let Some(weights) = &self.weights else {
            return;
        };
        for (name, kind) in weights.types() {
            compared.insert(name.to_owned());
            linkage.types.insert(name.to_owned(), kind);
        }
        let readings = weights.readings();
        linkage.reading = readings.map(|(name, of)| (name.to_owned(), of)).collect();
        linkage.by_rules = self.rest.as_ref().is_some_and(|rest| !rest.is_whole);
        linkage
            .types
            .retain(|name, _| records.columns.contains(name));
        let others = records
            .columns
            .iter()
            .filter(|name| !compared.contains(*name));
        linkage.ignore.extend(others.cloned());
        if !self.own_rules {
            linkage.rules = weights
                .rules()
                .filter_map(|rule| rule.parse().ok())
                .collect();
        }
    }

    /// How many known records there are, at hand or not.
    pub(super) fn records(&self) -> usize {
        let here = self.clusters.len();
        self.rest.as_ref().map_or(here, |rest| rest.records)
    }

    /// How many known clusters there are, at hand or not.
    pub(super) fn all_clusters(&self) -> usize {
        let here = || self.clusters.iter().collect::<HashSet<_>>().len();
        self.rest.as_ref().map_or_else(here, |rest| rest.clusters)
    }

    /// The number that a new cluster gets.
    pub(super) fn next(&self) -> u32 {
        if let Some(rest) = &self.rest {
            return rest.next_cluster;
        }
        let of = |row: &Map<String, Value>| row.get("cluster").and_then(whole);
        let gone = self.gone.iter().filter_map(of);
        let most = self.clusters.iter().copied().chain(gone).max();
        most.map_or(0, |most| most.saturating_add(1))
    }
}

/// A number that may be a text, as in CSV.
fn whole(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        value => u32::try_from(value.as_u64()?).ok(),
    }
}

/// What the file of weights holds of a list whose records were compared as texts.
const TEXTS: &str = r#"{"compared":"text"}"#;

/// The weights beside a file of clusters; none where records were compared as texts.
fn weights(clusters: &Path) -> Result<Option<SavedFit>> {
    let path = beside(clusters, WEIGHTS);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!(MatchError::NoWeights(path))
        }
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    if bytes.trim_ascii() == TEXTS.as_bytes() {
        return Ok(None);
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let why = without_values(&error.to_string());
        anyhow!("cannot use {}: {why}", path.display())
    })
}

/// Keeps what was learnt beside a file of clusters; none where records were compared as texts. A device has nothing beside it.
pub(super) fn keep(weights: Option<&SavedFit>, clusters: &Path) -> Result<()> {
    if is_special(clusters) {
        return Ok(());
    }
    let path = beside(clusters, WEIGHTS);
    let failed = || format!("cannot write {}", path.display());
    let mut output = Output::file(&path, Format::Jsonl).with_context(failed)?;
    match weights {
        Some(weights) => serde_json::to_writer_pretty(&mut output, weights)?,
        None => output.write_all(TEXTS.as_bytes())?,
    }
    output.finish().with_context(failed)
}
