//! Jobs on disk: what was asked, how far it came, and what came out.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use midband::{Provenance, Summary, judge::Usage};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ServeError,
    request::{Form, Wanted},
};

const ABOUT: TableDefinition<&str, &[u8]> = TableDefinition::new("about");
const INPUT: TableDefinition<&str, &[u8]> = TableDefinition::new("input");
const RESULT: TableDefinition<&str, &[u8]> = TableDefinition::new("result");

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Waits, also after a restart that broke it off.
    Queued,
    Running,
    Finished,
    Failed,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }
}

/// What is known of a job. Times are seconds since 1970.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) id: String,
    /// Orders jobs that came in the same second.
    pub(crate) number: u64,
    pub(crate) state: State,
    pub(crate) form: Form,
    pub(crate) wanted: Wanted,
    pub(crate) pairs: u64,
    pub(crate) created: u64,
    pub(crate) started: Option<u64>,
    pub(crate) ended: Option<u64>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// Counts, once it is finished.
    pub(crate) summary: Option<Value>,
    pub(crate) provenance: Option<Provenance>,
    /// What a request that is sent again is known by.
    #[serde(default)]
    pub(crate) idempotency: Option<Idempotency>,
}

/// A caller's key for a request, and the request itself, as digests.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Idempotency {
    pub(crate) key: String,
    pub(crate) request: String,
}

impl Idempotency {
    pub(crate) fn new(key: &str, about: &About, body: &[u8]) -> Self {
        let mut request = blake3::Hasher::new();
        let wanted = serde_json::to_vec(&(about.form, &about.wanted)).unwrap_or_default();
        request.update(&wanted).update(body);
        Self {
            key: blake3::hash(key.as_bytes()).to_hex().to_string(),
            request: request.finalize().to_hex().to_string(),
        }
    }
}

/// What a finished job leaves.
pub(crate) struct Outcome {
    /// Scored rows, one a line.
    pub(crate) rows: Vec<u8>,
    pub(crate) summary: Summary,
    /// The summary as a run over lists writes it down; `None` of pairs.
    pub(crate) written: Option<Value>,
    pub(crate) rejected_rows: Value,
    pub(crate) usage: Option<Usage>,
    pub(crate) provenance: Provenance,
}

/// The jobs' file. Calls block: they belong off the async threads.
#[derive(Clone)]
pub(crate) struct Store {
    database: Arc<Database>,
    /// Held while a job is taken.
    taking: Arc<Mutex<()>>,
}

impl Store {
    /// Opens the file in a folder, and makes both where they are missing. Jobs that were running wait again.
    pub(crate) fn open(folder: &Path) -> Result<Self, ServeError> {
        let failed = |error: String| ServeError::State(folder.display().to_string(), error);
        fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        private(folder).map_err(|error| failed(error.to_string()))?;
        let database = Database::create(folder.join("jobs.redb"))
            .map_err(|error| failed(error.to_string()))?;
        let store = Self {
            database: Arc::new(database),
            taking: Arc::default(),
        };
        store.prepare().map_err(|error| failed(error.to_string()))?;
        Ok(store)
    }

    fn prepare(&self) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        write.open_table(ABOUT)?;
        write.open_table(INPUT)?;
        write.open_table(RESULT)?;
        write.commit()?;
        for mut about in self.all()? {
            if about.state == State::Running {
                about.state = State::Queued;
                self.update(&about)?;
            }
        }
        Ok(())
    }

    /// Takes jobs one at a time: what one looks up of the others holds until it is kept.
    pub(crate) fn alone<T>(&self, take: impl FnOnce() -> T) -> T {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        take()
    }

    /// Keeps a new job with its input.
    pub(crate) fn add(&self, about: &About, input: &[u8]) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        write
            .open_table(ABOUT)?
            .insert(about.id.as_str(), bytes(about).as_slice())?;
        write.open_table(INPUT)?.insert(about.id.as_str(), input)?;
        write.commit()?;
        Ok(())
    }

    /// Replaces what is known of a job; one that was removed stays removed.
    pub(crate) fn update(&self, about: &About) -> Result<bool, redb::Error> {
        self.finish(about, None)
    }

    /// The same, with its scored rows, in one step.
    pub(crate) fn finish(&self, about: &About, rows: Option<&[u8]>) -> Result<bool, redb::Error> {
        let id = about.id.as_str();
        let write = self.database.begin_write()?;
        let known = {
            let mut table = write.open_table(ABOUT)?;
            let known = table.get(id)?.is_some();
            if known {
                table.insert(id, bytes(about).as_slice())?;
            }
            known
        };
        if let (true, Some(rows)) = (known, rows) {
            write.open_table(RESULT)?.insert(id, rows)?;
        }
        write.commit()?;
        Ok(known)
    }

    /// Forgets a job and all that belongs to it. False where there is none.
    pub(crate) fn remove(&self, id: &str) -> Result<bool, redb::Error> {
        let write = self.database.begin_write()?;
        let known = write.open_table(ABOUT)?.remove(id)?.is_some();
        write.open_table(INPUT)?.remove(id)?;
        write.open_table(RESULT)?.remove(id)?;
        write.commit()?;
        Ok(known)
    }

    pub(crate) fn about(&self, id: &str) -> Result<Option<About>, redb::Error> {
        Ok(self
            .value(ABOUT, id)?
            .and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub(crate) fn input(&self, id: &str) -> Result<Option<Vec<u8>>, redb::Error> {
        self.value(INPUT, id)
    }

    pub(crate) fn rows(&self, id: &str) -> Result<Option<Vec<u8>>, redb::Error> {
        self.value(RESULT, id)
    }

    fn value(
        &self,
        table: TableDefinition<&str, &[u8]>,
        id: &str,
    ) -> Result<Option<Vec<u8>>, redb::Error> {
        let read = self.database.begin_read()?;
        let table = read.open_table(table)?;
        Ok(table.get(id)?.map(|value| value.value().to_vec()))
    }

    /// All jobs, the oldest first.
    pub(crate) fn all(&self) -> Result<Vec<About>, redb::Error> {
        let read = self.database.begin_read()?;
        let mut all: Vec<About> = Vec::new();
        for entry in read.open_table(ABOUT)?.iter()? {
            let (_, value) = entry?;
            all.extend(serde_json::from_slice::<About>(value.value()).ok());
        }
        all.sort_by_key(|about| about.number);
        Ok(all)
    }
}

/// Plain fields always serialize.
fn bytes(about: &About) -> Vec<u8> {
    serde_json::to_vec(about).unwrap_or_default()
}

/// The jobs hold texts: nobody else on this machine may read them.
#[cfg(unix)]
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}
