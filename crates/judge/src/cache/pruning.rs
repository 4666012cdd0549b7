//! Keeping the file small: the oldest verdicts go first.

use std::{fs, path::Path};

use redb::{Database, ReadableDatabase, ReadableTable};

use super::{
    Cache, CacheError, FILE, Record, failed, shared,
    writing::{VERDICTS, write},
};

/// Share of a bound that is filled when the oldest verdicts are removed: databases have pages that are not full.
const FILLED: f64 = 0.9;

/// A verdict's key, its time and its pair's digest.
struct Dated {
    at: u64,
    key: Vec<u8>,
    id: String,
}

impl Cache {
    /// Removes verdicts that were written before a time (milliseconds since 1970), then the oldest until the file has at most so
    /// many bytes. Returns how many went; none where the folder holds no cache. A file that can't be small enough is removed.
    ///
    /// # Errors
    /// The file is in use by a process that does not share it, or can't be written.
    pub fn prune(
        folder: &Path,
        most_bytes: Option<u64>,
        before: Option<u64>,
    ) -> Result<u64, CacheError> {
        let file = folder.join(FILE);
        if !file.is_file() {
            return Ok(0);
        }
        pruned(&file, most_bytes, before).map_err(|error| failed(&file, error))
    }
}

fn pruned(file: &Path, most_bytes: Option<u64>, before: Option<u64>) -> Result<u64, redb::Error> {
    let mut database = shared().open(file)?;
    let mut rows = by_age(&database)?;
    let mut removed = 0;
    if let Some(before) = before {
        let old = rows.iter().take_while(|row| row.at < before).count();
        removed += remove(&mut database, rows.drain(..old).collect())?.rows;
    }
    while let Some(most) = most_bytes {
        let bytes = fs::metadata(file)?.len();
        if bytes <= most {
            break;
        }
        if rows.is_empty() {
            drop(database);
            fs::remove_file(file)?;
            break;
        }
        let keep = (rows.len() as f64 * most as f64 / bytes as f64 * FILLED) as usize;
        let go = rows.len() - keep.min(rows.len() - 1);
        let gone = remove(&mut database, rows.drain(..go).collect())?;
        removed += gone.rows;
        if !gone.compacted {
            break;
        }
    }
    Ok(removed)
}

/// What was removed.
struct Gone {
    rows: u64,
    /// False where another process reads: the space is used again, but not given back.
    compacted: bool,
}

/// All verdicts, oldest first; what can't be read counts as the oldest.
fn by_age(database: &Database) -> Result<Vec<Dated>, redb::Error> {
    let transaction = database.begin_read()?;
    let mut rows = Vec::new();
    for row in transaction.open_table(VERDICTS)?.iter()? {
        let (key, value) = row?;
        let record = serde_json::from_slice::<Record>(value.value()).ok();
        rows.push(Dated {
            at: record.as_ref().map_or(0, |record| record.at),
            id: record.map_or(String::new(), |record| record.id),
            key: key.value().to_vec(),
        });
    }
    rows.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    Ok(rows)
}

fn remove(database: &mut Database, rows: Vec<Dated>) -> Result<Gone, redb::Error> {
    let mut removed = 0;
    write(database, |verdicts, ids| {
        for row in &rows {
            removed += u64::from(verdicts.remove(row.key.as_slice())?.is_some());
            if let Ok(id) = blake3::Hash::from_hex(&row.id) {
                let mark = [id.as_bytes().as_slice(), &row.key].concat();
                ids.remove(mark.as_slice())?;
            }
        }
        Ok(())
    })?;
    let compacted = loop {
        match database.compact() {
            Ok(true) => {}
            Ok(false) => break true,
            Err(_) => break false,
        }
    };
    Ok(Gone {
        rows: removed,
        compacted,
    })
}
