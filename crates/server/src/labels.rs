//! Labels that reviewers give on the page, kept in a file of the server's.

use axum::{
    Json,
    extract::{State as Of, rejection::JsonRejection},
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    app::{Shared, now},
    middleware::user,
    problem::Problem,
};

/// Where the page sends its answers.
pub(crate) const ROUTE: &str = "/review/labels";

/// Longest id, name and note, bytes.
const LONGEST: usize = 4096;

/// What a reviewer said of a pair.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenLabel {
    /// The pair's id.
    id: String,
    /// The left record's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_id: Option<String>,
    /// The right record's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    right_id: Option<String>,
    /// 1 match, 0 no match, null unsure.
    label: Option<u8>,
    /// When it was answered, by the reviewer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<String>,
    /// Who answered; the name that the request was authorised with where the page has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reviewer: Option<String>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How the pair was chosen: `value` or `random`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chosen: Option<String>,
    /// Of a pair that was drawn at random: from how many pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drawn_from: Option<u64>,
    /// True where an earlier answer is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undone: Option<bool>,
}

impl GivenLabel {
    fn is_usable(&self) -> bool {
        let texts = [
            Some(&self.id),
            self.left_id.as_ref(),
            self.right_id.as_ref(),
            self.answered.as_ref(),
            self.reviewer.as_ref(),
            self.note.as_ref(),
            self.chosen.as_ref(),
        ];
        !self.id.is_empty()
            && texts
                .into_iter()
                .flatten()
                .all(|text| text.len() <= LONGEST)
            && self.label.is_none_or(|label| label <= 1)
    }
}

/// Keeps a label that a reviewer gave, with who gave it and when, where the server was started to (`--save-labels`).
#[utoipa::path(
    post, path = "/review/labels", tag = "reports", request_body = GivenLabel,
    responses(
        crate::schema::Refused,
        (status = 204, description = "It is in the file"),
        (status = 404, description = "This server keeps no labels", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It names no pair, or its label is not 0, 1 or null", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn save(
    Of(app): Of<Shared>,
    headers: HeaderMap,
    given: Result<Json<GivenLabel>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Some(file) = app.labels.clone() else {
        return Err(Problem::not_found("file of labels: this server keeps none"));
    };
    // The reason would quote the request.
    let Ok(Json(mut given)) = given else {
        return Err(Problem::unprocessable("the body is not a label"));
    };
    if !given.is_usable() {
        return Err(Problem::unprocessable(
            "a label needs the pair's id, and is 0, 1 or null",
        ));
    }
    given.reviewer = given.reviewer.or_else(|| user(&headers));
    let mut row = serde_json::to_value(&given)
        .map_err(|_| Problem::internal("the label can't be written"))?;
    row["saved"] = Value::from(now());
    let line = format!("{row}\n");
    let kept = tokio::task::spawn_blocking(move || file.add(&line)).await;
    match kept {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        _ => Err(Problem::internal("the label can't be written")),
    }
}
