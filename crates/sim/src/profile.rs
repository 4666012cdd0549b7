//! How long things take: every constant of the clock, in one place.

use std::{fmt, str::FromStr};

/// Which server generation is imitated: bodies, reuse of prefixes, white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Api {
    /// Ollama 0.24.0, the last with an engine of its own.
    V0_24,
    /// Ollama 0.33.0-rc2 over llama.cpp's server.
    #[default]
    V0_33,
}

impl Api {
    /// What `/api/version` says. The suffix names the simulator: no real server has it.
    pub fn version(self) -> &'static str {
        match self {
            Self::V0_24 => "0.24.0+midband-sim",
            Self::V0_33 => "0.33.0-rc2+midband-sim",
        }
    }

    /// True where a constant beginning of different prompts is read once (recorded).
    pub(crate) fn reuses_prefixes(self) -> bool {
        self == Self::V0_24
    }
}

impl FromStr for Api {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "0.24" => Ok(Self::V0_24),
            "0.33" => Ok(Self::V0_33),
            _ => Err(format!("{word:?} is neither 0.24 nor 0.33")),
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0_24 => "0.24",
            Self::V0_33 => "0.33",
        })
    }
}

/// A machine and a model, as a token-time model. Seconds, at full speed.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Name on the command line.
    pub name: &'static str,
    /// Loading the model.
    pub load: f64,
    /// Fixed cost of a request to a loaded model, by generation (0.24, 0.33).
    pub fixed: [f64; 2],
    /// One prompt token that is not reused.
    pub prompt_token: f64,
    /// One token of an answer.
    pub answer_token: f64,
    /// Speed of each request while 1, 2, 3, 4 and more run at once; 1 is full speed.
    pub shared: [f64; 4],
    /// Fewest tokens of a thought about one pair, and how many more there may be.
    pub thought: (u32, u32),
    /// Further tokens of the thought for each further pair.
    pub thought_per_pair: u32,
    /// Requests that are answered at once; others wait without bound.
    pub parallel: usize,
}

/// Every profile.
///
/// `m3pro`: MedGemma 1.5 4B, Q4, on an Apple M3 Pro, as measured by its user: load 7.3 s, one pair
/// with a thought of 500 to 1,000 tokens about 20 s, three pairs 22 s, two requests at once slow
/// each other to 0.58 (3.5 a minute in place of 3.0), four ran into their timeouts; 563 tokens in 13.5 s.
/// `cores2`: Gemma 3 270M, Q4, on two CPU cores, as recorded.
pub const PROFILES: [Profile; 2] = [
    Profile {
        name: "m3pro",
        load: 7.3,
        fixed: [0.15, 0.005],
        prompt_token: 0.0035,
        answer_token: 0.024,
        shared: [1.0, 0.58, 0.3, 0.12],
        thought: (500, 500),
        thought_per_pair: 36,
        parallel: 4,
    },
    Profile {
        name: "cores2",
        load: 0.9,
        fixed: [0.15, 0.004],
        prompt_token: 0.001,
        answer_token: 0.0115,
        shared: [1.0, 0.505, 0.42, 0.34],
        thought: (500, 500),
        thought_per_pair: 36,
        parallel: 4,
    },
];

impl Default for Profile {
    fn default() -> Self {
        PROFILES[0].clone()
    }
}

impl FromStr for Profile {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let names: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
        PROFILES
            .iter()
            .find(|profile| profile.name == word)
            .cloned()
            .ok_or_else(|| format!("{word:?} is none of {}", names.join(", ")))
    }
}

impl Profile {
    pub(crate) fn fixed_for(&self, api: Api) -> f64 {
        self.fixed[usize::from(api == Api::V0_33)]
    }

    /// Speed of one request among `active`.
    pub(crate) fn speed_among(&self, active: usize) -> f64 {
        self.shared[active.clamp(1, 4) - 1]
    }
}
