//! A pair's id, in requests and answers.

use utoipa::ToSchema;

/// A pair's id. What is given as a number comes back as one.
#[derive(ToSchema, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum Id {
    Text(String),
    Number(f64),
}
