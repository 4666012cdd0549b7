//! The inputs of a run: one file or several, by name or by pattern, or standard input.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband_io::{Format, Item, Partition, ReadError, ReadOptions, Reader, is_special, unpacked};

use crate::{
    ReadingOptions,
    rows::{Rows, Source},
};

/// Inputs in their order; rows of all of them are one run's, and no id may come twice.
pub struct Inputs {
    files: Vec<(PathBuf, ReadOptions)>,
    /// What can be read once only, where it is read more than once.
    kept: Kept,
}

/// The bytes of inputs that can be read once only.
type Kept = Arc<HashMap<PathBuf, Arc<[u8]>>>;

impl Inputs {
    /// Finds the files. A name with `*`, `?` or `[` that is no file's is a pattern; what it matches, or what a folder
    /// holds, comes in the order of the names, with the columns that its folders name ([`Partition`]).
    ///
    /// # Errors
    /// A pattern matches nothing, or standard input does not come alone.
    pub fn new(named: &[PathBuf], reading: &ReadingOptions) -> Result<Self> {
        let mut files = Vec::new();
        for named in named {
            for path in found(named)? {
                let format = format_of(reading.format, &path);
                let options = ReadOptions {
                    partitions: partitions(named, &path),
                    ..reading.of(format)
                };
                files.push((path, options));
            }
        }
        if files.len() > 1 && files.iter().any(|(path, _)| is_stdin(path)) {
            bail!("standard input (-) comes alone: name files beside it no more");
        }
        Ok(Self {
            files,
            kept: Kept::default(),
        })
    }

    /// The files.
    pub fn paths(&self) -> Vec<&Path> {
        self.files.iter().map(|(path, _)| path.as_path()).collect()
    }

    /// The first one's form.
    pub fn format(&self) -> Format {
        self.files
            .first()
            .map_or(Format::Jsonl, |(_, options)| options.format)
    }

    /// True where an input can be read once only: standard input, or a pipe by name.
    pub fn is_once(&self) -> bool {
        self.files.iter().any(|(path, _)| is_once(path))
    }

    /// True if an input can be read once only and was not kept ([`Inputs::keep`]).
    pub fn is_stream(&self) -> bool {
        let mut paths = self.files.iter().map(|(path, _)| path);
        paths.any(|path| is_once(path) && !self.kept.contains_key(path))
    }

    /// True for standard input.
    pub fn is_stdin(&self) -> bool {
        self.files.first().is_some_and(|(path, _)| is_stdin(path))
    }

    /// Makes it possible to read them more than once.
    ///
    /// # Errors
    /// An input that can be read once only can't be read.
    pub fn keep(&mut self) -> Result<()> {
        let mut kept = HashMap::new();
        for (path, _) in self.files.iter().filter(|(path, _)| is_once(path)) {
            let mut bytes = Vec::new();
            if is_stdin(path) {
                let read = io::stdin().read_to_end(&mut bytes);
                read.context("standard input can't be read")?;
            } else {
                let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
                read.with_context(|| format!("{} can't be read", path.display()))?;
            }
            if kept.insert(path.clone(), bytes.into()).is_some() {
                bail!(
                    "{} can be read once only, and is named twice",
                    path.display()
                );
            }
        }
        self.kept = Arc::new(kept);
        Ok(())
    }

    /// The field of gold that a later row has and the first one lacks. Of what can be read once only, the field that is named.
    ///
    /// # Errors
    /// An input can't be read.
    pub fn late_gold(&self) -> Result<Option<String>> {
        let named = self
            .files
            .first()
            .and_then(|(_, options)| options.gold.as_ref());
        if self.is_stream() {
            return Ok(named.cloned());
        }
        let field = named.map_or("label", String::as_str);
        // What can't be read is told where it is scored.
        let rows = self.rows()?.map_while(Result::ok);
        let mut rows = rows.filter_map(|item| match item {
            Item::Row(row) => Some(row.extra.contains_key(field)),
            Item::Rejected(_) => None,
        });
        let late = rows.next() == Some(false) && rows.any(|has| has);
        Ok(late.then(|| field.to_owned()))
    }

    /// The rows, and the columns that are passed through where they are known beforehand.
    ///
    /// # Errors
    /// The first file can't be read; a later one's error is an item of the rows.
    pub fn read(&self) -> Result<(Rows, Option<Vec<String>>)> {
        let mut rest: VecDeque<(PathBuf, ReadOptions)> = self.files.clone().into();
        let (path, options) = rest.pop_front().context("there is no input")?;
        let input = opened(&self.kept, &path)?;
        let named = || format!("{} can't be read", path.display());
        let mut reader = Reader::new(input, options).with_context(named)?;
        let columns = reader.extra_columns();
        if rest.is_empty() {
            return Ok((Box::new(reader), columns));
        }
        reader.name_rows(path.display().to_string());
        let reader_is_blank = reader.is_blank();
        let several = Several {
            reader,
            rest,
            is_blank: reader_is_blank,
            columns: columns.clone(),
            kept: self.kept.clone(),
        };
        Ok((Box::new(several), columns))
    }
}

impl Source for Inputs {
    fn rows(&self) -> Result<Rows> {
        Ok(self.read()?.0)
    }
}

/// The file of this name, or the files that it stands for as a pattern or as a folder.
///
/// # Errors
/// The pattern is none, or matches nothing; or the folder holds no file of a known ending.
pub fn found(named: &Path) -> Result<Vec<PathBuf>> {
    if named.is_dir() {
        let mut files = Vec::new();
        within(named, &mut files)
            .with_context(|| format!("the folder {} can't be looked through", named.display()))?;
        if files.is_empty() {
            bail!(
                "{} is a folder that holds no JSONL, CSV, TSV or Parquet file",
                named.display()
            );
        }
        files.sort();
        Ok(files)
    } else if is_pattern(named) && !named.exists() {
        matching(named)
    } else {
        Ok(vec![named.to_path_buf()])
    }
}

/// What a run writes beside its output.
const BESIDE: [&str; 3] = [".rejected.jsonl", ".provenance.json", ".summary.json"];

/// Every file below a folder whose ending names a form. Names that begin with a dot or an underscore are not data: Spark's
/// `_SUCCESS`, a run's unfinished part. Nor are the files that a run writes beside its output.
fn within(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['.', '_']) || BESIDE.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        if path.is_dir() {
            // A link to a folder may lead in circles.
            if !entry.file_type()?.is_symlink() {
                within(&path, files)?;
            }
        } else if Format::from_ending(&path).is_some() {
            files.push(path);
        }
    }
    Ok(())
}

/// The columns that the folders of a file name, where it was found by a pattern or in a folder.
pub fn partitions(named: &Path, found: &Path) -> Vec<Partition> {
    if named == found {
        Vec::new()
    } else {
        Partition::of(found)
    }
}

/// As named, else by the file itself, else JSONL.
pub fn format_of(named: Option<Format>, path: &Path) -> Format {
    named
        .or_else(|| midband_io::form_of(path))
        .unwrap_or(Format::Jsonl)
}

/// The input's text, or standard input's for `-`.
///
/// # Errors
/// It can't be opened.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        let input = unpacked(Box::new(BufReader::new(io::stdin())));
        return input.context("standard input can't be read");
    }
    midband_io::open(path).with_context(|| format!("{} can't be opened", path.display()))
}

/// As [`open`], or what was kept of it.
fn opened(kept: &Kept, path: &Path) -> Result<Box<dyn BufRead + Send>> {
    match kept.get(path) {
        Some(bytes) => {
            let input = unpacked(Box::new(Cursor::new(bytes.clone())));
            input.with_context(|| format!("{} can't be opened", path.display()))
        }
        None => open(path),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn is_once(path: &Path) -> bool {
    is_stdin(path) || is_special(path)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let named = || format!("{} is no pattern", pattern.display());
    let found = glob::glob(&pattern.to_string_lossy()).with_context(named)?;
    let mut paths = found
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("{} can't be looked through", pattern.display()))?;
    paths.retain(|path| path.is_file());
    paths.sort();
    if paths.is_empty() {
        bail!("no file matches {}", pattern.display());
    }
    Ok(paths)
}

/// Rows of one file after the other.
struct Several {
    reader: Reader,
    rest: VecDeque<(PathBuf, ReadOptions)>,
    columns: Option<Vec<String>>,
    /// True where the first file has no line at all.
    is_blank: bool,
    kept: Kept,
}

impl Several {
    /// Goes on with the next file. False after the last one.
    fn next_file(&mut self) -> Result<bool> {
        let Some((path, options)) = self.rest.pop_front() else {
            return Ok(false);
        };
        let named = || format!("{} can't be read", path.display());
        self.reader
            .go_on(opened(&self.kept, &path)?, options)
            .with_context(named)?;
        self.reader.name_rows(path.display().to_string());
        let sorted = |columns: Option<Vec<String>>| {
            columns.map(|mut columns| {
                columns.sort();
                columns
            })
        };
        let blank = self.is_blank || self.reader.is_blank();
        if !blank && sorted(self.reader.extra_columns()) != sorted(self.columns.clone()) {
            bail!(
                "{} has other columns than the first input: score it in a run of its own",
                path.display()
            );
        }
        Ok(true)
    }
}

impl Iterator for Several {
    type Item = Result<Item, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.reader.next() {
                return Some(item);
            }
            match self.next_file() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    return Some(Err(ReadError::Io(io::Error::other(format!("{error:#}")))));
                }
            }
        }
    }
}
