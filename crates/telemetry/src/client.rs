//! How spans are sent: by a client that needs no async runtime, on the exporter's own thread.

use std::{io::Read, time::Duration};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

/// Time for one request; OpenTelemetry's default for exporters.
const TIME: Duration = Duration::from_secs(10);

/// Longest answer that is read.
const LONGEST: u64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct Client(Agent);

impl Client {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIME))
            // The exporter reads the status itself.
            .http_status_as_error(false)
            .build();
        Self(config.new_agent())
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.0.run(Request::from_parts(head, body.to_vec()))?;
        let (head, body) = answer.into_parts();
        let mut read = Vec::new();
        body.into_reader().take(LONGEST).read_to_end(&mut read)?;
        Ok(Response::from_parts(head, read.into()))
    }
}
