//! A request's body, which has arrived.

use std::path::Path;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::StatusCode,
};
use midband_io::{BadJson, Format, has_no_number, json_value};
use serde_json::{Map, Value};

use super::{
    packed::{Content, Packed},
    parsing::parsing,
    wanted::{Form, typed},
};
use crate::{Limits, problem::Problem};

/// The text of a body that has arrived.
pub(crate) async fn whole(request: Request, limits: &Limits) -> Result<Content, Problem> {
    let packed = Packed::of(request.headers())?;
    let bytes = to_bytes(request.into_body(), usize::MAX)
        .await
        .map_err(|_| Problem::bad("the body can't be read"))?;
    packed.unpacked(bytes, limits)
}

/// The file of a form; its other fields are what is wanted.
pub(super) async fn file(
    request: Request,
    limits: &Limits,
    wanted: &mut Map<String, Value>,
) -> Result<(Form, Bytes), Problem> {
    if Packed::of(request.headers())?.is_packed() {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compress the form's file, not the form",
        ));
    }
    let broken = || Problem::bad("the form can't be read: is it whole?");
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| broken())?;
    let mut found = None;
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let kind = part.content_type().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|_| broken())?;
        match file {
            Some(file) if found.is_none() => {
                let content = Packed::of_kind(kind.as_deref())?.unpacked(bytes, limits)?;
                let form = form_of(&file, kind.as_deref(), &content);
                wanted.entry("source").or_insert(file.into());
                found = Some((form, content.bytes));
            }
            Some(_) => {
                return Err(Problem::unprocessable(
                    "the form has more than one file: send one file per request",
                ));
            }
            None => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let text = typed(&name, text);
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

/// True for an object with pairs, as the body of another request is. A file of rows has an object a row.
fn is_request(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // An object with more behind it is a row, and the whole is no JSON.
    let is_row = line.len() < text.len() && object(line).is_ok();
    text.starts_with(b"{")
        && !is_row
        && object(bytes).is_ok_and(|fields| fields.contains_key("pairs"))
}

fn form_of(file: &str, kind: Option<&str>, content: &Content) -> Form {
    if content.is_rows {
        return Form::Lines;
    }
    let kind = kind.and_then(|kind| kind.split(';').next());
    match (Format::from_ending(Path::new(file)), kind.map(str::trim)) {
        (Some(Format::Csv), _) | (None, Some("text/csv")) => Form::Csv,
        (Some(Format::Tsv), _) | (None, Some("text/tab-separated-values")) => Form::Tsv,
        _ if parsing(content.bytes.len(), || is_request(&content.bytes)) => Form::Json,
        _ => Form::Lines,
    }
}

/// The fields of a JSON body. Nothing of it is shown in an error, and no field of it is lost.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let body = json_value(bytes).map_err(|error| match error {
        BadJson::Doubled => Problem::unprocessable("the body repeats a field"),
        error => Problem::bad(format!("the body is not JSON ({error})")),
    })?;
    match body {
        Value::Object(_) if has_no_number(bytes) => Err(Problem::unprocessable(
            "a field of the body is NaN or an infinity",
        )),
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::unprocessable("the body is not a JSON object")),
    }
}
