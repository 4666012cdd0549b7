//! Candidate pairs as rows of a run.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use midband::{Blocked, Id};
use midband_io::{Item, PairRow, RejectedRow};
use midband_linkage::Linker;
use serde_json::{Map, Value};

use midband_run::{Rows, Source};

use super::{gold::Gold, linking::halves, records::Records};
use crate::args::MatchArgs;

/// Asks for the values of every column, where no column has this name.
const ALL: &str = "all";

/// The id with its type.
pub(super) fn id_value(id: &Id) -> Value {
    serde_json::to_value(id).unwrap_or_else(|_| id.as_str().into())
}

/// Values of the records that stand beside a pair's score, under Splink's names: `surname_l`, `surname_r`.
#[derive(Default)]
pub(super) struct Beside {
    columns: Vec<BesideColumn>,
    left: Vec<Box<str>>,
    /// None where both records are of one list.
    right: Option<Vec<Box<str>>>,
}

struct BesideColumn {
    name: String,
    /// Its place in either list.
    left: Option<usize>,
    right: Option<usize>,
}

impl Beside {
    /// The columns that were asked for; those of two lists that hold the same under two names are one.
    pub(super) fn of(
        args: &MatchArgs,
        left: &mut Records,
        right: Option<&mut Records>,
        linker: Option<&Linker>,
    ) -> Result<Self> {
        if args.columns.is_empty() {
            return Ok(Self::default());
        }
        let at = |list: &Records, name: &str| list.columns.iter().position(|own| own == name);
        let Some(other) = right else {
            let columns = named(args, &left.columns, &[]).map(|name| {
                let place = at(left, &name).with_context(|| none_has(&name))?;
                Ok(BesideColumn {
                    name,
                    left: Some(place),
                    right: Some(place),
                })
            });
            return Ok(Self {
                columns: columns.collect::<Result<_>>()?,
                left: std::mem::take(&mut left.kept),
                right: None,
            });
        };
        let same = same_columns(args, linker)?;
        let left_of = |name: &str| {
            same.iter()
                .find(|(_, right)| right == name)
                .map(|(left, _)| left.as_str())
        };
        let right_of = |name: &str| {
            same.iter()
                .find(|(left, _)| left == name)
                .map(|(_, right)| right.as_str())
        };
        let alone: Vec<String> = (other.columns.iter())
            .filter(|name| left_of(name).is_none() && at(left, name).is_none())
            .cloned()
            .collect();
        let columns = named(args, &left.columns, &alone).map(|name| {
            let column = BesideColumn {
                left: at(left, &name).or_else(|| at(left, left_of(&name)?)),
                right: (right_of(&name).and_then(|name| at(other, name)))
                    .or_else(|| at(other, &name)),
                name,
            };
            if column.left.or(column.right).is_none() {
                bail!(none_has(&column.name));
            }
            Ok(column)
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            left: std::mem::take(&mut left.kept),
            right: Some(std::mem::take(&mut other.kept)),
        })
    }

    /// Names of the output's columns.
    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        let both = |column: &BesideColumn| ["l", "r"].map(|side| format!("{}_{side}", column.name));
        self.columns.iter().flat_map(both)
    }

    /// Names of the columns, without a side.
    pub(super) fn plain_names(&self) -> impl Iterator<Item = String> + '_ {
        self.columns.iter().map(|column| column.name.clone())
    }

    /// The columns' values of a left record.
    pub(super) fn left_values(&self, row: u32) -> Vec<Value> {
        self.values(&self.left, row, |column| column.left)
    }

    /// The columns' values of a right record.
    pub(super) fn right_values(&self, row: u32) -> Vec<Value> {
        let list = self.right.as_ref().unwrap_or(&self.left);
        self.values(list, row, |column| column.right)
    }

    fn values(
        &self,
        list: &[Box<str>],
        row: u32,
        at: impl Fn(&BesideColumn) -> Option<usize>,
    ) -> Vec<Value> {
        if self.columns.is_empty() {
            return Vec::new();
        }
        let kept = list.get(row as usize);
        let kept: Vec<Value> = kept
            .and_then(|kept| serde_json::from_str(kept).ok())
            .unwrap_or_default();
        let value = |column| at(column).and_then(|at| kept.get(at).cloned());
        self.columns
            .iter()
            .map(|column| value(column).unwrap_or_default())
            .collect()
    }

    fn add(&self, extra: &mut Map<String, Value>, (left, right): (u32, u32)) {
        let values = self
            .left_values(left)
            .into_iter()
            .zip(self.right_values(right));
        for (column, (left, right)) in self.columns.iter().zip(values) {
            let name = &column.name;
            extra.insert(format!("{name}_l"), left);
            extra.insert(format!("{name}_r"), right);
        }
    }
}

/// The names that were asked for, each once.
fn named(
    args: &MatchArgs,
    left: &[String],
    right: &[String],
) -> impl Iterator<Item = String> + use<> {
    let every = || left.iter().chain(right);
    let all = args.columns == [ALL] && !every().any(|name| name == ALL);
    let mut names: Vec<String> = if all {
        every().cloned().collect()
    } else {
        args.columns.clone()
    };
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.into_iter()
}

fn none_has(name: &str) -> String {
    format!("no list has a column {name:?}")
}

/// Columns of the two lists that hold the same, left and right.
fn same_columns(args: &MatchArgs, linker: Option<&Linker>) -> Result<Vec<(String, String)>> {
    match linker {
        Some(linker) => {
            let mapped = linker.plan().mapped.iter();
            Ok(mapped
                .map(|mapping| (mapping.left.clone(), mapping.right.clone()))
                .collect())
        }
        None => args.map.iter().map(|given| halves(given)).collect(),
    }
}

/// Candidate pairs as rows.
pub(super) struct Candidates {
    /// Rows of the lists that are no records.
    pub(super) rejected: Vec<RejectedRow>,
    pub(super) blocked: Arc<Blocked>,
    pub(super) gold: Option<Arc<Gold>>,
    pub(super) beside: Arc<Beside>,
}

impl Source for Candidates {
    fn rows(&self) -> Result<Rows> {
        let (blocked, gold, beside) =
            (self.blocked.clone(), self.gold.clone(), self.beside.clone());
        let rejected: Vec<_> = self
            .rejected
            .iter()
            .cloned()
            .map(Item::Rejected)
            .map(Ok)
            .collect();
        let pairs = (0..blocked.candidates.len()).map(move |at| {
            let candidate = &blocked.candidates[at];
            let (left, right) = blocked.records(candidate);
            let label = gold
                .as_ref()
                .map(|gold| u8::from(gold.contains(&(candidate.left, candidate.right))));
            let mut extra = Map::new();
            extra.insert("left_id".to_owned(), id_value(&left.id));
            extra.insert("right_id".to_owned(), id_value(&right.id));
            if let Some(label) = label {
                extra.insert("label".to_owned(), Value::from(label));
            }
            beside.add(&mut extra, (candidate.left, candidate.right));
            Ok(Item::Row(Box::new(PairRow {
                line: at as u64 + 1,
                pair: blocked.pair(candidate),
                gold: label.map(f64::from),
                extra,
            })))
        });
        Ok(Box::new(rejected.into_iter().chain(pairs)))
    }
}
