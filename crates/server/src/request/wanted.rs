//! What a request says beside its pairs.

use std::collections::HashMap;

use axum::extract::{Query, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::problem::Problem;

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
    pub(super) id: Option<String>,
    pub(super) left: Option<String>,
    pub(super) right: Option<String>,
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

impl Wanted {
    /// Reads what a request says. A field that means nothing is refused: it would be one that was misspelt.
    pub(super) fn read(fields: &Map<String, Value>, known: Fields) -> Result<Self, Problem> {
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
                "{shown} is not a field of this request; the fields are {}",
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
        let whole = |name: &str| match given(name) {
            None => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| wrong(name, "a whole number, 0 or more")),
        };
        let yes = |name: &str| match given(name) {
            None => Ok(false),
            Some(Value::Bool(yes)) => Ok(*yes),
            Some(_) => Err(wrong(name, "true or false")),
        };
        let delta = given("delta").and_then(Value::as_f64);
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

/// What a query or a form says of a field, in texts as they do, as a body would say it.
pub(super) fn typed(name: &str, text: String) -> Value {
    let value = match name {
        "deadline_ms" | "max_questions" => text.parse::<u64>().ok().map(Value::from),
        "delta" => text
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number),
        "include_text" | "parts" => match text.as_str() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    };
    value.unwrap_or(Value::String(text))
}

/// Names and values of the query, decoded.
pub(crate) fn query(request: &Request) -> Result<HashMap<String, String>, Problem> {
    let Query(fields) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
        .map_err(|_| Problem::bad("the query can't be read"))?;
    let count = fields.len();
    let named: HashMap<String, String> = fields.into_iter().collect();
    if named.len() < count {
        return Err(Problem::unprocessable("the query repeats a field"));
    }
    Ok(named)
}
