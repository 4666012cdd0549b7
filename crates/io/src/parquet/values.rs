//! Values of a Parquet file as JSON, of which nothing is lost: what the library's own conversion leaves out is in the type.

use parquet::{
    basic::{LogicalType, TimeUnit},
    record::{Field, List, Map as Entries, Row},
    schema::types::Type,
};
use serde_json::{Map, Number, Value};

use super::int96;

/// A row as an object. Dates and times become texts, a time stamp of no time zone without one. Decimals are texts of all their
/// digits, numbers stay numbers, what is not a number becomes null. Bytes that are no text become an object of `base64`, which
/// nothing takes for a text. The same holds within lists, structs and maps.
pub(super) fn object(row: Row, schema: &Type) -> Map<String, Value> {
    let columns = row.into_columns().into_iter();
    let object = columns.map(|(name, field)| {
        let value = value(&field, child(schema, &name));
        (name, value)
    });
    object.collect()
}

/// The type of a field by its name.
fn child<'t>(group: &'t Type, name: &str) -> Option<&'t Type> {
    let fields = group.is_group().then(|| group.get_fields());
    let found = fields?.iter().find(|field| field.name() == name)?;
    Some(found)
}

/// `None` as type: the value's own form must do.
fn value(field: &Field, of: Option<&Type>) -> Value {
    let logical = of.and_then(|of| of.get_basic_info().logical_type_ref());
    match (field, logical) {
        (Field::Bytes(bytes), _) if of.is_some_and(int96::is_one) => {
            let stamp = int96::read(bytes.data());
            stamp.map_or(Value::Null, |(days, nanoseconds)| {
                Value::String(date_and_time(days, nanoseconds))
            })
        }
        (Field::Bytes(bytes), _) => match std::str::from_utf8(bytes.data()) {
            // Texts of writers that do not mark them as such.
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => Map::from_iter([("base64".to_owned(), field.to_json_value())]).into(),
        },
        (Field::Long(stamp), Some(LogicalType::Timestamp(of))) if of.unit == TimeUnit::NANOS => {
            zoned(time_stamp(*stamp), of.is_adjusted_to_u_t_c)
        }
        (
            Field::TimestampMillis(_) | Field::TimestampMicros(_),
            Some(LogicalType::Timestamp(of)),
        ) => match field.to_json_value() {
            Value::String(text) => zoned(text, of.is_adjusted_to_u_t_c),
            other => other,
        },
        (Field::Long(since_midnight), Some(LogicalType::Time(of)))
            if of.unit == TimeUnit::NANOS =>
        {
            u64::try_from(*since_midnight).map_or(Value::Null, |since| Value::String(clock(since)))
        }
        (Field::Decimal(_), _) => match field.to_json_value() {
            // One without places has a point all the same, and would be another id.
            Value::String(digits) => digits.trim_end_matches('.').into(),
            other => other,
        },
        // Its own digits, not those of the double that is nearest to it.
        (Field::Float(number), _) => number
            .to_string()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or(Value::Null, Value::Number),
        (Field::Group(row), _) => {
            let fields = row.get_column_iter();
            let named = |(name, field): (&String, &Field)| {
                let of = of.and_then(|of| child(of, name));
                (name.clone(), value(field, of))
            };
            Value::Object(fields.map(named).collect())
        }
        (Field::ListInternal(list), _) => elements(list, of.and_then(element)),
        (Field::MapInternal(map), _) => entries(map, of),
        _ => field.to_json_value(),
    }
}

fn elements(list: &List, of: Option<&Type>) -> Value {
    let values = list.elements().iter();
    Value::Array(values.map(|field| value(field, of)).collect())
}

fn entries(map: &Entries, of: Option<&Type>) -> Value {
    let pair = of.and_then(only).filter(|pair| pair.is_group());
    let part = |at: usize| {
        pair.and_then(|pair| pair.get_fields().get(at))
            .map(AsRef::as_ref)
    };
    let named = |(key, field): &(Field, Field)| {
        let name = match value(key, part(0)) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (name, value(field, part(1)))
    };
    Value::Object(map.entries().iter().map(named).collect())
}

/// The only field of a group.
fn only(of: &Type) -> Option<&Type> {
    let fields = of.is_group().then(|| of.get_fields())?;
    let [field] = fields else { return None };
    Some(field)
}

/// The type of a list's elements: of three levels, or of two as old writers have it.
fn element(list: &Type) -> Option<&Type> {
    let repeated = only(list)?;
    let old = repeated.name() == "array" || repeated.name() == format!("{}_tuple", list.name());
    match only(repeated) {
        Some(element) if !old => Some(element),
        _ => Some(repeated),
    }
}

/// A time stamp that counts from no known zone has none.
fn zoned(text: String, is_utc: bool) -> Value {
    Value::String(match text.strip_suffix(" +00:00") {
        Some(local) if !is_utc => local.to_owned(),
        _ => text,
    })
}

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;

/// Nanoseconds since 1970 in the form that the library gives to coarser ones.
fn time_stamp(stamp: i64) -> String {
    let day = DAY as i64;
    date_and_time(stamp.div_euclid(day), stamp.rem_euclid(day) as u64)
}

/// Days since 1970 and nanoseconds since midnight, in the same form.
fn date_and_time(days: i64, nanoseconds: u64) -> String {
    // Days to year, month and day (H. Hinnant, chrono-compatible low-level date algorithms).
    let days = days + (nanoseconds / DAY) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let clock = clock(nanoseconds % DAY);
    format!("{year:04}-{month:02}-{day:02} {clock} +00:00")
}

/// Nanoseconds since midnight.
fn clock(rest: u64) -> String {
    let (seconds, nanoseconds) = (rest / SECOND, rest % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}")
}

#[cfg(test)]
mod tests {
    use std::{io::Read, sync::Arc};

    use parquet::{
        data_type::{ByteArray, ByteArrayType, DataType, FloatType, Int64Type, Int96, Int96Type},
        file::writer::{SerializedFileWriter, SerializedRowGroupWriter},
        schema::parser::parse_message_type,
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn time_stamps_are_told_in_full() {
        assert_eq!(time_stamp(0), "1970-01-01 00:00:00.000000000 +00:00");
        assert_eq!(time_stamp(-1), "1969-12-31 23:59:59.999999999 +00:00");
        assert_eq!(
            time_stamp(1_709_210_096_000_000_007),
            "2024-02-29 12:34:56.000000007 +00:00"
        );
    }

    type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

    /// The next column of a row, at the definition levels of its values; those after the first repeat it.
    fn put<T: DataType>(group: &mut Group<'_>, values: &[T::T], levels: &[i16]) {
        let again: Vec<i16> = (0..levels.len()).map(|at| i16::from(at > 0)).collect();
        let mut column = group.next_column().unwrap().unwrap();
        let typed = column.typed::<T>();
        typed
            .write_batch(values, Some(levels), Some(&again))
            .unwrap();
        column.close().unwrap();
    }

    #[test]
    fn every_type_keeps_what_it_says_also_within_others() {
        let schema = parse_message_type(
            "message m {
               optional int64 utc (TIMESTAMP(NANOS, true));
               optional int64 local (TIMESTAMP(MICROS, false));
               optional int64 clock (TIME(NANOS, true));
               optional int64 whole (DECIMAL(18, 0));
               optional int64 price (DECIMAL(18, 2));
               optional float f;
               optional binary bytes;
               optional int96 old;
               optional group s { optional int64 t (TIMESTAMP(NANOS, false)); optional binary raw; }
               optional group l (LIST) { repeated group list { optional int64 element (TIMESTAMP(NANOS, false)); } }
               optional group o (LIST) { repeated group list { optional int96 element; } }
               optional group m (MAP) { repeated group key_value { required binary key (UTF8); optional binary value; } }
             }",
        )
        .unwrap();
        let bytes = |bytes: &[u8]| [ByteArray::from(bytes.to_vec())];
        let mut writer =
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for number in [1, 1, 3_600_000_000_001, 120, -120] {
            put::<Int64Type>(&mut group, &[number], &[1]);
        }
        put::<FloatType>(&mut group, &[0.1], &[1]);
        put::<ByteArrayType>(&mut group, &bytes(b"\xff"), &[1]);
        // Half a second and a nanosecond into 29 February 2024.
        let old = Int96::from(vec![500_000_001, 0, 2_460_370]);
        put::<Int96Type>(&mut group, &[old], &[1]);
        put::<Int64Type>(&mut group, &[0], &[2]);
        put::<ByteArrayType>(&mut group, &bytes(b"ok"), &[2]);
        // A time stamp, and a missing one.
        put::<Int64Type>(&mut group, &[0], &[3, 2]);
        put::<Int96Type>(&mut group, &[old, old], &[3, 2, 3]);
        put::<ByteArrayType>(&mut group, &bytes(b"k"), &[2]);
        put::<ByteArrayType>(&mut group, &bytes(b"v"), &[3]);
        group.close().unwrap();
        let file = writer.into_inner().unwrap();
        let mut line = String::new();
        let mut lines = crate::parquet::lines_of_bytes(file).unwrap();
        lines.read_to_string(&mut line).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap(),
            json!({
                "utc": "1970-01-01 00:00:00.000000001 +00:00",
                "local": "1970-01-01 00:00:00.000001",
                "clock": "01:00:00.000000001",
                "whole": "120",
                "price": "-1.20",
                "f": 0.1,
                "bytes": {"base64": "/w=="},
                "old": "2024-02-29 00:00:00.500000001 +00:00",
                "s": {"t": "1970-01-01 00:00:00.000000000", "raw": "ok"},
                "l": ["1970-01-01 00:00:00.000000000", null],
                "o": ["2024-02-29 00:00:00.500000001 +00:00", null, "2024-02-29 00:00:00.500000001 +00:00"],
                "m": {"k": "v"},
            })
        );
    }
}
