//! Values of the records beside a pair's score.

use anyhow::{Context, Result, bail};
use midband_linkage::Linker;
use serde_json::{Map, Value};

use super::{options::MatchOptions, records::Records};
use crate::GoldenColumn;

/// Asks for the values of every column, where no column has this name.
const ALL: &str = "all";

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
        options: &MatchOptions,
        left: &mut Records,
        right: Option<&mut Records>,
        linker: Option<&Linker>,
    ) -> Result<Self> {
        if !options.keeps_values() {
            return Ok(Self::default());
        }
        let at = |list: &Records, name: &str| list.columns.iter().position(|own| own == name);
        let Some(other) = right else {
            let columns = named(options, &left.columns, &[]).map(|name| {
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
        let same = same_columns(options, linker);
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
        let columns = named(options, &left.columns, &alone).map(|name| {
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

    /// The values of either list's records, as JSON arrays.
    pub(super) fn values(&self) -> (&[Box<str>], &[Box<str>]) {
        (&self.left, self.right.as_deref().unwrap_or_default())
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
        self.values_of(&self.left, row, |column| column.left)
    }

    /// The columns' values of a right record.
    pub(super) fn right_values(&self, row: u32) -> Vec<Value> {
        let list = self.right.as_ref().unwrap_or(&self.left);
        self.values_of(list, row, |column| column.right)
    }

    fn values_of(
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

    pub(super) fn add(&self, extra: &mut Map<String, Value>, (left, right): (u32, u32)) {
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

/// Every column of the lists; those of two lists that hold the same under two names are one.
pub(super) fn every(
    options: &MatchOptions,
    left: &Records,
    right: Option<&Records>,
    linker: Option<&Linker>,
) -> Vec<GoldenColumn> {
    let at = |list: &Records, name: &str| list.columns.iter().position(|own| own == name);
    let Some(other) = right else {
        let column = |(at, name): (usize, &String)| GoldenColumn {
            name: name.clone(),
            left: Some(at),
            right: Some(at),
        };
        return left.columns.iter().enumerate().map(column).collect();
    };
    let same = same_columns(options, linker);
    let mut columns: Vec<GoldenColumn> = Vec::new();
    for (place, name) in left.columns.iter().enumerate() {
        let mapped = same.iter().find(|(left, _)| left == name);
        let partner = mapped.map_or(name, |(_, right)| right);
        columns.push(GoldenColumn {
            name: name.clone(),
            left: Some(place),
            right: at(other, partner),
        });
    }
    for (place, name) in other.columns.iter().enumerate() {
        if columns.iter().all(|column| column.right != Some(place)) {
            columns.push(GoldenColumn {
                name: name.clone(),
                left: None,
                right: Some(place),
            });
        }
    }
    columns
}

/// The names that were asked for, each once.
fn named(
    options: &MatchOptions,
    left: &[String],
    right: &[String],
) -> impl Iterator<Item = String> + use<> {
    let every = || left.iter().chain(right);
    let all = options.columns == [ALL] && !every().any(|name| name == ALL);
    let mut names: Vec<String> = if all {
        every().cloned().collect()
    } else {
        options.columns.clone()
    };
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.into_iter()
}

fn none_has(name: &str) -> String {
    format!("no list has a column {name:?}")
}

/// Columns of the two lists that hold the same, left and right.
pub(super) fn same_columns(
    options: &MatchOptions,
    linker: Option<&Linker>,
) -> Vec<(String, String)> {
    match linker {
        Some(linker) => {
            let plan = linker.plan();
            // Columns that were made of others are in no list.
            let mapped = plan.mapped.iter().filter(|mapping| !plan.is_made(mapping));
            mapped
                .map(|mapping| (mapping.left.clone(), mapping.right.clone()))
                .collect()
        }
        None => options.map.clone(),
    }
}
