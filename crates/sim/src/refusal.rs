//! What each door says where it gives no answer.

use axum::response::Response;

use crate::{
    body::{self, error},
    call::Door,
    openai_body,
};

/// Ollama's own.
pub(crate) fn absent(name: &str) -> Response {
    error(404, &format!("model '{name}' not found"))
}

impl Door {
    pub(crate) fn runner_died(self) -> Response {
        if self.is_openai() {
            openai_body::error(500, "server_error", "decode failed")
        } else {
            body::runner_died()
        }
    }

    pub(crate) fn busy(self) -> Response {
        if self.is_openai() {
            openai_body::error(503, "unavailable_error", "too many requests are waiting")
        } else {
            body::busy()
        }
    }

    pub(crate) fn absent(self, model: &str) -> Response {
        if self.is_openai() {
            openai_body::error(
                404,
                "not_found_error",
                &format!("the model {model:?} does not exist"),
            )
        } else {
            absent(model)
        }
    }
}
