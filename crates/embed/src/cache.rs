//! Vectors that outlive the process: a decorator around any embedder.
//!
//! The key is the model's digest and the text's BLAKE3; the value is the vector. No text is stored.

use std::path::{Path, PathBuf};

use midband_core::{EmbedError, Embedder, ModelIdentity, Vectors};
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTableMetadata, TableDefinition};

const FILE: &str = "embeddings.redb";
/// 32 bytes of key -> one byte of truncation mark, then little-endian f32.
const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("embeddings_v1");

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
        let database = Database::create(&path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => CacheError::InUse(path.clone()),
            other => broken(other.to_string()),
        })?;
        // The table exists from here on, so that a reader never meets a missing one.
        let created = (|| -> Result<(), redb::Error> {
            let transaction = database.begin_write()?;
            transaction.open_table(TABLE)?;
            transaction.commit()?;
            Ok(())
        })();
        created.map_err(|error| broken(error.to_string()))?;
        Ok(Self {
            inner,
            database,
            path,
        })
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

    fn look_up(&self, keys: &[[u8; 32]]) -> Result<Vec<Option<Row>>, redb::Error> {
        let table = self.database.begin_read()?.open_table(TABLE)?;
        keys.iter()
            .map(|key| {
                Ok(table
                    .get(key.as_slice())?
                    .and_then(|value| Row::from_bytes(value.value())))
            })
            .collect()
    }

    fn write(
        &self,
        keys: &[[u8; 32]],
        missing: &[usize],
        vectors: &Vectors,
    ) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for (row, &index) in missing.iter().enumerate() {
                if let Some(embedding) = vectors.get(row) {
                    let mut bytes = vec![u8::from(embedding.truncated)];
                    bytes.extend(
                        embedding
                            .vector
                            .iter()
                            .flat_map(|number| number.to_le_bytes()),
                    );
                    table.insert(keys[index].as_slice(), bytes.as_slice())?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

struct Row {
    vector: Vec<f32>,
    truncated: bool,
}

impl Row {
    /// `None` where the bytes are not a row: the text is then embedded again.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&mark, numbers) = bytes.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<4>();
        (mark <= 1 && rest.is_empty() && !numbers.is_empty()).then(|| Self {
            vector: numbers
                .iter()
                .map(|&bytes| f32::from_le_bytes(bytes))
                .collect(),
            truncated: mark == 1,
        })
    }
}

impl<E: Embedder> Embedder for CachedEmbedder<E> {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let keys: Vec<[u8; 32]> = texts.iter().map(|text| self.key(text)).collect();
        let found = self.look_up(&keys).map_err(|error| self.failed(&error))?;
        let missing: Vec<usize> = (0..texts.len())
            .filter(|&index| found[index].is_none())
            .collect();
        let wanted: Vec<&str> = missing.iter().map(|&index| texts[index]).collect();
        let fresh = self.inner.embed(&wanted)?;
        if !missing.is_empty() {
            self.write(&keys, &missing, &fresh)
                .map_err(|error| self.failed(&error))?;
        }
        let width = found
            .iter()
            .flatten()
            .map(|row| row.vector.len())
            .next()
            .unwrap_or(fresh.width());
        let mut vectors = Vectors::zeros(texts.len(), width);
        for (index, row) in found.iter().enumerate() {
            if let Some(row) = row {
                vectors.set(index, &row.vector, row.truncated)?;
            }
        }
        for (row, &index) in missing.iter().enumerate() {
            if let Some(embedding) = fresh.get(row) {
                vectors.set(index, embedding.vector, embedding.truncated)?;
            }
        }
        Ok(vectors)
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
