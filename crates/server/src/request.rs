//! What a request asks for: pairs in any of the forms that midband reads, and how to score them.

mod body;
mod packed;
mod parsing;
mod wanted;

use std::io::Cursor;

use axum::{
    body::Bytes,
    extract::Request,
    http::{StatusCode, header},
};
use midband_io::{Column, Format, Item, PairRow, ReadOptions, Reader, RejectedRow};
use serde_json::{Map, Value};

use crate::{Limits, problem::Problem};
use body::file;
pub(crate) use body::{object, whole};
pub(crate) use parsing::parsing;
use wanted::typed;
pub(crate) use wanted::{Fields, Form, MOST_QUESTIONS, Wanted, query};

/// What a pair can't be asked for by itself. Other names of options may be columns that are passed through.
const MISPLACED: [&str; 4] = ["policy", "deadline_ms", "max_questions", "include_text"];

/// A body as text, and what is wanted of it.
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
    /// Takes a request's body. For a JSON body what is wanted stands in it, else in the query or,
    /// with `multipart/form-data`, in the fields beside the file.
    pub(crate) async fn receive(
        request: Request,
        limits: &Limits,
        fields: Fields,
    ) -> Result<Self, Problem> {
        let mut wanted: Map<String, Value> = query(&request)?
            .into_iter()
            .map(|(name, value)| {
                let value = typed(&name, value);
                (name, value)
            })
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
                    "put options into the JSON body: a request with a JSON body has no query",
                ));
            }
            "application/json" => (Form::Json, whole(request, limits).await?.bytes),
            "application/x-ndjson"
            | "application/jsonl"
            | "application/jsonlines"
            | "application/vnd.apache.parquet" => {
                (Form::Lines, whole(request, limits).await?.bytes)
            }
            "text/csv" => whole(request, limits).await?.into_rows(Form::Csv),
            "text/tab-separated-values" => whole(request, limits).await?.into_rows(Form::Tsv),
            // A form's file has a name, which a report shows.
            "multipart/form-data" if fields.reports() => file(request, limits, &mut wanted).await?,
            _ => {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "send application/json, application/x-ndjson, text/csv, text/tab-separated-values or \
                     application/vnd.apache.parquet; for a report or a job also multipart/form-data",
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
        let mut reader = self.reader(Format::Jsonl, Cursor::new(Bytes::new()), limits)?;
        Ok(pairs.into_iter().enumerate().map(move |(index, pair)| {
            let Value::Object(mut pair) = pair else {
                let what = format!("pair {index}: not an object");
                return Err(Problem::unprocessable(what).at(index as u64));
            };
            if let Some(name) = MISPLACED.iter().find(|name| pair.contains_key(**name)) {
                let what =
                    format!("pair {index}: {name:?} is a field of the request, not of a pair");
                return Err(Problem::unprocessable(what).at(index as u64));
            }
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
        let reader = self.reader(format, Cursor::new(self.bytes.clone()), limits)?;
        // It holds lines and counts, never a text.
        let unreadable = |error: midband_io::ReadError| Problem::unprocessable(error.to_string());
        Ok(reader.map(move |item| item.map_err(unreadable)))
    }

    fn reader(
        &self,
        format: Format,
        bytes: Cursor<Bytes>,
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
