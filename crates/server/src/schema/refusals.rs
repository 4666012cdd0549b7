//! Answers that are no success, by what a route may refuse.

use utoipa::IntoResponses;

use crate::problem::Problem;

/// What every route but the first looks may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum Refused {
    /// No key, or a wrong one.
    #[response(status = 401, content_type = "application/problem+json")]
    Key(Problem),
    /// Not a name of this machine's, or sent by a page of another site.
    #[response(status = 403, content_type = "application/problem+json")]
    Host(Problem),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
}

/// What a route that takes pairs may answer beside these.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum Unusable {
    /// The body can't be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Body(Problem),
    /// No key, or a wrong one.
    #[response(status = 401, content_type = "application/problem+json")]
    Key(Problem),
    /// Not a name of this machine's, or sent by a page of another site.
    #[response(status = 403, content_type = "application/problem+json")]
    Host(Problem),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    Late(Problem),
    /// Too long a body, or too many pairs.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// A form of body that is not known.
    #[response(status = 415, content_type = "application/problem+json")]
    Form(Problem),
    /// A pair or a setting can't be used, or there is nothing to report on.
    #[response(status = 422, content_type = "application/problem+json")]
    Pair(Problem),
    /// As many requests, or jobs, as are taken at once are there.
    #[response(
        status = 429,
        content_type = "application/problem+json",
        headers(("Retry-After" = u32, description = "Seconds"))
    )]
    Busy(Problem),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
}

/// What a job's result may answer beside [`Refused`].
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum NoResult {
    /// There is no such job.
    #[response(status = 404, content_type = "application/problem+json")]
    Unknown(Problem),
    /// It is not finished, or it failed: then without `Retry-After`.
    #[response(
        status = 409,
        content_type = "application/problem+json",
        headers(("Retry-After" = u32, description = "Seconds"))
    )]
    Open(Problem),
    /// There is nothing to show.
    #[response(status = 422, content_type = "application/problem+json")]
    Nothing(Problem),
}
