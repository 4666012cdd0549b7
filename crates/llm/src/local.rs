//! A server of our own for one model in a file: llama.cpp's, on this machine, for as long as a run needs it.
//!
//! It listens on a free port of the loopback interface and answers only to a key of its own, so that no other user of the
//! machine can read what its slots hold. It ends with its last owner, also where the owner's process is killed
//! (`watched`).

mod gguf;
mod launch;
mod program;
mod watched;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

pub use self::program::LocalProgram;
use self::{gguf::Header, watched::Watched};
use crate::{ApiKey, wire::client};

/// Longest wait for a model to load; a file of some gigabytes on a slow disk takes minutes.
const LOADS_WITHIN: Duration = Duration::from_secs(300);
/// Pause between two looks at a server that is loading.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Longest wait for one such look.
const LOOK: Duration = Duration::from_secs(5);
/// Tries to start: another process may take the free port before the server does.
const TRIES: u32 = 3;

/// Why no server of our own could be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// llama.cpp's server is not on this machine.
    #[error("llama.cpp's server is not installed: there is no `llama-server` on the PATH{}", wheel_place(.wheel))]
    NoProgram {
        /// Where the server out of the Python package `xllamacpp` would be.
        wheel: Option<PathBuf>,
    },
    /// The program that was named is not there.
    #[error("{0} is not a file")]
    NotAProgram(PathBuf),
    /// The file can't be read as a model.
    #[error("cannot use {path} as a model: {why}")]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system does not start the program.
    #[error("cannot start {program}: {source}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended while it was loading the model.
    #[error("llama.cpp's server ended before it was ready ({status}): {said}")]
    Ended {
        /// Its exit status.
        status: String,
        /// Its last words; no text of a pair has been sent by then.
        said: String,
    },
    /// It is still loading.
    #[error("llama.cpp's server was not ready within {0:?}")]
    Late(Duration),
}

fn wheel_place(wheel: &Option<PathBuf>) -> String {
    wheel.as_ref().map_or_else(String::new, |folder| {
        format!(", and {} is not there", folder.display())
    })
}

/// Memory that a server needs for a model, by its file's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalMemory {
    /// Bytes of weights: the file's size.
    pub weights: u64,
    /// Bytes of keys and values for the context of all slots, 16 bits a number.
    pub context: u64,
    /// Bytes of the buffers in which a batch is computed.
    pub batch: u64,
}

impl LocalMemory {
    /// All of it, bytes.
    pub fn total(&self) -> u64 {
        self.weights + self.context + self.batch
    }
}

/// A model in a GGUF file, and how a server is started for it. Clones share one running server.
#[derive(Clone, Debug)]
pub struct LocalModel {
    file: PathBuf,
    program: LocalProgram,
    header: Header,
    context: u32,
    slots: usize,
    running: Arc<Mutex<Weak<LocalServer>>>,
}

impl LocalModel {
    /// A model whose server gives each of `slots` requests `context` tokens; fewer where the model was made for fewer.
    /// Nothing is started yet.
    ///
    /// # Errors
    /// The file is not there or is not a GGUF file of a language model.
    pub fn new(
        file: &Path,
        program: LocalProgram,
        context: u32,
        slots: usize,
    ) -> Result<Self, LocalError> {
        let wrong = |why: String| LocalError::Model {
            path: file.to_owned(),
            why,
        };
        let header = Header::read(file).map_err(|error| wrong(error.to_string()))?;
        let context = match header.context_length {
            0 => context,
            made_for => context.min(made_for),
        };
        Ok(Self {
            header,
            file: file.to_owned(),
            program,
            context,
            slots: slots.max(1),
            running: Arc::default(),
        })
    }

    /// The same with another number of requests at once, for a server of its own.
    #[must_use]
    pub fn with_slots(self, slots: usize) -> Self {
        Self {
            slots: slots.max(1),
            running: Arc::default(),
            ..self
        }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Name under which the server lists it: the file's, without its ending.
    pub fn name(&self) -> String {
        let stem = self.file.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Requests that are answered at once.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Tokens of context of each request.
    pub fn context(&self) -> u32 {
        self.context
    }

    /// The program that serves it.
    pub fn program(&self) -> &LocalProgram {
        &self.program
    }

    /// What it costs in memory.
    pub fn memory(&self) -> LocalMemory {
        self.header
            .memory(u64::from(self.context) * self.slots as u64)
    }

    /// The running server; started where none runs. Returns when it is ready.
    ///
    /// # Errors
    /// The program can't be started, or it ends or hangs before it is ready.
    pub async fn server(&self) -> Result<Arc<LocalServer>, LocalError> {
        let mut running = self.running.lock().await;
        if let Some(server) = running.upgrade().filter(|server| server.is_alive()) {
            return Ok(server);
        }
        let server = Arc::new(self.start().await?);
        *running = Arc::downgrade(&server);
        Ok(server)
    }

    async fn start(&self) -> Result<LocalServer, LocalError> {
        let program = self.program.clone();
        // It asks the program what it can do, which blocks for some milliseconds.
        let known = tokio::task::spawn_blocking(move || program.known())
            .await
            .unwrap_or_default();
        let mut tried = 0;
        loop {
            tried += 1;
            match self.start_once(&known).await {
                Err(LocalError::Ended { .. }) if tried < TRIES => {}
                done => return done,
            }
        }
    }

    async fn start_once(&self, known: &program::Known) -> Result<LocalServer, LocalError> {
        let failed = |source| LocalError::Spawn {
            program: self.program.path().to_owned(),
            source,
        };
        let port = launch::free_port().map_err(failed)?;
        let key = launch::key().map_err(failed)?;
        let command = launch::command(self, known, port, &key);
        let process = Watched::spawn(command).map_err(failed)?;
        let server = LocalServer {
            address: format!("http://127.0.0.1:{port}/v1"),
            key,
            process: std::sync::Mutex::new(process),
        };
        server.ready(port).await?;
        Ok(server)
    }
}

/// A running server of our own. Dropping it ends it.
#[derive(Debug)]
pub struct LocalServer {
    address: String,
    key: ApiKey,
    process: std::sync::Mutex<Watched>,
}

impl LocalServer {
    /// Where it is reached.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The only key that it answers to.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Its process.
    pub fn process_id(&self) -> u32 {
        self.locked().id()
    }

    fn is_alive(&self) -> bool {
        self.locked().ended().is_none()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.process
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Waits until the model is loaded.
    async fn ready(&self, port: u16) -> Result<(), LocalError> {
        let give_up = Instant::now() + LOADS_WITHIN;
        let url = format!("http://127.0.0.1:{port}/health");
        let client = client(None).map_err(|_| LocalError::Late(Duration::ZERO))?;
        loop {
            let answer = client.get(&url).timeout(LOOK).send().await;
            let is_ready = answer.is_ok_and(|answer| answer.status().is_success());
            // Whoever answers in the place of a server that has ended is another's.
            if let Some((status, said)) = self.locked().ended() {
                return Err(LocalError::Ended { status, said });
            }
            if is_ready {
                return Ok(());
            }
            if Instant::now() > give_up {
                return Err(LocalError::Late(LOADS_WITHIN));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
