//! What is certain of a pair before it is scored: a person's labels, and the user's own rules.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use midband::{DecidedBy, FinalScore, PairId};
use midband_io::PairRow;
use midband_report::Labels;
use serde_json::{Map, Value};

use crate::labelled::{contradicting, given_label, ratings, read_labels, some_fit_nothing};

/// A word about a pair that no score overrules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certain {
    /// Whether the two are the same.
    pub is_match: bool,
    /// Whose word it is: a person's or a rule's.
    pub by: DecidedBy,
}

/// What is certain of the pairs of a run.
#[derive(Clone, Default)]
pub struct Certainty {
    /// A person's labels, looked up row by row.
    labels: Option<(Arc<Labels>, PathBuf)>,
    /// What is known of pairs by their ids.
    known: Arc<HashMap<PairId, Certain>>,
    /// What is written of it beside the output.
    counts: Map<String, Value>,
}

impl Certainty {
    /// The labels of a file, for pairs that are read later.
    ///
    /// # Errors
    /// The file can't be read or holds no label.
    pub fn of_labels(path: &Path) -> Result<Self> {
        Ok(Self {
            labels: Some((Arc::new(read_labels(path)?), path.to_path_buf())),
            ..Self::default()
        })
    }

    /// What is known of pairs that have their ids already, and what is to be written of it beside the output.
    pub fn of_pairs(known: HashMap<PairId, Certain>, counts: Map<String, Value>) -> Self {
        Self {
            labels: None,
            known: Arc::new(known),
            counts,
        }
    }

    /// What is certain of a row's pair.
    pub(crate) fn of(&self, row: &PairRow) -> Option<Certain> {
        if let Some(certain) = self.of_id(&row.pair.id) {
            return Some(certain);
        }
        let (labels, _) = self.labels.as_ref()?;
        person(given_label(labels, row).flatten())
    }

    /// What is certain of a pair by its id alone.
    pub(crate) fn of_id(&self, id: &PairId) -> Option<Certain> {
        self.known.get(id).copied()
    }

    /// The labels that fitted no pair, and those that contradict one another, in words; none where all is well.
    pub(crate) fn told(&self) -> Vec<String> {
        let Some((labels, path)) = &self.labels else {
            return Vec::new();
        };
        let file = path.display().to_string();
        let (unused, graded) = (labels.unused(), labels.graded());
        told(&file, labels.len(), &unused, labels.conflicts(), &graded)
    }

    /// What is written beside the output.
    pub(crate) fn counts(&self) -> Map<String, Value> {
        let mut counts = self.counts.clone();
        if let Some((labels, _)) = &self.labels {
            let found = serde_json::json!({
                "given": labels.len(),
                "fit_no_pair": labels.unused().len(),
                "conflicts": labels.conflicts().len(),
            });
            counts.insert("labels".to_owned(), found);
        }
        counts
    }
}

/// A person's label as a word; none where it is graded or unsure.
pub(crate) fn person(label: Option<f64>) -> Option<Certain> {
    let label = label.filter(|label| *label == 0.0 || *label == 1.0)?;
    Some(Certain {
        is_match: label == 1.0,
        by: DecidedBy::Person,
    })
}

/// The score of a pair that somebody's word settles and nothing else was computed of.
pub(crate) fn settled(id: PairId, certain: Certain) -> FinalScore {
    FinalScore::before_a_word(id, None, None).settled_by(certain.is_match, certain.by)
}

/// Labels that fit no pair, contradict one another or are ratings, in words.
pub(crate) fn told(
    file: &str,
    all: usize,
    strange: &[(u64, String)],
    conflicts: &[(u64, String)],
    graded: &[(u64, String)],
) -> Vec<String> {
    let mut lines: Vec<String> = contradicting(file, conflicts).into_iter().collect();
    lines.extend(some_fit_nothing(file, all, strange));
    lines.extend(ratings(file, all, graded));
    lines
}
