//! The HTTP server: scores, reports, jobs, review.
//!
//! It always answers: with the judge slow, broken or absent every pair comes back within the deadline with its
//! calibrated proxy score, marked as unanswered, and late verdicts go to the cache. Embedding, too, ends at the deadline:
//! pairs that it did not reach are marked as late. No text of a pair stands in a log
//! line, a metric or an error; a job's input stands in the jobs' file until the job is removed.

mod analysis;
mod app;
mod deadline;
mod engines;
mod event;
mod jobs;
mod label_file;
mod labels;
mod linking;
mod metrics;
mod middleware;
mod problem;
mod process;
mod reconnecting_judge;
mod request;
mod schema;
mod scoring;
mod server_info;
mod settings;
mod single_flight;
mod trace;
mod verdicts;

use std::{
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    io,
    net::SocketAddr,
    sync::Arc,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::{get, post},
};
use midband::Engine;
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

pub use event::{Answered, Event, OnEvent};
pub use reconnecting_judge::{Connect, ReconnectingJudge};
pub use settings::{Limits, Settings, Task};

use crate::{
    app::{App, Shared},
    deadline::Rest,
    engines::Engines,
    jobs::{queue::Jobs, results as job_results, routes as jobs_routes, worker},
    label_file::LabelFile,
    metrics::Metrics,
};

/// Why a server can't run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Anybody on the network could read and ask.
    #[error("{0} is reachable from other machines, but no key is set")]
    Open(SocketAddr),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The folder of the jobs can't be used; another server may have it.
    #[error("cannot use the jobs in {0}: {1}; another server may be using them")]
    State(String, String),
    /// The embedding model can't be loaded.
    #[error("cannot load the embedding model")]
    Model(#[from] midband::EngineError),
    /// The file of the labels can't be written.
    #[error("cannot write the labels in {0}: {1}")]
    Labels(String, io::Error),
    /// The server broke off.
    #[error("the server stopped: {0}")]
    Broken(io::Error),
}

/// A server that listens and does not answer yet.
pub struct Server {
    app: Shared,
    listener: TcpListener,
    /// Where it listens; the port is the real one where 0 was asked for.
    pub address: SocketAddr,
}

impl Server {
    /// Checks the settings, loads the embedding model, opens the jobs, and takes the address.
    ///
    /// # Errors
    /// The settings let anybody in, the model can't be loaded, the address is taken, or the jobs can't be used.
    pub async fn bind(settings: Settings) -> Result<Self, ServeError> {
        let wanted = settings.listen;
        if !wanted.ip().is_loopback() && settings.api_key.is_none() && !settings.insecure {
            return Err(ServeError::Open(wanted));
        }
        let engine = Engine::builder()
            .embedder(settings.embedder.clone())
            .build();
        let engine = engine.map_err(|error| ServeError::Broken(io::Error::other(error)))?;
        engine.warm_up().await?;
        let listen = |error| ServeError::Listen(wanted, error);
        let listener = TcpListener::bind(wanted).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let app = Arc::new(App {
            jobs: Jobs::open(&settings.state)?,
            labels: settings
                .save_labels
                .as_deref()
                .map(|path| {
                    let failed = |error| ServeError::Labels(path.display().to_string(), error);
                    LabelFile::open(path).map_err(failed)
                })
                .transpose()?,
            engines: Engines::default(),
            metrics: Metrics::new(),
            rest: Rest::default(),
            work: Arc::new(Semaphore::new(settings.limits.concurrency)),
            nonce: RandomState::new().build_hasher().finish() as u32,
            started: app::now(),
            settings,
        });
        Ok(Self {
            app,
            listener,
            address,
        })
    }

    /// The routes, for a program that serves them itself. Jobs are worked on by [`Server::run`] alone.
    pub fn router(&self) -> Router {
        router(&self.app)
    }

    /// Answers until `stop` is ready; then finishes what is in flight, for [`Limits::stop_within`] at most. A job that runs
    /// waits for the next start.
    ///
    /// # Errors
    /// The listener broke.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let mut background = JoinSet::new();
        background.spawn(worker::work(self.app.clone()));
        for task in &self.app.settings.tasks {
            background.spawn(task.judge.clone().keep_trying());
        }
        let told = Arc::new(Notify::new());
        let tell = told.clone();
        let stopping = async move {
            stop.await;
            tell.notify_one();
        };
        let bound = self.app.settings.limits.stop_within;
        let overdue = async {
            told.notified().await;
            tokio::time::sleep(bound).await;
        };
        let serving =
            axum::serve(self.listener, router(&self.app)).with_graceful_shutdown(stopping);
        let served = tokio::select! {
            served = serving => served,
            () = overdue => {
                self.app.tell(&Event::StoppedLate);
                Ok(())
            }
        };
        background.shutdown().await;
        for task in &self.app.settings.tasks {
            if let Ok(judge) = task.judge.connected() {
                judge.flush_cache();
            }
        }
        served.map_err(ServeError::Broken)
    }
}

fn router(app: &Shared) -> Router {
    let limit = app.settings.limits.body_bytes;
    // Work has room for so many; a look at the server always has.
    let work = Router::new()
        .route("/score", post(scoring::score))
        .route("/verdicts", post(verdicts::verdicts))
        .route("/analyze", post(analysis::analyze))
        .route("/analyze-json", post(analysis::analyze_json))
        .route("/match", post(linking::match_lists))
        .method_not_allowed_fallback(middleware::no_method)
        .layer(from_fn_with_state(app.clone(), middleware::make_room));
    let room = from_fn_with_state(app.clone(), middleware::make_room);
    let looks = Router::new()
        .route(
            "/jobs",
            post(jobs_routes::create).layer(room).get(jobs_routes::list),
        )
        .route(
            "/jobs/{id}",
            get(jobs_routes::look).delete(jobs_routes::remove),
        )
        .route("/jobs/{id}/result", get(job_results::result))
        .route("/jobs/{id}/scores", get(job_results::scores))
        .route("/review", get(job_results::review))
        .route(labels::ROUTE, post(labels::save))
        .route("/info", get(server_info::info))
        .route("/metrics", get(server_info::metrics))
        .route("/openapi.json", get(server_info::openapi))
        .method_not_allowed_fallback(middleware::no_method);
    let docs = SwaggerUi::new("/docs").config(Config::from("/openapi.json"));
    let admitted = work
        .merge(looks)
        .merge(docs)
        .layer(from_fn_with_state(app.clone(), middleware::admit));
    Router::new()
        .route("/health", get(server_info::health))
        .route("/ready", get(server_info::ready))
        .method_not_allowed_fallback(middleware::no_method)
        .merge(admitted)
        .fallback(middleware::no_route)
        .layer(DefaultBodyLimit::max(limit))
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(map_response(hardened))
        .layer(from_fn_with_state(app.clone(), middleware::observe))
        .with_state(app.clone())
}

/// Answers are about patients: nothing keeps them, frames them or guesses what they are.
async fn hardened(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}
