//! What a cluster needs of a part of a list: columns' types, blocking keys, places in the sample, partners.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use midband_cli::tables::Table as _;
use midband_io::id_of;
use midband_linkage::{
    BlockingRule, ColumnType, KeyColumn, TableBuilder, dates::Notation, infer, record_keys,
};
use midband_resolve::{Matched, many_to_one, one_to_one};
use pyo3::prelude::*;
use serde_json::Value;

use crate::{Table, frame::Frame, running::raised};

const NOTATIONS: [(&str, Notation); 3] = [
    ("day_first", Notation::DayFirst),
    ("month_first", Notation::MonthFirst),
    ("serial", Notation::Serial),
];

/// Name, type and notation of dates of each column.
type Types = Vec<(String, String, String)>;

/// What the columns of a list hold, by names and values.
#[pyfunction]
pub(crate) fn column_types(py: Python<'_>, table: &Table) -> PyResult<Types> {
    let found = py.detach(|| -> Result<Types> {
        let columns = table.0.columns();
        let profiles = infer(&records(&table.0, &columns)?);
        let name_of = |notation: Notation| {
            let known = NOTATIONS.iter().find(|(_, known)| *known == notation);
            known.map_or("", |(name, _)| name).to_owned()
        };
        let types = profiles.into_iter().map(|profile| {
            let notation = profile.notation.unwrap_or(Notation::DayFirst);
            let kind = profile.kind.name().to_owned();
            (profile.name, kind, name_of(notation))
        });
        Ok(types.collect())
    });
    found.map_err(|error| raised(py, &error))
}

/// One column `key0`, `key1`, … per rule: equal where two records agree by it, null where a record lacks a value.
#[pyfunction]
pub(crate) fn blocking_keys(
    py: Python<'_>,
    table: &Table,
    types: Types,
    rules: Vec<String>,
) -> PyResult<Table> {
    let keys = py.detach(|| -> Result<Table> {
        let mut columns = BTreeMap::new();
        for (name, kind, notation) in types {
            let known = NOTATIONS.iter().find(|(known, _)| *known == notation);
            let (_, notation) =
                known.with_context(|| format!("no notation of dates is named {notation:?}"))?;
            let of = KeyColumn {
                kind: kind.parse::<ColumnType>()?,
                notation: *notation,
            };
            columns.insert(name, of);
        }
        let rules: Vec<BlockingRule> = rules
            .iter()
            .map(|rule| rule.parse())
            .collect::<Result<_, _>>()?;
        let names: Vec<String> = columns.keys().cloned().collect();
        let list = records(&table.0, &names)?;
        let keys = record_keys(&list, &columns, &rules)?;
        let columns = keys.into_iter().enumerate().map(|(at, keys)| {
            let keys = keys.into_iter().map(|key| key.map(u64::cast_signed));
            (format!("key{at}"), keys.collect::<Int64Array>())
        });
        whole_numbers(columns.collect())
    });
    keys.map_err(|error| raised(py, &error))
}

/// A column `rank`: the places of pairs in a seed's order, ascending, of which a policy's sample is the beginning.
#[pyfunction]
pub(crate) fn sample_ranks(
    py: Python<'_>,
    table: &Table,
    id: String,
    seed: u64,
) -> PyResult<Table> {
    let ranks = py.detach(|| -> Result<Table> {
        let only = [id.clone()];
        let ranks = table.0.rows(Some(&only)).map(|row| {
            let row = row?;
            let id = row.get(&id).and_then(id_of);
            // Of the order of unsigned numbers, in the signed ones that every engine has.
            let signed = |rank: u64| (rank ^ (1 << 63)).cast_signed();
            Ok(id.map(|id| signed(midband_run::sample_rank(&id, seed))))
        });
        let ranks: Int64Array = ranks.collect::<Result<_>>()?;
        whole_numbers(vec![("rank".to_owned(), ranks)])
    });
    ranks.map_err(|error| raised(py, &error))
}

/// Which of some matches stay so that a record has one partner. Rows are numbers of records, weights log odds above those of
/// the least match; whole components of records are given.
#[pyfunction]
pub(crate) fn partners(
    py: Python<'_>,
    left: Vec<u32>,
    right: Vec<u32>,
    weights: Vec<f64>,
    many: bool,
) -> PyResult<Vec<bool>> {
    if left.len() != right.len() || left.len() != weights.len() {
        return Err(raised(py, &anyhow!("rows and weights differ in number")));
    }
    let rows = left.into_iter().zip(right).zip(weights);
    let matched: Vec<Matched> = rows
        .map(|((left, right), weight)| Matched {
            left,
            right,
            weight,
        })
        .collect();
    let choose = if many { many_to_one } else { one_to_one };
    Ok(py.detach(|| choose(&matched).stays))
}

/// The records of a list, of these columns.
pub(crate) fn records(frame: &Frame, columns: &[String]) -> Result<midband_linkage::Table> {
    let has = frame.columns();
    if let Some(absent) = columns.iter().find(|name| !has.contains(name)) {
        bail!("no column {absent:?}");
    }
    let mut list = TableBuilder::new(columns.iter().cloned());
    for row in frame.rows(Some(columns)) {
        let row = row?;
        let values: Vec<Option<String>> = (columns.iter())
            .map(|name| match row.get(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
            })
            .collect();
        list.push(values.iter().map(Option::as_deref));
    }
    Ok(list.finish())
}

pub(crate) fn whole_numbers(columns: Vec<(String, Int64Array)>) -> Result<Table> {
    let fields: Vec<Field> = (columns.iter())
        .map(|(name, _)| Field::new(name, DataType::Int64, true))
        .collect();
    let arrays = (columns.into_iter()).map(|(_, column)| Arc::new(column) as ArrayRef);
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays.collect())?;
    Ok(Table(Frame::new(schema, vec![batch])))
}
