//! Labelled pairs from a file, for whatever learns from them or measures by them.

use std::path::Path;

use anyhow::{Result, bail};
use midband::Gold;
use midband_io::{Format, Item, Reader};

use crate::{
    args::ReadingArgs,
    score::{open, read_options},
};

/// What a file of labelled pairs holds.
pub(crate) struct Labelled {
    pub(crate) gold: Vec<Gold>,
    /// Rows without a label.
    pub(crate) unlabelled: usize,
    /// Rows that are no pairs.
    pub(crate) bad: usize,
}

/// Reads a file whose labels are 0 or 1.
pub(crate) fn read(path: &Path, reading: &ReadingArgs) -> Result<Labelled> {
    let format = reading
        .format
        .or_else(|| Format::from_ending(path))
        .unwrap_or(Format::Jsonl);
    let mut read = Labelled {
        gold: Vec::new(),
        unlabelled: 0,
        bad: 0,
    };
    for item in Reader::new(open(path)?, read_options(reading, format)?)? {
        match item? {
            Item::Rejected(_) => read.bad += 1,
            Item::Row(row) => match row.gold {
                None => read.unlabelled += 1,
                Some(truth) if truth == 0.0 || truth == 1.0 => read.gold.push(Gold {
                    pair: row.pair,
                    is_match: truth == 1.0,
                }),
                Some(truth) => bail!("line {}: a label is 0 or 1, got {truth}", row.line),
            },
        }
    }
    Ok(read)
}
