//! What a fit learned, in a form that is kept: to link new records, or to score pairs elsewhere.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    ColumnType,
    classes::CLASSES,
    comparison_levels,
    follows::{self, Follows},
    frequency::Chance,
    learning::{Fit, Reason},
    learnt::Learnt,
    linker::Linker,
    model::Model,
    namesakes::Namesakes,
    pair_levels::Compared,
    prepare::Field,
    reading::ColumnReading,
};

/// The form of [`SavedFit`] that this version writes.
const VERSION: u32 = 1;

/// What was learnt from a list: all that scores need beside the values of the records themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedFit {
    version: u32,
    /// Records of the list.
    pub(crate) records: usize,
    columns: Vec<SavedColumn>,
    /// By class: pairs of it among all pairs of the list.
    #[serde(deserialize_with = "by_class")]
    pub(crate) pairs: [f64; CLASSES],
    /// Blocking rules as they are written.
    rules: Vec<String>,
}

/// What was learnt of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedColumn {
    name: String,
    kind: String,
    /// By level: m and u probability.
    m: Vec<f64>,
    u: Vec<f64>,
    /// The probability that both sides have a value.
    present: f64,
    /// By class: the probability to agree as one person's records do.
    #[serde(deserialize_with = "by_class")]
    shared: [f64; CLASSES],
    /// Natural logarithms of the u probabilities of the levels of a column that follows from others, of two who share one
    /// name, and both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namesakes: Option<[Vec<f32>; 2]>,
    /// Columns that the values are made from; without them, the names of persons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    follows: Vec<String>,
    #[serde(flatten)]
    reading: ColumnReading,
    /// The column of the right list, where there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    right: Option<RightColumn>,
}

/// A column of the right list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RightColumn {
    name: String,
    #[serde(flatten)]
    reading: ColumnReading,
}

/// A column of one list.
pub(crate) struct ListColumn<'a> {
    /// Header of the left list.
    pub(crate) name: &'a str,
    /// Header of this list.
    pub(crate) header: &'a str,
    pub(crate) kind: ColumnType,
    pub(crate) reading: &'a ColumnReading,
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
        self.columns_of(false)
            .map(|column| (column.name, column.kind))
    }

    /// How the columns were read, by header.
    pub fn readings(&self) -> impl Iterator<Item = (&str, ColumnReading)> {
        let columns = self.columns.iter();
        columns.map(|column| (column.name.as_str(), column.reading.clone()))
    }

    /// The blocking rules as they are written.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(String::as_str)
    }

    /// Whether it was learned from two lists.
    pub fn is_of_two(&self) -> bool {
        self.columns.iter().any(|column| column.right.is_some())
    }

    /// Headers of the compared columns in their order: of the left list, or of the right one.
    pub fn headers(&self, of_right: bool) -> Vec<String> {
        let columns = self.columns_of(of_right);
        columns.map(|column| column.header.to_owned()).collect()
    }

    /// The columns of the left list, or of the right one.
    pub(crate) fn columns_of(&self, of_right: bool) -> impl Iterator<Item = ListColumn<'_>> {
        self.columns.iter().filter_map(move |column| {
            let right = column.right.as_ref().filter(|_| of_right);
            Some(ListColumn {
                name: &column.name,
                header: right.map_or(&column.name, |right| &right.name),
                kind: column.kind.parse().ok()?,
                reading: right.map_or(&column.reading, |right| &right.reading),
            })
        })
    }

    /// Whether this version reads it.
    pub(crate) fn check(&self) -> Result<(), SavedError> {
        match self.version {
            VERSION => Ok(()),
            other => Err(SavedError::Version(other)),
        }
    }

    /// What scores pairs of these fields: `ln_share` holds the shares of their values, `pairs` the numbers of pairs by class.
    pub(crate) fn model(
        &self,
        compared: &Compared,
        ln_share: Vec<Vec<f32>>,
        pairs: [f64; CLASSES],
    ) -> Result<Model, SavedError> {
        let mut columns = Vec::with_capacity(compared.width());
        for field in &compared.fields {
            let misfit = || SavedError::Column(field.name.clone());
            let levels = comparison_levels::levels(field.kind).len();
            let column = self.columns.iter().find(|column| {
                column.name == field.name
                    && column.kind == field.kind.name()
                    && column.m.len() == levels
                    && column.u.len() == levels
            });
            columns.push(column.ok_or_else(misfit)?);
        }
        let place = |name: &String| compared.fields.iter().position(|field| field.name == *name);
        let namesakes = columns.iter().enumerate().filter_map(|(field, column)| {
            let from: Vec<usize> = match column.follows.is_empty() {
                true => follows::names(&compared.fields),
                false => column.follows.iter().filter_map(place).collect(),
            };
            Some((Follows { field, from }, column.namesakes.clone()?))
        });
        let chance = Chance::resumed(
            columns.iter().map(|column| column.u.clone()).collect(),
            columns.iter().map(|column| column.present).collect(),
            Namesakes::resumed(compared, namesakes),
            ln_share,
        );
        let learnt = Learnt {
            m: columns.iter().map(|column| column.m.clone()).collect(),
            pairs,
            shared: std::array::from_fn(|class| {
                columns.iter().map(|column| column.shared[class]).collect()
            }),
        };
        Ok(Model {
            logs: learnt.logs(),
            chance,
            learnt,
        })
    }
}

impl Linker {
    /// What was learnt, to be kept; the shipped weights of a list without doubles. None of two lists, before the fit, or if
    /// nothing could be learnt.
    pub fn saved(&self) -> Option<SavedFit> {
        let (Some((model, fit)), None) = (&self.fitted, self.split) else {
            return None;
        };
        let is_learnt = matches!(fit, Fit::Learnt(_) | Fit::Unidentified(Reason::NoMatches));
        (is_learnt && !self.options.within).then(|| self.kept(model))
    }

    /// What was learned of one list or of two, to score their pairs elsewhere. None before the fit, if nothing was learned, or if
    /// two lists are taken for one.
    pub fn applicable(&self) -> Option<SavedFit> {
        let (model, fit) = self.fitted.as_ref()?;
        let is_learnt = matches!(fit, Fit::Learnt(_)) && !self.options.within;
        is_learnt.then(|| self.kept(model))
    }

    /// By record, the share of a person that it stands for where values are counted, above 0 to 1: records of one person count
    /// as one together. Those of a right list follow those of the left one. Empty before the fit.
    pub fn person_shares(&self) -> &[f64] {
        let fitted = self.fitted.as_ref();
        fitted.map_or(&[], |(model, _)| &model.chance.person)
    }

    fn kept(&self, model: &Model) -> SavedFit {
        let used = (self.plan().rules.iter()).filter(|rule| rule.dropped.is_none());
        let right = |field: &Field| {
            let [_, reading] = field.by_list.as_ref()?;
            let mut mapped = self.plan().mapped.iter();
            let mapped = mapped.find(|mapping| mapping.left == field.name);
            Some(RightColumn {
                name: mapped.map_or(&field.name, |mapped| &mapped.right).clone(),
                reading: reading.clone(),
            })
        };
        let name = |at: &usize| self.compared.fields[*at].name.clone();
        let namesakes = |at: usize| model.chance.namesakes.of(at);
        let column = |(at, field): (usize, &Field)| SavedColumn {
            name: field.name.clone(),
            kind: field.kind.name().to_owned(),
            m: model.learnt.m[at].clone(),
            u: model.chance.u[at].clone(),
            present: model.chance.present[at],
            shared: std::array::from_fn(|class| model.learnt.shared[class][at]),
            namesakes: namesakes(at).map(|(_, ln_u)| ln_u.clone()),
            follows: namesakes(at).map_or_else(Vec::new, |(follows, _)| {
                follows.from.iter().map(name).collect()
            }),
            reading: match &field.by_list {
                Some([left, _]) => left.clone(),
                None => field.reading.clone(),
            },
            right: right(field),
        };
        let fields = self.compared.fields.iter().enumerate();
        SavedFit {
            version: VERSION,
            records: self.compared.rows,
            columns: fields.map(column).collect(),
            pairs: model.learnt.pairs,
            rules: used.map(|rule| rule.rule.to_string()).collect(),
        }
    }
}
