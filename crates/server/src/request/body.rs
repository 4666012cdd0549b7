//! A request's body, within the limits of size and time.

use std::{path::Path, time::Duration};

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::{StatusCode, header},
};
use midband_io::{BadJson, Format, json_value};
use serde_json::{Map, Value};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::Form;
use crate::{Limits, problem::Problem};

/// Time for a body to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// The bytes of a body.
pub(crate) async fn whole(request: Request, limits: &Limits) -> Result<Bytes, Problem> {
    let told = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > limits.body_bytes) {
        return Err(too_long(limits));
    }
    let body = to_bytes(request.into_body(), limits.body_bytes);
    match tokio::time::timeout(ARRIVAL, body).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length(&error) => Err(too_long(limits)),
        Ok(Err(_)) => Err(Problem::bad("the body broke off")),
        Err(_) => Err(late()),
    }
}

fn too_long(limits: &Limits) -> Problem {
    Problem::too_large(format!(
        "the body is longer than {} bytes",
        limits.body_bytes
    ))
}

fn late() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "the body did not arrive in time",
    )
}

fn is_length(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|inner| inner.to_string().contains("length limit"))
}

/// The file of a form; its other fields are what is wanted.
pub(super) async fn file(
    request: Request,
    limits: &Limits,
    wanted: &mut Map<String, Value>,
) -> Result<(Form, Bytes), Problem> {
    let broken =
        || Problem::bad("the form can't be read: is it whole, and within the server's limit?");
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| broken())?;
    let reading = async {
        let (mut found, mut total) = (None, 0);
        while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let form = form_of(file.as_deref(), part.content_type());
            let bytes = part.bytes().await.map_err(|error| match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => too_long(limits),
                _ => broken(),
            })?;
            total += bytes.len();
            if total > limits.body_bytes {
                return Err(too_long(limits));
            }
            match file {
                Some(file) if found.is_none() => {
                    wanted.entry("source").or_insert(file.into());
                    found = Some((form, bytes));
                }
                Some(_) => {
                    return Err(Problem::unprocessable(
                        "the form holds more than one file: send each in a request of its own",
                    ));
                }
                None => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let text = Value::String(text);
                    let earlier = wanted.insert(name, text.clone());
                    if earlier.is_some_and(|earlier| earlier != text) {
                        return Err(Problem::unprocessable(
                            "a field of the form occurs twice, or contradicts the query",
                        ));
                    }
                }
            }
        }
        found.ok_or_else(|| Problem::unprocessable("the form holds no file of pairs"))
    };
    match tokio::time::timeout(ARRIVAL, reading).await {
        Ok(found) => found,
        Err(_) => Err(late()),
    }
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
        BadJson::Doubled => Problem::unprocessable("a field of the body occurs twice"),
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
