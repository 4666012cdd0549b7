//! Everything that a user can choose about the judge, with defaults that work for MedGemma on one
//! machine, checked once.

use std::{path::PathBuf, sync::Arc, time::Duration};

use midband_core::JudgeError;
use midband_llm::{Address, ApiKey, KeptProbes, LoadOptions, LocalModel, LocalServer, Protocol};

use crate::{
    batch::BatchSize,
    measurements::Measurements,
    mode::{MAX_BATCH, PromptingMode, SecondLook},
    retry::RetryPolicy,
    task::Task,
};

/// The address at which Ollama listens by default.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:11434";

/// The models that are asked by default, the first that is there: MedGemma 1.5, 4B, under Ollama's official tag, and under the
/// usual name of a local import in Q4_K_M.
pub const DEFAULT_MODELS: [&str; 2] = ["medgemma1.5", "medgemma:1.5-4b-q4"];

/// What the judge is set up with. Build it with `..JudgeSettings::default()`.
#[derive(Clone, Debug)]
pub struct JudgeSettings {
    /// The API of the servers.
    pub protocol: Protocol,
    /// Addresses of servers; the least loaded is asked first.
    pub servers: Vec<String>,
    /// What every request carries as its bearer.
    pub api_key: Option<ApiKey>,
    /// Models by tag, preferred first: the next is asked where one is absent or fails. Empty takes
    /// the model that the first server lists first.
    pub models: Vec<String>,
    /// A model in a file: a server of our own is started for it and lives as long as the judge. It takes the place of
    /// `protocol`, `servers`, `api_key` and `models`.
    pub local: Option<LocalModel>,
    /// What "match" means.
    pub task: Task,
    /// How the judge is asked; `None` (`auto`) takes the mode with the most information a second of those that were measured,
    /// else thoughts with a thinking model and yes or no with any other.
    pub mode: Option<PromptingMode>,
    /// Pairs in a request, within 1..=16; `None`: 4 with thoughts, between 4 and 16 without.
    pub batch_size: Option<BatchSize>,
    /// Most requests at once to one server, 1..=64; fewer where measurement finds fewer better.
    pub max_in_flight: usize,
    /// Longest time that a pair waits for others to share its request.
    pub max_wait: Duration,
    /// Tokens of context, prompt and answer together, 2,048..=131,072. The server keeps memory for
    /// as many, once for each of its parallel slots.
    pub num_ctx: u32,
    /// Seed of the order within batches and of the server's sampling.
    pub seed: u64,
    /// Time that the model stays loaded after a request; [`Duration::MAX`] for ever.
    pub keep_alive: Duration,
    /// Folder of the verdict cache; `None` keeps none.
    pub cache: Option<PathBuf>,
    /// Ask again even where the cache holds a verdict; the new one replaces it.
    pub fresh: bool,
    /// Verdicts that the cache has had since then, milliseconds since 1970, are this run's own: a run that was broken off and goes
    /// on calls them asked, not cached.
    pub own_since: Option<u64>,
    /// Most requests in the judge's life.
    pub max_calls: Option<u64>,
    /// Longest time from the first request on, in the judge's life.
    pub max_judge_time: Option<Duration>,
    /// Time after connecting at which everything still open is unanswered.
    pub deadline: Option<Duration>,
    /// Whether and how unsure answers are asked again.
    pub second_look: Option<SecondLook>,
    /// Scores that count as unsure, both ends included.
    pub unsure: (f64, f64),
    /// Ask for the reason of each score: one more request a pair. Reasons may quote the texts and are
    /// not kept: a verdict from the cache has none.
    pub explain: bool,
    /// Allow servers that are not on this machine: pair text leaves it.
    pub allow_remote: bool,
    /// Pull the first model of the chain where no server has any.
    pub pull: bool,
    /// Load the first model while connecting returns.
    pub warm_up: bool,
    /// Waiting and trying again.
    pub retry_policy: RetryPolicy,
    /// Where it is kept what servers of the OpenAI API can do; `None` tries each of them at every connecting.
    pub probes: Option<KeptProbes>,
    /// What was measured of servers and models, for `auto`.
    pub costs: Measurements,
}

impl Default for JudgeSettings {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            servers: vec![DEFAULT_SERVER.to_owned()],
            api_key: None,
            models: DEFAULT_MODELS.map(str::to_owned).to_vec(),
            local: None,
            task: Task::default(),
            mode: None,
            batch_size: None,
            max_in_flight: 2,
            max_wait: Duration::from_millis(50),
            num_ctx: 8_192,
            seed: 0,
            keep_alive: Duration::from_secs(24 * 3_600),
            cache: None,
            fresh: false,
            own_since: None,
            max_calls: None,
            max_judge_time: None,
            deadline: None,
            second_look: None,
            unsure: (0.25, 0.75),
            explain: false,
            allow_remote: false,
            pull: false,
            warm_up: true,
            retry_policy: RetryPolicy::default(),
            probes: None,
            costs: Measurements::default(),
        }
    }
}

/// What every request to a model loads it with.
pub(crate) fn load_options(num_ctx: u32, seed: u64, keep_alive: Duration) -> LoadOptions {
    let keep_alive = if keep_alive == Duration::MAX {
        -1
    } else {
        i64::try_from(keep_alive.as_secs()).unwrap_or(-1)
    };
    LoadOptions {
        num_ctx,
        seed: (seed & 0x7fff_ffff) as i32,
        keep_alive,
    }
}

/// The name under which measurements of a server of our own are kept.
pub(crate) fn local_name(local: &LocalModel) -> String {
    format!("local:{}", local.name())
}

impl JudgeSettings {
    /// The settings with the address of the local model's server in them, and the server, which ends with its last owner.
    ///
    /// # Errors
    /// The server can't be started.
    pub(crate) async fn started(mut self) -> Result<(Self, Option<Arc<LocalServer>>), JudgeError> {
        let Some(local) = &self.local else {
            return Ok((self, None));
        };
        let server = local.server().await;
        let server = server.map_err(|error| JudgeError::Settings(error.to_string()))?;
        // It has one.
        self.models = Vec::new();
        self.probes = self.probes.map(|probes| probes.named(local_name(local)));
        self.protocol = Protocol::OpenAi;
        self.servers = vec![server.address().to_owned()];
        self.api_key = Some(server.key().clone());
        Ok((self, Some(server)))
    }

    /// What every request to a model loads it with.
    pub(crate) fn load_options(&self) -> LoadOptions {
        load_options(self.num_ctx, self.seed, self.keep_alive)
    }

    /// The servers' addresses, after every value was checked.
    ///
    /// # Errors
    /// A value is out of its bounds, an address is none, or a server is remote and that is not
    /// allowed.
    pub(crate) fn checked(&self) -> Result<Vec<Address>, JudgeError> {
        let wrong = |what: String| Err(JudgeError::Settings(what));
        if self.models.iter().any(|model| model.trim().is_empty()) {
            return wrong("a model's name is empty".to_owned());
        }
        if let Some(size) = self
            .batch_size
            .filter(|size| size.least < 1 || size.least > size.most || size.most > MAX_BATCH)
        {
            return wrong(format!("a batch holds 1 to {MAX_BATCH} pairs, got {size}"));
        }
        if !(1..=64).contains(&self.max_in_flight) {
            return wrong(format!(
                "1 to 64 requests at once, got {}",
                self.max_in_flight
            ));
        }
        if !(2_048..=131_072).contains(&self.num_ctx) {
            return wrong(format!(
                "a context of 2,048 to 131,072 tokens, got {}",
                self.num_ctx
            ));
        }
        let (from, to) = self.unsure;
        if !(0.0 <= from && from <= to && to <= 1.0) {
            return wrong(format!("unsure scores lie in 0..=1, got {from}..{to}"));
        }
        if self.servers.is_empty() {
            return wrong("name at least one server".to_owned());
        }
        let parsed = |address: &String| {
            Address::parse(address).map_err(|error| JudgeError::Settings(error.to_string()))
        };
        let addresses: Vec<Address> = self.servers.iter().map(parsed).collect::<Result<_, _>>()?;
        match addresses.iter().find(|address| !address.is_local()) {
            Some(remote) if !self.allow_remote => Err(JudgeError::Remote(remote.host().to_owned())),
            _ => Ok(addresses),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(address: &str) -> Result<Vec<Address>, JudgeError> {
        JudgeSettings {
            servers: vec![address.to_owned()],
            ..JudgeSettings::default()
        }
        .checked()
    }

    #[test]
    fn text_leaves_the_machine_only_on_purpose() {
        let error = with("http://gpu.example:11434").unwrap_err().to_string();
        assert!(
            error.contains("gpu.example") && error.contains("another machine"),
            "{error}"
        );
        let allowed = JudgeSettings {
            servers: vec!["http://10.0.0.7:11434".to_owned()],
            allow_remote: true,
            ..JudgeSettings::default()
        };
        assert!(allowed.checked().is_ok());
    }

    #[test]
    fn values_out_of_bounds_are_named() {
        for (settings, word) in [
            (
                JudgeSettings {
                    batch_size: Some(17.into()),
                    ..JudgeSettings::default()
                },
                "batch",
            ),
            (
                JudgeSettings {
                    max_in_flight: 0,
                    ..JudgeSettings::default()
                },
                "at once",
            ),
            (
                JudgeSettings {
                    num_ctx: 512,
                    ..JudgeSettings::default()
                },
                "context",
            ),
            (
                JudgeSettings {
                    models: vec![" ".to_owned()],
                    ..JudgeSettings::default()
                },
                "model",
            ),
            (
                JudgeSettings {
                    unsure: (0.9, 0.1),
                    ..JudgeSettings::default()
                },
                "unsure",
            ),
        ] {
            assert!(settings.checked().unwrap_err().to_string().contains(word));
        }
    }
}
