//! Labelled pairs from a file, for whatever learns from them or measures by them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use midband::LabelledPair;
use midband_io::{Item, PairRow, read_objects};
use midband_report::Labels;

use crate::{
    args::ReadingArgs,
    score::{Inputs, format_of, open},
};

/// What a file of labelled pairs holds.
pub(crate) struct Labelled {
    pub(crate) gold: Vec<LabelledPair>,
    /// Rows without a label.
    pub(crate) unlabelled: usize,
    /// Rows that are no pairs.
    pub(crate) bad: usize,
}

/// Reads files whose labels are 0 or 1, or stand in a file of their own: what a person labelled in the review page.
/// Graded labels of such a file, and unsure ones, are left out.
pub(crate) fn read(
    paths: &[PathBuf],
    reading: &ReadingArgs,
    labels: Option<&Path>,
) -> Result<Labelled> {
    let labels = labels.map(read_labels).transpose()?;
    let mut read = Labelled {
        gold: Vec::new(),
        unlabelled: 0,
        bad: 0,
    };
    for item in Inputs::new(paths, reading)?.read()?.0 {
        match item? {
            Item::Rejected(_) => read.bad += 1,
            Item::Row(row) => match labels
                .as_ref()
                .map_or(row.gold, |labels| label(labels, &row))
            {
                None => read.unlabelled += 1,
                Some(truth) if truth == 0.0 || truth == 1.0 => read.gold.push(LabelledPair {
                    pair: row.pair,
                    is_match: truth == 1.0,
                }),
                Some(truth) => bail!("line {}: a label is 0 or 1, got {truth}", row.line),
            },
        }
    }
    Ok(read)
}

fn label(labels: &Labels, row: &PairRow) -> Option<f64> {
    let text = |name: &str| row.extra.get(name).and_then(|value| value.as_str());
    let given = labels.of(row.pair.id.as_str(), text("left_id"), text("right_id"));
    given
        .flatten()
        .filter(|label| *label == 0.0 || *label == 1.0)
}

/// Labels from the review page (JSONL) or in Splink's form (CSV).
pub(crate) fn read_labels(path: &Path) -> Result<Labels> {
    let format = format_of(None, path);
    let rows = read_objects(open(path)?, format)?.collect::<Result<Vec<_>, _>>();
    let named = || format!("the labels {} can't be used", path.display());
    Labels::read(rows.with_context(named)?).with_context(named)
}
