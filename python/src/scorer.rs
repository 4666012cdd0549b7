//! A scorer that stays open, for tables that come one after another.

use std::sync::Arc;

use midband_cli::tables;
use pyo3::{exceptions::PyRuntimeError, prelude::*};

use crate::{
    OwnColumns, Rejected, Table,
    embedder::Embedder,
    rejected_of,
    running::{Given, raised, run},
    scores::{Collected, Own},
};

/// Scores tables by a calibration, with one model that is opened once.
#[pyclass(frozen, module = "midband._midband")]
pub(crate) struct Scorer {
    scorer: Arc<tables::Scorer>,
    own: OwnColumns,
}

#[pymethods]
impl Scorer {
    #[new]
    #[pyo3(signature = (flags, own, judge=None, embedder=None))]
    fn new(
        py: Python<'_>,
        flags: Vec<String>,
        own: OwnColumns,
        judge: Option<&Bound<'_, PyAny>>,
        embedder: Option<&Embedder>,
    ) -> PyResult<Self> {
        let given = Given {
            judge,
            embedder,
            ..Given::default()
        };
        let open = run(py, &given, move |call| tables::Scorer::open(&flags, &call));
        Ok(Self {
            scorer: Arc::new(open?),
            own,
        })
    }

    /// Scores a table: scores, rows that are no pairs, and the summary as JSON.
    fn score(&self, py: Python<'_>, table: &Table) -> PyResult<(Table, Rejected, String)> {
        let frame = table.0.clone();
        let (id, left, right, texts, parts) = self.own.clone();
        for column in [&left, &right] {
            let texts = frame.expect_text(column);
            texts.map_err(|error| raised(py, &error))?;
        }
        let scorer = self.scorer.clone();
        run(py, &Given::default(), move |call| {
            let sink = Arc::new(Collected::new(parts));
            let summary = scorer.score(Arc::new(frame.clone()), sink.clone(), &call.stop)?;
            let own = Own {
                id,
                left,
                right,
                texts,
            };
            let (frame, rejected) = sink.beside(&frame, &own)?;
            let summary = serde_json::to_string(&summary)?;
            Ok((Table(frame), rejected_of(rejected), summary))
        })
    }

    /// A model and its connections belong to one process.
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyRuntimeError::new_err(
            "an open scorer can't be pickled: pickle a midband.Engine, and open a scorer in each process",
        ))
    }
}
