//! What every request passes: its id, the line about it, who it is from, and whether there is room for it.

use std::{net::IpAddr, sync::atomic::Ordering, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};

use tracing::Instrument;

use crate::{
    app::Shared,
    arriving::RETRY_AFTER,
    event::{Answered, Event},
    problem::Problem,
    trace::TraceParent,
};

const ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, counts it, and tells of it: method, route, status, time and trace, no more.
pub(crate) async fn observe(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let number = app.metrics.count.fetch_add(1, Ordering::Relaxed);
    let id = given_id(request.headers()).unwrap_or_else(|| format!("{:x}-{number:x}", app.nonce));
    let method = request.method().clone();
    // The route, not the path: a path is the caller's text.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let parent = TraceParent::of(request.headers());
    let span = tracing::info_span!(
        "request",
        method = method.as_str(),
        route = route.as_str(),
        id = id.as_str(),
        trace_id = parent.as_ref().map(|parent| parent.trace.as_str()),
        parent_id = parent.as_ref().map(|parent| parent.parent.as_str()),
        sampled = parent.as_ref().map(|parent| parent.sampled),
        status = tracing::field::Empty,
    );
    #[cfg(feature = "otel")]
    if let Some(parent) = &parent {
        let remote = midband_telemetry::RemoteParent {
            trace: &parent.trace,
            span: &parent.parent,
            sampled: parent.sampled,
        };
        midband_telemetry::adopt(&span, remote);
    }
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = begin.elapsed();
    let status = response.status().as_u16();
    app.metrics.answered(&route, status, took);
    span.record("status", status);
    app.tell(&Event::Answered(Answered {
        method: method.as_str(),
        route: &route,
        status,
        took,
        id: &id,
        trace: parent.as_ref().map(|parent| parent.trace.as_str()),
    }));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// The caller's own id, where it is a short word.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(ID)?.to_str().ok()?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!id.is_empty() && id.len() <= 64 && id.bytes().all(is_word)).then(|| id.to_owned())
}

/// Lets nobody in who has no key; without a key, nobody whose browser was sent here by another site.
pub(crate) async fn admit(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if is_from_another_site(request.headers()) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "a page of another site sent this request",
        ));
    }
    match &app.settings.api_key {
        Some(key) if !given_keys(request.headers()).any(|given| same(&given, key)) => {
            Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "send the server's key as `Authorization: Bearer KEY` or `X-API-Key: KEY`",
            ))
        }
        None if !app.settings.insecure
            && !is_own_host(request.headers(), &app.settings.allowed_hosts) =>
        {
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "this server accepts only loopback host names unless its operator allows others",
            ))
        }
        _ => Ok(next.run(request).await),
    }
}

/// What a browser says of a request that a page of another site makes in the user's name.
fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
        && headers
            .get("sec-fetch-mode")
            .is_none_or(|mode| mode != "navigate")
}

/// Keys that a request shows: bearer, password of basic authorisation, or a header of its own.
fn given_keys(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let text = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let authorization = text(header::AUTHORIZATION);
    let bearer = authorization
        .as_deref()
        .and_then(|given| given.strip_prefix("Bearer "))
        .map(|key| key.trim().to_owned());
    let basic = authorization
        .as_deref()
        .and_then(|given| given.strip_prefix("Basic "))
        .and_then(password);
    [bearer, basic, text(HeaderName::from_static("x-api-key"))]
        .into_iter()
        .flatten()
}

/// The name that a request shows with basic authorisation.
pub(crate) fn user(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let bytes = STANDARD.decode(given.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, _) = text.split_once(':')?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// The password in `base64(user:password)`.
fn password(encoded: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    text.split_once(':')
        .map(|(_, password)| password.to_owned())
}

/// In constant time: digests are compared, and BLAKE3's comparison looks at every byte.
fn same(given: &str, key: &str) -> bool {
    blake3::hash(given.as_bytes()) == blake3::hash(key.as_bytes())
}

/// True where the request was sent to a name of this machine's own: another site's name that was pointed here (DNS
/// rebinding) is refused.
fn is_own_host(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        // HTTP/1.0, and no browser.
        return true;
    };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
        || allowed.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Waits for the body, then takes a place among the requests that are worked on, or says when to come again.
pub(crate) async fn make_room(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // Nobody need send a body that will not be read.
    if app.work.available_permits() == 0 {
        return Err(Problem::busy(RETRY_AFTER));
    }
    let (parts, body) = request.into_parts();
    let limits = &app.settings.limits;
    let (bytes, _room) = app.arriving.receive(&parts.headers, body, limits).await?;
    let Ok(_permit) = app.work.clone().try_acquire_owned() else {
        return Err(Problem::busy(RETRY_AFTER));
    };
    Ok(next.run(Request::from_parts(parts, bytes.into())).await)
}

/// Routes and methods that there are none of, in the form of all errors.
pub(crate) async fn no_route() -> Problem {
    Problem::not_found("such route; GET /openapi.json lists them")
}

pub(crate) async fn no_method() -> Response {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this route has other methods",
    )
    .into_response()
}

/// A handler that panicked: the request fails, the server stays.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal("the server failed on this request; its log has no further detail")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn a_key_may_come_in_three_ways() {
        for shown in [
            ("authorization", "Bearer secret"),
            ("authorization", "Basic YW55Ym9keTpzZWNyZXQ="),
            ("x-api-key", "secret"),
        ] {
            let found: Vec<String> = given_keys(&headers(&[shown])).collect();
            assert_eq!(found, ["secret"], "{shown:?}");
        }
        assert!(
            given_keys(&headers(&[("authorization", "Basic ???")]))
                .next()
                .is_none()
        );
        assert!(same("secret", "secret") && !same("secret", "secret2"));
    }

    #[test]
    fn names_of_other_sites_are_refused() {
        let own =
            |host: &str| is_own_host(&headers(&[("host", host)]), &["records.lan".to_owned()]);
        for host in [
            "localhost:8620",
            "127.0.0.1:8620",
            "[::1]:8620",
            "records.lan",
            "Records.LAN:80",
        ] {
            assert!(own(host), "{host}");
        }
        for host in [
            "example.com",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "localhost.evil",
        ] {
            assert!(!own(host), "{host}");
        }
    }

    #[test]
    fn an_id_is_a_short_word_or_ours() {
        assert_eq!(
            given_id(&headers(&[("x-request-id", "a-1.b_2")])).as_deref(),
            Some("a-1.b_2")
        );
        assert_eq!(given_id(&headers(&[("x-request-id", "two words")])), None);
        assert_eq!(
            given_id(&headers(&[("x-request-id", &"x".repeat(65))])),
            None
        );
    }
}
