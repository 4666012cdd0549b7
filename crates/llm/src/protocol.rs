//! Which API the servers speak, and the key that opens them.

use std::fmt;

/// The API that the servers speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Ollama's own.
    #[default]
    Ollama,
    /// OpenAI's: llama.cpp, vLLM, LM Studio, TGI and others.
    OpenAi,
}

impl Protocol {
    /// Most requests at once to one server where the user says nothing: few large ones suit Ollama
    /// (four at once ran into their timeouts on an M3 Pro), many small ones a server that batches
    /// them as they come.
    pub fn default_in_flight(self) -> usize {
        match self {
            Self::Ollama => 2,
            Self::OpenAi => 16,
        }
    }
}

/// A key that no log, error, fingerprint or dump of the settings shows.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key; `None` where nothing but white space is given.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self(key.to_owned()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new(" sk-secret\n").unwrap();
        assert_eq!(key.reveal(), "sk-secret");
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(ApiKey::new(" "), None);
    }
}
