//! Time stamps of the old INT96 type. The library cuts them to milliseconds; so it is told that they are bytes, which they are
//! on the page too, and the time is read from these.

use std::sync::Arc;

use parquet::{
    basic::Type as PhysicalType,
    errors::Result,
    file::metadata::{ColumnChunkMetaData, FileMetaData, ParquetMetaData, RowGroupMetaData},
    schema::types::{SchemaDescriptor, Type},
};

/// Bytes of a time stamp: nanoseconds since midnight (8), then the Julian day (4), the lowest byte first.
const BYTES: i32 = 12;
/// The Julian day of 1 January 1970.
const EPOCH: i64 = 2_440_588;

/// What to tell the library of a file with such columns; none if it has none.
pub(super) fn as_bytes(metadata: &ParquetMetaData) -> Result<Option<ParquetMetaData>> {
    let file = metadata.file_metadata();
    if !has_any(file.schema()) {
        return Ok(None);
    }
    let schema = Arc::new(SchemaDescriptor::new(Arc::new(changed(file.schema()))));
    let groups = metadata.row_groups().iter().map(|group| {
        // Where a column's pages are, the library knows from the file itself.
        let columns = (0..schema.num_columns())
            .map(|column| ColumnChunkMetaData::builder(schema.column(column)).build())
            .collect::<Result<_>>()?;
        RowGroupMetaData::builder(schema.clone())
            .set_num_rows(group.num_rows())
            .set_column_metadata(columns)
            .build()
    });
    let groups = groups.collect::<Result<_>>()?;
    let (version, rows) = (file.version(), file.num_rows());
    let file = FileMetaData::new(version, rows, None, None, schema.clone(), None);
    Ok(Some(ParquetMetaData::new(file, groups)))
}

/// True for the type of such a time stamp.
pub(super) fn is_one(of: &Type) -> bool {
    matches!(of, Type::PrimitiveType { physical_type, .. } if *physical_type == PhysicalType::INT96)
}

fn has_any(of: &Type) -> bool {
    match of {
        Type::PrimitiveType { .. } => is_one(of),
        Type::GroupType { fields, .. } => fields.iter().any(|field| has_any(field)),
    }
}

fn changed(of: &Type) -> Type {
    match of {
        Type::GroupType { basic_info, fields } => Type::GroupType {
            basic_info: basic_info.clone(),
            fields: fields
                .iter()
                .map(|field| Arc::new(changed(field)))
                .collect(),
        },
        Type::PrimitiveType {
            basic_info,
            scale,
            precision,
            ..
        } if is_one(of) => Type::PrimitiveType {
            basic_info: basic_info.clone(),
            physical_type: PhysicalType::FIXED_LEN_BYTE_ARRAY,
            type_length: BYTES,
            scale: *scale,
            precision: *precision,
        },
        other => other.clone(),
    }
}

/// Days since 1970 and nanoseconds since midnight; none of bytes of another number.
pub(super) fn read(bytes: &[u8]) -> Option<(i64, u64)> {
    let (nanoseconds, day) = bytes.split_at_checked(8)?;
    let nanoseconds = u64::from_le_bytes(nanoseconds.try_into().ok()?);
    let day = u32::from_le_bytes(day.try_into().ok()?);
    Some((i64::from(day) - EPOCH, nanoseconds))
}
