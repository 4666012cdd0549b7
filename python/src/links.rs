//! A fit of lists that are compared by their columns, at work on parts of them.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, cast::AsArray,
    types::Float64Type,
};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use midband_linkage::{Applied, AtHand, ColumnCounts, Link, SavedFit, Table as List, TableBuilder};
use pyo3::prelude::*;

use crate::{Table, blocks::whole_numbers, frame::Frame, running::raised};

/// A fit that scores pairs of records of which only some are at hand.
#[pyclass(frozen, module = "midband._midband")]
pub(crate) struct Links {
    fit: SavedFit,
    counts: Vec<ColumnCounts>,
}

#[pymethods]
impl Links {
    /// The fit as JSON, and for each of its columns how many people have a value, and how many values one person has, or two.
    #[new]
    fn new(py: Python<'_>, fit: &str, counts: Vec<(f64, f64, f64)>) -> PyResult<Self> {
        let fit = serde_json::from_str(fit).map_err(|error| raised(py, &error.into()))?;
        let counts = counts.into_iter();
        let counts = counts.map(|(people, once, twice)| ColumnCounts {
            people,
            once,
            twice,
        });
        Ok(Self {
            fit,
            counts: counts.collect(),
        })
    }

    /// Headers of the compared columns, of the left list or of the right one.
    fn headers(&self, of_right: bool) -> Vec<String> {
        self.fit.headers(of_right)
    }

    /// What people are counted of, for each record: the column of the value, and the column in which it is looked up.
    fn lookups(&self) -> Vec<(usize, usize)> {
        self.fit.lookups()
    }

    /// For each record a column `key0`, `key1`, … per rule, and a column `value0`, `value1`, … per compared column: hashes, null
    /// if there is no value. The records' own columns are `c0`, `c1`, … in the order of the headers.
    fn hashes(&self, py: Python<'_>, table: &Table, of_right: bool) -> PyResult<Table> {
        let made = py.detach(|| {
            let headers = self.fit.headers(of_right);
            let list = list_of(&table.0, &["c"], &headers)?;
            let read = self.fit.read_list(&list, of_right);
            let rules = self.fit.rules().count();
            let keys = (0..rules).map(|rule| {
                let keys = (0..list.len()).map(|row| read.key(rule, row).map(u64::cast_signed));
                (format!("key{rule}"), keys.collect::<Int64Array>())
            });
            let mut values = vec![vec![None; list.len()]; headers.len()];
            for row in 0..list.len() {
                for (column, hash) in read.value_hashes(row) {
                    values[column][row] = Some(hash.cast_signed());
                }
            }
            let values = values.into_iter().enumerate();
            let values = values.map(|(at, of)| (format!("value{at}"), Int64Array::from(of)));
            whole_numbers(keys.chain(values).collect())
        });
        made.map_err(|error| raised(py, &error))
    }

    /// A column `log_odds`: of a match, by the columns of the two records of each row. The left record's are `l0`, `l1`, …, what
    /// people are counted of it is the list `lp`; the right one's are `r0`, …, and `rp`.
    fn scores(&self, py: Python<'_>, table: &Table) -> PyResult<Table> {
        let made = py.detach(|| {
            let (applied, pairs) = self.applied(&table.0)?;
            let scores = applied.scores(&pairs).into_iter();
            let scores = Arc::new(scores.collect::<Float64Array>());
            numbers(vec![("log_odds", scores as ArrayRef)])
        });
        made.map_err(|error| raised(py, &error))
    }

    /// Names of the columns of [`features`](Self::features).
    fn feature_names(&self) -> Vec<String> {
        self.fit.feature_names()
    }

    /// For the same rows a column `feature0`, `feature1`, … per name: match weights, log2.
    fn features(&self, py: Python<'_>, table: &Table) -> PyResult<Table> {
        let made = py.detach(|| {
            let (applied, pairs) = self.applied(&table.0)?;
            let all = applied.features(&pairs);
            let width = self.fit.feature_names().len();
            let columns = (0..width).map(|at| {
                let of = all.iter().skip(at).step_by(width).copied();
                let of = Arc::new(of.map(Some).collect::<Float64Array>());
                (format!("feature{at}"), of as ArrayRef)
            });
            numbers(columns.collect())
        });
        made.map_err(|error| raised(py, &error))
    }

    /// What third records say of the pairs of one list: columns `left`, `right` (numbers of records) and `log_odds`, for pairs
    /// whose log odds change. `table` holds the records (`c0`, `c1`, …, `people`); the links are all pairs of whole connected
    /// components with log odds of 0 or more, the smaller record first.
    fn by_third_record(
        &self,
        py: Python<'_>,
        table: &Table,
        left: Vec<u32>,
        right: Vec<u32>,
        log_odds: Vec<f64>,
    ) -> PyResult<Table> {
        let made = py.detach(|| {
            let list = list_of(&table.0, &["c"], &self.fit.headers(false))?;
            let people = self.people(&table.0, "people")?;
            let at_hand = AtHand {
                left: &list,
                right: None,
                people: &people,
                counts: &self.counts,
            };
            let links = left.into_iter().zip(right).zip(log_odds);
            let links: Vec<Link> = links
                .map(|((left, right), log_odds)| Link {
                    left,
                    right,
                    log_odds,
                })
                .collect();
            let found = self.fit.apply(at_hand)?.by_third_record(&links);
            let record = |of: fn(&Link) -> u32| {
                let records = found.iter().map(|link| i64::from(of(link)));
                Arc::new(records.collect::<Int64Array>()) as ArrayRef
            };
            let odds = found.iter().map(|link| Some(link.log_odds));
            numbers(vec![
                ("left", record(|link| link.left)),
                ("right", record(|link| link.right)),
                ("log_odds", Arc::new(odds.collect::<Float64Array>())),
            ])
        });
        made.map_err(|error| raised(py, &error))
    }
}

impl Links {
    /// The fit on the records of each row, and the pairs of these.
    fn applied(&self, frame: &Frame) -> Result<(Applied, Vec<(u32, u32)>)> {
        let headers = self.fit.headers(false);
        // Of one list, the right records follow the left ones in one table.
        let (left, right) = match self.fit.is_of_two() {
            true => (
                list_of(frame, &["l"], &headers)?,
                Some(list_of(frame, &["r"], &self.fit.headers(true))?),
            ),
            false => (list_of(frame, &["l", "r"], &headers)?, None),
        };
        let mut people = self.people(frame, "lp")?;
        people.extend(self.people(frame, "rp")?);
        let count = u32::try_from(frame.num_rows())?;
        let pairs: Vec<(u32, u32)> = (0..count).map(|at| (at, count + at)).collect();
        let at_hand = AtHand {
            left: &left,
            right: right.as_ref(),
            people: &people,
            counts: &self.counts,
        };
        Ok((self.fit.apply(at_hand)?, pairs))
    }

    /// A list of numbers for each row, all of them one behind another.
    fn people(&self, frame: &Frame, name: &str) -> Result<Vec<f64>> {
        let width = self.fit.lookups().len();
        let mut all = Vec::with_capacity(frame.num_rows() * width);
        for batch in frame.batches() {
            let column = batch.column_by_name(name);
            let column = column.with_context(|| format!("no column {name:?}"))?;
            let item = Arc::new(Field::new("item", DataType::Float64, true));
            let lists = cast(column, &DataType::List(item))?;
            for list in lists.as_list::<i32>().iter() {
                let list = list.context("a record has no counts")?;
                let list = list.as_primitive::<Float64Type>();
                if list.len() != width {
                    bail!("a record has {} counts in the place of {width}", list.len());
                }
                all.extend(list.values());
            }
        }
        Ok(all)
    }
}

/// Texts of columns that are named by a letter and their place, batch by batch.
struct Texts(Vec<StringArray>);

impl Texts {
    fn of(batch: &RecordBatch, letter: &str, columns: usize) -> Result<Self> {
        let column = |at: usize| {
            let name = format!("{letter}{at}");
            let column = batch.column_by_name(&name);
            let column = column.with_context(|| format!("no column {name:?}"))?;
            Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
        };
        (0..columns).map(column).collect::<Result<_>>().map(Self)
    }

    fn add_to(&self, list: &mut TableBuilder, rows: usize) {
        for row in 0..rows {
            let values = self.0.iter();
            list.push(values.map(|column| column.is_valid(row).then(|| column.value(row))));
        }
    }
}

/// The records of a table whose columns are named by a letter and their place; those of one letter follow those of another.
fn list_of(frame: &Frame, letters: &[&str], headers: &[String]) -> Result<List> {
    let mut list = TableBuilder::new(headers.iter().cloned());
    for letter in letters {
        for batch in frame.batches() {
            Texts::of(batch, letter, headers.len())?.add_to(&mut list, batch.num_rows());
        }
    }
    Ok(list.finish())
}

pub(crate) fn numbers<S: Into<String>>(columns: Vec<(S, ArrayRef)>) -> Result<Table> {
    let columns = columns.into_iter().map(|(name, column)| {
        let field = Field::new(name, column.data_type().clone(), true);
        (field, column)
    });
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    Ok(Table(Frame::new(schema, vec![batch])))
}
