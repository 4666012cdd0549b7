//! The file of the labels that reviewers give.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// A file to which each label is a line.
#[derive(Clone)]
pub(crate) struct LabelFile(Arc<Mutex<File>>);

impl LabelFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    pub(crate) fn add(&self, line: &str) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that no other process's line comes between.
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }
}
