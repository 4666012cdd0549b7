//! Vectors that outlive the process: a decorator around any embedder.
//!
//! The key is the model's digest and the text's BLAKE3; the value is the vector. No text is stored.

mod contents;
mod rows;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use midband_core::{EmbedError, Embedder, ModelIdentity, Reached, Vectors, embed_checked};
use redb::{Database, ReadableDatabase, ReadableTableMetadata};

use rows::{CachedVector, DAYS, FILE, OVERHEAD, TABLE, row_of};

pub use contents::CachedEmbeddings;

/// Why a cache folder can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Another process has it open.
    #[error("the embedding cache {} is in use by another process; wait for it, or name another folder", .0.display())]
    InUse(PathBuf),
    /// The folder can't be made, or is a file.
    #[error("cannot use the cache folder {}: {why}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The cache's own file can't be opened, read or renamed.
    #[error("cannot use the embedding cache {}: {why}", path.display())]
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
        std::fs::create_dir_all(folder).map_err(|error| CacheError::Folder {
            folder: folder.to_path_buf(),
            why: if folder.is_file() {
                "it is a file, not a folder".to_owned()
            } else {
                error.to_string()
            },
        })?;
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
                    let bytes = row_of(&keys[index], embedding.vector, embedding.truncated);
                    table.insert(keys[index].as_slice(), bytes.as_slice())?;
                    days.insert(keys[index].as_slice(), self.today)?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

impl<E: Embedder> CachedEmbedder<E> {
    /// What the file has, and what the embedder makes of the rest.
    fn embed_by(&self, texts: &[&str], deadline: Option<Instant>) -> Result<Reached, EmbedError> {
        let keys: Vec<[u8; 32]> = texts.iter().map(|text| self.key(text)).collect();
        let found = self.look_up(&keys).unwrap_or_else(|_| {
            // What can't be read is made again.
            keys.iter().map(|_| None).collect()
        });
        let missing: Vec<usize> = (0..texts.len())
            .filter(|&index| found[index].is_none())
            .collect();
        let wanted: Vec<&str> = missing.iter().map(|&index| texts[index]).collect();
        let fresh = embed_checked(&self.inner, &wanted, deadline)?;
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
        Ok(self.embed_by(texts, None)?.vectors)
    }

    fn embed_until(&self, texts: &[&str], deadline: Instant) -> Result<Reached, EmbedError> {
        self.embed_by(texts, Some(deadline))
    }

    /// Warms up what makes the vectors that the file lacks.
    fn warm_up(&self) -> Result<(), EmbedError> {
        self.inner.warm_up()
    }

    fn width(&self) -> usize {
        self.inner.width()
    }

    fn known_width(&self) -> Option<usize> {
        self.inner.known_width()
    }

    fn max_tokens(&self) -> usize {
        self.inner.max_tokens()
    }

    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }
}

#[cfg(test)]
mod tests;
