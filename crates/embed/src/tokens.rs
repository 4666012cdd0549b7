//! A tokeniser that reads a word once a call.

use std::collections::HashMap;

use tokenizers::Tokenizer;

/// Texts to the numbers of their tokens.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    /// True where the tokens of a text are those of its words, so that a word is looked up once a call.
    by_word: bool,
}

impl Tokens {
    pub(crate) fn of(json: &[u8]) -> Result<Self, String> {
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| error.to_string())?;
        tokenizer
            .with_padding(None)
            .with_truncation(None)
            .map_err(|error| error.to_string())?;
        let file: serde_json::Value =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        // Both split at white space and look at nothing beyond a word.
        let by_word = file["pre_tokenizer"]["type"] == "BertPreTokenizer"
            && file["normalizer"]["type"] == "BertNormalizer";
        Ok(Self { tokenizer, by_word })
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            tokens: self,
            words: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// A text that can't be tokenised has no tokens.
    pub(crate) fn encode(&self, text: &str) -> Box<[u32]> {
        let encoded = self.tokenizer.encode_fast(text, false);
        encoded.map_or_else(|_| Box::default(), |encoding| encoding.get_ids().into())
    }
}

/// Reads the texts of one call, one after the other.
pub(crate) struct Reader<'a> {
    tokens: &'a Tokens,
    words: HashMap<Box<str>, Box<[u32]>>,
    found: Vec<u32>,
}

impl Reader<'_> {
    pub(crate) fn read(&mut self, text: &str) -> &[u32] {
        self.found.clear();
        if !self.tokens.by_word {
            self.found.extend(self.tokens.encode(text));
            return &self.found;
        }
        for word in text.split_ascii_whitespace() {
            match self.words.get(word) {
                Some(known) => self.found.extend_from_slice(known),
                None => {
                    let tokens = self.tokens.encode(word);
                    self.found.extend_from_slice(&tokens);
                    self.words.insert(word.into(), tokens);
                }
            }
        }
        &self.found
    }
}
