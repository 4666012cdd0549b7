//! The unfinished part of an output that can be resumed.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Format,
    target::{Target, keep_mode},
};

/// A run that was killed may hold its files for as long as the system needs to clean it up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the unfinished part of a file stands that can be resumed.
pub fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

/// The unfinished part of an output, held against other runs for as long as this value or its [`Output`](crate::Output) lives. It is
/// removed where it is empty and no output was made of it.
pub struct Unfinished {
    pub(crate) file: File,
    /// Where it stands and what it becomes; none once an output has it.
    pub(crate) names: Option<(PathBuf, PathBuf)>,
}

impl Unfinished {
    /// Takes what is in [`unfinished`], or an empty file there.
    ///
    /// # Errors
    /// The folder can't be written, the name is a folder's or a device's, or another run writes the same file and goes
    /// on doing so.
    pub fn of(path: &Path) -> io::Result<Self> {
        known(path)?;
        let Target::File(target) = Target::of(path)? else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is not a regular file and cannot be resumed",
            ));
        };
        let beside = unfinished(path);
        let started = Instant::now();
        loop {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&beside)?;
            match file.try_lock() {
                // Who held it may have renamed or removed it meanwhile.
                Ok(()) if is_at(&file, &beside) => {
                    keep_mode(&target, &file)?;
                    return Ok(Self {
                        file,
                        names: Some((beside, target)),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(error),
                Ok(()) | Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(50));
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        io::ErrorKind::WouldBlock,
                        "another run is writing this file",
                    ));
                }
            }
        }
    }

    /// What is there.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let empty = self.file.metadata().is_ok_and(|about| about.len() == 0);
        if let (Some((beside, _)), true) = (self.names.take(), empty) {
            // An empty file that stays is taken by the next run.
            let _ = fs::remove_file(beside);
        }
    }
}

/// Refuses the name of a spreadsheet that would hold something else.
pub(crate) fn known(path: &Path) -> io::Result<()> {
    match Format::other_spreadsheet(path) {
        Some(ending) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("midband cannot write .{ending}; use .xlsx or .csv"),
        )),
        None => Ok(()),
    }
}

/// True where this name is still this file's.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(crate) fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_dying_run_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.jsonl");
        let first = Unfinished::of(&path).unwrap();
        let dying = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            drop(first);
        });
        let second = Unfinished::of(&path).unwrap();
        dying.join().unwrap();
        assert!(is_at(second.file(), &unfinished(&path)));
    }
}
