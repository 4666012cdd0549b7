//! What a server answered.

use std::time::Duration;

/// A token that a model wrote, with its likeliest alternatives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Token {
    /// As it was written.
    pub text: String,
    /// Natural logarithm of its probability, before any grammar.
    pub logprob: f64,
    /// Up to 20 alternatives, the written one among them where it is likely.
    pub top: Vec<(String, f64)>,
}

/// What a server answered to one request, whatever its protocol.
#[derive(Clone, Default, PartialEq)]
pub struct Reply {
    /// The answer, of the first prompt where there are several.
    pub text: String,
    /// True where the server says that the answer is complete or reached its budget; false where
    /// it gave up half-way.
    pub done: bool,
    /// True where the token budget ended the answer.
    pub cut: bool,
    /// Tokens of the prompts.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answers.
    pub answer_tokens: Option<u32>,
    /// Of these prompt tokens, what the server had read before; `None` where it does not say.
    pub cached_tokens: Option<u32>,
    /// The tokens of the answer, where alternatives were asked for.
    pub logprobs: Vec<Token>,
    /// The same for the second and later prompts of a request.
    pub further: Vec<Vec<Token>>,
    /// Time for loading the model.
    pub load: Duration,
    /// Time for reading the prompts.
    pub prompt_time: Duration,
    /// Time for writing the answers.
    pub answer_time: Duration,
    /// As the server measured it.
    pub total: Duration,
    /// Bytes of a thought that the server delivered apart from the text.
    pub thought_apart: usize,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Reply({} bytes, done {}, cut {}, tokens {:?} + {:?})",
            self.text.len(),
            self.done,
            self.cut,
            self.prompt_tokens,
            self.answer_tokens
        )
    }
}
