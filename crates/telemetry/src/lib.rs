//! Spans of midband to an OpenTelemetry collector, by OTLP over HTTP (protobuf).
//!
//! Only midband's own spans leave: their fields are counts, names of tasks, routes and ids of requests. Spans of other crates and
//! events of any crate stay here, because nobody has checked that they hold no text.

mod client;

use opentelemetry::{
    Context, KeyValue,
    trace::{
        SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
    },
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{Resource, error::OTelSdkError, trace::SdkTracerProvider};
use tracing::{Metadata, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt, util::TryInitError,
};

/// Variables that name a collector (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// Why no span leaves.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The variables of OpenTelemetry can't be used.
    #[error("cannot set up the span exporter: {0}")]
    Exporter(#[from] ExporterBuildError),
    /// The process has a subscriber of its own.
    #[error("spans have a subscriber already: {0}")]
    Subscriber(#[from] TryInitError),
    /// The last spans could not be sent.
    #[error("the last spans could not be sent: {0}")]
    Last(#[from] OTelSdkError),
}

/// Sends the process's spans until it is finished.
#[derive(Debug)]
pub struct Exporter {
    provider: SdkTracerProvider,
    endpoint: String,
}

impl Exporter {
    /// Starts where a variable names a collector: `OTEL_EXPORTER_OTLP_ENDPOINT` (such as `http://127.0.0.1:4318`) or
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`; `None` where neither does. Headers, time limits, sampling, batching and
    /// `OTEL_SERVICE_NAME` (`midband` by default) follow OpenTelemetry's own variables. To be called once in a process.
    ///
    /// # Errors
    /// The variables can't be used, or the process has a subscriber of its own.
    pub fn start(version: &'static str) -> Result<Option<Self>, TelemetryError> {
        let named = ENDPOINTS.iter().find_map(|name| std::env::var(name).ok());
        let Some(endpoint) = named.filter(|endpoint| !endpoint.is_empty()) else {
            return Ok(None);
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client::Client::new())
            .build()?;
        let mut about =
            Resource::builder().with_attribute(KeyValue::new("service.version", version));
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            about = about.with_service_name("midband");
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(about.build())
            .with_batch_exporter(exporter)
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("midband"))
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(is_ours));
        tracing_subscriber::registry().with(layer).try_init()?;
        Ok(Some(Self { provider, endpoint }))
    }

    /// The collector.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends what is left, and stops. Blocks until the collector has answered, for five seconds at most.
    ///
    /// # Errors
    /// The collector can't be reached, or refuses the spans.
    pub fn finish(self) -> Result<(), TelemetryError> {
        Ok(self.provider.shutdown()?)
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("midband")
}

/// A caller's span, as `traceparent` names it.
#[derive(Clone, Copy, Debug)]
pub struct RemoteParent<'a> {
    /// 32 hexadecimal digits.
    pub trace: &'a str,
    /// 16 hexadecimal digits.
    pub span: &'a str,
    /// The caller records the trace.
    pub sampled: bool,
}

/// Makes a span the child of a caller's span, before it is entered. What can't be read is left aside.
pub fn adopt(span: &Span, parent: RemoteParent<'_>) {
    let (Ok(trace), Ok(id)) = (
        TraceId::from_hex(parent.trace),
        SpanId::from_hex(parent.span),
    ) else {
        return;
    };
    let flags = TraceFlags::default().with_sampled(parent.sampled);
    let remote = SpanContext::new(trace, id, flags, true, TraceState::default());
    // Without an exporter no span has a context.
    let _ = span.set_parent(Context::new().with_remote_span_context(remote));
}
