//! What a folder's cache of embeddings holds, and how it is kept small.

use std::{
    fs,
    path::{Path, PathBuf},
};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata};

use super::{
    CacheError,
    rows::{DAYS, FILE, TABLE},
};

/// Share of a bound that is filled when the oldest vectors are removed: databases have pages that are not full.
const FILLED: f64 = 0.9;

/// What a folder's cache of embeddings holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedEmbeddings {
    /// The file.
    pub file: PathBuf,
    /// Vectors in it, of all models.
    pub vectors: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

impl CachedEmbeddings {
    /// The file of a folder's cache, there or not.
    pub fn file_in(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// Looks into a folder; none where it holds no such cache. Nothing is made; a file whose writer was killed is mended.
    ///
    /// # Errors
    /// The file is in use, or can't be read.
    pub fn of(folder: &Path) -> Result<Option<Self>, CacheError> {
        let file = folder.join(FILE);
        let Ok(about) = fs::metadata(&file) else {
            return Ok(None);
        };
        let count = || -> Result<u64, redb::Error> {
            match redb::ReadOnlyDatabase::open(&file) {
                Ok(database) => Ok(database.begin_read()?.open_table(TABLE)?.len()?),
                // Its last writer was killed: the file is mended, as any run would.
                Err(redb::DatabaseError::RepairAborted) => {
                    let database = Database::open(&file)?;
                    Ok(database.begin_read()?.open_table(TABLE)?.len()?)
                }
                Err(error) => Err(error.into()),
            }
        };
        match count() {
            Ok(vectors) => Ok(Some(Self {
                vectors,
                bytes: about.len(),
                file,
            })),
            Err(error) => Err(failed(file, &error)),
        }
    }

    /// Removes the cache.
    ///
    /// # Errors
    /// The file can't be removed.
    pub fn remove(self) -> Result<u64, CacheError> {
        fs::remove_file(&self.file).map_err(|error| CacheError::Broken {
            why: error.to_string(),
            path: self.file,
        })?;
        Ok(self.vectors)
    }

    /// Removes vectors that were last used before a day (days since 1970), then those used longest ago until the file has at
    /// most so many bytes. Vectors of midband 0.1 have no day and count as the oldest. Returns how many went; a file that
    /// can't be small enough is removed.
    ///
    /// # Errors
    /// The file is in use, or can't be written.
    pub fn prune(
        self,
        most_bytes: Option<u64>,
        before_day: Option<u32>,
    ) -> Result<u64, CacheError> {
        if before_day.is_none() && most_bytes.is_none_or(|most| self.bytes <= most) {
            return Ok(0);
        }
        let file = self.file.clone();
        self.pruned(most_bytes, before_day)
            .map_err(|error| failed(file, &error))
    }

    fn pruned(self, most_bytes: Option<u64>, before_day: Option<u32>) -> Result<u64, redb::Error> {
        let mut database = Database::open(&self.file)?;
        let mut rows = by_day(&database)?;
        let mut removed = 0;
        if let Some(before) = before_day {
            let old = rows.iter().take_while(|row| row.day < before).count();
            removed += remove(&mut database, rows.drain(..old))?;
        }
        while let Some(most) = most_bytes {
            let bytes = fs::metadata(&self.file)?.len();
            if bytes <= most {
                break;
            }
            if rows.is_empty() {
                drop(database);
                fs::remove_file(&self.file)?;
                break;
            }
            let keep = (rows.len() as f64 * most as f64 / bytes as f64 * FILLED) as usize;
            let go = rows.len() - keep.min(rows.len() - 1);
            removed += remove(&mut database, rows.drain(..go))?;
        }
        Ok(removed)
    }
}

/// A vector's key and the day of its last use.
struct Dated {
    day: u32,
    key: Vec<u8>,
}

/// All rows, those used longest ago first.
fn by_day(database: &Database) -> Result<Vec<Dated>, redb::Error> {
    let transaction = database.begin_read()?;
    let table = transaction.open_table(TABLE)?;
    let days = transaction.open_table(DAYS);
    let mut rows = Vec::new();
    for row in table.iter()? {
        let (key, _) = row?;
        let day = match &days {
            Ok(days) => days.get(key.value())?.map_or(0, |day| day.value()),
            Err(_) => 0,
        };
        let key = key.value().to_vec();
        rows.push(Dated { day, key });
    }
    rows.sort_by(|a, b| (a.day, &a.key).cmp(&(b.day, &b.key)));
    Ok(rows)
}

fn remove(database: &mut Database, rows: impl Iterator<Item = Dated>) -> Result<u64, redb::Error> {
    let mut removed = 0;
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(TABLE)?;
        let mut days = transaction.open_table(DAYS)?;
        for Dated { key, .. } in rows {
            removed += u64::from(table.remove(key.as_slice())?.is_some());
            days.remove(key.as_slice())?;
        }
    }
    transaction.commit()?;
    while database.compact()? {}
    Ok(removed)
}

fn failed(path: PathBuf, error: &redb::Error) -> CacheError {
    match error {
        redb::Error::DatabaseAlreadyOpen => CacheError::InUse(path),
        error => CacheError::Broken {
            why: error.to_string(),
            path,
        },
    }
}
