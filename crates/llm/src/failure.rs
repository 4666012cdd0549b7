//! Why an exchange failed, and what can be done about it.
//!
//! Built from status and body of both Ollama generations and of llama.cpp's server. The server's own
//! words are matched and then dropped: nothing proves that they quote no prompt.

use std::time::Duration;

use serde_json::Value;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No connection.
    Unreachable,
    /// The connection broke before the answer was there.
    Broken,
    /// The time was over.
    TimedOut,
    /// The server asks to come back later.
    Busy,
    /// The model process died; the next request loads it anew.
    RunnerDied,
    /// The model does not fit into memory.
    OutOfMemory,
    /// An error of the server's that may pass.
    Server,
    /// The model is not on this server.
    Absent,
    /// The prompt is longer than the context.
    TooLong,
    /// The server does not take this schema.
    BadSchema,
    /// The server wants another key, or does not let this one in.
    Denied,
    /// The server does not take such a request.
    Refused,
    /// The answer is not one that the protocol knows.
    Garbled,
}

/// What came in the place of an answer of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Came {
    /// Nobody looked, or it is nothing in particular.
    #[default]
    Other,
    /// Nothing at all.
    Nothing,
    /// A web page: of a proxy, say, or of another program.
    WebPage,
    /// Compressed bytes, which nobody asked for.
    Compressed,
    /// An object with an error, under the status of a success.
    Error,
    /// JSON of another kind.
    Json,
}

impl Came {
    /// Looks at a body, of which nothing is kept.
    pub(crate) fn of(body: &str) -> Self {
        let start = body.trim_start_matches('\u{feff}').trim_start();
        // Compressed bytes were made text: what is no UTF-8 became a replacement character.
        let packed = [
            "\u{1f}\u{fffd}",
            "(\u{fffd}/\u{fffd}",
            "BZh",
            "PK\u{3}\u{4}",
        ];
        if start.is_empty() {
            Self::Nothing
        } else if packed.iter().any(|magic| body.starts_with(magic)) {
            Self::Compressed
        } else if start.starts_with('<') {
            Self::WebPage
        } else {
            match serde_json::from_str::<Value>(start) {
                Ok(Value::Object(object)) if object.contains_key("error") => Self::Error,
                Ok(_) => Self::Json,
                Err(_) => Self::Other,
            }
        }
    }

    fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::Other => return None,
            Self::Nothing => "nothing came",
            Self::WebPage => "a web page came",
            Self::Compressed => "compressed bytes came, which midband did not request",
            Self::Error => "an error came as a success",
            Self::Json => "JSON of another kind came",
        })
    }
}

/// A failed exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// HTTP status, 0 where there was none.
    pub status: u16,
    /// What `Retry-After` asked for.
    pub retry_after: Option<Duration>,
    /// What came in the place of an answer.
    pub came: Came,
}

impl Failure {
    /// A body that is not of the protocol.
    pub(crate) fn garbled(status: u16, body: &str) -> Self {
        Self {
            status,
            came: Came::of(body),
            ..FailureKind::Garbled.into()
        }
    }
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        Self {
            kind,
            status: 0,
            retry_after: None,
            came: Came::Other,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.words())?;
        if let Some(came) = self.came.words() {
            write!(f, ": {came}")?;
        }
        if self.status > 0 {
            write!(f, " (status {})", self.status)?;
        }
        Ok(())
    }
}

impl FailureKind {
    fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "no connection",
            Self::Broken => "the connection broke",
            Self::TimedOut => "no answer in time",
            Self::Busy => "the server is busy",
            Self::RunnerDied => "the model process died",
            Self::OutOfMemory => "the model does not fit into memory",
            Self::Server => "the server failed",
            Self::Absent => "the model is not there",
            Self::TooLong => "the prompt is longer than the context",
            Self::BadSchema => "the server does not take the answer's schema",
            Self::Denied => "the server does not accept the key",
            Self::Refused => "the server refused the request",
            Self::Garbled => "the answer is not of the protocol",
        }
    }

    /// True where the server rather than the request is at fault.
    pub fn blames_server(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Broken | Self::TimedOut | Self::Server | Self::RunnerDied
        )
    }
}

/// Classifies an answer that is not a success.
pub(crate) fn classify(status: u16, body: &str, retry_after: Option<Duration>) -> Failure {
    let words = error_words(body).to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    let kind = if has(&[
        "exceeds the context length",
        "exceed_context_size",
        "exceeds the available context size",
        // vLLM, and OpenAI's own words.
        "maximum context length",
        "context_length_exceeded",
        // llama-cpp-python.
        "exceed context window",
    ]) {
        FailureKind::TooLong
    } else if has(&["json schema", "invalid format", "grammar"]) {
        FailureKind::BadSchema
    } else if has(&[
        "out-of-memory",
        "out of memory",
        "more system memory",
        "cudamalloc failed",
    ]) {
        FailureKind::OutOfMemory
    } else if status >= 500
        && has(&[
            "unexpected eof",
            "runner",
            "running the model",
            "llama-server process",
        ])
    {
        FailureKind::RunnerDied
    } else {
        match status {
            401 | 403 => FailureKind::Denied,
            404 if has(&["model"]) => FailureKind::Absent,
            408 | 504 => FailureKind::TimedOut,
            429 | 503 => FailureKind::Busy,
            // Ollama gives 500 to an option of a wrong type: no retry helps.
            500 if has(&["must be of type"]) => FailureKind::Refused,
            501 => FailureKind::Refused,
            500..=599 => FailureKind::Server,
            _ => FailureKind::Refused,
        }
    };
    Failure {
        kind,
        status,
        retry_after,
        came: Came::Other,
    }
}

/// The words of an error body: a string, a string that holds JSON (Ollama 0.33), or an object
/// (llama.cpp, OpenAI).
fn error_words(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return body.chars().take(500).collect();
    };
    match value.get("error") {
        Some(Value::String(words)) if words.starts_with('{') && words.len() < body.len() => {
            error_words(words)
        }
        Some(Value::String(words)) => words.clone(),
        Some(Value::Object(error)) => {
            let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{} {}", part("message"), part("type"))
        }
        // vLLM's form before 0.10: no `error` around it.
        _ => value
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// What a failed `reqwest` call means.
pub(crate) fn of_reqwest(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        FailureKind::TimedOut
    } else if error.is_connect() {
        FailureKind::Unreachable
    } else if error.is_builder() || error.is_redirect() {
        FailureKind::Refused
    } else {
        FailureKind::Broken
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_both_generations_and_of_llama_cpp() {
        for (status, body, kind) in [
            (
                400,
                r#"{"error":"the input length exceeds the context length"}"#,
                FailureKind::TooLong,
            ),
            (
                400,
                r#"{"error":"{\"error\":{\"code\":400,\"message\":\"request (18 tokens) exceeds the available context size (10 tokens), try increasing it\",\"type\":\"exceed_context_size_error\"}}"}"#,
                FailureKind::TooLong,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"too big","type":"exceed_context_size_error"}}"#,
                FailureKind::TooLong,
            ),
            (
                500,
                r#"{"error":"llama-server reported out-of-memory during startup: x"}"#,
                FailureKind::OutOfMemory,
            ),
            (
                500,
                r#"{"error":"model runner has unexpectedly stopped, this may be due to resource limitations"}"#,
                FailureKind::RunnerDied,
            ),
            (
                503,
                r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
                FailureKind::Busy,
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","code":400}"#,
                FailureKind::TooLong,
            ),
            (
                400,
                r#"{"error":{"message":"Requested tokens (2702) exceed context window of 2048","type":"invalid_request_error","code":null}}"#,
                FailureKind::TooLong,
            ),
            (
                503,
                r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
                FailureKind::Busy,
            ),
            (
                401,
                r#"{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}"#,
                FailureKind::Denied,
            ),
            (404, "404 page not found", FailureKind::Refused),
            (502, "<html>bad gateway</html>", FailureKind::Server),
            (400, "{\"error\":7}", FailureKind::Refused),
            (500, "", FailureKind::Server),
        ] {
            assert_eq!(classify(status, body, None).kind, kind, "{body}");
        }
    }

    #[test]
    fn what_came_is_told_and_not_shown() {
        let bytes = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for (body, came) in [
            ("<!DOCTYPE html><p>Jane Roe</p>".to_owned(), Came::WebPage),
            (bytes(&[0x1f, 0x8b, 8, 0, 0]), Came::Compressed),
            (bytes(&[0x28, 0xb5, 0x2f, 0xfd, 4]), Came::Compressed),
            (" \n".to_owned(), Came::Nothing),
            (r#"{"error":"Jane Roe"}"#.to_owned(), Came::Error),
            (r#"{"Jane":"Roe"}"#.to_owned(), Came::Json),
            ("Jane Roe".to_owned(), Came::Other),
        ] {
            let failure = Failure::garbled(200, &body);
            assert_eq!(failure.came, came, "{body}");
            let said = format!("{failure} {failure:?}");
            assert!(
                said.contains("status 200") && !said.contains("Roe"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_failure_shows_none_of_the_servers_words() {
        let failure = classify(500, "{\"error\":\"prompt was: Jane Roe\"}", None);
        assert!(!format!("{failure} {failure:?}").contains("Roe"));
    }
}
