//! A table in memory: Arrow batches, whose rows are read by the rules of a file's.

use std::{collections::HashMap, sync::Arc};

use anyhow::bail;
use arrow_array::{Array, ArrayRef, LargeStringArray, RecordBatch, cast::AsArray, types};
use arrow_cast::{
    cast,
    display::{ArrayFormatter, FormatOptions},
};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use midband_cli::tables::Table;
use midband_io::{GivenRows, ReadError};
use serde_json::{Map, Number, Value};

/// Batches of one schema.
#[derive(Clone)]
pub(crate) struct Frame {
    schema: SchemaRef,
    batches: Arc<[RecordBatch]>,
}

impl Frame {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self {
            schema,
            batches: batches.into(),
        }
    }

    /// One column `text`.
    pub(crate) fn of_texts(texts: Vec<String>) -> Result<Self, ArrowError> {
        let schema = Arc::new(Schema::new(vec![Field::new(
            "text",
            DataType::LargeUtf8,
            false,
        )]));
        let column: ArrayRef = Arc::new(LargeStringArray::from(texts));
        let batch = RecordBatch::try_new(schema.clone(), vec![column])?;
        Ok(Self::new(schema, vec![batch]))
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub(crate) fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Refuses a column that holds no texts, where it is there.
    pub(crate) fn expect_text(&self, name: &str) -> anyhow::Result<()> {
        let Ok(field) = self.schema.field_with_name(name) else {
            return Ok(());
        };
        let mut kind = field.data_type();
        if let DataType::Dictionary(_, values) = kind {
            kind = values;
        }
        match kind {
            DataType::Null => Ok(()),
            kind if is_text(kind) => Ok(()),
            other => bail!("the column {name:?} holds {other}, and texts are needed"),
        }
    }

    /// The row whose value in a column reads like this, from 0.
    pub(crate) fn place_of(&self, column: &str, wanted: &str) -> anyhow::Result<usize> {
        let only = [column.to_owned()];
        for (place, row) in self.rows(Some(&only)).enumerate() {
            let found = match row?.get(column) {
                Some(Value::String(text)) => text == wanted,
                Some(Value::Null) | None => false,
                Some(other) => wanted == serde_json::to_string(other)?,
            };
            if found {
                return Ok(place);
            }
        }
        bail!("no row has that {column}")
    }

    /// One row, with all columns.
    pub(crate) fn row(&self, place: usize) -> anyhow::Result<Map<String, Value>> {
        let mut first = 0;
        for batch in self.batches.iter() {
            let here = place.wrapping_sub(first);
            if here < batch.num_rows() {
                let alone = Self::new(self.schema(), vec![batch.slice(here, 1)]);
                let row = alone.rows(None).next();
                return Ok(row.transpose()?.unwrap_or_default());
            }
            first += batch.num_rows();
        }
        bail!("there is no row {place}")
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

impl Table for Frame {
    fn columns(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    fn rows(&self, columns: Option<&[String]>) -> GivenRows {
        let places: HashMap<&String, usize> = (self.schema.fields().iter())
            .enumerate()
            .map(|(at, field)| (field.name(), at))
            .collect();
        let wanted = match columns {
            Some(names) => names.to_vec(),
            None => self.columns(),
        };
        let wanted: Vec<(String, usize)> = wanted
            .into_iter()
            .filter_map(|name| places.get(&name).map(|at| (name.clone(), *at)))
            .collect();
        Box::new(Rows {
            frame: self.clone(),
            wanted,
            batch: 0,
            row: 0,
            cells: Vec::new(),
        })
    }
}

struct Rows {
    frame: Frame,
    wanted: Vec<(String, usize)>,
    batch: usize,
    row: usize,
    /// Of the wanted columns of the batch that is read.
    cells: Vec<Cells>,
}

impl Iterator for Rows {
    type Item = Result<Map<String, Value>, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = self.frame.batches.get(self.batch)?;
            if self.row == batch.num_rows() {
                (self.batch, self.row) = (self.batch + 1, 0);
                self.cells.clear();
                continue;
            }
            if self.cells.is_empty() {
                let columns = self.wanted.iter().map(|(_, at)| batch.column(*at));
                match columns.map(Cells::of).collect() {
                    Ok(cells) => self.cells = cells,
                    Err(error) => {
                        self.batch = self.frame.batches.len();
                        return Some(Err(error));
                    }
                }
            }
            let row = self.row;
            self.row += 1;
            let names = self.wanted.iter().map(|(name, _)| name.clone());
            let cells = self.cells.iter().map(|cells| cells.at(row));
            return Some(Ok(names.zip(cells).collect()));
        }
    }
}

fn unreadable(why: String) -> ReadError {
    ReadError::Io(std::io::Error::other(why))
}

/// A column's values, by what JSON would make of them.
enum Cells {
    Null,
    Bool(ArrayRef),
    Whole(ArrayRef),
    Unsigned(ArrayRef),
    Number(ArrayRef),
    Text(ArrayRef),
    LargeText(ArrayRef),
    TextView(ArrayRef),
    /// Names with log odds, as a score's parts are: an object.
    Parts(ArrayRef),
    /// Lists of texts, as contradictions are: an array.
    Texts(ArrayRef),
    /// Dates, decimals and whatever else: as it is shown.
    Shown(ArrayRef),
}

impl Cells {
    fn of(array: &ArrayRef) -> Result<Self, ReadError> {
        let to = |kind: DataType| cast(array, &kind).map_err(|error| unreadable(error.to_string()));
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool(array.clone()),
            DataType::Utf8 => Self::Text(array.clone()),
            DataType::LargeUtf8 => Self::LargeText(array.clone()),
            DataType::Utf8View => Self::TextView(array.clone()),
            DataType::Dictionary(_, values) => return Self::of(&to(values.as_ref().clone())?),
            kind if kind.is_unsigned_integer() => Self::Unsigned(to(DataType::UInt64)?),
            kind if kind.is_signed_integer() => Self::Whole(to(DataType::Int64)?),
            kind if kind.is_floating() => Self::Number(to(DataType::Float64)?),
            DataType::List(of) | DataType::LargeList(of) if is_part(of.data_type()) => {
                Self::Parts(to(parts())?)
            }
            DataType::List(of) | DataType::LargeList(of) if is_text(of.data_type()) => {
                let item = Field::new("item", DataType::Utf8, true);
                Self::Texts(to(DataType::List(Arc::new(item)))?)
            }
            _ => {
                let shown = ArrayFormatter::try_new(array, &FormatOptions::default());
                let first = (0..array.len()).find(|row| array.is_valid(*row));
                // A zone that is not known, say: nothing would be left of the column.
                if let (Ok(shown), Some(row)) = (&shown, first) {
                    let shown = shown.value(row).try_to_string();
                    shown.map_err(|error| unreadable(error.to_string()))?;
                }
                shown.map_err(|error| unreadable(error.to_string()))?;
                Self::Shown(array.clone())
            }
        })
    }

    fn at(&self, row: usize) -> Value {
        let null = |array: &ArrayRef| array.is_null(row);
        match self {
            Self::Null => Value::Null,
            Self::Bool(array)
            | Self::Whole(array)
            | Self::Unsigned(array)
            | Self::Number(array)
            | Self::Text(array)
            | Self::LargeText(array)
            | Self::TextView(array)
            | Self::Parts(array)
            | Self::Texts(array)
            | Self::Shown(array)
                if null(array) =>
            {
                Value::Null
            }
            Self::Bool(array) => array.as_boolean().value(row).into(),
            Self::Whole(array) => array.as_primitive::<types::Int64Type>().value(row).into(),
            Self::Unsigned(array) => array.as_primitive::<types::UInt64Type>().value(row).into(),
            // What is no number is null, as in JSON.
            Self::Number(array) => {
                let number = array.as_primitive::<types::Float64Type>().value(row);
                Number::from_f64(number).map_or(Value::Null, Value::Number)
            }
            Self::Text(array) => array.as_string::<i32>().value(row).into(),
            Self::LargeText(array) => array.as_string::<i64>().value(row).into(),
            Self::TextView(array) => array.as_string_view().value(row).into(),
            Self::Parts(array) => {
                let parts = array.as_list::<i32>().value(row);
                let fields = parts.as_struct();
                let names = fields.column(0).as_string::<i32>().iter();
                let numbers = fields.column(1).as_primitive::<types::Float64Type>().iter();
                let parts = names.zip(numbers).filter_map(|(name, number)| {
                    let number = Number::from_f64(number?)?;
                    Some((name?.to_owned(), Value::Number(number)))
                });
                Value::Object(parts.collect())
            }
            Self::Texts(array) => {
                let texts = array.as_list::<i32>().value(row);
                let texts = texts.as_string::<i32>().iter();
                Value::Array(texts.map(Value::from).collect())
            }
            // Its words of an error would be taken for the value.
            Self::Shown(array) => ArrayFormatter::try_new(array, &FormatOptions::default())
                .and_then(|shown| shown.value(row).try_to_string())
                .map_or(Value::Null, Value::String),
        }
    }
}

/// True of a part of a score, whatever kind of list and texts another library made of it.
fn is_part(kind: &DataType) -> bool {
    let DataType::Struct(fields) = kind else {
        return false;
    };
    let names = fields.iter().map(|field| field.name().as_str());
    names.eq(["name", "log_odds"])
}

/// True of the kinds of text.
fn is_text(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

/// The type of the column `parts`.
fn parts() -> DataType {
    let part = Fields::from(vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("log_odds", DataType::Float64, true),
    ]);
    DataType::List(Arc::new(Field::new("item", DataType::Struct(part), true)))
}
