//! What the server counts, for Prometheus. Labels are routes, states and words of midband's own; never a text.

use std::{
    fmt,
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use midband::{Summary, Unanswered, judge::Usage};
use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::Registry,
};

use crate::process::Process;

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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabel {
    stage: &'static str,
}

type Seconds = Family<Route, Histogram, fn() -> Histogram>;

pub(crate) struct Metrics {
    registry: Registry,
    /// Names that are not midband's own.
    shared: Registry,
    process: Process,
    requests: Family<Answered, Counter>,
    seconds: Seconds,
    pairs: Family<By, Counter>,
    unanswered: Counter,
    late: Family<StageLabel, Counter>,
    answers_late: Counter,
    judge: Family<KindLabel, Gauge<i64>>,
    jobs: Family<KindLabel, Gauge<i64>>,
    working: Gauge<i64>,
    for_cache: Gauge<i64>,
    /// Requests since the start, for their ids.
    pub(crate) count: AtomicU64,
}

/// What is read when the metrics are asked for.
pub(crate) struct Now {
    pub(crate) usage: Option<Usage>,
    pub(crate) working: usize,
    /// Pairs that the judge is asked about for its cache alone.
    pub(crate) for_cache: u64,
    pub(crate) finished_late: u64,
    pub(crate) jobs: Vec<(&'static str, usize)>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut shared = Registry::default();
        let process = Process::register(&mut shared);
        let mut registry = Registry::with_prefix("midband");
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "What was built", Info::new(build.to_vec()));
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
        let late = Family::<StageLabel, Counter>::default();
        registry.register(
            "pairs_late",
            "Pairs whose deadline came before they were embedded, or before the judge answered",
            late.clone(),
        );
        let answers_late = Counter::default();
        registry.register(
            "answers_late",
            "Answers that were made after their deadline",
            answers_late.clone(),
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
        let for_cache = Gauge::<i64>::default();
        registry.register(
            "pairs_for_cache",
            "Pairs that the judge is asked about for its cache alone, their requests being answered",
            for_cache.clone(),
        );
        Self {
            registry,
            shared,
            process,
            requests,
            seconds,
            pairs,
            unanswered,
            late,
            answers_late,
            judge,
            jobs,
            working,
            for_cache,
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

    /// The same of an answer that had a deadline.
    pub(crate) fn scored_in_time(&self, summary: &Summary, due: Instant) {
        self.scored(summary);
        let waited = summary.unanswered.get(Unanswered::OutOfBudget.as_str());
        for (stage, count) in [
            ("embedding", summary.late),
            ("judge", waited.copied().unwrap_or(0)),
        ] {
            self.late.get_or_create(&StageLabel { stage }).inc_by(count);
        }
        self.answered_in_time(due);
    }

    /// Counts an answer that is made now, if that is too late.
    pub(crate) fn answered_in_time(&self, due: Instant) {
        self.answers_late.inc_by(u64::from(Instant::now() > due));
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
        let connected = now.usage.as_ref().is_some_and(|usage| !usage.unreachable);
        set(&self.judge, "connected", u64::from(connected));
        set(&self.judge, "finished_late", now.finished_late);
        for (state, count) in &now.jobs {
            set(&self.jobs, state, *count as u64);
        }
        self.working
            .set(i64::try_from(now.working).unwrap_or(i64::MAX));
        self.for_cache
            .set(i64::try_from(now.for_cache).unwrap_or(i64::MAX));
        self.process.look();
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &self.shared)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}
