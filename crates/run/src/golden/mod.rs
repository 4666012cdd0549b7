//! Golden records: one record for each cluster, each value from one of the cluster's records.

mod names;
mod rules;

pub use rules::{GoldenError, GoldenRule, GoldenRules};

use midband::{
    Record,
    resolve::{Held, Survivorship, survivor},
};
use midband_linkage::{dates, missing, normalise};
use serde_json::{Map, Value};

use crate::Clusters;
use rules::How;

/// A column of a golden record, with its place among the columns of either list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldenColumn {
    /// Its name, the left list's where the lists have two.
    pub name: String,
    /// Its place in the left list.
    pub left: Option<usize>,
    /// Its place in the right list; that in the left one where there is no other list.
    pub right: Option<usize>,
}

/// The records that golden records are made of.
#[derive(Clone, Copy)]
pub struct GoldenSource<'a> {
    /// The columns.
    pub columns: &'a [GoldenColumn],
    /// The records of the left list, or of the only one.
    pub left: GoldenList<'a>,
    /// Those of the right list.
    pub right: Option<GoldenList<'a>>,
}

/// The records of a list.
#[derive(Clone, Copy)]
pub struct GoldenList<'a> {
    /// The records.
    pub records: &'a [Record],
    /// Their values as JSON arrays in the order of the list's columns.
    pub values: &'a [Box<str>],
}

/// A value that a record holds.
struct Cell {
    value: Value,
    key: String,
    spelling: String,
}

impl Cell {
    /// None for a value that says that there is none.
    fn of(value: &Value) -> Option<Self> {
        let spelling = match value {
            Value::Null => return None,
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        if missing::is_missing(&spelling) {
            return None;
        }
        let key = normalise::text(&spelling);
        Some(Self {
            value: value.clone(),
            // Signs alone are told apart by themselves.
            key: if key.is_empty() {
                spelling.clone()
            } else {
                key
            },
            spelling,
        })
    }
}

/// Values of `trusted(COLUMN,VALUE,…)` that no record has in that column, in words; none if all are there.
pub fn unknown_trusted(source: GoldenSource<'_>, rules: &GoldenRules) -> Vec<String> {
    let lists = [Some(source.left), source.right].into_iter().flatten();
    let records = lists.map(|list| list.records.len()).sum::<usize>() as u32;
    let mut said = Vec::new();
    for (name, values) in rules.trusted() {
        let place = source.columns.iter().position(|column| column.name == name);
        let Some(place) = place else { continue };
        let mut open: Vec<&String> = values.iter().collect();
        for at in 0..records {
            if open.is_empty() {
                break;
            }
            let row = source.row(at);
            let cell = Cell::of(&row[place]);
            open.retain(|value| {
                cell.as_ref()
                    .is_none_or(|cell| cell.key != normalise::text(value))
            });
        }
        for value in open {
            said.push(format!(
                "WARNING: no record has {value:?} in the column {name:?} of the rule trusted({name},…)"
            ));
        }
    }
    said
}

/// A golden record for each cluster, in the clusters' order: `cluster`, `size`, `confidence`, `review`, `ids`, then each column and,
/// as COLUMN_from, the id of the record that the value is from; of two lists also COLUMN_list. A column that no record of the
/// cluster has a value in is null. A column whose name is one of these comes out as `input_COLUMN`.
pub fn golden_records(
    source: GoldenSource<'_>,
    clusters: &Clusters,
    rules: &GoldenRules,
) -> Vec<Map<String, Value>> {
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); clusters.confidence().len()];
    for (record, cluster) in clusters.of_records().iter().enumerate() {
        members[*cluster as usize].push(record as u32);
    }
    let recent = Recency::of(source, rules);
    let names = names::written(source.columns);
    members
        .iter()
        .enumerate()
        .map(|(cluster, members)| {
            let rows: Vec<Vec<Value>> = members.iter().map(|at| source.row(*at)).collect();
            let ids: Vec<Value> = members.iter().map(|at| source.id(*at)).collect();
            let mut golden = Map::from_iter([
                ("cluster".to_owned(), cluster.into()),
                ("size".to_owned(), members.len().into()),
                (
                    "confidence".to_owned(),
                    clusters.confidence()[cluster].into(),
                ),
                ("review".to_owned(), clusters.for_review()[cluster].into()),
                ("ids".to_owned(), ids.into()),
            ]);
            for ((place, column), name) in source.columns.iter().enumerate().zip(&names) {
                let cells: Vec<Option<Cell>> =
                    rows.iter().map(|row| Cell::of(&row[place])).collect();
                let how = rules.of(&column.name);
                let ranks = source.ranks(how, members, &rows, &recent);
                let held: Vec<Option<Held<'_>>> = cells
                    .iter()
                    .zip(&ranks)
                    .map(|(cell, rank)| {
                        cell.as_ref().map(|cell| Held {
                            key: &cell.key,
                            spelling: &cell.spelling,
                            rank: *rank,
                        })
                    })
                    .collect();
                let rule = match how {
                    How::MostFrequent => Survivorship::MostFrequent,
                    How::Longest => Survivorship::Longest,
                    _ => Survivorship::HighestRank,
                };
                let best = survivor(rule, &held);
                let cell = best.and_then(|at| cells[at].as_ref());
                let from = best.map(|at| members[at]);
                golden.insert(name.clone(), cell.map(|cell| cell.value.clone()).into());
                let from_id = from.map(|at| source.id(at));
                golden.insert(names::from(name), from_id.into());
                if source.is_two() {
                    let list = from.map(|at| if source.is_left(at) { "left" } else { "right" });
                    golden.insert(names::list(name), list.into());
                }
            }
            golden
        })
        .collect()
}

impl GoldenSource<'_> {
    fn is_two(&self) -> bool {
        self.right.is_some()
    }

    fn is_left(&self, record: u32) -> bool {
        (record as usize) < self.left.records.len()
    }

    /// The record's list, and its place there.
    fn at(&self, record: u32) -> (GoldenList<'_>, usize) {
        let at = record as usize;
        match self.right {
            Some(right) if !self.is_left(record) => (right, at - self.left.records.len()),
            _ => (self.left, at),
        }
    }

    fn len(&self) -> usize {
        self.left.records.len() + self.right.map_or(0, |right| right.records.len())
    }

    fn id(&self, record: u32) -> Value {
        let (list, at) = self.at(record);
        let id = list.records.get(at).map(|record| &record.id);
        id.and_then(|id| serde_json::to_value(id).ok()).into()
    }

    /// The record's values in the order of the golden columns.
    fn row(&self, record: u32) -> Vec<Value> {
        let (list, at) = self.at(record);
        let kept = list.values.get(at);
        let values: Vec<Value> = kept
            .and_then(|kept| serde_json::from_str(kept).ok())
            .unwrap_or_default();
        let is_left = self.is_left(record);
        let columns = self.columns.iter();
        columns
            .map(|column| {
                let place = if is_left { column.left } else { column.right };
                let value = place.and_then(|place| values.get(place));
                value.cloned().unwrap_or_default()
            })
            .collect()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// By record of a cluster: its rank by the rule.
    fn ranks(
        &self,
        how: &How,
        members: &[u32],
        rows: &[Vec<Value>],
        recent: &[(String, Recency)],
    ) -> Vec<usize> {
        let cells = |name: &str| -> Vec<Option<Cell>> {
            let place = self.place(name);
            let cell = |row: &Vec<Value>| place.and_then(|place| Cell::of(&row[place]));
            rows.iter().map(cell).collect()
        };
        match how {
            How::MostFrequent | How::Longest => vec![0; rows.len()],
            How::List { left } => {
                let rank = |at: &u32| usize::from(self.is_left(*at) == *left);
                members.iter().map(rank).collect()
            }
            How::Trusted(name, values) => {
                let keys: Vec<String> = values.iter().map(|value| normalise::text(value)).collect();
                let rank = |cell: Option<Cell>| {
                    let at = cell.and_then(|cell| keys.iter().position(|key| *key == cell.key));
                    at.map_or(0, |at| keys.len() - at)
                };
                cells(name).into_iter().map(rank).collect()
            }
            How::MostRecent(name) => {
                let Some((_, by)) = recent.iter().find(|(known, _)| known == name) else {
                    return vec![0; rows.len()];
                };
                let cells = cells(name);
                let times: Vec<Option<(f64, &str)>> = cells
                    .iter()
                    .map(|cell| cell.as_ref().map(|cell| by.time(&cell.spelling)))
                    .collect();
                let older = |a: &(f64, &str), b: &(f64, &str)| {
                    a.0.total_cmp(&b.0).then(a.1.cmp(b.1)).is_lt()
                };
                let rank = |time: &Option<(f64, &str)>| match time {
                    Some(time) => 1 + times.iter().flatten().filter(|t| older(t, time)).count(),
                    None => 0,
                };
                times.iter().map(rank).collect()
            }
        }
    }
}

/// How a column tells which record is newer.
enum Recency {
    Dates(dates::Notation),
    Numbers,
    /// As text: 2024-05-01T10:00 comes before 2024-05-02T08:00.
    Texts,
}

impl Recency {
    /// For each column that a rule ranks by.
    fn of(source: GoldenSource<'_>, rules: &GoldenRules) -> Vec<(String, Self)> {
        let mut found: Vec<(String, Self)> = Vec::new();
        for column in source.columns {
            let How::MostRecent(name) = rules.of(&column.name) else {
                continue;
            };
            if found.iter().any(|(known, _)| known == name) {
                continue;
            }
            let Some(place) = source.place(name) else {
                continue;
            };
            let cells = (0..source.len() as u32).filter_map(|at| Cell::of(&source.row(at)[place]));
            let values: Vec<String> = cells.map(|cell| cell.spelling).collect();
            let notation = dates::notation(values.iter().map(String::as_str));
            let by = if values
                .iter()
                .all(|value| dates::parse(value, notation).is_some())
            {
                Self::Dates(notation)
            } else if values.iter().all(|value| value.parse::<f64>().is_ok()) {
                Self::Numbers
            } else {
                Self::Texts
            };
            found.push((name.clone(), by));
        }
        found
    }

    /// When that was; of one day the greater text is the later one.
    fn time<'a>(&self, value: &'a str) -> (f64, &'a str) {
        let number = match self {
            Self::Dates(notation) => dates::parse(value, *notation).map_or(0.0, |date| {
                f64::from(date.year) * 10_000.0
                    + f64::from(date.month) * 100.0
                    + f64::from(date.day)
            }),
            Self::Numbers => value.parse().unwrap_or(0.0),
            Self::Texts => 0.0,
        };
        (number, value)
    }
}

#[cfg(test)]
mod tests;
