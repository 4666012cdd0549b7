//! Splink's pairs, as its predictions and its blocked pairs have them: `unique_id_l`, `unique_id_r`, and each compared column
//! as `name_l` and `name_r`.

use std::sync::Arc;

use anyhow::{Result, bail};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use midband::pair_id;
use midband_cli::tables::Table as _;
use serde_json::{Map, Value};

use crate::frame::Frame;

/// What stands before Splink's columns, from which [`crate::score`] reads the pairs.
const ADDED: [&str; 5] = ["id", "left_id", "right_id", "a", "b"];

/// Columns of both sides that tell records apart no more than their ids do.
const NOT_COMPARED: [&str; 2] = ["unique_id", "source_dataset"];

/// The same rows with ids and texts: `a` and `b` are "name: value; …" of the columns that both sides have.
pub(crate) fn pairs(frame: &Frame) -> Result<Frame> {
    let has = frame.columns();
    for side in ["unique_id_l", "unique_id_r"] {
        if !has.iter().any(|name| name == side) {
            bail!("no column {side:?}: these are no pairs of Splink's");
        }
    }
    let compared: Vec<&str> = has
        .iter()
        .filter_map(|name| name.strip_suffix("_l"))
        .filter(|name| !NOT_COMPARED.contains(name) && !name.starts_with("tf_"))
        .filter(|name| has.contains(&format!("{name}_r")))
        .collect();
    if compared.is_empty() {
        bail!(
            "no column stands there for both sides, such as first_name_l and first_name_r: let Splink retain its columns"
        );
    }
    let mut added: [Vec<String>; 5] = Default::default();
    for row in frame.rows(None) {
        let row = row?;
        let (left, right) = (shown(&row, "unique_id_l"), shown(&row, "unique_id_r"));
        let text = |side: &str| {
            let fields = compared
                .iter()
                .map(|name| (name, shown(&row, &format!("{name}_{side}"))));
            let fields = fields.filter(|(_, value)| !value.trim().is_empty());
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            fields.join("; ")
        };
        let values = [pair_id(&left, &right), left, right, text("l"), text("r")];
        for (column, value) in added.iter_mut().zip(values) {
            column.push(value);
        }
    }
    let schema = frame.schema();
    let kept: Vec<usize> = (0..has.len())
        .filter(|&at| !ADDED.contains(&has[at].as_str()))
        .collect();
    let mut fields: Vec<Arc<Field>> = ADDED
        .map(|name| Arc::new(Field::new(name, DataType::Utf8, false)))
        .to_vec();
    fields.extend(kept.iter().map(|&at| schema.fields()[at].clone()));
    let schema = Arc::new(Schema::new(fields));
    let added = added.map(|values| Arc::new(StringArray::from(values)) as ArrayRef);
    let mut done = 0;
    let batches = frame.batches().iter().map(|batch| {
        let rows = batch.num_rows();
        let mut columns: Vec<ArrayRef> =
            added.iter().map(|array| array.slice(done, rows)).collect();
        columns.extend(kept.iter().map(|&at| batch.column(at).clone()));
        done += rows;
        RecordBatch::try_new(schema.clone(), columns)
    });
    Ok(Frame::new(
        schema.clone(),
        batches.collect::<Result<_, _>>()?,
    ))
}

fn shown(row: &Map<String, Value>, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
