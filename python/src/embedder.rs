//! An embedding model that stays open, or a Python callable in its place.

use std::sync::Arc;

use anyhow::{Result, bail};
use arrow_array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, RecordBatch, cast::AsArray,
};
use arrow_schema::{DataType, Field, Schema};
use midband::{EmbedError, Embedder as _, ModelIdentity, Vectors};
use midband_cli::tables;
use pyo3::{exceptions::PyRuntimeError, prelude::*, types::PyList};

use crate::{
    Table,
    frame::Frame,
    running::{Given, raised, run},
};

/// Texts to vectors.
#[pyclass(frozen, module = "midband._midband")]
pub(crate) struct Embedder(pub(crate) Arc<dyn midband::Embedder>);

#[pymethods]
impl Embedder {
    /// Opens the model that the flags of `score` name; a callable `(ask, name, width)` takes its place.
    #[new]
    #[pyo3(signature = (flags, callable=None))]
    fn new(
        py: Python<'_>,
        flags: Vec<String>,
        callable: Option<(Py<PyAny>, String, usize)>,
    ) -> PyResult<Self> {
        if let Some((ask, name, width)) = callable {
            let digest = format!("python:{name}");
            return Ok(Self(Arc::new(Callable {
                ask,
                model: ModelIdentity { name, digest },
                width,
            })));
        }
        let opened = run(py, &Given::default(), move |call| {
            let opened = tables::embedder(&flags, &call)?;
            opened.warm_up()?;
            Ok(opened)
        });
        Ok(Self(opened?))
    }

    /// A table of a column of texts: `vector`, and `truncated` where a text was longer than the model reads.
    fn embed(&self, py: Python<'_>, texts: &Table, column: String) -> PyResult<Table> {
        let (embedder, frame) = (self.0.clone(), texts.0.clone());
        let checked = frame.expect_text(&column);
        checked.map_err(|error| raised(py, &error))?;
        run(py, &Given::default(), move |_| {
            embedded(embedder.as_ref(), &frame, &column)
        })
    }

    /// Numbers in a vector.
    #[getter]
    fn width(&self) -> usize {
        self.0.width()
    }

    /// The model's name and digest.
    #[getter]
    fn model(&self) -> (String, String) {
        let model = self.0.model();
        (model.name.clone(), model.digest.clone())
    }

    /// A model belongs to one process.
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyRuntimeError::new_err("an open model can't be pickled"))
    }
}

fn embedded(embedder: &dyn midband::Embedder, frame: &Frame, column: &str) -> Result<Table> {
    let vector = Arc::new(Field::new("item", DataType::Float32, false));
    let width = i32::try_from(embedder.width())?;
    let schema = Arc::new(Schema::new(vec![
        Field::new(
            "vector",
            DataType::FixedSizeList(vector.clone(), width),
            false,
        ),
        Field::new("truncated", DataType::Boolean, false),
    ]));
    let Ok(at) = frame.schema().index_of(column) else {
        bail!("no column {column:?}");
    };
    let mut batches = Vec::new();
    for batch in frame.batches() {
        let texts = arrow_cast::cast(batch.column(at), &DataType::LargeUtf8)?;
        let texts = texts.as_string::<i64>();
        let Some(texts) = texts.iter().collect::<Option<Vec<&str>>>() else {
            bail!("the column {column:?} has rows without a text");
        };
        let vectors = embedder.embed(&texts)?;
        let truncated: BooleanArray = (0..vectors.len())
            .map(|row| {
                Some(
                    vectors
                        .get(row)
                        .is_some_and(|embedding| embedding.truncated),
                )
            })
            .collect();
        let values = Arc::new(Float32Array::from(vectors.values().to_vec()));
        let lists = FixedSizeListArray::try_new(vector.clone(), width, values, None)?;
        let columns: Vec<ArrayRef> = vec![Arc::new(lists), Arc::new(truncated)];
        batches.push(RecordBatch::try_new(schema.clone(), columns)?);
    }
    Ok(Table(Frame::new(schema, batches)))
}

/// Asks a callable: a list of texts in, as many vectors out.
struct Callable {
    ask: Py<PyAny>,
    model: ModelIdentity,
    width: usize,
}

impl midband::Embedder for Callable {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        // The error's own words may hold a text: its type alone is told.
        let failed = |py: Python<'_>, error: PyErr| {
            let kind = error
                .get_type(py)
                .name()
                .map_or_else(|_| "an error".to_owned(), |name| name.to_string());
            error.write_unraisable(py, Some(self.ask.bind(py)));
            EmbedError::Model(format!("the callable raised {kind}"))
        };
        Python::attach(|py| {
            let given = PyList::new(py, texts).map_err(|error| failed(py, error))?;
            let rows = self
                .ask
                .call1(py, (given,))
                .map_err(|error| failed(py, error))?;
            let rows: Vec<Vec<f32>> = rows.extract(py).map_err(|_| {
                EmbedError::Model("the callable returned no list of lists of numbers".to_owned())
            })?;
            if rows.len() != texts.len() {
                return Err(EmbedError::Model(format!(
                    "the callable returned {} vectors for {} texts",
                    rows.len(),
                    texts.len()
                )));
            }
            let mut vectors = Vectors::zeros(rows.len(), self.width);
            for (place, mut row) in rows.into_iter().enumerate() {
                let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
                if length.is_finite() && length > 0.0 {
                    row.iter_mut().for_each(|value| *value /= length);
                }
                vectors.set(place, &row, false)?;
            }
            Ok(vectors)
        })
    }

    fn width(&self) -> usize {
        self.width
    }

    /// The callable reads what it likes.
    fn max_tokens(&self) -> usize {
        usize::MAX
    }

    fn model(&self) -> &ModelIdentity {
        &self.model
    }
}
