//! What "match" means: a profile that is data, so that a new question needs no new code.
//!
//! A profile shapes every prompt, so its words are part of every fingerprint and cache key.

mod built_in;
mod error;
mod known_pairs;

use std::path::Path;

use midband_core::Text;
use midband_lexicon::SharedLexicon;
use serde::{Deserialize, Serialize};

pub use error::TaskError;
pub use known_pairs::KnownPair;

use built_in::{BUILT_IN, IN_COLUMNS};

/// Version of the prompts that the module `prompt` builds. Raise it with any change of their words.
pub const PROMPT_VERSION: u32 = 1;

/// Most examples that a profile may hold: each is paid for in every request.
const MAX_EXAMPLES: usize = 8;

/// Most bytes of a profile's question, guidance and scale together (about 1,000 tokens).
const MAX_WORDS: usize = 4_000;

/// A pair whose score is known, shown to the model before it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Left text.
    pub a: Text,
    /// Right text.
    pub b: Text,
    /// Its score, 0..=100.
    pub score: u8,
}

/// A parser's message up to the first value that it quotes.
fn without_values(message: &str) -> String {
    message
        .split('"')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// What the judge is asked: a name, a question, and the meaning of both ends of the scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Name for people and for the summary.
    pub name: String,
    /// The graded question, one sentence, for several pairs.
    pub question: String,
    /// The same as a yes-no question about one pair; the `yes-no` mode asks it.
    pub yes_no: String,
    /// What to weigh, one or two sentences. May be empty.
    #[serde(default)]
    pub guidance: String,
    /// What 0 means, as the end of the sentence "0 means …".
    pub zero: String,
    /// What 100 means.
    pub hundred: String,
    /// True where `(a, b)` and `(b, a)` are the same question: they share a cached verdict.
    #[serde(default = "symmetric_by_default")]
    pub symmetric: bool,
    /// True where records ("field: value; …" on both sides) are shown field by field, value beside value.
    #[serde(default)]
    pub columns: bool,
    /// True where clinical names are explained in texts that are not shown as columns: "T2DM (type 2 diabetes)".
    #[serde(default)]
    pub concepts: bool,
    /// True where what two clinical texts exclude is said after them: "Differences: side of cataract: left / right".
    #[serde(default)]
    pub differences: bool,
    /// The names behind both; the built-in ones unless a run brings its own.
    #[serde(skip)]
    pub lexicon: SharedLexicon,
    /// Few-shot examples, none by default.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Pairs whose answers are known, never shown in a prompt of another pair: what a judge knows of the task is measured with
    /// them.
    #[serde(default)]
    pub known: Vec<KnownPair>,
}

fn symmetric_by_default() -> bool {
    true
}

/// Most known pairs that a profile may hold.
const MOST_KNOWN: usize = 1_000;

impl Default for Task {
    fn default() -> Self {
        Self::from_row(&BUILT_IN[0])
    }
}

impl Task {
    fn from_row(row: &[&str; 6]) -> Self {
        let [name, question, yes_no, guidance, zero, hundred] = row.map(str::to_owned);
        let columns = IN_COLUMNS.contains(&row[0]);
        Self {
            name,
            question,
            yes_no,
            guidance,
            zero,
            hundred,
            symmetric: true,
            columns,
            concepts: false,
            differences: false,
            lexicon: SharedLexicon::default(),
            examples: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Pairs whose answers are known: the task's own, else those made for its kind, alternately matches and others.
    pub fn known_pairs(&self) -> Vec<KnownPair> {
        if self.known.is_empty() {
            known_pairs::of(&self.name)
        } else {
            self.known.clone()
        }
    }

    /// True where its known pairs are its own or were made for it.
    pub fn has_own_pairs(&self) -> bool {
        !self.known.is_empty() || Self::names().any(|name| name == self.name)
    }

    /// Names of the built-in profiles, the default first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|row| row[0])
    }

    /// A built-in profile.
    pub fn built_in(name: &str) -> Option<Self> {
        BUILT_IN
            .iter()
            .find(|row| row[0] == name)
            .map(Self::from_row)
    }

    /// A built-in profile by its name, or the profile in a TOML file.
    ///
    /// # Errors
    /// There is no such profile or file, or the file is not a usable profile.
    pub fn named_or_file(name: &str) -> Result<Self, TaskError> {
        match Self::built_in(name) {
            Some(task) => Ok(task),
            None if name.ends_with(".toml") || Path::new(name).exists() => {
                Self::from_file(Path::new(name))
            }
            None => Err(TaskError::Unknown {
                name: name.to_owned(),
                known: Self::names().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// A profile from a TOML file.
    ///
    /// # Errors
    /// The file can't be read or is not a usable profile.
    pub fn from_file(path: &Path) -> Result<Self, TaskError> {
        let text = std::fs::read_to_string(path).map_err(|source| TaskError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::from_toml(&text)
    }

    /// A profile from TOML text.
    ///
    /// # Errors
    /// The text is not a profile, or a value is out of its bounds.
    pub fn from_toml(text: &str) -> Result<Self, TaskError> {
        let task: Self = toml::from_str(text)
            .map_err(|error| TaskError::Syntax(without_values(error.message())))?;
        task.validated()
    }

    fn validated(self) -> Result<Self, TaskError> {
        let words = [
            &self.question,
            &self.yes_no,
            &self.guidance,
            &self.zero,
            &self.hundred,
        ];
        let what = if self.name.trim().is_empty() {
            "it has no name"
        } else if [&self.question, &self.yes_no, &self.zero, &self.hundred]
            .iter()
            .any(|word| word.trim().is_empty())
        {
            "question, yes_no, zero and hundred must not be empty"
        } else if words.iter().map(|word| word.len()).sum::<usize>() > MAX_WORDS {
            "question, guidance and scale together may take 4,000 bytes"
        } else if self.examples.len() > MAX_EXAMPLES {
            "at most 8 examples"
        } else if self.known.len() > MOST_KNOWN {
            "at most 1,000 known pairs"
        } else if !self.known.is_empty()
            && [true, false]
                .iter()
                .any(|is| self.known.iter().all(|pair| pair.is_match != *is))
        {
            "known pairs need matches and others"
        } else if self.examples.iter().any(|example| example.score > 100) {
            "an example's score lies in 0..=100"
        } else {
            return Ok(self);
        };
        Err(TaskError::Invalid {
            name: self.name,
            what: what.to_owned(),
        })
    }

    /// A digest over the profile's words and the prompts' version.
    pub fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&PROMPT_VERSION.to_le_bytes());
        for part in [
            &self.name,
            &self.question,
            &self.yes_no,
            &self.guidance,
            &self.zero,
            &self.hundred,
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&[u8::from(self.symmetric)]);
        // As digests were before there was the choice.
        if self.columns {
            hasher.update(b"columns");
        }
        for (named, on) in [
            ("concepts", self.concepts),
            ("differences", self.differences),
        ] {
            if on {
                hasher.update(named.as_bytes());
                hasher.update(self.lexicon.digest().as_bytes());
            }
        }
        for example in &self.examples {
            for text in [example.a.as_str(), example.b.as_str()] {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
            hasher.update(&[example.score]);
        }
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"
name = "same-product"
question = "Rate for each pair of offers how sure you are that both are the same product."
yes_no = "Are both the same product?"
zero = "surely different products"
hundred = "surely the same product"

[[examples]]
a = "Pen, blue, 10 pcs"
b = "10 blue pens"
score = 97
"#;

    #[test]
    fn every_built_in_profile_is_valid_and_of_its_own_digest() {
        let digests: std::collections::BTreeSet<_> = Task::names()
            .map(|name| {
                let task = Task::built_in(name).unwrap().validated().unwrap();
                task.digest().to_hex().to_string()
            })
            .collect();
        assert_eq!(digests.len(), Task::names().count());
        assert_eq!(Task::default().name, "patient-match");
    }

    #[test]
    fn a_users_profile_is_read_and_changes_the_digest_with_every_word() {
        let task = Task::from_toml(OWN).unwrap();
        assert!(task.symmetric);
        let other = Task::from_toml(&OWN.replace("97", "96")).unwrap();
        assert_ne!(task.digest(), other.digest());
        for key in ["concepts", "differences"] {
            let on =
                Task::from_toml(&OWN.replace("zero =", &format!("{key} = true\nzero ="))).unwrap();
            let mut own = on.clone();
            own.lexicon = midband_lexicon::Lexicon::empty().into();
            assert_ne!(task.digest(), on.digest());
            assert_ne!(on.digest(), own.digest(), "other names are other prompts");
        }
    }

    #[test]
    fn a_wrong_profile_says_what_is_wrong_and_never_shows_an_example() {
        let error = Task::from_toml(&OWN.replace("score = 97", "scores = 97")).unwrap_err();
        assert!(
            !error.to_string().contains("blue") && !format!("{error:?}").contains("blue"),
            "{error}"
        );
        let error = Task::from_toml(&OWN.replace("97", "\"blue\"")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("blue"), "{error}");
        let error = Task::from_toml(&OWN.replace("97", "101")).unwrap_err();
        assert!(error.to_string().contains("0..=100"), "{error}");
        let error = Task::named_or_file("patient").unwrap_err().to_string();
        assert!(error.contains("patient-match"), "{error}");
    }
}
