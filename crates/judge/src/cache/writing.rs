//! The writer's thread and its transactions.

use std::sync::{
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use redb::{Database, TableDefinition};

use super::record::Record;

/// Key (BLAKE3 of all that shapes a verdict) to record (JSON).
pub(super) const VERDICTS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("verdicts-2");
/// Digest of an id, then key: which verdicts a pair of that id has.
pub(super) const IDS: TableDefinition<&[u8], ()> = TableDefinition::new("ids-1");
pub(super) enum Message {
    Put([u8; 32], Record),
    /// Answered once everything before it is on disk.
    Flush(mpsc::Sender<()>),
}

pub(super) type Verdicts<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;
pub(super) type Ids<'t> = redb::Table<'t, &'static [u8], ()>;

pub(super) fn write(
    database: &Database,
    change: impl FnOnce(&mut Verdicts<'_>, &mut Ids<'_>) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut verdicts = transaction.open_table(VERDICTS)?;
        let mut ids = transaction.open_table(IDS)?;
        change(&mut verdicts, &mut ids)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn write_all(database: &Database, messages: &mpsc::Receiver<Message>, lost: &AtomicU64) {
    while let Ok(first) = messages.recv() {
        let mut flushes = Vec::new();
        let mut records = Vec::new();
        for message in std::iter::once(first).chain(messages.try_iter()) {
            match message {
                Message::Put(key, record) => records.push((key, record)),
                Message::Flush(done) => flushes.push(done),
            }
        }
        let written = records.is_empty()
            || write(database, |verdicts, ids| {
                for (key, record) in &records {
                    let Ok(value) = serde_json::to_vec(record) else {
                        continue;
                    };
                    verdicts.insert(key.as_slice(), value.as_slice())?;
                    if let Ok(digest) = blake3::Hash::from_hex(&record.id) {
                        let mark: Vec<u8> = digest.as_bytes().iter().chain(key).copied().collect();
                        ids.insert(mark.as_slice(), ())?;
                    }
                }
                Ok(())
            })
            .is_ok();
        if !written {
            lost.fetch_add(records.len() as u64, Ordering::Relaxed);
        }
        for done in flushes {
            let _ = done.send(());
        }
    }
}
