//! How a model's turns are written, and one prompt in them.

use crate::About;

/// Prefilled as the beginning of the model's turn, so that the thought is over before the first
/// token (Gemma 3's reserved tokens, as MedGemma was taught them).
const CLOSED_THOUGHT: &str = "<unused94>thought\n<unused95>";

/// Stops a raw answer where the model ends its turn without its end token.
pub(crate) const GEMMA_STOP: &str = "<end_of_turn>";

/// How a model's turns are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChatTemplate {
    /// Our own Gemma turns in a raw prompt. No `<bos>`: the server adds it.
    Gemma {
        /// True for a model that was taught the thought tokens.
        thoughts: bool,
    },
    /// The server's own template; nothing can be prefilled.
    Chat,
}

impl ChatTemplate {
    /// How a model's turns are written, from what it says of itself.
    pub fn of(model: &str, about: &About) -> Self {
        // Gemma 1 to 3 share the turn tokens; Gemma 4 has others and is left to the server.
        let gemma = ["gemma", "gemma2", "gemma3", "gemma3n"].contains(&about.architecture.as_str());
        if !(about.can.raw_turns && gemma) {
            return Self::Chat;
        }
        // The thought tokens mean something only to a model that was taught them, and Ollama lists no
        // capability for it. An import may carry the name in its file or in its tag alone.
        let thoughts = about
            .own_names
            .iter()
            .map(String::as_str)
            .chain([model])
            .any(|name| name.to_lowercase().contains("medgemma"));
        Self::Gemma { thoughts }
    }

    /// True where the model was taught tokens that open and close a thought.
    pub fn has_thought_tokens(self) -> bool {
        self == Self::Gemma { thoughts: true }
    }

    /// What prefilled in the model's turn ends its thought before the first token; empty where nothing can.
    pub fn closed_thought(self) -> &'static str {
        if self.has_thought_tokens() {
            CLOSED_THOUGHT
        } else {
            ""
        }
    }
}

/// One prompt's words.
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The same in every prompt of its kind: it stands first, so that a server that reuses common beginnings can.
    pub constant: String,
    /// What is asked about.
    pub rest: String,
    /// Beginning of the model's turn; for raw prompts only.
    pub prefill: &'static str,
}

impl std::fmt::Debug for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (constant, rest) = (self.constant.len(), self.rest.len());
        write!(f, "Prompt({constant} constant and {rest} further bytes)")
    }
}

impl Prompt {
    /// The whole as one raw Gemma prompt.
    pub fn gemma(&self) -> String {
        format!(
            "<start_of_turn>user\n{}{}<end_of_turn>\n<start_of_turn>model\n{}",
            self.constant, self.rest, self.prefill
        )
    }

    /// The user's message where the server writes the turns.
    pub fn message(&self) -> String {
        format!("{}{}", self.constant, self.rest)
    }

    /// Bytes of all parts.
    pub fn bytes(&self) -> usize {
        self.constant.len() + self.rest.len() + self.prefill.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_text() {
        let prompt = Prompt {
            constant: "left".to_owned(),
            rest: "knee".to_owned(),
            prefill: "",
        };
        let shown = format!("{prompt:?}");
        assert!(!shown.contains("knee") && !shown.contains("left"));
    }
}
