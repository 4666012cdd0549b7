//! The part of a kept list that new records may match.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use midband::Id;
use midband_io::{GivenRows, id_of};
use midband_linkage::{ReadRecords, SavedFit, Table, ValueCounts};
use serde_json::{Map, Value};

use super::{
    manifest::{Manifest, RECORDS, State},
    sorted::{Sorted, digits},
};

/// Pairs of new and kept records up to which all of them are compared, and records that are read for it.
const FREE_PAIRS: usize = 1_000_000;
const FREE_RECORDS: usize = 20_000;

/// Kept records, in their order.
pub(in crate::lists) struct Part {
    /// Their ids and values.
    rows: Vec<Map<String, Value>>,
    /// The cluster of each.
    pub(in crate::lists) clusters: Vec<u32>,
    /// Records of the whole list.
    pub(in crate::lists) records: usize,
    /// Clusters of the whole list.
    pub(in crate::lists) all_clusters: usize,
    /// The number that a new cluster gets.
    pub(in crate::lists) next_cluster: u32,
    /// Every kept record is here.
    pub(in crate::lists) is_whole: bool,
    pub(in crate::lists) weights: SavedFit,
}

impl Part {
    /// The records as a list.
    pub(in crate::lists) fn take_rows(&mut self) -> GivenRows {
        Box::new(std::mem::take(&mut self.rows).into_iter().map(Ok))
    }
}

impl State {
    /// The kept records that share a key, or an id, with a new one, and those of their clusters. `id` is the name of the
    /// ids' column, `ids` are those of new records and of others that must be there.
    ///
    /// # Errors
    /// A file of the state can't be read.
    pub(in crate::lists) fn part(
        &self,
        new: &Table,
        id: &str,
        ids: impl Iterator<Item = Id>,
    ) -> Result<Option<Part>> {
        let Some(found) = &self.found else {
            return Ok(None);
        };
        let free = new.len().saturating_mul(found.records) <= FREE_PAIRS;
        let is_whole = free && found.records <= FREE_RECORDS;
        let mut lines: BTreeMap<u64, Line> = BTreeMap::new();
        if is_whole {
            self.read_all(found, &mut lines)?;
        } else {
            let read = found.weights.read(new);
            let mut keys: BTreeSet<String> = ids.map(|id| of_id(&id)).collect();
            keys.extend((0..new.len()).flat_map(|row| read.keys(row)).map(digits));
            let near = self.offsets(found, &keys)?;
            self.read_at(&near, &mut lines)?;
            let near = lines.values().map(|line| found.home(line.cluster));
            let near: BTreeSet<u32> = near.collect();
            let gone = found.merged.keys().copied();
            let names = gone.filter(|gone| near.contains(&found.home(*gone)));
            let keys: BTreeSet<String> =
                names.chain(near.iter().copied()).map(of_cluster).collect();
            let mates = self.offsets(found, &keys)?;
            let more = mates.into_iter().filter(|at| !lines.contains_key(at));
            let more: BTreeSet<u64> = more.collect();
            self.read_at(&more, &mut lines)?;
        }
        let mut part = Part {
            rows: Vec::with_capacity(lines.len()),
            clusters: Vec::with_capacity(lines.len()),
            records: found.records,
            all_clusters: found.clusters,
            next_cluster: found.next_cluster,
            is_whole,
            weights: found.weights.clone(),
        };
        for line in lines.into_values() {
            part.clusters.push(found.home(line.cluster));
            let named = found.columns.iter().cloned().zip(line.values);
            let row = std::iter::once((id.to_owned(), line.id)).chain(named);
            part.rows.push(row.collect());
        }
        Ok(Some(part))
    }

    /// How many people have each value of these records.
    pub(in crate::lists) fn counts(&self, read: &ReadRecords, rows: usize) -> Result<ValueCounts> {
        let Some(found) = &self.found else {
            return Ok(ValueCounts::default());
        };
        let mut counts = ValueCounts::new(found.counts.clone());
        let mut wanted: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        for row in 0..rows {
            for (column, value) in read.values(row) {
                let name = found.counts.get(column).map_or("", |(name, _)| name);
                wanted.insert(of_value(name, value), (column, value));
                // The other name's column may hold it as well.
                for (other, (name, _)) in found.counts.iter().enumerate() {
                    if other != column && is_name(&found.weights, column, other) {
                        wanted.insert(of_value(name, value), (other, value));
                    }
                }
            }
        }
        let mut people: BTreeMap<&str, f64> = BTreeMap::new();
        for file in &found.values {
            let path = self.folder.join(file);
            let failed = || format!("cannot read {}", path.display());
            let mut sorted = Sorted::open(&path).with_context(failed)?;
            let add = |key, rest: &[Value]| {
                *people.entry(key).or_default() +=
                    rest.get(1).and_then(Value::as_f64).unwrap_or(0.0);
            };
            sorted.look_up(wanted.keys(), add).with_context(failed)?;
        }
        for (key, (column, value)) in &wanted {
            if let Some(people) = people.get(key.as_str()) {
                counts.found(*column, value, *people);
            }
        }
        Ok(counts)
    }

    /// Ids and clusters of all kept records, in their order, where they are wanted: all of the list is read for it.
    pub(in crate::lists) fn listed(&self, wanted: bool) -> Result<Option<Vec<Listed>>> {
        let Some(found) = self.found.as_ref().filter(|_| wanted) else {
            return Ok(None);
        };
        let mut lines = BTreeMap::new();
        self.read_all(found, &mut lines)?;
        let listed = lines.into_values().map(|line| {
            let cluster = found.home(line.cluster);
            Listed {
                id: line.id,
                cluster,
                contradicted: found.contradicted.contains(&cluster),
            }
        });
        Ok(Some(listed.collect()))
    }

    fn offsets(&self, found: &Manifest, keys: &BTreeSet<String>) -> Result<BTreeSet<u64>> {
        let mut offsets = BTreeSet::new();
        for file in &found.keys {
            let path = self.folder.join(file);
            let failed = || format!("cannot read {}", path.display());
            let mut sorted = Sorted::open(&path).with_context(failed)?;
            let take = |_, rest: &[Value]| offsets.extend(rest.iter().filter_map(Value::as_u64));
            sorted.look_up(keys, take).with_context(failed)?;
        }
        Ok(offsets)
    }

    fn read_at(&self, places: &BTreeSet<u64>, lines: &mut BTreeMap<u64, Line>) -> Result<()> {
        let path = self.folder.join(RECORDS);
        let failed = || format!("cannot read {}", path.display());
        let mut records = Sorted::open(&path).with_context(failed)?;
        for at in places {
            let line = records.line(*at).with_context(failed)?;
            lines.insert(*at, Line::of(&line).with_context(failed)?);
        }
        Ok(())
    }

    fn read_all(&self, found: &Manifest, lines: &mut BTreeMap<u64, Line>) -> Result<()> {
        let path = self.folder.join(RECORDS);
        let failed = || format!("cannot read {}", path.display());
        let bytes = std::fs::read(&path).with_context(failed)?;
        let mut at = 0_u64;
        let counted = bytes.get(..found.bytes as usize);
        let counted = counted.with_context(|| format!("{} is truncated", path.display()))?;
        for line in counted.split_inclusive(|byte| *byte == b'\n') {
            lines.insert(at, Line::of(line).with_context(failed)?);
            at += line.len() as u64;
        }
        Ok(())
    }
}

/// A kept record as a file of clusters has it.
pub(in crate::lists) struct Listed {
    pub(in crate::lists) id: Value,
    pub(in crate::lists) cluster: u32,
    /// Its cluster holds a pair that was scored as a clear non-match.
    pub(in crate::lists) contradicted: bool,
}

/// A kept record.
struct Line {
    id: Value,
    cluster: u32,
    values: Vec<Value>,
}

impl Line {
    fn of(line: &[u8]) -> Result<Self> {
        let mut fields: Map<String, Value> = serde_json::from_slice(line)?;
        let cluster = fields.get("cluster").and_then(Value::as_u64);
        let (Some(id), Some(Value::Array(values)), Some(cluster)) =
            (fields.remove("id"), fields.remove("values"), cluster)
        else {
            bail!("a line is not a record");
        };
        let known = id_of(&id).is_some();
        match u32::try_from(cluster) {
            Ok(cluster) if known => Ok(Self {
                id,
                cluster,
                values,
            }),
            _ => bail!("a line is not a record"),
        }
    }
}

/// Whether two columns are of given and of family names, which may stand in each other's place.
fn is_name(weights: &SavedFit, one: usize, other: usize) -> bool {
    use midband_linkage::ColumnType::{FamilyName, GivenName};
    let kinds: Vec<_> = weights.types().map(|(_, kind)| kind).collect();
    let of = (kinds.get(one), kinds.get(other));
    matches!(
        of,
        (Some(GivenName), Some(FamilyName)) | (Some(FamilyName), Some(GivenName))
    )
}

/// The key of a record's id.
pub(super) fn of_id(id: &Id) -> String {
    hashed("id", id.as_str())
}

/// The key of the records that came into a cluster.
pub(super) fn of_cluster(cluster: u32) -> String {
    hashed("cluster", &cluster.to_string())
}

/// The key of a column's value.
pub(super) fn of_value(column: &str, value: &str) -> String {
    hashed(column, value)
}

fn hashed(of: &str, value: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(of.as_bytes());
    hasher.update(&[0]);
    hasher.update(value.as_bytes());
    let digest = hasher.finalize();
    let (first, _) = digest.as_bytes().split_at(8);
    digits(
        first
            .iter()
            .fold(0, |hash, byte| hash << 8 | u64::from(*byte)),
    )
}
