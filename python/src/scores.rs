//! Final scores as columns.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
    builder::{
        BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
    },
};
use arrow_schema::{DataType, Field, Fields, Schema};
use arrow_select::take::take;
use midband::FinalScore;
use midband_io::{OUTPUT_FIELDS, RejectedRow, written, written_part};
use midband_run::{OutputRow, Sink};
use serde_json::{Map, Value};

use crate::frame::Frame;

/// Takes rows as a run makes them.
pub(crate) struct Collected(Mutex<Inside>);

struct Inside {
    columns: Columns,
    /// The place of each pair in the table that was read.
    places: Vec<u32>,
    rejected: Vec<RejectedRow>,
}

impl Collected {
    pub(crate) fn new(parts: bool) -> Self {
        Self(Mutex::new(Inside {
            columns: Columns::new(parts),
            places: Vec::new(),
            rejected: Vec::new(),
        }))
    }

    /// The scores beside the columns of the table that was read, whose texts stand there only where they are wanted, as `a` and
    /// `b`; and the rows that are no pairs. Batches are those of that table, and where no row is missing its columns are not
    /// copied.
    pub(crate) fn beside(&self, table: &Frame, own: &Own) -> Result<(Frame, Vec<RejectedRow>)> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (names, arrays): (Vec<String>, Vec<ArrayRef>) =
            inside.columns.finish().into_iter().unzip();
        let places = std::mem::take(&mut inside.places);
        let schema = table.schema();
        // Where a column goes, and under which name.
        let mut order: Vec<(usize, String)> = Vec::new();
        let at = |name: &str| schema.index_of(name).context("a column is gone");
        if own.texts {
            order.push((at(&own.left)?, "a".to_owned()));
            order.push((at(&own.right)?, "b".to_owned()));
        }
        let taken = |name: &str| names.iter().any(|own| own == name) || name == "id";
        for (place, field) in schema.fields().iter().enumerate() {
            let name = field.name();
            if [&own.id, &own.left, &own.right].contains(&name) {
                continue;
            }
            let doubled = taken(name) || own.texts && (name == "a" || name == "b");
            let name = match doubled {
                true => format!("input_{name}"),
                false => name.clone(),
            };
            order.push((place, name));
        }
        let id = at(&own.id)?;
        let mut fields = vec![Arc::new(schema.field(id).clone().with_name("id"))];
        for (name, array) in names.iter().zip(&arrays) {
            fields.push(Arc::new(Field::new(name, array.data_type().clone(), true)));
        }
        for (place, name) in &order {
            fields.push(Arc::new(schema.field(*place).clone().with_name(name)));
        }
        let schema = Arc::new(Schema::new(fields));
        let mut batches = Vec::new();
        let (mut first, mut done) = (0u32, 0);
        for batch in table.batches() {
            let rows = batch.num_rows() as u32;
            let here = places[done..].partition_point(|&place| place < first + rows);
            let kept = &places[done..done + here];
            let pick: Option<UInt32Array> = (here != batch.num_rows())
                .then(|| kept.iter().map(|place| place - first).collect());
            let passed = |place: usize| -> Result<ArrayRef> {
                let array = batch.column(place);
                Ok(match &pick {
                    Some(pick) => take(array, pick, None)?,
                    None => array.clone(),
                })
            };
            let mut columns = vec![passed(id)?];
            columns.extend(arrays.iter().map(|array| array.slice(done, here)));
            for (place, _) in &order {
                columns.push(passed(*place)?);
            }
            if here > 0 {
                batches.push(RecordBatch::try_new(schema.clone(), columns)?);
            }
            (first, done) = (first + rows, done + here);
        }
        let rejected = std::mem::take(&mut inside.rejected);
        Ok((Frame::new(schema, batches), rejected))
    }
}

/// The columns of the table that the run read itself.
pub(crate) struct Own {
    pub(crate) id: String,
    pub(crate) left: String,
    pub(crate) right: String,
    /// True where texts are to come out too.
    pub(crate) texts: bool,
}

impl Sink for Collected {
    fn row(&self, row: OutputRow) -> Result<()> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = row.extra.get("row").and_then(Value::as_u64);
        let place = u32::try_from(place.context("a row has no place")?)?;
        inside.places.push(place);
        inside.columns.push(&row.score);
        Ok(())
    }

    fn rejected(&self, row: RejectedRow) {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inside.rejected.push(row);
    }
}

/// The output's fields, each a column; ids of a table come from the table.
struct Columns {
    numbers: [Float64Builder; 4],
    words: [StringBuilder; 5],
    truncated: BooleanBuilder,
    latency_ms: Int64Builder,
    parts: Option<Parts>,
    contradictions: ListBuilder<StringBuilder>,
}

impl Columns {
    fn new(parts: bool) -> Self {
        Self {
            numbers: Default::default(),
            words: Default::default(),
            truncated: BooleanBuilder::new(),
            latency_ms: Int64Builder::new(),
            parts: parts.then(parts_builder),
            contradictions: ListBuilder::default(),
        }
    }

    fn push(&mut self, score: &FinalScore) {
        let numbers = [
            score.cosine.map(|cosine| f64::from(cosine.get())),
            score.proxy_score.map(|proxy| proxy.get()),
            score.judge_score,
            score.score,
        ];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.append_option(number.map(written));
        }
        let status = score.status.to_string();
        let words = [
            score.route.map(|route| route.as_str()),
            Some(score.decision.as_str()),
            score.decided_by.map(|by| by.as_str()),
            Some(status.as_str()),
            score.written_reason(),
        ];
        for (column, word) in self.words.iter_mut().zip(words) {
            column.append_option(word);
        }
        self.truncated.append_value(score.truncated);
        self.latency_ms.append_value(score.latency_ms() as i64);
        let Some(column) = &mut self.parts else {
            return;
        };
        let found = score.parts.as_deref().unwrap_or_default();
        for part in found {
            push_part(column, &part.name, written_part(part.log_odds));
        }
        column.append(!found.is_empty());
        let found = score.contradictions.as_ref();
        let found = found.map(|found| found.iter().map(Some));
        self.contradictions.append_option(found);
    }

    /// All but the id.
    fn finish(&mut self) -> Vec<(String, ArrayRef)> {
        let [cosine, proxy, judge, score] = &mut self.numbers;
        let [route, decision, decided_by, status, reason] = &mut self.words;
        // In the order of the output's fields.
        let arrays: [ArrayRef; 11] = [
            Arc::new(cosine.finish()),
            Arc::new(proxy.finish()),
            Arc::new(route.finish()),
            Arc::new(judge.finish()),
            Arc::new(score.finish()),
            Arc::new(decision.finish()),
            Arc::new(decided_by.finish()),
            Arc::new(status.finish()),
            Arc::new(reason.finish()),
            Arc::new(self.truncated.finish()),
            Arc::new(self.latency_ms.finish()),
        ];
        let names = OUTPUT_FIELDS[1..].iter().map(|name| (*name).to_owned());
        let mut columns: Vec<_> = names.zip(arrays).collect();
        if let Some(parts) = &mut self.parts {
            columns.push(("parts".to_owned(), Arc::new(parts.finish())));
            let found = self.contradictions.finish();
            columns.push(("contradictions".to_owned(), Arc::new(found)));
        }
        columns
    }
}

/// Scored rows that a run wrote, as a table: numbers, truths and texts as they are there.
pub(crate) fn table_of(rows: Vec<Map<String, Value>>) -> Result<Frame> {
    table_with(OUTPUT_FIELDS.map(str::to_owned).to_vec(), rows)
}

/// Other rows that a run wrote, as lines of JSON.
pub(crate) fn table_of_lines(lines: &str) -> Result<Frame> {
    let rows = lines.lines().map(serde_json::from_str);
    table_with(Vec::new(), rows.collect::<Result<_, _>>()?)
}

/// The columns that are named, then those that the rows have besides.
fn table_with(mut names: Vec<String>, rows: Vec<Map<String, Value>>) -> Result<Frame> {
    for name in rows.iter().flat_map(Map::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let arrays = names.iter().map(|name| {
        let values = rows.iter().map(|row| row.get(name).unwrap_or(&Value::Null));
        match name.as_str() {
            "cosine" | "proxy_score" | "judge_score" | "score" => numbers(values),
            "truncated" => Arc::new(values.map(Value::as_bool).collect::<BooleanArray>()),
            "latency_ms" => Arc::new(values.map(Value::as_i64).collect::<Int64Array>()),
            "parts" => parts_of(values),
            "contradictions" => texts_of(values),
            _ => typed(&values.collect::<Vec<_>>()),
        }
    });
    let arrays: Vec<ArrayRef> = arrays.collect();
    let fields = names.iter().zip(&arrays);
    let fields = fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    Ok(Frame::new(schema, vec![batch]))
}

fn numbers<'a>(values: impl Iterator<Item = &'a Value>) -> ArrayRef {
    Arc::new(values.map(Value::as_f64).collect::<Float64Array>())
}

/// A column of the kind that holds all of its values.
fn typed(values: &[&Value]) -> ArrayRef {
    let all = |is: fn(&Value) -> bool| values.iter().all(|value| value.is_null() || is(value));
    if values.iter().any(|value| !value.is_null()) {
        if all(Value::is_i64) {
            return Arc::new(
                values
                    .iter()
                    .map(|value| value.as_i64())
                    .collect::<Int64Array>(),
            );
        }
        if all(Value::is_number) {
            return numbers(values.iter().copied());
        }
        if all(Value::is_boolean) {
            return Arc::new(
                values
                    .iter()
                    .map(|value| value.as_bool())
                    .collect::<BooleanArray>(),
            );
        }
    }
    let texts = values.iter().map(|value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    });
    Arc::new(texts.collect::<StringArray>())
}

fn parts_of<'a>(values: impl Iterator<Item = &'a Value>) -> ArrayRef {
    let mut column = parts_builder();
    for value in values {
        let members = value.as_object();
        for (name, log_odds) in members.into_iter().flatten() {
            push_part(&mut column, name, log_odds.as_f64().unwrap_or_default());
        }
        column.append(members.is_some());
    }
    Arc::new(column.finish())
}

fn texts_of<'a>(values: impl Iterator<Item = &'a Value>) -> ArrayRef {
    let mut column = ListBuilder::new(StringBuilder::new());
    for value in values {
        let texts = value.as_array();
        column.append_option(texts.map(|texts| texts.iter().map(Value::as_str)));
    }
    Arc::new(column.finish())
}

type Parts = ListBuilder<StructBuilder>;

fn parts_builder() -> Parts {
    let part = vec![
        Field::new("name", DataType::Utf8, false),
        Field::new("log_odds", DataType::Float64, false),
    ];
    ListBuilder::new(StructBuilder::from_fields(part, 0))
}

fn push_part(column: &mut Parts, name: &str, log_odds: f64) {
    let values = column.values();
    if let Some(names) = values.field_builder::<StringBuilder>(0) {
        names.append_value(name);
    }
    if let Some(all) = values.field_builder::<Float64Builder>(1) {
        all.append_value(log_odds);
    }
    values.append(true);
}
