//! JSON lines as a Parquet file.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    sync::Arc,
};

use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};
use serde_json::{Map, Value};

use crate::write::{OUTPUT_FIELDS, kind};

/// Rows of a row group; fewer where their text fills [`GROUP_BYTES`] before.
const GROUP_ROWS: usize = 1 << 16;
/// JSON of a row group: with its columns and their encoding some four times as much memory.
const GROUP_BYTES: usize = 64 << 20;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Bool,
    /// Whole numbers from 0 on, so small that a float holds them too.
    Integer,
    /// The same, some below 0.
    Negative,
    /// From 0 on, of 63 bits.
    Large,
    /// Of 64 bits with a sign.
    Long,
    /// From 0 on, of 64 bits.
    Unsigned,
    Number,
    /// Text; values that are none stand there as JSON.
    Text,
}

impl ColumnKind {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(_) => Some(Self::Bool),
            Value::Number(number) => Some(match (number.as_i64(), number.is_u64()) {
                (Some(number), _) if number.unsigned_abs() <= 1 << 53 => {
                    // Whether it has a sign matters beside the largest ones.
                    if number < 0 {
                        Self::Negative
                    } else {
                        Self::Integer
                    }
                }
                (Some(number), _) if number < 0 => Self::Long,
                (Some(_), _) => Self::Large,
                (None, true) => Self::Unsigned,
                (None, false) => Self::Number,
            }),
            _ => Some(Self::Text),
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Integer | Self::Negative, Self::Number)
            | (Self::Number, Self::Integer | Self::Negative) => Self::Number,
            (Self::Integer, Self::Negative) | (Self::Negative, Self::Integer) => Self::Negative,
            (Self::Integer, Self::Large) | (Self::Large, Self::Integer) => Self::Large,
            (Self::Integer | Self::Negative | Self::Large, Self::Long)
            | (Self::Long, Self::Integer | Self::Negative | Self::Large)
            | (Self::Negative, Self::Large)
            | (Self::Large, Self::Negative) => Self::Long,
            (Self::Integer | Self::Large, Self::Unsigned)
            | (Self::Unsigned, Self::Integer | Self::Large) => Self::Unsigned,
            // Numbers of which no kind holds all stand as text, every digit of them.
            _ => Self::Text,
        }
    }
}

/// Packs JSON lines, with a column for every field in the order in which they first appear.
///
/// # Errors
/// The lines can't be read, or the file can't be written.
pub(crate) fn pack(lines: &Path, target: &Path) -> io::Result<()> {
    let columns = columns(lines)?;
    let types = columns.iter().map(|(name, kind)| {
        let (physical, logical) = match kind {
            ColumnKind::Bool => (Physical::BOOLEAN, None),
            ColumnKind::Integer | ColumnKind::Negative | ColumnKind::Large | ColumnKind::Long => {
                (Physical::INT64, None)
            }
            ColumnKind::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
            ColumnKind::Number => (Physical::DOUBLE, None),
            ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    });
    let types = types.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let schema = Type::group_type_builder("pairs").with_fields(types).build();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("midband ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let file = File::create(target)?;
    let mut writer = SerializedFileWriter::new(
        file,
        Arc::new(schema.map_err(failed)?),
        Arc::new(properties),
    )
    .map_err(failed)?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for object in objects(lines)? {
        let (object, length) = object?;
        rows.push(object);
        bytes += length;
        if rows.len() == GROUP_ROWS || bytes >= GROUP_BYTES {
            group(&mut writer, &columns, &rows)?;
            (rows, bytes) = (Vec::new(), 0);
        }
    }
    if !rows.is_empty() {
        group(&mut writer, &columns, &rows)?;
    }
    writer.close().map_err(failed)?;
    Ok(())
}

/// Names with their kinds.
fn columns(lines: &Path) -> io::Result<Vec<(String, ColumnKind)>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut columns: Vec<(String, Option<ColumnKind>)> = Vec::new();
    for object in objects(lines)? {
        for (name, value) in object?.0 {
            let at = match places.get(&name) {
                Some(at) => *at,
                None => {
                    columns.push((name.clone(), kind(&name)));
                    places.insert(name, columns.len() - 1);
                    columns.len() - 1
                }
            };
            let kind = &mut columns[at].1;
            *kind = match (*kind, ColumnKind::of(&value)) {
                (Some(a), Some(b)) => Some(a.with(b)),
                (a, b) => a.or(b),
            };
        }
    }
    if columns.is_empty() {
        // No rows: the columns that there would have been.
        columns.extend(OUTPUT_FIELDS.map(|name| (name.to_owned(), kind(name))));
    }
    Ok(columns
        .into_iter()
        .map(|(name, kind)| (name, kind.unwrap_or(ColumnKind::Text)))
        .collect())
}

/// Each line with its length.
fn objects(
    lines: &Path,
) -> io::Result<impl Iterator<Item = io::Result<(Map<String, Value>, usize)>>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(lines)?);
    let mut line = Vec::new();
    Ok(std::iter::from_fn(move || {
        line.clear();
        match file.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(length) => {
                let object = serde_json::from_slice(&line);
                Some(
                    object
                        .map(|object| (object, length))
                        .map_err(io::Error::from),
                )
            }
            Err(error) => Some(Err(error)),
        }
    }))
}

fn group(
    writer: &mut SerializedFileWriter<File>,
    columns: &[(String, ColumnKind)],
    rows: &[Map<String, Value>],
) -> io::Result<()> {
    let mut group = writer.next_row_group().map_err(failed)?;
    for (name, kind) in columns {
        let cells = rows.iter().map(|row| match row.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => Some(value),
        });
        match kind {
            ColumnKind::Bool => column::<BoolType>(&mut group, cells, Value::as_bool),
            ColumnKind::Integer | ColumnKind::Negative | ColumnKind::Large | ColumnKind::Long => {
                column::<Int64Type>(&mut group, cells, Value::as_i64)
            }
            // Its bits: the type says that they have no sign.
            ColumnKind::Unsigned => column::<Int64Type>(&mut group, cells, |value| {
                value.as_u64().map(|number| number as i64)
            }),
            ColumnKind::Number => column::<DoubleType>(&mut group, cells, Value::as_f64),
            ColumnKind::Text => column::<ByteArrayType>(&mut group, cells, |value| {
                let text = value.as_str().map(ByteArray::from);
                Some(text.unwrap_or_else(|| ByteArray::from(value.to_string().into_bytes())))
            }),
        }
        .map_err(failed)?;
    }
    group.close().map_err(failed)?;
    Ok(())
}

fn column<'a, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    cells: impl Iterator<Item = Option<&'a Value>>,
    value: impl Fn(&Value) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        let cell = cell.and_then(&value);
        // The definition level of an optional column: 0 for null.
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a column too many".to_owned()));
    };
    column
        .typed::<T>()
        .write_batch(&values, Some(&levels), None)?;
    column.close()
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => io::Error::other(inner.to_string()),
        other => io::Error::other(other.to_string()),
    }
}
