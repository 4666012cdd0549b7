//! A fit that is kept: what new records are linked by later.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    classes::CLASSES,
    counts::ValueCounts,
    dates::Notation,
    learning::{Fit, Reason},
    linker::Linker,
    reading::ColumnReading,
    types::ColumnType,
    vocabulary::Vocabulary,
};

/// The form of [`SavedFit`] that this version writes.
pub(crate) const VERSION: u32 = 1;

/// What was learnt from a list: all that scores need beside the values of the records themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedFit {
    pub(crate) version: u32,
    /// Records of the list.
    pub(crate) records: usize,
    pub(crate) columns: Vec<SavedColumn>,
    /// By class: pairs of it among all pairs of the list.
    #[serde(deserialize_with = "by_class")]
    pub(crate) pairs: [f64; CLASSES],
    /// Blocking rules as they are written.
    pub(crate) rules: Vec<String>,
}

/// What was learnt of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedColumn {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// By level: m and u probability.
    pub(crate) m: Vec<f64>,
    pub(crate) u: Vec<f64>,
    /// The probability that both sides have a value.
    pub(crate) present: f64,
    /// By class: the probability to agree as one person's records do.
    #[serde(deserialize_with = "by_class")]
    pub(crate) shared: [f64; CLASSES],
    /// Natural logarithms of the u probabilities of an address's levels, of two people who share one name, and both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namesakes: Option<[Vec<f32>; 2]>,
    /// Columns that the values are made from; without them, the names of persons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) follows: Vec<String>,
    /// How dates of numbers alone are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notation: Option<Notation>,
    /// The words that a category is written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vocabulary: Option<Vocabulary>,
    /// Values that stand for "missing", normalised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fillers: Vec<String>,
}

/// Fits that were kept before there was a class know no pair of it.
fn by_class<'de, D: Deserializer<'de>>(from: D) -> Result<[f64; CLASSES], D::Error> {
    let kept = Vec::<f64>::deserialize(from)?;
    let mut classes = [0.0; CLASSES];
    classes
        .iter_mut()
        .zip(kept)
        .for_each(|(class, kept)| *class = kept);
    Ok(classes)
}

/// The list of which a part is at hand.
#[derive(Clone, Copy, Debug)]
pub struct WholeList<'a> {
    /// Its records, new ones included.
    pub records: usize,
    /// People by value, of every value that is at hand.
    pub counts: &'a ValueCounts,
}

/// Why a kept fit can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// It is of a form that this version does not read.
    #[error("the saved match weights have version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// The records have another column, or one of another type.
    #[error("the saved match weights do not fit the column {0:?}")]
    Column(String),
}

impl SavedFit {
    /// Types of the columns, by header.
    pub fn types(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        let kind = |column: &SavedColumn| column.kind.parse().ok();
        let columns = self.columns.iter();
        columns.filter_map(move |column| Some((column.name.as_str(), kind(column)?)))
    }

    /// How the columns were read, by header.
    pub fn readings(&self) -> impl Iterator<Item = (&str, ColumnReading)> {
        self.columns.iter().map(|column| {
            let reading = ColumnReading {
                notation: column.notation,
                vocabulary: column.vocabulary,
                fillers: column.fillers.clone(),
            };
            (column.name.as_str(), reading)
        })
    }

    /// The blocking rules as they are written.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(String::as_str)
    }
}

impl Linker {
    /// What was learnt, to be kept; the shipped weights of a list without doubles. None of two lists, before the fit, or if
    /// nothing could be learnt.
    pub fn saved(&self) -> Option<SavedFit> {
        let (Some((model, fit)), None) = (&self.fitted, self.split) else {
            return None;
        };
        if !matches!(fit, Fit::Learnt(_) | Fit::Unidentified(Reason::NoMatches)) {
            return None;
        }
        if self.options.within {
            return None;
        }
        let fields = self.compared.fields.iter().enumerate();
        let used = self
            .plan()
            .rules
            .iter()
            .filter(|rule| rule.dropped.is_none());
        let name = |at: &usize| self.compared.fields[*at].name.clone();
        let follows_of = |at: usize| {
            let of = model.chance.namesakes.of(at);
            of.map_or_else(Vec::new, |(follows, _)| {
                follows.from.iter().map(name).collect()
            })
        };
        Some(SavedFit {
            version: VERSION,
            records: self.compared.rows,
            columns: fields
                .map(|(at, field)| SavedColumn {
                    follows: follows_of(at),
                    name: field.name.clone(),
                    kind: field.kind.name().to_owned(),
                    m: model.learnt.m[at].clone(),
                    u: model.chance.u[at].clone(),
                    present: model.chance.present[at],
                    shared: std::array::from_fn(|class| model.learnt.shared[class][at]),
                    namesakes: model.chance.namesakes.of(at).map(|(_, ln_u)| ln_u.clone()),
                    notation: field.reading.notation,
                    vocabulary: field.reading.vocabulary,
                    fillers: field.reading.fillers.clone(),
                })
                .collect(),
            pairs: model.learnt.pairs,
            rules: used.map(|rule| rule.rule.to_string()).collect(),
        })
    }
}
