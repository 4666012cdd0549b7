//! A request's body, which has arrived.

use std::path::Path;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request},
};
use midband_io::{BadJson, Format, json_value};
use serde_json::{Map, Value};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::wanted::Form;
use crate::problem::Problem;

/// The bytes of a body that has arrived.
pub(crate) async fn whole(request: Request) -> Result<Bytes, Problem> {
    let body = to_bytes(request.into_body(), usize::MAX);
    body.await
        .map_err(|_| Problem::bad("the body can't be read"))
}

/// The file of a form; its other fields are what is wanted.
pub(super) async fn file(
    request: Request,
    wanted: &mut Map<String, Value>,
) -> Result<(Form, Bytes), Problem> {
    let broken =
        || Problem::bad("the form can't be read: is it whole, and within the server's limit?");
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| broken())?;
    let mut found = None;
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let form = form_of(file.as_deref(), part.content_type());
        let bytes = part.bytes().await.map_err(|_| broken())?;
        match file {
            Some(file) if found.is_none() => {
                wanted.entry("source").or_insert(file.into());
                found = Some((form, bytes));
            }
            Some(_) => {
                return Err(Problem::unprocessable(
                    "the form has more than one file: send one file per request",
                ));
            }
            None => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let text = Value::String(text);
                let earlier = wanted.insert(name, text.clone());
                if earlier.is_some_and(|earlier| earlier != text) {
                    return Err(Problem::unprocessable(
                        "the form repeats a field, or contradicts the query",
                    ));
                }
            }
        }
    }
    found.ok_or_else(|| Problem::unprocessable("the form has no file of pairs"))
}

fn form_of(file: Option<&str>, content: Option<&str>) -> Form {
    match (
        file.and_then(|name| Format::from_ending(Path::new(name))),
        content,
    ) {
        (Some(Format::Csv), _) | (None, Some("text/csv")) => Form::Csv,
        (Some(Format::Tsv), _) | (None, Some("text/tab-separated-values")) => Form::Tsv,
        (None, Some("application/json")) => Form::Json,
        (Some(Format::Jsonl), _) if file.is_some_and(|name| name.ends_with(".json")) => Form::Json,
        _ => Form::Lines,
    }
}

/// The fields of a JSON body. Nothing of it is shown in an error, and no field of it is lost.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let body = json_value(body).map_err(|error| match error {
        BadJson::Doubled => Problem::unprocessable("the body repeats a field"),
        error => Problem::bad(format!("the body is not JSON ({error})")),
    })?;
    match body {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::unprocessable("the body is not a JSON object")),
    }
}

/// Bytes from which on a body is not read between other requests.
const LARGE: usize = 256 << 10;

/// Parses a body of so many bytes. What takes tenths of a second makes room for other requests, if the runtime has threads for
/// them.
pub(crate) fn parsing<T>(bytes: usize, parse: impl FnOnce() -> T) -> T {
    let threads = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes < LARGE || !threads {
        return parse();
    }
    tokio::task::block_in_place(parse)
}
