//! A simulator of LLM servers, for tests and benches.
//!
//! It speaks Ollama's API of two generations (0.24 and 0.33) and the OpenAI API as several servers do,
//! in the shapes that were recorded with real ones, spends time by a token-time model, answers about labelled pairs with a stated accuracy, and
//! fails on demand. It is no model: every figure that comes from it is SIMULATED, and it says so in
//! `/api/version`, as the owner of its models, and in a header of every answer ([`SIMULATOR_HEADER`]).

mod answering;
mod api;
mod body;
mod call;
mod fault;
mod labels;
mod model;
mod openai;
mod openai_body;
mod openai_server;
mod profile;
mod question;
mod refusal;
mod server;
mod weak_judges;

use std::{io, net::SocketAddr, sync::Arc};

use axum::Router;

pub use body::SIMULATOR_HEADER;
pub use fault::{Fault, FaultRate};
pub use labels::Labels;
pub use openai_server::OpenAiServer;
pub use profile::{Api, PROFILES, Profile};
pub use server::Stats;
use server::{Machine, lock};
pub use weak_judges::{Knows, Manner};

/// A model that the simulated server has.
#[derive(Clone, Debug, PartialEq)]
pub struct SimModel {
    /// Its tag.
    pub name: String,
    /// Its architecture, such as `gemma3`.
    pub family: String,
    /// What its file calls itself.
    pub basename: String,
    /// True where it writes thoughts.
    pub thinks: bool,
}

impl SimModel {
    /// A model with thoughts, as MedGemma is.
    pub fn medgemma(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            family: "gemma3".to_owned(),
            basename: "medgemma".to_owned(),
            thinks: true,
        }
    }

    /// A model without thoughts.
    pub fn plain(name: &str, family: &str) -> Self {
        Self {
            name: name.to_owned(),
            family: family.to_owned(),
            basename: family.to_owned(),
            thinks: false,
        }
    }

    fn digest(&self) -> String {
        blake3::hash(format!("midband-sim {}", self.name).as_bytes())
            .to_hex()
            .to_string()
    }
}

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The generation whose bodies it sends.
    pub api: Api,
    /// The server that its OpenAI API behaves as.
    pub openai: OpenAiServer,
    /// The key that its OpenAI API asks for.
    pub api_key: Option<String>,
    /// Tokens of context of each request to its OpenAI API.
    pub context: u32,
    /// The machine whose times it takes.
    pub profile: Profile,
    /// What it knows of pairs.
    pub labels: Labels,
    /// Share of labelled pairs that it gets right, 0..=1.
    pub accuracy: f64,
    /// How it answers where that is not by what it knows.
    pub manner: Manner,
    /// The forms of answer in which it knows anything.
    pub knows: Knows,
    /// How much more often it is wrong about difficult pairs: 0 not at all, 1 in proportion.
    pub difficulty: f64,
    /// True where thoughts come without their tokens, as some GGUF files have it.
    pub bare_thoughts: bool,
    /// True where its Ollama API takes schemas and wishes for alternatives of tokens, and does nothing about them.
    pub ignores_schemas: bool,
    /// Seed of errors, confidences, thoughts and faults.
    pub seed: u64,
    /// How much faster than in reality its clock runs.
    pub speed: f64,
    /// Faults and their rates; their sum is at most 1.
    pub faults: Vec<FaultRate>,
    /// Models that it has; the first is the one loaded beforehand.
    pub models: Vec<SimModel>,
    /// Models that it can pull.
    pub pullable: Vec<SimModel>,
    /// True where the first model is in memory from the start.
    pub loaded: bool,
    /// Requests answered at once; `None` takes the profile's.
    pub parallel: Option<usize>,
    /// Requests that may wait for a model to load (`OLLAMA_MAX_QUEUE`).
    pub max_queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api: Api::default(),
            openai: OpenAiServer::default(),
            api_key: None,
            context: 8_192,
            profile: Profile::default(),
            labels: Labels::default(),
            accuracy: 0.8,
            manner: Manner::default(),
            knows: Knows::default(),
            difficulty: 0.0,
            bare_thoughts: false,
            ignores_schemas: false,
            seed: 1,
            speed: 1.0,
            faults: Vec::new(),
            models: vec![
                SimModel::medgemma("medgemma:1.5-4b-q4"),
                SimModel::plain("gemma3:4b", "gemma3"),
            ],
            pullable: Vec::new(),
            loaded: false,
            parallel: None,
            max_queue: 512,
        }
    }
}

impl Machine {
    fn models(&self) -> Vec<SimModel> {
        let pulled = lock(&self.pulled).clone();
        self.options.models.iter().cloned().chain(pulled).collect()
    }

    /// A model by its name, whatever the case.
    fn model(&self, name: &str) -> Option<SimModel> {
        self.models()
            .into_iter()
            .find(|model| model.name.eq_ignore_ascii_case(name))
    }

    fn add(&self, model: SimModel) {
        lock(&self.pulled).push(model);
    }
}

/// Both APIs.
fn router(machine: Arc<Machine>) -> Router {
    Router::new()
        .merge(api::router())
        .merge(openai::router())
        .fallback(|| async { body::respond(404, "text/plain", "404 page not found") })
        .method_not_allowed_fallback(|| async {
            body::respond(405, "text/plain", "405 method not allowed")
        })
        .with_state(machine)
}

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    address: SocketAddr,
    machine: Arc<Machine>,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Starts listening; answers from then on, on the current runtime.
    ///
    /// # Errors
    /// The address can't be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let machine = Arc::new(Machine::new(options));
        let router = router(Arc::clone(&machine));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            machine,
            task,
        })
    }

    /// Its address as a client wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        *lock(&self.machine.stats)
    }

    /// Runs until it fails.
    ///
    /// # Errors
    /// The server ended.
    pub async fn wait(mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)?
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
