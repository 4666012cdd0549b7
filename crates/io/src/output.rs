//! A file that is whole or not there; where it is to be resumed, its unfinished part beside it.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{
    Format, Sheet,
    target::{Target, keep_mode, stream},
    unfinished::{Unfinished, known},
    workbook,
};

/// Standard output, or a file written beside its target and renamed when it is finished. Dropped
/// unfinished, it leaves nothing behind. What is there and is no regular file (a device, a pipe) is written into.
pub struct Output {
    writer: Option<BufWriter<Box<dyn Write + Send>>>,
    target: Option<(PathBuf, PathBuf)>,
    /// Dropped unfinished, it stays for a later run.
    stays: bool,
    format: Format,
    /// Of a workbook, next to those of the pairs.
    sheets: Vec<Sheet>,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        Self {
            writer: Some(BufWriter::new(Box::new(io::stdout()))),
            target: None,
            stays: false,
            format: Format::Jsonl,
            sheets: Vec::new(),
        }
    }

    /// A file; it appears under its name when [`Output::finish`] returns. For Parquet and a
    /// workbook, JSON lines are to be written: they are packed then.
    ///
    /// # Errors
    /// The folder is not there or can't be written, or the name is that of a spreadsheet of another kind.
    pub fn file(path: &Path, format: Format) -> io::Result<Self> {
        known(path)?;
        let target = match Target::of(path)? {
            Target::File(target) => target,
            Target::Other if format.is_packed() => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("{format} is written to a regular file"),
                ));
            }
            Target::Other => {
                let file = stream(path)?;
                return Ok(Self {
                    writer: Some(BufWriter::with_capacity(1 << 16, Box::new(file))),
                    target: None,
                    stays: false,
                    format,
                    sheets: Vec::new(),
                });
            }
        };
        let name = target.file_name().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is not a file name", path.display()),
            )
        })?;
        let beside = target.with_file_name(format!(
            ".{}.{}.partial",
            name.to_string_lossy(),
            std::process::id()
        ));
        let file = File::create(&beside)?;
        keep_mode(&target, &file)?;
        Ok(Self {
            writer: Some(BufWriter::with_capacity(1 << 16, Box::new(file))),
            target: Some((beside, target)),
            stays: false,
            format,
            sheets: Vec::new(),
        })
    }

    /// The same, with the first so many bytes of what an earlier run left there; 0 begins anew. What is written stays there
    /// until [`Output::finish`], also if this process is killed.
    ///
    /// # Errors
    /// The file can't be cut.
    pub fn resumed(mut unfinished: Unfinished, bytes: u64, format: Format) -> io::Result<Self> {
        unfinished.file.set_len(bytes)?;
        unfinished.file.seek(SeekFrom::End(0))?;
        let file = unfinished.file.try_clone()?;
        Ok(Self {
            writer: Some(BufWriter::with_capacity(1 << 16, Box::new(file))),
            target: unfinished.names.take(),
            stays: true,
            format,
            sheets: Vec::new(),
        })
    }

    /// Sheets that a workbook gets next to those of its pairs; nothing in any other form.
    pub fn add_sheets(&mut self, sheets: impl IntoIterator<Item = Sheet>) {
        self.sheets.extend(sheets);
    }

    /// Writes everything out and gives the file its name.
    ///
    /// # Errors
    /// The last bytes can't be written, or the file can't be renamed.
    pub fn finish(self) -> io::Result<()> {
        self.finish_and_count().map(drop)
    }

    /// As [`Output::finish`]. Returns the number of cells of a workbook whose text was cut.
    ///
    /// # Errors
    /// As [`Output::finish`].
    pub fn finish_and_count(mut self) -> io::Result<u64> {
        if let Some(writer) = self.writer.take() {
            writer
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .flush()?;
        }
        if let Some((beside, target)) = self.target.take() {
            let renamed = match self.format {
                Format::Parquet => {
                    packed(&beside, &target, |lines, to| parquet(lines, to).map(|()| 0))
                }
                Format::Xlsx => {
                    let pack = |lines: &Path, to: &Path| workbook::pack(lines, to, &self.sheets);
                    packed(&beside, &target, pack)
                }
                _ => named(&beside, &target).map(|()| 0),
            };
            if renamed.is_err() {
                self.target = Some((beside, target));
            }
            return renamed;
        }
        Ok(0)
    }
}

fn named(beside: &Path, target: &Path) -> io::Result<()> {
    let file = File::open(beside)?;
    keep_mode(target, &file)?;
    file.sync_all()?;
    fs::rename(beside, target)
}

/// Packs lines into a file of another form, which then takes the target's name.
fn packed(
    lines: &Path,
    target: &Path,
    pack: impl FnOnce(&Path, &Path) -> io::Result<u64>,
) -> io::Result<u64> {
    let mut beside = lines.as_os_str().to_owned();
    beside.push(".packed");
    let beside = PathBuf::from(beside);
    let done = pack(lines, &beside).and_then(|cut| named(&beside, target).map(|()| cut));
    // What is left then is a half file, or lines that stand in the target; neither is read again.
    let _ = fs::remove_file(if done.is_ok() { lines } else { &beside });
    done
}

#[cfg(feature = "parquet")]
fn parquet(lines: &Path, target: &Path) -> io::Result<()> {
    crate::parquet::pack(lines, target)
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &Path, _: &Path) -> io::Result<()> {
    Err(crate::input::without_parquet())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes),
            None => Err(io::Error::other("the output is closed")),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((beside, _)) = self.target.take() {
            // What is buffered is written out here.
            drop(self.writer.take());
            if self.stays {
                return;
            }
            // Nothing more can be done where even that fails.
            let _ = fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_there_stays_what_it_is() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let write = |path: &Path, format| {
            let mut output = Output::file(path, format)?;
            output.write_all(b"{\"id\":1}\n")?;
            output.finish().map(drop)
        };
        fs::write(at("private"), "").unwrap();
        fs::set_permissions(at("private"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("private", at("link")).unwrap();
        symlink("new", at("dangling")).unwrap();
        for name in ["private", "link", "dangling"] {
            write(&at(name), Format::Jsonl).unwrap();
        }
        for link in ["link", "dangling"] {
            assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink());
        }
        assert_eq!(fs::read(at("new")).unwrap(), b"{\"id\":1}\n");
        let mode = fs::metadata(at("private")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(write(dir.path(), Format::Jsonl).is_err());
        symlink("/dev/null", at("null")).unwrap();
        for device in [Path::new("/dev/null"), &at("null")] {
            write(device, Format::Jsonl).unwrap();
            assert!(write(device, Format::Parquet).is_err());
            assert!(Unfinished::of(device).is_err());
        }
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert_eq!(
            names(dir.path()),
            ["dangling", "link", "new", "null", "private"]
        );
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.jsonl");
        let mut unfinished = Output::file(&path, Format::Jsonl).unwrap();
        unfinished.write_all(b"half a ro").unwrap();
        assert!(!path.exists());
        drop(unfinished);
        assert!(names(dir.path()).is_empty());

        let mut finished = Output::file(&path, Format::Jsonl).unwrap();
        finished.write_all(b"whole\n").unwrap();
        finished.finish().unwrap();
        assert_eq!(names(dir.path()), ["out.jsonl"]);
        assert_eq!(fs::read(&path).unwrap(), b"whole\n");
    }

    #[test]
    fn a_missing_folder_is_an_error_at_once() {
        let path = Path::new("/no/such/folder/out.jsonl");
        let made = Output::file(path, Format::Jsonl).map(|_| ());
        assert_eq!(made.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
