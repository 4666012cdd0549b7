//! Verdicts that were paid for, kept on disk.
//!
//! A record holds a score, a model's name and digests; neither a text nor an id. Writing is left to
//! a thread of its own, which commits whatever has come in meanwhile at once: the queue never waits
//! for a disk. The file may be shared: redb lets several processes read and write it in turn.

mod pruning;
mod record;
mod writing;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use redb::{Builder, ConcurrencyMode, Database, ReadableDatabase, ReadableTable};
use serde::Serialize;

pub(crate) use record::Record;
use record::id_digest;
use writing::{Message, VERDICTS, write, write_all};

/// The file in the cache's folder.
const FILE: &str = "verdicts.redb";

/// Why the cache can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Another process holds the file and does not share it. Wait for it, or use another folder.
    #[error(
        "the verdict cache {0} is in use by another process that does not share it; wait for it or choose another folder"
    )]
    InUse(PathBuf),
    /// The folder can't be made, or is a file.
    #[error("cannot use the cache folder {folder}: {what}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        what: String,
    },
    /// The file can't be read or written.
    #[error("cannot use the verdict cache {path}: {what}")]
    Storage {
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        what: String,
    },
}

/// What a cache holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CacheStats {
    /// The file.
    pub file: PathBuf,
    /// Verdicts in it.
    pub verdicts: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Verdicts by model.
    pub models: std::collections::BTreeMap<String, u64>,
    /// When the oldest was written, seconds since 1970; 0 where there is none.
    pub oldest: u64,
    /// When the newest was written, seconds since 1970.
    pub newest: u64,
}

/// The verdict cache in a folder.
pub struct Cache {
    file: PathBuf,
    database: Arc<Database>,
    writer: Option<mpsc::Sender<Message>>,
    thread: Option<thread::JoinHandle<()>>,
    lost: Arc<AtomicU64>,
    set_aside: Option<PathBuf>,
}

/// How the file is opened: several processes may.
fn shared() -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(16 << 20)
        .set_concurrency_mode(ConcurrencyMode::MultiWriter);
    builder
}

fn failed(file: &Path, error: impl Into<redb::Error>) -> CacheError {
    match error.into() {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
            CacheError::InUse(file.to_path_buf())
        }
        error => CacheError::Storage {
            path: file.to_path_buf(),
            what: error.to_string(),
        },
    }
}

fn opened(file: &Path) -> Result<Database, redb::Error> {
    let database = shared().create(file)?;
    // Both tables are there from now on, for readers.
    write(&database, |_, _| Ok(()))?;
    Ok(database)
}

impl Cache {
    /// The file of a folder's cache, there or not.
    pub fn file_in(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// The cache in a folder, where there is one. Nothing is made, and a file that can't be read stays where it is.
    ///
    /// # Errors
    /// The file can't be read, or another process does not share it.
    pub fn existing(folder: &Path) -> Result<Option<Self>, CacheError> {
        let file = folder.join(FILE);
        if !file.is_file() {
            return Ok(None);
        }
        let database = shared().open(&file).map_err(|error| failed(&file, error))?;
        Self::over(database, file, None).map(Some)
    }

    /// Opens the cache in a folder; both are made where they are not there.
    ///
    /// # Errors
    /// The folder can't be used, or another process does not share the file.
    pub fn open(folder: &Path) -> Result<Self, CacheError> {
        let file = folder.join(FILE);
        let storage = |what: String| CacheError::Storage {
            path: file.clone(),
            what,
        };
        std::fs::create_dir_all(folder).map_err(|error| CacheError::Folder {
            folder: folder.to_path_buf(),
            what: if folder.is_file() {
                "it is a file, not a folder".to_owned()
            } else {
                error.to_string()
            },
        })?;
        let mut set_aside = None;
        let database = match opened(&file) {
            Ok(database) => database,
            Err(redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch) => {
                return Err(CacheError::InUse(file));
            }
            // Verdicts that can't be read must be paid for again; a person may want to know why.
            Err(error) if file.is_file() => {
                let aside = folder.join(format!("{FILE}.broken"));
                std::fs::rename(&file, &aside).map_err(|_| storage(error.to_string()))?;
                set_aside = Some(aside);
                opened(&file).map_err(|error| storage(error.to_string()))?
            }
            Err(error) => return Err(storage(error.to_string())),
        };
        Self::over(database, file, set_aside)
    }

    fn over(
        database: Database,
        file: PathBuf,
        set_aside: Option<PathBuf>,
    ) -> Result<Self, CacheError> {
        let database = Arc::new(database);
        let (writer, messages) = mpsc::channel();
        let lost = Arc::new(AtomicU64::new(0));
        let (for_thread, count) = (Arc::clone(&database), Arc::clone(&lost));
        let thread = thread::Builder::new()
            .name("verdict-cache".to_owned())
            .spawn(move || write_all(&for_thread, &messages, &count))
            .map_err(|error| CacheError::Storage {
                path: file.clone(),
                what: error.to_string(),
            })?;
        Ok(Self {
            file,
            database,
            writer: Some(writer),
            thread: Some(thread),
            lost,
            set_aside,
        })
    }

    fn failed(&self, error: &redb::Error) -> CacheError {
        CacheError::Storage {
            path: self.file.clone(),
            what: error.to_string(),
        }
    }

    /// The verdicts under these keys, in their order: the first key of each group that has one.
    pub(crate) fn get_all<'k>(
        &self,
        groups: impl Iterator<Item = Vec<[u8; 32]>> + 'k,
    ) -> Result<Vec<Option<Record>>, CacheError> {
        let found = || -> Result<Vec<Option<Record>>, redb::Error> {
            let transaction = self.database.begin_read()?;
            let table = transaction.open_table(VERDICTS)?;
            groups
                .map(|keys| {
                    for key in keys {
                        if let Some(value) = table.get(key.as_slice())? {
                            // A record of another shape, or of another sum, is as good as none.
                            if let Ok(record) = serde_json::from_slice::<Record>(value.value())
                                && record.sum == record.checksum(&key)
                            {
                                return Ok(Some(record));
                            }
                        }
                    }
                    Ok(None)
                })
                .collect()
        };
        found().map_err(|error| self.failed(&error))
    }

    /// Hands a verdict to the writer.
    pub(crate) fn put(&self, key: [u8; 32], mut record: Record) {
        record.sum = record.checksum(&key);
        let sent = self
            .writer
            .as_ref()
            .is_some_and(|writer| writer.send(Message::Put(key, record)).is_ok());
        if !sent {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Where a file was put that could not be read as a cache; a new one was begun in its place.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// Verdicts that could not be written so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until everything that was handed over is on disk.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        if self
            .writer
            .as_ref()
            .is_some_and(|writer| writer.send(Message::Flush(done)).is_ok())
        {
            let _ = wait.recv();
        }
    }

    /// Counts and sizes.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn stats(&self) -> Result<CacheStats, CacheError> {
        self.flush();
        let bytes = std::fs::metadata(&self.file)
            .map(|meta| meta.len())
            .unwrap_or(0);
        let mut stats = CacheStats {
            file: self.file.clone(),
            bytes,
            ..CacheStats::default()
        };
        let count = |stats: &mut CacheStats| -> Result<(), redb::Error> {
            let transaction = self.database.begin_read()?;
            for entry in transaction.open_table(VERDICTS)?.iter()? {
                let (_, value) = entry?;
                stats.verdicts += 1;
                if let Ok(record) = serde_json::from_slice::<Record>(value.value()) {
                    *stats.models.entry(record.model).or_default() += 1;
                    let at = record.at / 1_000;
                    stats.oldest = if stats.oldest == 0 {
                        at
                    } else {
                        stats.oldest.min(at)
                    };
                    stats.newest = stats.newest.max(at);
                }
            }
            Ok(())
        };
        count(&mut stats).map_err(|error| self.failed(&error))?;
        Ok(stats)
    }

    /// Forgets every verdict; returns how many there were.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn clear(&self) -> Result<u64, CacheError> {
        self.flush();
        let mut count = 0;
        write(&self.database, |verdicts, ids| {
            verdicts.retain(|_, _| {
                count += 1;
                false
            })?;
            ids.retain(|_, ()| false)?;
            Ok(())
        })
        .map_err(|error| self.failed(&error))?;
        Ok(count)
    }

    /// Forgets the verdicts of pairs with this id; returns how many there were.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn forget(&self, id: &str) -> Result<u64, CacheError> {
        self.flush();
        let from = id_digest(id);
        let mut count = 0;
        write(&self.database, |verdicts, ids| {
            let mut end = from.as_bytes().to_vec();
            end.extend([0xff; 33]);
            let marks: Vec<Vec<u8>> = ids
                .range(from.as_bytes().as_slice()..end.as_slice())?
                .map(|entry| entry.map(|(mark, _)| mark.value().to_vec()))
                .collect::<Result<_, _>>()?;
            for mark in marks {
                count += u64::from(verdicts.remove(&mark[32..])?.is_some());
                ids.remove(mark.as_slice())?;
            }
            Ok(())
        })
        .map_err(|error| self.failed(&error))?;
        Ok(count)
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
