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
    /// The folder or the file can't be read or written.
    #[error("the verdict cache {path} can't be used: {what}")]
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
        std::fs::create_dir_all(folder).map_err(|error| storage(error.to_string()))?;
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
mod tests {
    use midband_core::PairId;

    use super::*;

    fn record(score: f64, id: &str) -> Record {
        Record::new(score, "m".to_owned(), &PairId::new(id))
    }

    #[test]
    fn what_was_kept_is_found_by_the_first_key_that_has_it_and_forgotten_by_id() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put([1; 32], record(0.25, "one"));
        cache.put([2; 32], record(0.75, "two"));
        cache.put([3; 32], record(0.5, "one"));
        cache.flush();
        let groups = vec![vec![[9; 32], [2; 32], [1; 32]], vec![[8; 32]]];
        let found = cache.get_all(groups.into_iter()).unwrap();
        assert_eq!(found[0].as_ref().map(Record::score), Some(0.75));
        assert_eq!(found[1], None);
        let stats = cache.stats().unwrap();
        assert_eq!((stats.verdicts, stats.models["m"]), (3, 3));
        assert_eq!(cache.forget("one").unwrap(), 2);
        assert_eq!(cache.forget("one").unwrap(), 0);
        assert_eq!(cache.clear().unwrap(), 1);
        assert_eq!(cache.stats().unwrap().verdicts, 0);
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let old = |at: u64| Record {
            at,
            ..record(0.5, "one")
        };
        let cache = Cache::open(folder.path()).unwrap();
        for number in 0..4_000u32 {
            let key = *blake3::hash(&number.to_le_bytes()).as_bytes();
            cache.put(key, old(u64::from(number) * 1_000));
        }
        drop(cache);
        let held = || {
            let cache = Cache::existing(folder.path()).unwrap().unwrap();
            cache.stats().unwrap()
        };
        assert_eq!(
            Cache::prune(folder.path(), None, Some(1_000_000)).unwrap(),
            1_000
        );
        assert_eq!((held().verdicts, held().oldest), (3_000, 1_000));
        let most = held().bytes / 2;
        let removed = Cache::prune(folder.path(), Some(most), None).unwrap();
        assert!((1..3_000).contains(&removed), "{removed}");
        assert!(held().bytes <= most, "{} {most}", held().bytes);
        assert_eq!((held().verdicts, held().newest), (3_000 - removed, 3_999));
        assert_eq!(
            Cache::open(folder.path()).unwrap().forget("one").unwrap(),
            3_000 - removed
        );
        assert_eq!(Cache::prune(folder.path(), Some(10), None).unwrap(), 0);
        assert!(Cache::existing(folder.path()).unwrap().is_none());
        assert_eq!(Cache::prune(folder.path(), Some(10), None).unwrap(), 0);
    }

    #[test]
    fn a_look_makes_and_moves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Cache::existing(folder.path()).unwrap().is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::write(Cache::file_in(folder.path()), "no database").unwrap();
        let error = Cache::existing(folder.path()).err().unwrap();
        assert!(matches!(error, CacheError::Storage { .. }), "{error}");
        assert_eq!(
            std::fs::read(Cache::file_in(folder.path())).unwrap(),
            b"no database"
        );
    }

    #[test]
    fn a_second_user_of_the_file_sees_what_the_first_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cache::open(folder.path()).unwrap();
        let second = Cache::open(folder.path()).unwrap();
        first.put([1; 32], record(0.25, "one"));
        second.put([2; 32], record(0.5, "two"));
        first.flush();
        assert_eq!(second.stats().unwrap().verdicts, 2);
        drop((first, second));
        let third = Cache::open(folder.path()).unwrap();
        assert_eq!(third.stats().unwrap().verdicts, 2);
    }

    #[test]
    fn no_text_and_no_id_stand_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put([1; 32], record(0.25, "MRN-4711"));
        drop(cache);
        let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"MRN-4711"));
    }

    /// Name of the variable that makes a test process the second user of a cache.
    const CHILD: &str = "MIDBAND_TEST_CACHE";

    #[test]
    fn two_processes_share_the_file() {
        if let Some(folder) = std::env::var_os(CHILD) {
            let cache = Cache::open(Path::new(&folder)).unwrap();
            (10..20).for_each(|key| cache.put([key; 32], record(0.5, "child")));
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cache::tests::two_processes_share_the_file"])
            .env(CHILD, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn();
        (0..10).for_each(|key| cache.put([key; 32], record(0.25, "parent")));
        assert!(child.unwrap().wait().unwrap().success());
        assert_eq!((cache.stats().unwrap().verdicts, cache.lost()), (20, 0));
    }

    #[test]
    fn a_verdict_of_another_sum_is_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put([1; 32], record(0.25, "one"));
        cache.flush();
        let look = || {
            cache
                .get_all(std::iter::once(vec![[1; 32]]))
                .unwrap()
                .remove(0)
        };
        assert!(look().is_some());
        write(&cache.database, |verdicts, _| {
            let bytes = verdicts.get([1; 32].as_slice())?.unwrap().value().to_vec();
            let mut bent: Record = serde_json::from_slice(&bytes).unwrap();
            bent.bits ^= 1 << 50;
            verdicts.insert(
                [1; 32].as_slice(),
                serde_json::to_vec(&bent).unwrap().as_slice(),
            )?;
            Ok(())
        })
        .unwrap();
        assert_eq!(look(), None);
    }
}
