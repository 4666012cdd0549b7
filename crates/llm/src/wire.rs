//! What every protocol over HTTP shares: the client, its limits, and bodies of bounded size.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{self, HeaderMap, HeaderValue},
};

use serde::Deserialize;

use crate::{ApiKey, Failure, FailureKind, Token, failure::of_reqwest};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// An answer holds a few kilobytes of text and up to 1.5 kB of alternatives a token.
const MAX_BODY: usize = 16 << 20;

/// A client that goes where it is sent and nowhere else: no proxy, no redirection.
pub(crate) fn client(key: Option<&ApiKey>) -> Result<Client, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", key.reveal()))
            .map_err(|_| Failure::from(FailureKind::Denied))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    Client::builder()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .default_headers(headers)
        .build()
        .map_err(|_| FailureKind::Refused.into())
}

/// The URL with a path that others can be joined to.
pub(crate) fn as_folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// Scheme, host and port: what may be shown of an address.
pub(crate) fn shown(url: &Url) -> String {
    let port = url
        .port_or_known_default()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!(
        "{}://{}{port}",
        url.scheme(),
        url.host_str().unwrap_or_default()
    )
}

/// Status and body, bounded.
pub(crate) async fn whole(mut response: Response) -> Result<(u16, String), Failure> {
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| of_reqwest(&error))? {
        if bytes.len() + chunk.len() > MAX_BODY {
            return Err(FailureKind::Garbled.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Sends a request and waits for the whole answer: status, body, and what `Retry-After` asks for.
pub(crate) async fn exchange(
    request: RequestBuilder,
    timeout: Duration,
) -> Result<(u16, String, Option<Duration>), Failure> {
    let call = async {
        let response = request.send().await.map_err(|error| of_reqwest(&error))?;
        let later = retry_after(&response);
        let (status, text) = whole(response).await?;
        Ok((status, text, later))
    };
    tokio::time::timeout(timeout, call)
        .await
        .unwrap_or_else(|_| Err(FailureKind::TimedOut.into()))
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    // The form with a date is not worth a calendar: such a server gets the usual back-off.
    value.trim().parse().ok().map(Duration::from_secs)
}

/// A token with its alternatives, as both protocols write it. `bytes` may be absent, and is not needed:
/// every label is ASCII.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    token: String,
    logprob: Option<f64>,
    top_logprobs: Option<Vec<Entry>>,
}

impl Entry {
    /// `None` where the token's own probability is missing.
    pub(crate) fn token(self) -> Option<Token> {
        Some(Token {
            logprob: self.logprob?,
            text: self.token,
            top: self
                .top_logprobs
                .into_iter()
                .flatten()
                .filter_map(|other| Some((other.token, other.logprob?)))
                .collect(),
        })
    }
}
