//! All that is needed to reproduce a score.

use serde::{Deserialize, Serialize};

use crate::{Band, BandOn, Fingerprint};

/// A model by name and by the digest of what was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// Name as the user knows it.
    pub name: String,
    /// Digest of the bytes that were loaded, lower-case hexadecimal, prefixed by its algorithm
    /// (`blake3:…`).
    pub digest: String,
}

/// What is added to the name of a model that reads texts with names written out.
const WRITTEN_OUT: &str = ", names written out";

impl ModelIdentity {
    /// The model as it reads texts in which the names of a lexicon are written out: its vectors are not those of the texts as they are.
    /// The digest is that of the model, `+`, and the lexicon's.
    #[must_use]
    pub fn with_names_written_out(&self, lexicon: &str) -> Self {
        Self {
            name: format!("{}{WRITTEN_OUT}", self.name),
            digest: format!("{}+{lexicon}", self.digest),
        }
    }

    /// True if it reads texts in which names are written out.
    pub fn writes_names_out(&self) -> bool {
        self.name.ends_with(WRITTEN_OUT) && self.digest.contains('+')
    }
}

/// Written once per output file, beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of the engine that scored.
    pub engine: String,
    /// The embedding model.
    pub embedding_model: ModelIdentity,
    /// Tokens of a text that the embedding model reads; the rest is truncated.
    pub max_tokens: usize,
    /// The task: what "match" means.
    pub task: String,
    /// The router's policy, by name.
    pub policy: String,
    /// The fixed band, where the policy is one.
    pub band: Option<Band>,
    /// What the band is laid on.
    pub band_on: BandOn,
    /// How the proxy score came from the cosine and the features: `default`, the prior of the
    /// task's kind, or the calibration and when it was made.
    pub proxy: String,
    /// Digest of the frozen word counts behind the features; `None` where no features were compared.
    pub word_counts: Option<String>,
    /// Digest of the lexicon behind the clinical features; `None` where none were compared.
    #[serde(default)]
    pub lexicon: Option<String>,
    /// True where the proxy score was fitted on the user's own labels.
    pub calibrated: bool,
    /// The judge's name, or `none`.
    pub judge: String,
    /// Everything that shapes a judge's answer.
    pub judge_fingerprint: Option<Fingerprint>,
    /// Seed of every random choice.
    pub seed: u64,
    /// When the run started, RFC 3339, UTC. Left empty by the pure crates; the binary fills it in.
    pub started: String,
}
