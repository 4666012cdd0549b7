//! Labelled pairs from a file, for whatever learns from them or measures by them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use midband::{Id, LabelledPair, features::FrequencyCount};
use midband_io::{Form, Item, ObjectRow, PairRow, RejectedRow, id_of, objects};
use midband_report::{LabelWeights, Labels};

use crate::{
    Inputs, Listener, Notice, ReadingOptions, Rows, found::format_of, inputs::open, number_of,
    number_that,
};

/// What a file of labelled pairs holds.
#[derive(Default)]
pub struct Labelled {
    /// The pairs.
    pub gold: Vec<LabelledPair>,
    /// Rows without a label.
    pub unlabelled: usize,
    /// Words of the rows without a label: how rare a word is follows from all texts.
    pub words: FrequencyCount,
    /// Rows that are no pairs.
    pub bad: usize,
    /// The first of them.
    pub first_bad: Option<RejectedRow>,
    /// How the pairs came to be labelled, as far as a file of labels says.
    pub weights: LabelWeights,
}

impl Labelled {
    /// The rows that are no pairs, in words; none if there is none.
    pub fn told_bad(&self) -> Option<String> {
        let first = self.first_bad.as_ref()?;
        let file = first.file.as_ref().map(|file| format!("{file}, "));
        Some(format!(
            "{}; the first: {}line {}: {}",
            number_that(
                self.bad as u64,
                "row",
                ["is not a valid pair", "are not valid pairs"]
            ),
            file.unwrap_or_default(),
            first.line,
            first.reason
        ))
    }
}

/// Reads files whose labels are 0 or 1, or stand in a file of their own: what a person labelled in the review page.
/// Graded labels of such a file are left out and told of; unsure ones are left out.
///
/// # Errors
/// A file can't be read, a label is neither 0 nor 1, or no label belongs to any pair.
pub fn read_labelled(
    paths: &[PathBuf],
    reading: &ReadingOptions,
    labels: Option<&Path>,
    listener: &dyn Listener,
) -> Result<Labelled> {
    let path = labels;
    let labels = labels.map(read_labels).transpose()?;
    let read = take_labelled(Inputs::new(paths, reading)?.read()?.0, labels.as_ref())?;
    if let (Some(labels), Some(path)) = (&labels, path) {
        all_used(labels, path, listener)?;
        tell_ratings(labels, path, listener);
    }
    Ok(read)
}

/// The labelled pairs of rows, by their own labels or by those of a file. Labels of pairs that waited for review beside labels
/// of pairs drawn at random count so that they speak for all pairs.
///
/// # Errors
/// A row can't be read, or its own label is neither 0 nor 1.
pub fn take_labelled(rows: Rows, labels: Option<&Labels>) -> Result<Labelled> {
    let mut read = Labelled {
        weights: labels.map(Labels::weights).unwrap_or_default(),
        ..Labelled::default()
    };
    for item in rows {
        match item? {
            Item::Rejected(row) => {
                read.bad += 1;
                read.first_bad.get_or_insert(row);
            }
            Item::Row(row) => match labels.map_or(row.gold, |labels| label(labels, &row)) {
                None => {
                    read.unlabelled += 1;
                    read.words.add(row.pair.a.as_str());
                    read.words.add(row.pair.b.as_str());
                }
                Some(truth) if truth == 0.0 || truth == 1.0 => read.gold.push(LabelledPair {
                    weight: labels.map_or(1.0, |labels| weight(labels, &read.weights, &row)),
                    pair: row.pair,
                    is_match: truth == 1.0,
                }),
                Some(truth) => bail!("line {}: a label must be 0 or 1, got {truth}", row.line),
            },
        }
    }
    Ok(read)
}

fn weight(labels: &Labels, weights: &LabelWeights, row: &PairRow) -> f64 {
    let (left, right) = records(row);
    let of = labels.weight(
        weights,
        row.pair.id.as_str(),
        left.as_deref(),
        right.as_deref(),
    );
    of.unwrap_or(1.0)
}

fn label(labels: &Labels, row: &PairRow) -> Option<f64> {
    given_label(labels, row)
        .flatten()
        .filter(|label| *label == 0.0 || *label == 1.0)
}

/// Labels from the review page (JSONL) or in Splink's form (CSV).
///
/// # Errors
/// The file can't be read or holds no label.
pub fn read_labels(path: &Path) -> Result<Labels> {
    let named = || format!("cannot use the labels {}", path.display());
    let form = Form::new(format_of(None, path));
    let mut rows = Vec::new();
    for row in objects(open(path)?, &form).with_context(named)? {
        let ObjectRow { line, object } = row.with_context(named)?;
        match object {
            Ok(object) => rows.push((line, object)),
            Err(why) => bail!("{}: line {line}: {why}", named()),
        }
    }
    if rows.is_empty() {
        bail!("{}: it has no labels", named());
    }
    Labels::read_lines(rows).with_context(named)
}

/// The ids of the records that labels are about.
///
/// # Errors
/// As [`read_labels`].
pub(crate) fn labelled_ids(path: &Path) -> Result<Vec<Id>> {
    let labels = read_labels(path)?;
    let named = labels.given().filter_map(|given| given.records);
    Ok(named.flat_map(|(a, b)| [Id::new(a), Id::new(b)]).collect())
}

/// Says which labels belong to no pair that was read.
///
/// # Errors
/// None does: they are another file's.
pub fn all_used(labels: &Labels, path: &Path, listener: &dyn Listener) -> Result<()> {
    if let Some(said) = contradicting(&path.display().to_string(), labels.conflicts()) {
        listener.notice(&Notice::UnusedLabels(said));
    }
    let unused = labels.unused();
    if !unused.is_empty() && unused.len() == labels.len() {
        bail!(none_fits(path, &unused));
    }
    if let Some(said) = some_fit_nothing(&path.display().to_string(), labels.len(), &unused) {
        listener.notice(&Notice::UnusedLabels(said));
    }
    Ok(())
}

/// Why labels are refused of which none belongs to a pair.
pub(crate) fn none_fits(path: &Path, labels: &[(u64, String)]) -> String {
    format!(
        "none of the {} labels in {} fits a pair of the input: {}",
        labels.len(),
        path.display(),
        listed(labels)
    )
}

/// Labels that belong to no pair, in words; none if all do.
pub(crate) fn some_fit_nothing(file: &str, all: usize, unused: &[(u64, String)]) -> Option<String> {
    (!unused.is_empty()).then(|| {
        format!(
            "{} of {all} labels in {file} fit no pair: {}",
            unused.len(),
            listed(unused)
        )
    })
}

/// Labels that are ratings and settle no pair, in words; none if there is none.
pub(crate) fn ratings(file: &str, all: usize, graded: &[(u64, String)]) -> Option<String> {
    (!graded.is_empty()).then(|| {
        format!(
            "ignored {} of {all} labels in {file}: they lie between 0 and 1: {}",
            graded.len(),
            listed(graded)
        )
    })
}

/// Says which labels are ratings, where only a decided label counts.
pub fn tell_ratings(labels: &Labels, path: &Path, listener: &dyn Listener) {
    let file = path.display().to_string();
    if let Some(said) = ratings(&file, labels.len(), &labels.graded()) {
        listener.notice(&Notice::UnusedLabels(said));
    }
}

/// Looks for one row that a label of the file belongs to.
///
/// # Errors
/// The rows can't be read; or there are some, and no label belongs to any.
pub(crate) fn some_label_fits(path: &Path, rows: Rows) -> Result<()> {
    let labels = read_labels(path)?;
    let mut any = false;
    for item in rows {
        let Item::Row(row) = item? else { continue };
        any = true;
        if given_label(&labels, &row).is_some() {
            return Ok(());
        }
    }
    if any {
        bail!(none_fits(path, &labels.unused()));
    }
    Ok(())
}

/// The label of a row's pair, by its id or by those of its records; none within says that the person was unsure.
pub(crate) fn given_label(labels: &Labels, row: &PairRow) -> Option<Option<f64>> {
    let (left, right) = records(row);
    labels.of(row.pair.id.as_str(), left.as_deref(), right.as_deref())
}

/// The ids of a row's records, where it has them.
fn records(row: &PairRow) -> (Option<String>, Option<String>) {
    let id = |name: &str| row.extra.get(name).and_then(id_of).map(|id| id.to_string());
    (id("left_id"), id("right_id"))
}

/// Labels that contradict an earlier one, in words; none where there is none.
pub(crate) fn contradicting(file: &str, conflicts: &[(u64, String)]) -> Option<String> {
    (!conflicts.is_empty()).then(|| {
        let contradict = if conflicts.len() == 1 { "contradicts" } else { "contradict" };
        format!(
            "{} of {file} {contradict} an earlier row about the same pair; the later row counts: {}",
            number_of(conflicts.len() as u64, "row"),
            listed(conflicts)
        )
    })
}

/// The first of these, with their lines and, where they look like ids, their names.
pub fn listed(rows: &[(u64, String)]) -> String {
    let shown = rows.iter().take(5).map(|(line, id)| {
        // What is long or of several words may be a text that got into the place of an id.
        if id.len() <= 40 && !id.contains(char::is_whitespace) {
            format!("{id:?} (line {line})")
        } else {
            format!("line {line}")
        }
    });
    let more = if rows.len() > 5 { ", …" } else { "" };
    shown.collect::<Vec<_>>().join(", ") + more
}
