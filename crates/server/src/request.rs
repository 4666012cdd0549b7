//! What a request asks for: pairs in any of the forms that midband reads, and how to score them.

mod body;

use std::{collections::HashMap, io::Cursor};

use axum::{
    body::Bytes,
    extract::{Query, Request},
    http::{StatusCode, header},
};
use midband_io::{Column, Format, Item, PairRow, ReadOptions, Reader, RejectedRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Limits, problem::Problem};
use body::file;
pub(crate) use body::{object, parsing, whole};

/// The largest budget that a request can name; the API document says so too.
pub(crate) const MOST_QUESTIONS: u64 = 1_000_000_000;

/// What a route's requests can say beside their pairs. What a route would leave aside it refuses: it would be misspelt, or
/// misunderstood.
#[derive(Clone, Copy)]
pub(crate) struct Fields(&'static [&'static [&'static str]]);

/// How pairs are scored.
const SCORING: &[&str] = &[
    "policy",
    "task",
    "max_questions",
    "target",
    "delta",
    "include_text",
    "parts",
];

/// Columns of a table.
const COLUMNS: &[&str] = &["id", "left", "right"];

/// What a report needs.
const REPORTING: &[&str] = &["source", "gold"];

const DEADLINE: &[&str] = &["deadline_ms"];

impl Fields {
    /// Of `/score`.
    pub(crate) const SCORE: Self = Self(&[SCORING, DEADLINE, COLUMNS]);
    /// Of `/analyze` and `/analyze-json`.
    pub(crate) const ANALYZE: Self = Self(&[SCORING, DEADLINE, REPORTING, COLUMNS]);
    /// Of `/jobs`, which have no deadline.
    pub(crate) const JOB: Self = Self(&[SCORING, REPORTING, COLUMNS]);
    /// Of `/verdicts`.
    pub(crate) const VERDICTS: Self = Self(&[&["task"], DEADLINE, COLUMNS]);

    /// True if a report is made of the pairs.
    pub(crate) fn reports(self) -> bool {
        self.knows("source")
    }

    fn knows(self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied().flatten().copied()
    }
}

/// How pairs are to be scored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) policy: Option<String>,
    pub(crate) task: Option<String>,
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) max_questions: Option<usize>,
    pub(crate) target: Option<String>,
    pub(crate) delta: Option<f64>,
    pub(crate) include_text: bool,
    pub(crate) parts: bool,
    pub(crate) source: Option<String>,
    id: Option<String>,
    left: Option<String>,
    right: Option<String>,
    pub(crate) gold: Option<String>,
}

/// The form of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    /// `{"pairs": […], …}`.
    Json,
    Lines,
    Csv,
    Tsv,
    /// A body of `/match`.
    Lists,
}

/// A body as it came, and what is wanted of it.
pub(crate) struct Upload {
    pub(crate) form: Form,
    pub(crate) bytes: Bytes,
    pub(crate) wanted: Wanted,
    /// What query or form said, and what the body may say besides; `None` for a job, whose `wanted` is known.
    given: Option<(Map<String, Value>, Fields)>,
}

/// Pairs of an upload.
pub(crate) struct Read {
    pub(crate) rows: Vec<PairRow>,
    pub(crate) rejected: Vec<RejectedRow>,
}

impl Upload {
    /// Takes a request's body, within the limits. For a JSON body what is wanted stands in it, else in the query or,
    /// with `multipart/form-data`, in the fields beside the file.
    pub(crate) async fn receive(
        request: Request,
        limits: &Limits,
        fields: Fields,
    ) -> Result<Self, Problem> {
        let mut wanted: Map<String, Value> = query(&request)?
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        let content = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("application/json")
            .to_ascii_lowercase();
        let essence = content.split(';').next().unwrap_or_default().trim();
        let (form, bytes) = match essence {
            "application/json" if !wanted.is_empty() => {
                return Err(Problem::unprocessable(
                    "a JSON body says itself what is wanted of it: leave the query out",
                ));
            }
            "application/json" => (Form::Json, whole(request, limits).await?),
            "application/x-ndjson" | "application/jsonl" | "application/jsonlines" => {
                (Form::Lines, whole(request, limits).await?)
            }
            "text/csv" => (Form::Csv, whole(request, limits).await?),
            "text/tab-separated-values" => (Form::Tsv, whole(request, limits).await?),
            // A form's file has a name, which a report shows.
            "multipart/form-data" if fields.reports() => file(request, limits, &mut wanted).await?,
            _ => {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "send application/json, application/x-ndjson, text/csv or text/tab-separated-values; for a report or a \
                     job also multipart/form-data",
                ));
            }
        };
        Ok(Self {
            form,
            wanted: Wanted::read(&wanted, fields)?,
            bytes,
            given: Some((wanted, fields)),
        })
    }

    /// What a job was created from.
    pub(crate) fn of_job(form: Form, bytes: Vec<u8>, wanted: Wanted) -> Self {
        Self {
            form,
            bytes: bytes.into(),
            wanted,
            given: None,
        }
    }

    /// The pairs, `most` of them. `strict`: a row that is no pair refuses the whole; else it is listed.
    pub(crate) fn read(
        &mut self,
        strict: bool,
        limits: &Limits,
        most: usize,
    ) -> Result<Read, Problem> {
        parsing(self.bytes.len(), || self.rows(strict, limits, most))
    }

    fn rows(&mut self, strict: bool, limits: &Limits, most: usize) -> Result<Read, Problem> {
        if self.form == Form::Lists {
            // Its pairs are found by the run.
            return Ok(Read {
                rows: Vec::new(),
                rejected: Vec::new(),
            });
        }
        let items: Box<dyn Iterator<Item = Result<Item, Problem>>> = match self.form {
            Form::Json => Box::new(self.json_items(limits)?),
            form => Box::new(self.row_items(form, limits)?),
        };
        let mut read = Read {
            rows: Vec::new(),
            rejected: Vec::new(),
        };
        let strict = strict || self.form == Form::Json;
        for (index, item) in items.enumerate() {
            if index >= most {
                return Err(Problem::too_large(format!(
                    "more than {most} pairs; send fewer, or send a job"
                )));
            }
            match item? {
                Item::Row(row) => read.rows.push(*row),
                Item::Rejected(row) if strict => {
                    let index = match self.form {
                        Form::Json => row.line - 1,
                        _ => index as u64,
                    };
                    let what = format!("pair {index}: {}", row.reason);
                    return Err(Problem::unprocessable(what).at(index));
                }
                Item::Rejected(row) => read.rejected.push(row),
            }
        }
        Ok(read)
    }

    fn json_items(
        &mut self,
        limits: &Limits,
    ) -> Result<impl Iterator<Item = Result<Item, Problem>> + use<>, Problem> {
        let mut body = object(&self.bytes)?;
        let Some(Value::Array(pairs)) = body.remove("pairs") else {
            return Err(Problem::unprocessable(
                "\"pairs\" must be an array of objects with a and b",
            ));
        };
        if let Some((given, fields)) = &self.given {
            let mut all = given.clone();
            all.extend(body);
            self.wanted = Wanted::read(&all, *fields)?;
        }
        let mut reader = self.reader(Format::Jsonl, Cursor::new(Vec::new()), limits)?;
        Ok(pairs.into_iter().enumerate().map(move |(index, pair)| {
            let Value::Object(mut pair) = pair else {
                let what = format!("pair {index}: not an object");
                return Err(Problem::unprocessable(what).at(index as u64));
            };
            pair.entry("id").or_insert_with(|| index.to_string().into());
            Ok(reader.read_object(pair))
        }))
    }

    fn row_items(
        &self,
        form: Form,
        limits: &Limits,
    ) -> Result<impl Iterator<Item = Result<Item, Problem>> + use<>, Problem> {
        let format = match form {
            Form::Csv => Format::Csv,
            Form::Tsv => Format::Tsv,
            Form::Json | Form::Lines | Form::Lists => Format::Jsonl,
        };
        let reader = self.reader(format, Cursor::new(self.bytes.to_vec()), limits)?;
        // It holds lines and counts, never a text.
        let unreadable = |error: midband_io::ReadError| Problem::unprocessable(error.to_string());
        Ok(reader.map(move |item| item.map_err(unreadable)))
    }

    fn reader(
        &self,
        format: Format,
        bytes: Cursor<Vec<u8>>,
        limits: &Limits,
    ) -> Result<Reader, Problem> {
        let defaults = ReadOptions::new(format);
        let column = |named: &Option<String>, default: Column| match named {
            Some(name) => name.parse().unwrap_or(default),
            None => default,
        };
        let wanted = &self.wanted;
        let options = ReadOptions {
            id: column(&wanted.id, defaults.id),
            left: column(&wanted.left, defaults.left),
            right: column(&wanted.right, defaults.right),
            gold: wanted.gold.clone(),
            max_text_bytes: limits.text_bytes,
            ..ReadOptions::new(format)
        };
        // Names of columns are no texts of pairs.
        Reader::new(Box::new(bytes), options)
            .map_err(|error| Problem::unprocessable(error.to_string()))
    }
}

impl Wanted {
    /// Reads what a request says; a number may be a text, as in a query. A field that means nothing is refused: it would
    /// be one that was misspelt.
    fn read(fields: &Map<String, Value>, known: Fields) -> Result<Self, Problem> {
        if let Some(unknown) = fields.keys().find(|name| !known.knows(name)) {
            let is_name = |name: &str| {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
                name.len() <= 40 && name.bytes().all(plain)
            };
            // What is no name may be a text that got into its place.
            let shown = if is_name(unknown) {
                format!("{unknown:?}")
            } else {
                "one of the fields".to_owned()
            };
            return Err(Problem::unprocessable(format!(
                "{shown} is not a field of this request; there are {}",
                known.names().collect::<Vec<_>>().join(", ")
            )));
        }
        let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
        let wrong =
            |name: &str, what: &str| Problem::unprocessable(format!("{name:?} must be {what}"));
        let text = |name: &str| match given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "a text")),
        };
        let whole = |name: &str| {
            match given(name) {
                None => Ok(None),
                Some(Value::String(text)) => text.parse().map(Some).map_err(|_| ()),
                Some(value) => value.as_u64().map(Some).ok_or(()),
            }
            .map_err(|()| wrong(name, "a whole number, 0 or more"))
        };
        let yes = |name: &str| match given(name) {
            None => Ok(false),
            Some(Value::Bool(yes)) => Ok(*yes),
            Some(Value::String(text)) if text == "true" || text == "1" => Ok(true),
            Some(Value::String(text)) if text == "false" || text == "0" => Ok(false),
            Some(_) => Err(wrong(name, "true or false")),
        };
        let delta = match given("delta") {
            None => None,
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_f64(),
        };
        if given("delta").is_some() && !delta.is_some_and(|delta| delta > 0.0 && delta < 1.0) {
            return Err(wrong("delta", "a number between 0 and 1"));
        }
        Ok(Self {
            policy: text("policy")?,
            task: text("task")?,
            deadline_ms: whole("deadline_ms")?,
            max_questions: match whole("max_questions")? {
                Some(most) if most > MOST_QUESTIONS => {
                    return Err(wrong("max_questions", "at most 1,000,000,000"));
                }
                most => most.map(|most| most as usize),
            },
            target: text("target")?,
            delta,
            include_text: yes("include_text")?,
            parts: yes("parts")?,
            source: text("source")?,
            id: text("id")?,
            left: text("left")?,
            right: text("right")?,
            gold: text("gold")?,
        })
    }
}

/// Names and values of the query, decoded.
pub(crate) fn query(request: &Request) -> Result<HashMap<String, String>, Problem> {
    let Query(fields) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
        .map_err(|_| Problem::bad("the query can't be read"))?;
    let count = fields.len();
    let named: HashMap<String, String> = fields.into_iter().collect();
    if named.len() < count {
        return Err(Problem::unprocessable("a field of the query occurs twice"));
    }
    Ok(named)
}
