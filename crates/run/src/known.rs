//! What is certain of the pairs of lists: a person's labels, and columns that settle a pair by the user's word.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use midband::{DecidedBy, Id, PairId};
use midband_linkage::{Evidence, Options, SameValue, Table};
use midband_report::Labels;
use serde_json::{Map, Value};

use crate::{
    certainty::{Certain, Certainty, person},
    labelled::{none_fits, read_labels},
};

mod counts;

use counts::{LabelCounts, RuleCounts};

/// Pairs that a rule settles at most: a column that is equal in more of them tells no two records apart.
const MOST: u64 = 5_000_000;

/// What the user is certain of.
#[derive(Clone, Debug, Default)]
pub struct KnownOptions {
    /// A file of labels.
    pub labels: Option<PathBuf>,
    /// Columns (of the left list) whose equal values mean one record.
    pub same: Vec<String>,
    /// Columns (of the left list) whose different values mean two.
    pub different: Vec<String>,
}

/// A list as far as its records are known by id and by column.
#[derive(Clone, Copy)]
pub struct KnownList<'a> {
    /// Rows by id.
    pub by_id: &'a HashMap<Id, u32>,
    /// The columns.
    pub table: &'a Table,
}

/// The lists whose pairs are looked at.
#[derive(Clone, Copy)]
pub struct KnownLists<'a> {
    /// The left list, or the only one.
    pub left: KnownList<'a>,
    /// The right list.
    pub right: Option<KnownList<'a>>,
    /// Where two lists are taken for one: the rows of both, those of the right list after the others.
    pub joined: Option<&'a HashMap<Id, u32>>,
}

/// What is certain of pairs of rows.
#[derive(Default)]
pub struct Known {
    /// By labels, and by columns whose values are equal.
    pairs: BTreeMap<(u32, u32), Certain>,
    different: Vec<SameValue>,
    labels: LabelCounts,
    rules: RuleCounts,
    file: Option<PathBuf>,
}

impl Known {
    /// Finds the labelled pairs by their records' ids and those that the rules settle. `linking` maps columns and types.
    ///
    /// # Errors
    /// The labels can't be read, a column is not there, or its values are equal in too many pairs.
    pub fn of(options: &KnownOptions, lists: KnownLists<'_>, linking: &Options) -> Result<Self> {
        let KnownLists {
            left,
            right,
            joined,
        } = lists;
        let mut this = Self::default();
        if let Some(path) = &options.labels {
            let labels = read_labels(path)?;
            match joined {
                Some(by_id) => this.take_labels(&labels, KnownList { by_id, ..left }, None),
                None => this.take_labels(&labels, left, right),
            }
            let strange = &this.labels.strange;
            if !strange.is_empty() && strange.len() == this.labels.given && !left.by_id.is_empty() {
                bail!(none_fits(path, strange));
            }
            this.file = Some(path.clone());
        }
        let column = |name: &String| {
            let right = right.map(|list| list.table);
            let same = SameValue::of(left.table, right, name, linking);
            same.map(|same| {
                if joined.is_some() {
                    same.within()
                } else {
                    same
                }
            })
            .with_context(|| format!("cannot use the rule on {name:?}"))
        };
        this.different = options
            .different
            .iter()
            .map(column)
            .collect::<Result<_>>()?;
        for name in &options.same {
            let same = column(name)?;
            let count = same.equal_count();
            if count > MOST {
                bail!(
                    "{name:?} is equal in {count} pairs of records: it does not tell them apart and cannot be a rule"
                );
            }
            for pair in same.equal_pairs() {
                this.rule_same(pair);
            }
        }
        for (pair, word) in &this.pairs {
            let differs = this
                .different
                .iter()
                .any(|column| column.says(*pair) == Some(false));
            this.rules.against_labels +=
                u64::from(differs && word.by == DecidedBy::Person && word.is_match);
        }
        Ok(this)
    }

    fn take_labels(&mut self, labels: &Labels, left: KnownList<'_>, right: Option<KnownList<'_>>) {
        let mut lines: HashMap<(u32, u32), Option<f64>> = HashMap::new();
        for given in labels.given() {
            let row = |list: KnownList<'_>, id: &str| list.by_id.get(&Id::new(id)).copied();
            let pair = given.records.as_ref().and_then(|(a, b)| match right {
                Some(right) => {
                    let pair = |a: &str, b: &str| row(left, a).zip(row(right, b));
                    pair(a, b).or_else(|| pair(b, a))
                }
                None => {
                    let (a, b) = row(left, a).zip(row(left, b))?;
                    (a != b).then_some((a.min(b), a.max(b)))
                }
            });
            let Some(pair) = pair else {
                self.labels
                    .strange
                    .push((given.line, given.name.to_owned()));
                continue;
            };
            let earlier = lines.insert(pair, given.label);
            if earlier.is_some_and(|earlier| earlier != given.label) {
                self.labels
                    .conflicts
                    .push((given.line, given.name.to_owned()));
            }
        }
        self.labels.given = lines.len() + self.labels.strange.len();
        self.labels.graded = labels.graded();
        for (pair, label) in lines {
            match person(label) {
                Some(word) => {
                    self.labels.matches += usize::from(word.is_match);
                    self.labels.others += usize::from(!word.is_match);
                    self.pairs.insert(pair, word);
                }
                None => self.labels.unsure += 1,
            }
        }
    }

    fn rule_same(&mut self, pair: (u32, u32)) {
        if let Some(word) = self.pairs.get(&pair) {
            let against = word.by == DecidedBy::Person && !word.is_match;
            self.rules.against_labels += u64::from(against);
            return;
        }
        if self
            .different
            .iter()
            .any(|column| column.says(pair) == Some(false))
        {
            self.rules.against_rules += 1;
            return;
        }
        self.rules.same += 1;
        let word = Certain {
            is_match: true,
            by: DecidedBy::Rule,
        };
        self.pairs.insert(pair, word);
    }

    /// True where nothing is certain.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.different.is_empty()
    }

    /// What is certain of a pair. A label stands before every rule.
    pub fn of_pair(&self, pair: (u32, u32)) -> Option<Certain> {
        if let Some(word) = self.pairs.get(&pair) {
            return Some(*word);
        }
        let mut says = self.different.iter().map(|column| column.says(pair));
        says.any(|equal| equal == Some(false)).then_some(Certain {
            is_match: false,
            by: DecidedBy::Rule,
        })
    }

    /// The pairs that must be written, whatever proposes pairs: labelled ones, and those that are the same by a rule.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.pairs.keys().copied()
    }

    /// The same as evidence for a linker.
    pub fn evidence(&self) -> Vec<Evidence> {
        let evidence = |(pair, word): (&(u32, u32), &Certain)| Evidence {
            pair: *pair,
            p_match: f64::from(u8::from(word.is_match)),
        };
        self.pairs.iter().map(evidence).collect()
    }

    /// What is certain of the pairs that will be scored, by their ids.
    pub fn certainty(
        &self,
        candidates: impl IntoIterator<Item = ((u32, u32), PairId)>,
    ) -> Certainty {
        let mut different = 0u64;
        let known = candidates.into_iter().filter_map(|(pair, id)| {
            let word = self.of_pair(pair)?;
            different += u64::from(word.by == DecidedBy::Rule && !word.is_match);
            Some((id, word))
        });
        let known = known.collect();
        Certainty::of_pairs(known, self.counts(different))
    }

    fn counts(&self, different: u64) -> Map<String, Value> {
        let mut counts = Map::new();
        if self.file.is_some() {
            counts.insert("labels".to_owned(), self.labels.written());
        }
        if self.rules.same > 0 || !self.different.is_empty() {
            counts.insert("rules".to_owned(), self.rules.written(different));
        }
        counts
    }

    /// What was found, in words, a line each.
    pub fn told(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(path) = &self.file {
            self.labels.tell(path, &mut lines);
        }
        self.rules.tell(&mut lines);
        lines
    }
}

#[cfg(test)]
mod tests;
