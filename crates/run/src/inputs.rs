//! The inputs of a run: one file or several, by name or by pattern, or standard input.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband_io::{Format, Item, ReadError, ReadOptions, Reader, unpacked};

use crate::{
    ReadingOptions,
    rows::{Rows, Source},
};

/// Inputs in their order; rows of all of them are one run's, and no id may come twice.
pub struct Inputs {
    files: Vec<(PathBuf, ReadOptions)>,
    /// Standard input, where it is read more than once.
    kept: Option<Arc<[u8]>>,
}

impl Inputs {
    /// Finds the files. A name with `*`, `?` or `[` that is no file's is a pattern; what it matches comes in the order
    /// of the names.
    ///
    /// # Errors
    /// A pattern matches nothing, or standard input does not come alone.
    pub fn new(named: &[PathBuf], reading: &ReadingOptions) -> Result<Self> {
        let mut files = Vec::new();
        for path in named {
            for path in found(path)? {
                let format = format_of(reading.format, &path);
                files.push((path, reading.of(format)));
            }
        }
        if files.len() > 1 && files.iter().any(|(path, _)| is_stdin(path)) {
            bail!("standard input (-) comes alone: name files beside it no more");
        }
        Ok(Self { files, kept: None })
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

    /// True for standard input.
    pub fn is_stdin(&self) -> bool {
        self.files.first().is_some_and(|(path, _)| is_stdin(path))
    }

    /// Makes it possible to read them more than once.
    ///
    /// # Errors
    /// Standard input can't be read.
    pub fn keep(&mut self) -> Result<()> {
        if self.is_stdin() && self.kept.is_none() {
            let mut bytes = Vec::new();
            io::stdin()
                .read_to_end(&mut bytes)
                .context("standard input can't be read")?;
            self.kept = Some(bytes.into());
        }
        Ok(())
    }

    /// The rows, and the columns that are passed through where they are known beforehand.
    ///
    /// # Errors
    /// The first file can't be read; a later one's error is an item of the rows.
    pub fn read(&self) -> Result<(Rows, Option<Vec<String>>)> {
        let mut rest: VecDeque<(PathBuf, ReadOptions)> = self.files.clone().into();
        let (path, options) = rest.pop_front().context("there is no input")?;
        let input = match &self.kept {
            Some(bytes) => unpacked(Box::new(Cursor::new(bytes.clone())))?,
            None => open(&path)?,
        };
        let named = || format!("{} can't be read", path.display());
        let mut reader = Reader::new(input, options).with_context(named)?;
        let columns = reader.extra_columns();
        if rest.is_empty() {
            return Ok((Box::new(reader), columns));
        }
        reader.name_rows(path.display().to_string());
        let several = Several {
            reader,
            rest,
            columns: columns.clone(),
        };
        Ok((Box::new(several), columns))
    }
}

impl Source for Inputs {
    fn rows(&self) -> Result<Rows> {
        Ok(self.read()?.0)
    }
}

/// The file of this name, or the files that it stands for as a pattern.
///
/// # Errors
/// The pattern is none, or matches nothing.
pub fn found(named: &Path) -> Result<Vec<PathBuf>> {
    if is_pattern(named) && !named.exists() {
        matching(named)
    } else {
        Ok(vec![named.to_path_buf()])
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

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
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
}

impl Several {
    /// Goes on with the next file. False after the last one.
    fn next_file(&mut self) -> Result<bool> {
        let Some((path, options)) = self.rest.pop_front() else {
            return Ok(false);
        };
        let named = || format!("{} can't be read", path.display());
        self.reader
            .go_on(open(&path)?, options)
            .with_context(named)?;
        self.reader.name_rows(path.display().to_string());
        let sorted = |columns: Option<Vec<String>>| {
            columns.map(|mut columns| {
                columns.sort();
                columns
            })
        };
        if sorted(self.reader.extra_columns()) != sorted(self.columns.clone()) {
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
