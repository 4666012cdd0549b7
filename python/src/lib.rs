//! The native half of the Python package `midband`: tables by Arrow's capsules, the commands over them, and the command itself.

mod arrow;
mod blocks;
mod embedder;
mod frame;
mod judge;
mod linked;
mod links;
mod running;
mod scorer;
mod scores;
mod splink;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, sync::Arc};

use midband_cli::tables::{self, Beside, Lists, Table as _};
use midband_io::RejectedRow;
use midband_run::Outcome;
use pyo3::{
    exceptions::PyRuntimeError,
    prelude::*,
    types::{PyCapsule, PyDict},
};
use serde_json::Value;

use crate::{
    embedder::Embedder,
    frame::Frame,
    running::{Given, raised, run},
    scores::{Collected, Own},
};

/// A table in memory. Speaks Arrow's PyCapsule interface.
#[pyclass(frozen, module = "midband._midband")]
struct Table(Frame);

#[pymethods]
impl Table {
    /// Takes the table of an object with `__arrow_c_stream__` or `__arrow_c_array__`, without a copy.
    #[new]
    fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(arrow::table_of(object)?))
    }

    /// A table of one column `text`, for whom has no library of tables.
    #[staticmethod]
    fn of_texts(texts: Vec<String>) -> PyResult<Self> {
        let made = Frame::of_texts(texts);
        made.map(Self)
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }

    /// The table of rows that are lines of JSON.
    #[staticmethod]
    fn of_lines(py: Python<'_>, lines: &str) -> PyResult<Self> {
        let made = scores::table_of_lines(lines);
        made.map(Self).map_err(|error| raised(py, &error))
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer give its own schema.
        drop(requested_schema);
        arrow::stream(py, &self.0)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        arrow::schema(py, &self.0.schema())
    }

    /// Rows of it.
    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    /// The names of its columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.0.columns()
    }

    /// Its first rows, as a JSON array of objects.
    fn head(&self, py: Python<'_>, rows: usize) -> PyResult<String> {
        let first: Result<Vec<Value>, _> = (self.0.rows(None).take(rows))
            .map(|row| row.map(Value::Object))
            .collect();
        let text = first.map(|rows| Value::Array(rows).to_string());
        text.map_err(|error| raised(py, &error.into()))
    }

    /// The waterfall of the scored pair with this id, as an SVG element; `None` if it has no parts.
    fn waterfall(&self, py: Python<'_>, id: String) -> PyResult<Option<String>> {
        let made = py.detach(|| {
            let place = self.0.place_of("id", &id)?;
            tables::waterfall(&self.0.row(place)?)
        });
        made.map_err(|error| raised(py, &error))
    }

    /// The parts of the same pair's score, log odds by name, in order.
    fn parts(&self, py: Python<'_>, id: String) -> PyResult<Option<Vec<(String, f64)>>> {
        let made = py.detach(|| {
            let row = self.0.row(self.0.place_of("id", &id)?)?;
            let parts = row.get("parts").and_then(Value::as_object);
            let parts = parts.map(|parts| {
                let numbers = parts.iter();
                numbers
                    .map(|(name, log_odds)| (name.clone(), log_odds.as_f64().unwrap_or_default()))
                    .collect()
            });
            anyhow::Ok(parts)
        });
        made.map_err(|error| raised(py, &error))
    }
}

type Rejected = Vec<(u64, Option<String>, String)>;

type Scored = (Table, Rejected, String, String, String);

fn rejected_of(rows: Vec<RejectedRow>) -> Rejected {
    let rows = rows.into_iter();
    rows.map(|row| (row.line - 1, row.id.map(|id| id.to_string()), row.reason))
        .collect()
}

/// Scores a table's pairs: scores, rows that are no pairs, summary and provenance as JSON, and the summary in words.
#[pyfunction]
#[pyo3(signature = (flags, table, own, judge=None, progress=None, embedder=None))]
fn score(
    py: Python<'_>,
    flags: Vec<String>,
    table: &Table,
    own: OwnColumns,
    judge: Option<&Bound<'_, PyAny>>,
    progress: Option<&Bound<'_, PyAny>>,
    embedder: Option<&Embedder>,
) -> PyResult<Scored> {
    let given = Given {
        judge,
        progress,
        embedder,
    };
    let run = Run { flags, own };
    run.scores(py, table, &given, |_| Ok(()))
        .map(|(scored, ())| scored)
}

/// The same, and as JSON the calibration that the run learnt, with which further pairs are scored; `None` for a band.
#[pyfunction]
#[pyo3(signature = (flags, table, own, judge=None, progress=None, embedder=None))]
fn learn(
    py: Python<'_>,
    flags: Vec<String>,
    table: &Table,
    own: OwnColumns,
    judge: Option<&Bound<'_, PyAny>>,
    progress: Option<&Bound<'_, PyAny>>,
    embedder: Option<&Embedder>,
) -> PyResult<(Scored, Option<String>)> {
    let given = Given {
        judge,
        progress,
        embedder,
    };
    let run = Run { flags, own };
    run.scores(py, table, &given, |outcome| {
        let fit = outcome.fit.as_ref();
        Ok(fit.map(|fit| fit.calibration.to_json()).transpose()?)
    })
}

/// A run over a table.
struct Run {
    flags: Vec<String>,
    own: OwnColumns,
}

/// The columns of id, left and right, and whether texts and parts come out too.
type OwnColumns = (String, String, String, bool, bool);

impl Run {
    /// Its scores, and what is `wanted` of its outcome.
    fn scores<T: Send + 'static>(
        self,
        py: Python<'_>,
        table: &Table,
        given: &Given<'_, '_>,
        wanted: impl FnOnce(&Outcome) -> anyhow::Result<T> + Send + 'static,
    ) -> PyResult<(Scored, T)> {
        let frame = table.0.clone();
        let Self { flags, own } = self;
        let (id, left, right, texts, parts) = own;
        for column in [&left, &right] {
            let texts = frame.expect_text(column);
            texts.map_err(|error| raised(py, &error))?;
        }
        run(py, given, move |call| {
            let sink = Arc::new(Collected::new(parts));
            let table = Arc::new(frame.clone());
            let (outcome, text) = tables::score(&flags, table, sink.clone(), call)?;
            let own = Own {
                id,
                left,
                right,
                texts,
            };
            let (frame, rejected) = sink.beside(&frame, &own)?;
            let scored = (
                Table(frame),
                rejected_of(rejected),
                outcome.written.to_string(),
                serde_json::to_string(&outcome.provenance)?,
                text,
            );
            Ok((scored, wanted(&outcome)?))
        })
    }
}

/// Finds the pairs in two lists of records, or in one, and scores them.
#[pyfunction]
#[pyo3(signature = (flags, left, right=None, gold_pairs=None, known=None, embedder=None))]
fn match_lists(
    py: Python<'_>,
    flags: Vec<String>,
    left: &Table,
    right: Option<&Table>,
    gold_pairs: Option<&Table>,
    known: Option<&Table>,
    embedder: Option<&Embedder>,
) -> PyResult<(Table, Rejected, String, String)> {
    let left = left.0.clone();
    let (right, gold) = (right.map(shared), gold_pairs.map(shared));
    let known = known.map(shared);
    let given = Given {
        embedder,
        ..Given::default()
    };
    run(py, &given, move |call| {
        let lists = Lists {
            left: Arc::new(left),
            right,
            gold,
            known,
        };
        let matched = tables::match_lists(&flags, lists, call)?;
        Ok((
            Table(scores::table_of(matched.rows)?),
            rejected_of(matched.rejected),
            matched.summary,
            matched.provenance,
        ))
    })
}

/// Learns from a table's labelled pairs: the calibration as JSON, and what is said of it.
#[pyfunction]
#[pyo3(signature = (flags, table, labels=None, judge=None, progress=None, embedder=None))]
fn calibrate(
    py: Python<'_>,
    flags: Vec<String>,
    table: &Table,
    labels: Option<&Table>,
    judge: Option<&Bound<'_, PyAny>>,
    progress: Option<&Bound<'_, PyAny>>,
    embedder: Option<&Embedder>,
) -> PyResult<(String, String)> {
    let given = Given {
        judge,
        progress,
        embedder,
    };
    let (table, labels) = (table.0.clone(), labels.map(shared));
    run(py, &given, move |call| {
        tables::calibrate(&flags, Arc::new(table), labels, call)
    })
}

/// Measures scores against labels: the evaluation as JSON, and as a table for people.
#[pyfunction]
fn evaluate(py: Python<'_>, flags: Vec<String>, scored: &Table) -> PyResult<(String, String)> {
    let scored = scored.0.clone();
    run(py, &Given::default(), move |_| {
        tables::evaluate(&flags, &scored)
    })
}

/// Writes a report to the file that the flags name.
#[pyfunction]
#[pyo3(signature = (flags, scored, provenance=None, summary=None, labels=None, pairs=None))]
fn report(
    py: Python<'_>,
    flags: Vec<String>,
    scored: &Table,
    provenance: Option<String>,
    summary: Option<String>,
    labels: Option<&Table>,
    pairs: Option<&Table>,
) -> PyResult<()> {
    let scored = scored.0.clone();
    let beside = Beside {
        provenance,
        summary,
        labels: labels.map(shared),
        pairs: pairs.map(shared),
    };
    run(py, &Given::default(), move |call| {
        tables::report(&flags, &scored, beside, &call)
    })
}

/// Writes a page on which a person labels scored pairs.
#[pyfunction]
#[pyo3(signature = (flags, scored, pairs=None))]
fn review(
    py: Python<'_>,
    flags: Vec<String>,
    scored: &Table,
    pairs: Option<&Table>,
) -> PyResult<()> {
    let (scored, pairs) = (scored.0.clone(), pairs.map(shared));
    run(py, &Given::default(), move |_| {
        tables::review(&flags, &scored, pairs)
    })
}

/// Splink's pairs with the columns that a score is made of before them: `id`, `left_id`, `right_id`, `a`, `b`.
#[pyfunction]
fn from_splink(py: Python<'_>, pairs: &Table) -> PyResult<Table> {
    let made = py.detach(|| splink::pairs(&pairs.0));
    made.map(Table).map_err(|error| raised(py, &error))
}

fn shared(table: &Table) -> Arc<dyn tables::Table> {
    Arc::new(table.0.clone())
}

/// The options of a command, each a dict.
#[pyfunction]
fn options<'py>(py: Python<'py>, command: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let of = |option: tables::OptionInfo| {
        let dict = PyDict::new(py);
        dict.set_item("name", option.name.replace('-', "_"))?;
        dict.set_item("kind", option.kind)?;
        dict.set_item("several", option.several)?;
        dict.set_item("words", option.words)?;
        dict.set_item("default", option.default)?;
        dict.set_item("help", option.help)?;
        Ok(dict)
    };
    tables::options(command).into_iter().map(of).collect()
}

/// Names the folder of the running interpreter's `onnxruntime` package.
#[pyfunction]
fn host_package(folder: PathBuf) {
    midband::embed::host_package(folder);
}

/// Runs a command line, the program's name first, and gives its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<u8> {
    let code = py.detach(|| midband_cli::main(arguments));
    // An exit code shows its number to nobody.
    (0..=u8::MAX)
        .find(|number| ExitCode::from(*number) == code)
        .ok_or_else(|| PyRuntimeError::new_err("the command ended with a code of its own"))
}

/// Tables in, tables out.
#[pymodule]
fn _midband(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Table>()?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<scorer::Scorer>()?;
    module.add_class::<links::Links>()?;
    module.add_class::<Embedder>()?;
    module.add_function(wrap_pyfunction!(score, module)?)?;
    module.add_function(wrap_pyfunction!(learn, module)?)?;
    module.add_function(wrap_pyfunction!(match_lists, module)?)?;
    module.add_function(wrap_pyfunction!(calibrate, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(report, module)?)?;
    module.add_function(wrap_pyfunction!(review, module)?)?;
    module.add_function(wrap_pyfunction!(from_splink, module)?)?;
    module.add_function(wrap_pyfunction!(linked::learn_links, module)?)?;
    module.add_function(wrap_pyfunction!(linked::linked_rule, module)?)?;
    module.add_function(wrap_pyfunction!(linked::score_compared, module)?)?;
    module.add_function(wrap_pyfunction!(linked::clusters, module)?)?;
    module.add_function(wrap_pyfunction!(blocks::column_types, module)?)?;
    module.add_function(wrap_pyfunction!(blocks::blocking_keys, module)?)?;
    module.add_function(wrap_pyfunction!(blocks::sample_ranks, module)?)?;
    module.add_function(wrap_pyfunction!(blocks::partners, module)?)?;
    module.add_function(wrap_pyfunction!(options, module)?)?;
    module.add_function(wrap_pyfunction!(host_package, module)?)?;
    module.add_function(wrap_pyfunction!(main, module)?)?;
    Ok(())
}
