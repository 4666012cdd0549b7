//! A fit that is kept, and new records that are linked by it to a list which is resolved already: no two of the old ones are
//! compared, and nothing is learnt anew.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    ColumnType,
    classes::{AREA, CHANCE, CLASSES},
    comparison_levels::{self, MISSING},
    context,
    counts::ValueCounts,
    dates::Notation,
    fit::{Task, through},
    frequency::{Chance, part_shares, whole_shares},
    learning::{Fit, Learning, Reason},
    learnt::Learnt,
    linker::Linker,
    model::{Model, log_odds, probability},
    namesakes::Namesakes,
    reading::ColumnReading,
    vocabulary::Vocabulary,
};

/// The form of [`SavedFit`] that this version writes.
const VERSION: u32 = 1;
/// Records of one cluster that speak for a new record, at most.
const MOST_MATES: usize = 20;

/// What was learnt from a list: all that scores need beside the values of the records themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedFit {
    version: u32,
    /// Records of the list.
    records: usize,
    columns: Vec<SavedColumn>,
    /// By class: pairs of it among all pairs of the list.
    #[serde(deserialize_with = "by_class")]
    pairs: [f64; CLASSES],
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
    /// Natural logarithms of the u probabilities of an e-mail's levels, of two people who share one name, and both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namesakes: Option<[Vec<f32>; 2]>,
    /// How dates of numbers alone are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notation: Option<Notation>,
    /// The words that a category is written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vocabulary: Option<Vocabulary>,
    /// Values that stand for "missing", normalised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fillers: Vec<String>,
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
        Some(SavedFit {
            version: VERSION,
            records: self.compared.rows,
            columns: fields
                .map(|(at, field)| SavedColumn {
                    name: field.name.clone(),
                    kind: field.kind.name().to_owned(),
                    m: model.learnt.m[at].clone(),
                    u: model.chance.u[at].clone(),
                    present: model.chance.present[at],
                    shared: std::array::from_fn(|class| model.learnt.shared[class][at]),
                    namesakes: model.chance.namesakes.of(at).cloned(),
                    notation: field.reading.notation,
                    vocabulary: field.reading.vocabulary,
                    fillers: field.reading.fillers.clone(),
                })
                .collect(),
            pairs: model.learnt.pairs,
            rules: used.map(|rule| rule.rule.to_string()).collect(),
        })
    }

    /// Scores the candidates by a kept fit. `clusters` holds the cluster of each record that is resolved already, those before
    /// [`fresh_from`](crate::Options::fresh_from); it says how many people have a value, and whose word a record's match
    /// carries. Of a list of which only a part is at hand, `whole` says the rest.
    ///
    /// # Errors
    /// The fit does not fit the columns.
    pub fn resume(
        &mut self,
        saved: &SavedFit,
        clusters: &[u32],
        whole: Option<WholeList<'_>>,
    ) -> Result<&Fit, SavedError> {
        if saved.version != VERSION {
            return Err(SavedError::Version(saved.version));
        }
        self.candidates();
        let model = self.model(saved, clusters, whole)?;
        let pairs = through(self.candidates.as_deref().unwrap_or_default(), None);
        let task = Task {
            compared: &self.compared,
            pairs: &pairs,
            levels: &self.levels,
            rules: &[],
            split: None,
            seed: self.options.seed,
            threads: self.options.threads,
        };
        self.scores = task.scores(&model);
        let (all, scores) = self.with_mates(&model, pairs, clusters);
        self.context = context::third_record(&self.compared, &model, &all, &scores);
        let known = clusters.len() as u32;
        // What is resolved stays so.
        self.context.retain(|(_, later), _| *later >= known);
        let found = self.scores.iter();
        let found = found.map(|score| probability(*score)).sum();
        let learning = Learning {
            matches: found,
            found,
            objective: Vec::new(),
        };
        Ok(&self.fitted.insert((model, Fit::Learnt(learning))).1)
    }

    fn model(
        &self,
        saved: &SavedFit,
        clusters: &[u32],
        whole: Option<WholeList<'_>>,
    ) -> Result<Model, SavedError> {
        let compared = &self.compared;
        let mut columns = Vec::with_capacity(compared.width());
        for field in &compared.fields {
            let misfit = || SavedError::Column(field.name.clone());
            let levels = comparison_levels::levels(field.kind).len();
            let column = saved.columns.iter().find(|column| {
                column.name == field.name
                    && column.kind == field.kind.name()
                    && column.m.len() == levels
                    && column.u.len() == levels
            });
            columns.push(column.ok_or_else(misfit)?);
        }
        let namesakes = columns.iter().enumerate();
        let namesakes = namesakes.filter_map(|(at, column)| Some((at, column.namesakes.clone()?)));
        let ln_share = match whole {
            Some(whole) => part_shares(compared, whole.counts),
            None => whole_shares(compared, &person_shares(clusters, compared.rows)),
        };
        let chance = Chance::resumed(
            columns.iter().map(|column| column.u.clone()).collect(),
            columns.iter().map(|column| column.present).collect(),
            Namesakes::resumed(namesakes.collect()),
            ln_share,
        );
        // Matches grow with the records, chance with their square.
        let records = whole.map_or(compared.rows, |whole| whole.records);
        let grown = records as f64 / saved.records.max(1) as f64;
        let pairs = std::array::from_fn(|class| match class {
            CHANCE | AREA => saved.pairs[class] * grown * grown,
            _ => saved.pairs[class] * grown,
        });
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

    /// The pairs with their scores, and those of clusters that a new record may match: what one of its records says of the
    /// new one, the others may say too.
    fn with_mates(
        &self,
        model: &Model,
        mut pairs: Vec<(u32, u32)>,
        clusters: &[u32],
    ) -> (Vec<(u32, u32)>, Vec<f64>) {
        let mut scores = self.scores.clone();
        let touched: FxHashSet<u32> = pairs
            .iter()
            .zip(&scores)
            .filter(|(_, score)| **score >= 0.0)
            .filter_map(|((a, _), _)| clusters.get(*a as usize).copied())
            .collect();
        let mut mates: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (row, cluster) in clusters
            .iter()
            .enumerate()
            .filter(|(_, of)| touched.contains(of))
        {
            mates.entry(*cluster).or_default().push(row as u32);
        }
        let mut groups: Vec<Vec<u32>> = mates.into_values().collect();
        groups.sort_unstable();
        let mut levels = vec![MISSING; self.compared.width()];
        for group in groups {
            let group = &group[..group.len().min(MOST_MATES)];
            for (at, a) in group.iter().enumerate() {
                for b in &group[at + 1..] {
                    self.compared.levels(*a, *b, &mut levels);
                    let score = log_odds(&model.classes(&self.compared, &levels, *a, *b));
                    pairs.push((*a, *b));
                    // They are one, whatever their own columns say.
                    scores.push(score.max(0.0));
                }
            }
        }
        (pairs, scores)
    }
}

/// The share of a person that each record stands for; new records are alone.
fn person_shares(clusters: &[u32], rows: usize) -> Vec<f64> {
    let mut size: FxHashMap<u32, f64> = FxHashMap::default();
    clusters
        .iter()
        .for_each(|cluster| *size.entry(*cluster).or_default() += 1.0);
    let mut person: Vec<f64> = clusters.iter().map(|cluster| 1.0 / size[cluster]).collect();
    person.resize(rows, 1.0);
    person
}
