//! Lists that are compared by their columns on a cluster: what one machine does of it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use arrow_array::{ArrayRef, Float64Array, cast::AsArray, types::Float64Type};
use arrow_cast::cast;
use arrow_schema::DataType;
use midband::{DecidedBy, Decision};
use midband_cli::tables::{self, Table as Columns};
use midband_linkage::{BlockingRule, ColumnType, Fit, Linker, Options, WholeLists};
use midband_run::{ClusterOptions, Clusters, SeenPair};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Scored, Table,
    blocks::records,
    frame::Frame,
    links::numbers,
    rejected_of,
    running::{Given, raised, run},
    scores::{Collected, Own},
};

/// What a call to [`learn_links`] is told.
#[derive(Deserialize)]
struct Told {
    types: BTreeMap<String, String>,
    map: Vec<(String, String)>,
    rules: Vec<String>,
    seed: u64,
    threads: usize,
    /// Records of the lists, of which samples may be given.
    records: (usize, Option<usize>),
}

impl Told {
    fn options(self) -> Result<Options> {
        let (left, right) = self.records;
        let default = Options::default();
        let kind = |(name, kind): (String, String)| anyhow::Ok((name, kind.parse::<ColumnType>()?));
        let rules = self.rules.iter().map(|rule| rule.parse::<BlockingRule>());
        Ok(Options {
            types: self.types.into_iter().map(kind).collect::<Result<_>>()?,
            map: self.map,
            rules: rules.collect::<Result<_, _>>()?,
            seed: self.seed,
            threads: match self.threads {
                0 => default.threads,
                threads => threads,
            },
            whole: Some(WholeLists { left, right }),
            as_they_are: true,
            ..default
        })
    }
}

/// Learns from lists, or from samples of them, how their columns are compared: the plan and the fit as JSON, and the share of a
/// person that each record was counted for, the left list's records first.
#[pyfunction]
#[pyo3(signature = (left, right, told))]
pub(crate) fn learn_links(
    py: Python<'_>,
    left: &Table,
    right: Option<&Table>,
    told: String,
) -> PyResult<(String, Table)> {
    let (left, right) = (left.0.clone(), right.map(|right| right.0.clone()));
    run(py, &Given::default(), move |_| {
        let options = serde_json::from_str::<Told>(&told)?.options()?;
        let list = |frame: &Frame| records(frame, &Columns::columns(frame));
        let right = right.as_ref().map(list).transpose()?;
        let linker = Linker::new(list(&left)?, right, options);
        let mut linker = linker.context("cannot compare the columns")?;
        let why = match linker.fit(&[]) {
            Fit::Learnt(_) => None,
            Fit::Unidentified(why) => Some(why.to_string()),
        };
        let plan = linker.plan();
        let used = (plan.rules.iter()).filter(|rule| rule.dropped.is_none());
        let said = json!({
            "informative": linker.informative(),
            "why": why,
            "fit": linker.applicable(),
            "rules": used.map(|rule| rule.rule.to_string()).collect::<Vec<_>>(),
            "every_pair": plan.every_pair,
            "of_people": plan.is_of_people(),
            "notes": plan.notes,
        });
        let shares = Float64Array::from(linker.person_shares().to_vec());
        let shares = numbers(vec![("person", Arc::new(shares) as ArrayRef)])?;
        Ok((said.to_string(), shares))
    })
}

/// How pairs are decided, whether somebody is asked or not: the score from which on a pair is a match, and between which ones
/// it is for a person.
#[pyfunction]
pub(crate) fn linked_rule(
    py: Python<'_>,
    flags: Vec<String>,
    of_people: bool,
    asks: bool,
    probabilities: Vec<(f64, f64)>,
) -> PyResult<(f64, Option<(f64, f64)>)> {
    let rule = py.detach(|| tables::linked_rule(&flags, of_people, asks, &probabilities));
    let rule = rule.map_err(|error| raised(py, &error))?;
    Ok((rule.cut, rule.review))
}

/// Asks where asking pays about pairs (`id`, `a`, `b`) whose columns were compared: `compared` has the same rows, log odds of a
/// match first and then a match weight per column.
#[pyfunction]
#[pyo3(signature = (flags, table, compared, of_people, judge=None))]
pub(crate) fn score_compared(
    py: Python<'_>,
    flags: Vec<String>,
    table: &Table,
    compared: &Table,
    of_people: bool,
    judge: Option<&Bound<'_, PyAny>>,
) -> PyResult<Scored> {
    let (frame, compared) = (table.0.clone(), compared.0.clone());
    let given = Given {
        judge,
        ..Given::default()
    };
    run(py, &given, move |call| {
        let mut columns = Columns::columns(&compared);
        let mut values = vec![0.0; compared.num_rows() * columns.len()];
        let width = columns.len().max(1);
        let mut first = 0;
        for batch in compared.batches() {
            for (at, column) in batch.columns().iter().enumerate() {
                let column = cast(column, &DataType::Float64)?;
                let of = column.as_primitive::<Float64Type>().iter();
                for (row, value) in of.enumerate() {
                    values[(first + row) * width + at] = value.unwrap_or_default();
                }
            }
            first += batch.num_rows();
        }
        columns = columns.split_off(1.min(columns.len()));
        let sink = Arc::new(Collected::new(false));
        let compared = tables::Compared {
            table: Arc::new(frame.clone()),
            columns,
            values,
            of_people,
        };
        let (outcome, text) = tables::score_compared(&flags, compared, sink.clone(), call)?;
        let own = Own {
            id: "id".to_owned(),
            left: "a".to_owned(),
            right: "b".to_owned(),
            texts: false,
        };
        let (frame, rejected) = sink.beside(&frame, &own)?;
        Ok((
            Table(frame),
            rejected_of(rejected),
            outcome.written.to_string(),
            serde_json::to_string(&outcome.provenance)?,
            text,
        ))
    })
}

/// A pair as [`clusters`] takes it: two numbers of records, the decision, the score.
type Pair = (u32, u32, String, Option<f64>);

/// By record the number of its cluster; by cluster how sure that is, and whether it is contradicted or holds together only by
/// pairs for review.
type Clustered = (Vec<u32>, Vec<Option<f64>>, Vec<u32>, Vec<bool>);

/// Clusters of the records of whole connected components, as `midband match --clusters` makes them of lists that are compared by
/// their columns. Records of a right list are numbered after the `left` ones; `least` are the log odds of the least match.
#[pyfunction]
pub(crate) fn clusters(
    py: Python<'_>,
    pairs: Vec<Pair>,
    left: u32,
    right: Option<u32>,
    threshold: f64,
    least: f64,
) -> PyResult<Clustered> {
    let made = py.detach(|| {
        let pairs = pairs.into_iter().map(|(a, b, word, score)| {
            Ok(SeenPair {
                a,
                b,
                decision: serde_json::from_value::<Decision>(word.into())?,
                score,
                decided_by: Some(DecidedBy::Columns),
            })
        });
        let options = ClusterOptions {
            left,
            right,
            threshold,
            by_columns: true,
        };
        let found = Clusters::above(&pairs.collect::<Result<Vec<_>>>()?, options, least);
        Ok((
            found.of_records().to_vec(),
            found.confidence().to_vec(),
            found.contradicted().collect(),
            found.for_review().to_vec(),
        ))
    });
    made.map_err(|error| raised(py, &error))
}
