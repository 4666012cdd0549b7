//! Vectors that outlive the process: a decorator around any embedder.
//!
//! The key is the model's digest and the text's BLAKE3; the value is the vector. No text is stored.

mod contents;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use midband_core::{EmbedError, Embedder, ModelIdentity, Reached, Vectors};
use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition};

pub use contents::CachedEmbeddings;

const FILE: &str = "embeddings.redb";
/// 32 bytes of key -> the day on which the vector was last used, in days since 1970.
const DAYS: TableDefinition<'_, &[u8], u32> = TableDefinition::new("last_used_1");
/// Bytes of a row beside its numbers: keys, sums, and what the database needs.
const OVERHEAD: u64 = 128;
/// 32 bytes of key -> 8 bytes of checksum, one byte of truncation mark, then little-endian f32.
const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("embeddings_v2");
/// Bytes of a row's checksum.
const SUM: usize = 8;

/// Why a cache folder can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Another process has it open.
    #[error("the embedding cache {} is in use by another process; wait for it, or name another folder", .0.display())]
    InUse(PathBuf),
    /// It can't be opened or read. It holds nothing that can't be made again: remove the file.
    #[error("the embedding cache {} can't be used: {why}; remove the file to start a new one", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the database said.
        why: String,
    },
}

/// An embedder that looks into a file first, and writes what it had to embed.
pub struct CachedEmbedder<E> {
    inner: E,
    database: Database,
    path: PathBuf,
    set_aside: Option<PathBuf>,
    lost: AtomicU64,
    most_bytes: u64,
    left_out: AtomicU64,
    today: u32,
}

/// Days since 1970.
fn today() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    (since.unwrap_or_default().as_secs() / 86_400) as u32
}

fn opened(path: &Path) -> Result<Database, redb::Error> {
    let database = Database::create(path)?;
    // The tables exist from here on, so that a reader never meets a missing one.
    let transaction = database.begin_write()?;
    transaction.open_table(TABLE)?;
    transaction.open_table(DAYS)?;
    transaction.commit()?;
    Ok(database)
}

impl<E: Embedder> CachedEmbedder<E> {
    /// Opens (or makes) the cache in a folder.
    ///
    /// # Errors
    /// The folder can't be written, the file is in use, or it is not a cache.
    pub fn open(inner: E, folder: &Path) -> Result<Self, CacheError> {
        let path = folder.join(FILE);
        let broken = |why: String| CacheError::Broken {
            path: path.clone(),
            why,
        };
        std::fs::create_dir_all(folder).map_err(|error| broken(error.to_string()))?;
        let mut set_aside = None;
        let database = match opened(&path) {
            Ok(database) => database,
            Err(redb::Error::DatabaseAlreadyOpen) => return Err(CacheError::InUse(path)),
            // It holds nothing that can't be made again, but a person may want to know why it broke.
            Err(error) if path.is_file() => {
                let aside = folder.join(format!("{FILE}.broken"));
                std::fs::rename(&path, &aside).map_err(|_| broken(error.to_string()))?;
                set_aside = Some(aside);
                opened(&path).map_err(|error| broken(error.to_string()))?
            }
            Err(error) => return Err(broken(error.to_string())),
        };
        Ok(Self {
            inner,
            database,
            path,
            set_aside,
            lost: AtomicU64::new(0),
            most_bytes: u64::MAX,
            left_out: AtomicU64::new(0),
            today: today(),
        })
    }

    /// Keeps no more vectors once the file would grow beyond so many bytes.
    #[must_use]
    pub fn with_most_bytes(mut self, most: u64) -> Self {
        self.most_bytes = most;
        self
    }

    /// Vectors that were not kept because the file is as large as it may be.
    pub fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    /// Where a file was put that could not be read as a cache; a new one was begun in its place.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// Vectors that could not be kept since it was opened: a full disk ends no run.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Vectors in the cache, of all models.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn len(&self) -> Result<u64, EmbedError> {
        let count = || -> Result<u64, redb::Error> {
            Ok(self.database.begin_read()?.open_table(TABLE)?.len()?)
        };
        count().map_err(|error| self.failed(&error))
    }

    /// True where the cache holds nothing.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn is_empty(&self) -> Result<bool, EmbedError> {
        Ok(self.len()? == 0)
    }

    fn key(&self, text: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.inner.model().digest.as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        *hasher.finalize().as_bytes()
    }

    fn failed(&self, error: &redb::Error) -> EmbedError {
        EmbedError::Cache(format!("{}: {error}", self.path.display()))
    }

    fn look_up(&self, keys: &[[u8; 32]]) -> Result<Vec<Option<CachedVector>>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let (table, days) = (
            transaction.open_table(TABLE)?,
            transaction.open_table(DAYS)?,
        );
        keys.iter()
            .map(|key| {
                let Some(value) = table.get(key.as_slice())? else {
                    return Ok(None);
                };
                let day = days.get(key.as_slice())?.map(|day| day.value());
                let found = CachedVector::from_bytes(key, value.value());
                Ok(found.map(|found| CachedVector {
                    is_fresh: day == Some(self.today),
                    ..found
                }))
            })
            .collect()
    }

    /// Notes that these were used today.
    fn touch(&self, keys: &[&[u8; 32]]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut days = transaction.open_table(DAYS)?;
            for key in keys {
                days.insert(key.as_slice(), self.today)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// True where so many more vectors fit into the bound.
    fn has_room(&self, vectors: usize, width: usize) -> bool {
        let now = std::fs::metadata(&self.path).map_or(0, |about| about.len());
        let more = vectors as u64 * (width as u64 * 4 + OVERHEAD);
        self.most_bytes == u64::MAX || now.saturating_add(more) <= self.most_bytes
    }

    fn write(
        &self,
        keys: &[[u8; 32]],
        missing: &[usize],
        fresh: &Reached,
    ) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            let mut days = transaction.open_table(DAYS)?;
            for (row, &index) in missing.iter().enumerate() {
                if fresh.reached.get(row) == Some(&true)
                    && let Some(embedding) = fresh.vectors.get(row)
                {
                    let mut bytes = vec![0; SUM];
                    bytes.push(u8::from(embedding.truncated));
                    bytes.extend(
                        embedding
                            .vector
                            .iter()
                            .flat_map(|number| number.to_le_bytes()),
                    );
                    let sum = checksum(&keys[index], &bytes[SUM..]);
                    bytes[..SUM].copy_from_slice(&sum);
                    table.insert(keys[index].as_slice(), bytes.as_slice())?;
                    days.insert(keys[index].as_slice(), self.today)?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Of a key and its row: a bit that a disk turned must not become a cosine.
fn checksum(key: &[u8; 32], row: &[u8]) -> [u8; SUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key).update(row);
    let mut sum = [0; SUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SUM]);
    sum
}

struct CachedVector {
    vector: Vec<f32>,
    truncated: bool,
    /// True where it was used today already.
    is_fresh: bool,
}

impl CachedVector {
    /// `None` where the bytes are not what was written: the text is then embedded again.
    fn from_bytes(key: &[u8; 32], bytes: &[u8]) -> Option<Self> {
        let (sum, row) = bytes.split_at_checked(SUM)?;
        if sum != checksum(key, row) {
            return None;
        }
        let (&mark, numbers) = row.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<4>();
        (mark <= 1 && rest.is_empty() && !numbers.is_empty()).then(|| Self {
            vector: numbers
                .iter()
                .map(|&bytes| f32::from_le_bytes(bytes))
                .collect(),
            truncated: mark == 1,
            is_fresh: false,
        })
    }
}

impl<E: Embedder> CachedEmbedder<E> {
    /// What the file has, and what `embed` makes of the rest.
    fn embed_by(
        &self,
        texts: &[&str],
        embed: impl FnOnce(&[&str]) -> Result<Reached, EmbedError>,
    ) -> Result<Reached, EmbedError> {
        let keys: Vec<[u8; 32]> = texts.iter().map(|text| self.key(text)).collect();
        let found = self.look_up(&keys).unwrap_or_else(|_| {
            // What can't be read is made again.
            keys.iter().map(|_| None).collect()
        });
        let missing: Vec<usize> = (0..texts.len())
            .filter(|&index| found[index].is_none())
            .collect();
        let wanted: Vec<&str> = missing.iter().map(|&index| texts[index]).collect();
        let fresh = embed(&wanted)?;
        let made = fresh.reached.iter().filter(|reached| **reached).count();
        if made > 0 && !self.has_room(made, fresh.vectors.width()) {
            self.left_out.fetch_add(made as u64, Ordering::Relaxed);
        } else if made > 0 && self.write(&keys, &missing, &fresh).is_err() {
            self.lost.fetch_add(made as u64, Ordering::Relaxed);
        }
        let used = found.iter().zip(&keys);
        let stale: Vec<&[u8; 32]> = used
            .filter_map(|(row, key)| row.as_ref().filter(|row| !row.is_fresh).map(|_| key))
            .collect();
        if !stale.is_empty() {
            // Its age alone would be wrong.
            let _ = self.touch(&stale);
        }
        let width = found
            .iter()
            .flatten()
            .map(|row| row.vector.len())
            .next()
            .unwrap_or(fresh.vectors.width());
        let mut all = Reached {
            vectors: Vectors::zeros(texts.len(), width),
            reached: vec![false; texts.len()],
        };
        for (index, row) in found.iter().enumerate() {
            if let Some(row) = row {
                all.vectors.set(index, &row.vector, row.truncated)?;
                all.reached[index] = true;
            }
        }
        for (row, &index) in missing.iter().enumerate() {
            if fresh.reached.get(row) == Some(&true)
                && let Some(embedding) = fresh.vectors.get(row)
            {
                (all.vectors).set(index, embedding.vector, embedding.truncated)?;
                all.reached[index] = true;
            }
        }
        Ok(all)
    }
}

impl<E: Embedder> Embedder for CachedEmbedder<E> {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let all = self.embed_by(texts, |missing| {
            self.inner.embed(missing).map(Reached::from)
        })?;
        Ok(all.vectors)
    }

    fn embed_until(&self, texts: &[&str], deadline: Instant) -> Result<Reached, EmbedError> {
        self.embed_by(texts, |missing| self.inner.embed_until(missing, deadline))
    }

    /// Warms up what makes the vectors that the file lacks.
    fn warm_up(&self) -> Result<(), EmbedError> {
        self.inner.warm_up()
    }

    fn width(&self) -> usize {
        self.inner.width()
    }

    fn max_tokens(&self) -> usize {
        self.inner.max_tokens()
    }

    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }
}

#[cfg(test)]
mod tests {
    use redb::ReadableTable;

    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// One number a text: its length. Counts what it is asked.
    struct Lengths {
        model: ModelIdentity,
        embedded: AtomicUsize,
    }

    impl Lengths {
        fn new(digest: &str) -> Self {
            Self {
                model: ModelIdentity {
                    name: "lengths".into(),
                    digest: digest.into(),
                },
                embedded: AtomicUsize::new(0),
            }
        }
    }

    impl Embedder for Lengths {
        fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
            self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
            let mut vectors = Vectors::zeros(texts.len(), 1);
            for (row, text) in texts.iter().enumerate() {
                vectors.set(row, &[text.len() as f32], text.len() > 3)?;
            }
            Ok(vectors)
        }
        fn width(&self) -> usize {
            1
        }
        fn max_tokens(&self) -> usize {
            3
        }
        fn model(&self) -> &ModelIdentity {
            &self.model
        }
    }

    fn asked<E: Embedder>(cached: &CachedEmbedder<E>, of: impl Fn(&E) -> usize) -> usize {
        of(&cached.inner)
    }

    #[test]
    fn a_later_process_embeds_nothing_again_and_another_model_does() {
        let dir = tempfile::tempdir().unwrap();
        let count = |inner: &Lengths| inner.embedded.load(Ordering::Relaxed);
        let first = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
        let vectors = first.embed(&["a", "bb", "cccc"]).unwrap();
        assert_eq!((asked(&first, count), first.len().unwrap()), (3, 3));
        drop(first);

        let second = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
        assert_eq!(second.embed(&["a", "bb", "cccc"]).unwrap(), vectors);
        assert_eq!(asked(&second, count), 0);
        assert_eq!(second.embed(&["bb", "new"]).unwrap().values(), [2.0, 3.0]);
        assert_eq!(asked(&second, count), 1);
        drop(second);

        let other = CachedEmbedder::open(Lengths::new("two"), dir.path()).unwrap();
        other.embed(&["a"]).unwrap();
        assert_eq!(asked(&other, count), 1);
    }

    #[test]
    fn two_users_at_once_are_told_and_a_file_that_is_no_cache_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let _open = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
        let second = CachedEmbedder::open(Lengths::new("one"), dir.path())
            .err()
            .unwrap();
        assert!(matches!(second, CacheError::InUse(_)), "{second}");

        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), b"not a database at all").unwrap();
        let cached = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
        let aside = cached.set_aside().unwrap();
        assert_eq!(std::fs::read(aside).unwrap(), b"not a database at all");
        assert_eq!(
            cached.embed(&["four"]).unwrap().get(0).unwrap().vector,
            [4.0]
        );
    }

    /// A cache of that many vectors on that day.
    fn filled(folder: &Path, day: u32, texts: std::ops::Range<usize>) {
        let mut cached = CachedEmbedder::open(Lengths::new("one"), folder).unwrap();
        cached.today = day;
        let texts: Vec<String> = texts.map(|at| format!("text {at}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        cached.embed(&texts).unwrap();
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let embedded = |texts: &[&str]| {
            let cached = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
            cached.embed(texts).unwrap();
            asked(&cached, |inner| inner.embedded.load(Ordering::Relaxed))
        };
        filled(dir.path(), 100, 0..5_000);
        filled(dir.path(), 200, 5_000..10_000);
        filled(dir.path(), 300, 4_999..5_000);
        let held = || CachedEmbeddings::of(dir.path()).unwrap().unwrap();
        assert_eq!(held().vectors, 10_000);
        let before = held().bytes;
        assert_eq!(held().prune(None, Some(100)).unwrap(), 0);
        assert_eq!(held().prune(None, Some(200)).unwrap(), 4_999);
        assert_eq!((held().vectors, held().bytes < before), (5_001, true));
        let most = held().bytes * 2 / 3;
        let removed = held().prune(Some(most), None).unwrap();
        assert!((1..5_001).contains(&removed), "{removed}");
        assert_eq!(held().vectors, 5_001 - removed);
        assert!(held().bytes <= most);
        // The one that was used last is still there.
        assert_eq!(embedded(&["text 4999"]), 0);
        assert_eq!(embedded(&["text 0"]), 1);
        held().prune(Some(10), None).unwrap();
        assert_eq!(CachedEmbeddings::of(dir.path()).unwrap(), None);
    }

    #[test]
    fn a_full_cache_takes_no_more_and_counts_it() {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path(), 1, 0..10);
        let most = CachedEmbeddings::of(dir.path()).unwrap().unwrap().bytes;
        let cached = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
        let cached = cached.with_most_bytes(most);
        assert_eq!(cached.embed(&["one more"]).unwrap().values(), [8.0]);
        assert_eq!(
            (cached.left_out(), cached.lost(), cached.len().unwrap()),
            (1, 0, 10)
        );
    }

    #[test]
    fn a_row_of_another_sum_is_embedded_again() {
        let dir = tempfile::tempdir().unwrap();
        let cached = CachedEmbedder::open(Lengths::new("x"), dir.path()).unwrap();
        cached.embed(&["four"]).unwrap();
        let key = cached.key("four");
        let transaction = cached.database.begin_write().unwrap();
        {
            let mut table = transaction.open_table(TABLE).unwrap();
            let mut bytes = table.get(key.as_slice()).unwrap().unwrap().value().to_vec();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            table.insert(key.as_slice(), bytes.as_slice()).unwrap();
        }
        transaction.commit().unwrap();
        let vectors = cached.embed(&["four"]).unwrap();
        assert_eq!(vectors.get(0).unwrap().vector, [4.0]);
        assert_eq!(cached.inner.embedded.load(Ordering::Relaxed), 2);
    }
}
