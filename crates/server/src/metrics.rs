//! What the server counts, for Prometheus. Labels are routes, states and words of midband's own; never a text.

use std::{fmt, sync::atomic::AtomicU64, time::Duration};

use midband::{Summary, judge::Usage};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct By {
    by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

type Seconds = Family<Route, Histogram, fn() -> Histogram>;

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Seconds,
    pairs: Family<By, Counter>,
    unanswered: Counter,
    judge: Family<KindLabel, Gauge<i64>>,
    jobs: Family<KindLabel, Gauge<i64>>,
    working: Gauge<i64>,
    late: Gauge<i64>,
    /// Requests since the start, for their ids.
    pub(crate) count: AtomicU64,
}

/// What is read when the metrics are asked for.
pub(crate) struct Now {
    pub(crate) usage: Option<Usage>,
    pub(crate) working: usize,
    pub(crate) late: u64,
    pub(crate) finished_late: u64,
    pub(crate) jobs: Vec<(&'static str, usize)>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("midband");
        let requests = Family::<Answered, Counter>::default();
        registry.register(
            "http_requests",
            "Requests by route and status",
            requests.clone(),
        );
        // From 1 ms to 65 s.
        let buckets: fn() -> Histogram = || Histogram::new(exponential_buckets(0.001, 2.0, 17));
        let seconds = Seconds::new_with_constructor(buckets);
        registry.register(
            "http_request_seconds",
            "Time to an answer by route, seconds",
            seconds.clone(),
        );
        let pairs = Family::<By, Counter>::default();
        registry.register("pairs", "Scored pairs by who decided", pairs.clone());
        let unanswered = Counter::default();
        registry.register(
            "pairs_unanswered",
            "Pairs that wanted the judge and got no answer in time",
            unanswered.clone(),
        );
        let judge = Family::<KindLabel, Gauge<i64>>::default();
        registry.register(
            "judge",
            "What the judge has spent and answered since the start",
            judge.clone(),
        );
        let jobs = Family::<KindLabel, Gauge<i64>>::default();
        registry.register("jobs", "Jobs by state", jobs.clone());
        let working = Gauge::<i64>::default();
        registry.register(
            "requests_working",
            "Requests that are worked on now",
            working.clone(),
        );
        let late = Gauge::<i64>::default();
        registry.register(
            "pairs_late",
            "Pairs that the judge is asked about for its cache alone, their requests being answered",
            late.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            pairs,
            unanswered,
            judge,
            jobs,
            working,
            late,
            count: AtomicU64::new(0),
        }
    }

    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.seconds
            .get_or_create(&Route {
                route: route.clone(),
            })
            .observe(took.as_secs_f64());
        self.requests
            .get_or_create(&Answered { route, status })
            .inc();
    }

    pub(crate) fn scored(&self, summary: &Summary) {
        for (by, count) in &summary.decided_by {
            let by = (*by).to_owned();
            self.pairs.get_or_create(&By { by }).inc_by(*count);
        }
        self.unanswered.inc_by(summary.unanswered_pairs());
    }

    /// As Prometheus reads it.
    pub(crate) fn shown(&self, now: &Now) -> Result<String, fmt::Error> {
        let set = |family: &Family<KindLabel, Gauge<i64>>, kind: &'static str, value: u64| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            family.get_or_create(&KindLabel { kind }).set(value);
        };
        if let Some(usage) = &now.usage {
            for (kind, value) in [
                ("calls", usage.calls),
                ("retries", usage.retries),
                ("failed_calls", usage.failed_calls),
                ("answered", usage.answered),
                ("unanswered", usage.unanswered),
                ("cached", usage.cached),
                ("tokens_in", usage.tokens_in),
                ("tokens_out", usage.tokens_out),
                ("thought_tokens", usage.thought_tokens),
            ] {
                set(&self.judge, kind, value);
            }
        }
        set(&self.judge, "connected", u64::from(now.usage.is_some()));
        set(&self.judge, "finished_late", now.finished_late);
        for (state, count) in &now.jobs {
            set(&self.jobs, state, *count as u64);
        }
        self.working
            .set(i64::try_from(now.working).unwrap_or(i64::MAX));
        self.late.set(i64::try_from(now.late).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
