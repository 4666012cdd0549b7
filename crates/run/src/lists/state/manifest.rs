//! What a folder holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use midband_linkage::{ColumnCounts, SavedFit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lists::error::MatchError;

/// The form of the folder that this version reads and writes.
pub(super) const VERSION: u64 = 1;
/// The file that says what belongs to the state.
const MANIFEST: &str = "state.json";
/// Held by the run that uses the folder.
const LOCK: &str = "lock";
/// The records, one a line, new ones after the others.
pub(super) const RECORDS: &str = "records.jsonl";

/// All of the state that is no list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) version: u64,
    /// Runs that added records.
    pub(super) runs: u32,
    pub(super) records: usize,
    /// Bytes of the records' file that count.
    pub(super) bytes: u64,
    pub(super) columns: Vec<String>,
    pub(super) clusters: usize,
    /// The number that a new cluster gets.
    pub(super) next_cluster: u32,
    /// Files of keys and of values, the oldest first.
    pub(super) keys: Vec<String>,
    pub(super) values: Vec<String>,
    /// By column that is compared.
    pub(super) counts: Vec<(String, ColumnCounts)>,
    /// Clusters that became part of another one.
    pub(super) merged: BTreeMap<u32, u32>,
    /// Clusters that hold a pair which was scored as a clear non-match.
    pub(super) contradicted: BTreeSet<u32>,
    pub(super) weights: SavedFit,
}

impl Manifest {
    /// The cluster that a cluster is part of by now.
    pub(super) fn home(&self, cluster: u32) -> u32 {
        let mut at = cluster;
        while let Some(next) = self.merged.get(&at) {
            at = *next;
        }
        at
    }
}

/// A folder, held against other runs; its state, if it has one.
#[derive(Debug)]
pub(in crate::lists) struct State {
    pub(super) folder: PathBuf,
    pub(super) found: Option<Manifest>,
    _lock: Option<File>,
}

impl State {
    /// Looks what is in a folder, which need not be there yet.
    ///
    /// # Errors
    /// It holds something else, is of another version, or another run uses it.
    pub(in crate::lists) fn open(folder: &Path) -> Result<Self> {
        let named = || format!("cannot use the state {}", folder.display());
        let path = folder.join(MANIFEST);
        let mut lock = None;
        if folder.is_dir() {
            lock = Some(hold(folder)?);
        }
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let foreign = entries(folder).find(|name| !is_ours(name));
                if let Some(name) = foreign {
                    bail!(MatchError::NoState {
                        folder: folder.to_owned(),
                        other: name,
                    });
                }
                return Ok(Self {
                    folder: folder.to_owned(),
                    found: None,
                    _lock: lock,
                });
            }
            read => read.with_context(named)?,
        };
        let value: Value = serde_json::from_slice(&bytes).with_context(named)?;
        let version = value.get("version").and_then(Value::as_u64);
        match version {
            Some(VERSION) => {}
            Some(other) => bail!(MatchError::StateVersion {
                folder: folder.to_owned(),
                found: other,
                read: VERSION,
            }),
            None => bail!("{}: {MANIFEST} names no version", named()),
        }
        Ok(Self {
            folder: folder.to_owned(),
            found: Some(serde_json::from_value(value).with_context(named)?),
            _lock: lock,
        })
    }

    /// Whether the folder holds a list.
    pub(in crate::lists) fn is_there(&self) -> bool {
        self.found.is_some()
    }

    /// Makes the folder, and holds it.
    pub(super) fn make(&mut self) -> Result<()> {
        if self._lock.is_none() {
            let failed = || format!("{} can't be made", self.folder.display());
            fs::create_dir_all(&self.folder).with_context(failed)?;
            self._lock = Some(hold(&self.folder)?);
        }
        Ok(())
    }

    /// Puts a manifest in the place of the one before, and removes what no longer belongs to it.
    pub(super) fn replace(&mut self, manifest: Manifest) -> Result<()> {
        let failed = || format!("cannot write {}", self.folder.display());
        let (path, fresh) = (self.folder.join(MANIFEST), self.folder.join(".state.json"));
        let bytes = serde_json::to_vec_pretty(&manifest)?;
        fs::write(&fresh, bytes).with_context(failed)?;
        File::open(&fresh)
            .and_then(|file| file.sync_all())
            .with_context(failed)?;
        fs::rename(&fresh, &path).with_context(failed)?;
        // The name is on disk as well; not every system lets a folder be opened.
        if let Ok(folder) = File::open(&self.folder) {
            folder.sync_all().with_context(failed)?;
        }
        let kept: Vec<&String> = manifest.keys.iter().chain(&manifest.values).collect();
        let old = entries(&self.folder)
            .filter(|name| is_index(name) && !kept.iter().any(|kept| **kept == *name));
        for name in old.collect::<Vec<_>>() {
            // One that stays is passed over, and removed by a later run.
            let _ = fs::remove_file(self.folder.join(name));
        }
        self.found = Some(manifest);
        Ok(())
    }
}

fn hold(folder: &Path) -> Result<File> {
    let named = || format!("cannot use the state {}", folder.display());
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .with_context(named)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => bail!(MatchError::StateInUse(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(error).with_context(named),
    }
}

/// Names of the files in a folder, if there is one.
fn entries(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
}

fn is_index(name: &str) -> bool {
    name.ends_with(".jsonl") && (name.starts_with("keys-") || name.starts_with("values-"))
}

/// Whether a run that was killed may have left a file.
fn is_ours(name: &str) -> bool {
    is_index(name) || name.starts_with("changes-") || [LOCK, RECORDS, ".state.json"].contains(&name)
}
