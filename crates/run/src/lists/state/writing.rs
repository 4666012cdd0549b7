//! New records of a kept list: their lines, keys and values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::OpenOptions,
    io::{BufWriter, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use midband::Id;
use midband_io::{Format, Output, write_objects};
use midband_linkage::{ColumnCounts, SavedFit, TableBuilder, ValueCounts};
use serde_json::{Map, Value};

use super::{
    key_files::Made,
    manifest::{Manifest, RECORDS, State, VERSION},
    reading::{Listed, of_cluster, of_id},
    sorted,
};
use crate::{
    Notice,
    lists::{record_columns::Beside, record_values::shown},
};

/// Records whose keys are sorted at once.
const AT_ONCE: usize = 50_000;

/// A record that is to be kept.
pub(in crate::lists) struct NewRecord {
    pub(in crate::lists) id: Id,
    pub(in crate::lists) cluster: u32,
}

/// What a run adds.
#[derive(Default)]
pub(in crate::lists) struct Update {
    /// The columns of all records, those of the kept list first.
    pub(in crate::lists) columns: Vec<String>,
    pub(in crate::lists) records: Vec<NewRecord>,
    /// By record, its values in the order of the columns, as a JSON array.
    pub(in crate::lists) values: Vec<Box<str>>,
    /// What was learnt, of a list that is kept for the first time.
    pub(in crate::lists) weights: Option<SavedFit>,
    /// Clusters that became part of another one.
    pub(in crate::lists) merged: Vec<(u32, u32)>,
    pub(in crate::lists) contradicted: BTreeSet<u32>,
    /// What happened, for people.
    pub(in crate::lists) changes: Vec<Map<String, Value>>,
    /// How many people have each value that is at hand, and how many more there are now: of records that are kept already.
    pub(in crate::lists) counts: ValueCounts,
    pub(in crate::lists) shifts: Vec<Shift>,
}

/// A kept value of which other people are known than before.
pub(in crate::lists) struct Shift {
    pub(in crate::lists) column: usize,
    pub(in crate::lists) value: Box<str>,
    pub(in crate::lists) people: f64,
}

/// What a run needs that adds to a kept list.
pub(in crate::lists) struct Keeping {
    pub(in crate::lists) pending: Pending,
    /// Values of the records.
    pub(in crate::lists) beside: Arc<Beside>,
    /// Their columns.
    pub(in crate::lists) columns: Vec<String>,
    /// All records that are kept, where a file of clusters is wanted.
    pub(in crate::lists) known: Option<Vec<Listed>>,
}

/// What is to be kept once the run's own files are whole.
#[derive(Clone, Default)]
pub(in crate::lists) struct Pending(Arc<Mutex<Option<Update>>>);

impl Pending {
    pub(in crate::lists) fn put(&self, update: Update) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(update);
    }

    pub(in crate::lists) fn take(&self) -> Option<Update> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl State {
    /// Adds what a run found. Until the manifest is replaced, the state is the one before.
    ///
    /// # Errors
    /// The folder can't be written.
    pub(in crate::lists) fn add(&mut self, update: Update) -> Result<()> {
        let folder = self.folder.clone();
        let failed = || format!("cannot write {}", folder.display());
        self.make()?;
        let mut manifest = match (&self.found, &update.weights) {
            (Some(found), _) => found.clone(),
            (None, Some(weights)) => first(weights),
            (None, None) => return Ok(()),
        };
        manifest.runs += 1;
        let mut made = Made {
            folder: &folder,
            run: manifest.runs,
            part: 0,
        };
        let mut records = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(RECORDS))
            .with_context(failed)?;
        // What a killed run left goes.
        records.set_len(manifest.bytes).with_context(failed)?;
        records.seek(SeekFrom::End(0)).with_context(failed)?;
        let mut records = BufWriter::with_capacity(1 << 18, records);
        let is_first = self.found.is_none();
        let mut sizes: BTreeMap<u32, u32> = BTreeMap::new();
        for record in &update.records {
            *sizes.entry(record.cluster).or_default() += 1;
        }
        let mut counts = update.counts;
        let mut shifted: BTreeMap<(usize, Box<str>), f64> = BTreeMap::new();
        for shift in update.shifts {
            *shifted.entry((shift.column, shift.value)).or_default() += shift.people;
        }
        let chunks = update
            .records
            .chunks(AT_ONCE)
            .zip(update.values.chunks(AT_ONCE));
        for (chunk, values) in chunks {
            let mut table = TableBuilder::new(update.columns.iter().cloned());
            let mut keys: Vec<(String, u64)> = Vec::new();
            let mut places = Vec::with_capacity(chunk.len());
            for (record, values) in chunk.iter().zip(values) {
                let id = serde_json::to_string(&record.id)?;
                let line = format!(
                    "{{\"cluster\":{},\"id\":{id},\"values\":{values}}}\n",
                    record.cluster
                );
                records.write_all(line.as_bytes()).with_context(failed)?;
                let given: Vec<Value> = serde_json::from_str(values)?;
                let given: Vec<Option<String>> = given.iter().map(shown).collect();
                table.push(given.iter().map(Option::as_deref));
                places.push(manifest.bytes);
                keys.push((of_id(&record.id), manifest.bytes));
                keys.push((of_cluster(record.cluster), manifest.bytes));
                manifest.bytes += line.len() as u64;
            }
            let read = manifest.weights.read(&table.finish());
            for (row, place) in places.iter().enumerate() {
                keys.extend(read.keys(row).map(|key| (sorted::digits(key), *place)));
                // Of new records beside a kept list, the shifts speak.
                if is_first {
                    let people = 1.0 / f64::from(sizes[&chunk[row].cluster]);
                    for (column, value) in read.values(row) {
                        *shifted.entry((column, value.into())).or_default() += people;
                    }
                }
            }
            let name = made.keys(keys).with_context(failed)?;
            manifest.keys.push(name);
            if is_first {
                let name = made.values(&manifest, &shifted).with_context(failed)?;
                manifest.values.push(name);
                shifted.clear();
            }
        }
        let records = records.into_inner().map_err(|error| error.into_error());
        let records = records.with_context(failed)?;
        records.sync_all().with_context(failed)?;
        if is_first {
            let mut all: BTreeMap<u64, ColumnCounts> = BTreeMap::new();
            let files = std::mem::take(&mut manifest.values);
            manifest.values = vec![made.merged(&files, "values", &mut |column, people| {
                all.entry(column).or_default().change(0.0, people);
            })?];
            for (at, (_, counts)) in manifest.counts.iter_mut().enumerate() {
                *counts = all.get(&(at as u64)).copied().unwrap_or_default();
            }
            let files = std::mem::take(&mut manifest.keys);
            manifest.keys = vec![made.merged(&files, "keys", &mut |_, _| ())?];
        } else {
            for ((column, value), people) in &shifted {
                counts.add(*column, value, *people);
            }
            let name = made.values(&manifest, &shifted).with_context(failed)?;
            manifest.values.push(name);
            manifest.counts = counts.columns().to_vec();
        }
        made.compact(&mut manifest.keys, "keys")?;
        made.compact(&mut manifest.values, "values")?;
        manifest.columns = update.columns;
        manifest.records += update.records.len();
        let fresh: BTreeSet<u32> = update.records.iter().map(|record| record.cluster).collect();
        let next = manifest.next_cluster;
        manifest.clusters += fresh.iter().filter(|cluster| **cluster >= next).count();
        manifest.next_cluster = fresh.last().map_or(next, |most| next.max(most + 1));
        for (from, to) in update.merged {
            manifest.clusters -= usize::from(manifest.merged.insert(from, to).is_none());
        }
        manifest.contradicted.extend(&update.contradicted);
        let changes = folder.join(format!("changes-{:06}.jsonl", manifest.runs));
        let mut output = Output::file(&changes, Format::Jsonl).with_context(failed)?;
        write_objects(&mut output, Format::Jsonl, &update.changes, false).with_context(failed)?;
        output.finish().with_context(failed)?;
        self.replace(manifest)
    }
}

impl State {
    /// What the folder holds by now.
    pub(in crate::lists) fn told(&self) -> Notice {
        let (records, clusters) =
            (self.found.as_ref()).map_or((0, 0), |found| (found.records, found.clusters));
        Notice::Told(format!(
            "{records} records in {clusters} clusters are kept in {}",
            self.folder.display()
        ))
    }
}

fn first(weights: &SavedFit) -> Manifest {
    let column = |(name, _): (&str, _)| (name.to_owned(), ColumnCounts::default());
    Manifest {
        version: VERSION,
        runs: 0,
        records: 0,
        bytes: 0,
        columns: Vec::new(),
        clusters: 0,
        next_cluster: 0,
        keys: Vec::new(),
        values: Vec::new(),
        counts: weights.types().map(column).collect(),
        merged: BTreeMap::new(),
        contradicted: BTreeSet::new(),
        weights: weights.clone(),
    }
}
