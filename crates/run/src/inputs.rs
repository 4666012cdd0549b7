//! The inputs of a run: one file or several, by name or by pattern, or standard input.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband_io::{Format, Item, ReadError, ReadOptions, Reader, is_special, unpacked};

use crate::{
    ReadingOptions,
    found::{format_of, found, partitions},
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
    /// holds, comes in the order of the names, with the columns that its folders name ([`midband_io::Partition`]).
    ///
    /// # Errors
    /// A pattern matches nothing, or standard input does not come alone.
    pub fn new(named: &[PathBuf], reading: &ReadingOptions) -> Result<Self> {
        let mut files = Vec::new();
        let mut seen = HashSet::new();
        for named in named {
            for path in found(named)? {
                // A name that can't be resolved is told when it is opened.
                let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
                if !seen.insert(whole) {
                    bail!("the input {} is named twice", path.display());
                }
                let format = format_of(reading.format, &path);
                let options = ReadOptions {
                    partitions: partitions(named, &path),
                    ..reading.of(format)
                };
                options.apart()?;
                files.push((path, options));
            }
        }
        if files.len() > 1 && files.iter().any(|(path, _)| is_stdin(path)) {
            bail!("standard input (-) must be the only input");
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
                read.context("cannot read standard input")?;
            } else {
                let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
                read.with_context(|| format!("cannot read {}", path.display()))?;
            }
            kept.insert(path.clone(), bytes.into());
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
        let (path, options) = rest.pop_front().context("no input is named")?;
        let input = opened(&self.kept, &path)?;
        let named = || format!("cannot read {}", path.display());
        let mut reader = Reader::new(input, options).with_context(named)?;
        let columns = reader.extra_columns();
        if rest.is_empty() {
            let rows = reader.map(move |item| item.map_err(|error| with_name(error, &path)));
            return Ok((Box::new(rows), columns));
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

/// The input's text, or standard input's for `-`.
///
/// # Errors
/// It can't be opened.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        let input = unpacked(Box::new(BufReader::new(io::stdin())));
        return input.context("cannot read standard input");
    }
    midband_io::open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// As [`open`], or what was kept of it.
fn opened(kept: &Kept, path: &Path) -> Result<Box<dyn BufRead + Send>> {
    match kept.get(path) {
        Some(bytes) => {
            let input = unpacked(Box::new(Cursor::new(bytes.clone())));
            input.with_context(|| format!("cannot open {}", path.display()))
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

/// The error with the name of its file, unless it names a line, which tells enough.
fn with_name(error: ReadError, path: &Path) -> ReadError {
    match error {
        ReadError::Io(why) => {
            let said = format!("{}: {why}", path.display());
            ReadError::Io(io::Error::new(why.kind(), said))
        }
        other => other,
    }
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
        let named = || format!("cannot read {}", path.display());
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
                "{} has different columns from the first input: score it in a separate run",
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
