//! What is fetched: a file of a repository, and the terms of it.

use super::error::WeightsError;

/// The ending of the files.
pub(super) const ENDING: &str = ".gguf";

/// A file of a repository on a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightsSource {
    pub(super) repository: String,
    pub(super) file: String,
}

impl WeightsSource {
    /// `OWNER/REPOSITORY/FILE.gguf`; the file may be in folders.
    ///
    /// # Errors
    /// The words are something else.
    pub fn parse(words: &str) -> Result<Self, WeightsError> {
        let wrong = || WeightsError::NotASource(words.to_owned());
        let plain = |part: &str| {
            let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.chars().all(letters) && !part.starts_with('.')
        };
        let parts: Vec<&str> = words.split('/').collect();
        match &parts[..] {
            [owner, name, file @ ..]
                if !file.is_empty()
                    && parts.iter().all(|part| plain(part))
                    && words.ends_with(ENDING) =>
            {
                Ok(Self {
                    repository: format!("{owner}/{name}"),
                    file: file.join("/"),
                })
            }
            _ => Err(wrong()),
        }
    }

    /// The file's own name.
    pub(super) fn file_name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }

    pub(super) fn words(&self) -> String {
        format!("{}/{}", self.repository, self.file)
    }
}

/// What a hub says of the terms of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The licence in the hub's short word, where it names one.
    pub licence: Option<String>,
    /// True where a person must accept the terms on the hub's page, and a token must say who fetches.
    pub gated: bool,
    /// The page on which the terms stand.
    pub page: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_a_repository_and_a_file() {
        let source = WeightsSource::parse("google/medgemma-4b-it-GGUF/q4/medgemma.gguf").unwrap();
        assert_eq!(source.repository, "google/medgemma-4b-it-GGUF");
        assert_eq!(
            (source.file.as_str(), source.file_name()),
            ("q4/medgemma.gguf", "medgemma.gguf")
        );
        for wrong in [
            "",
            "a/b",
            "a/b/c.bin",
            "a/../c.gguf",
            "/a/b.gguf",
            "a/b/.gguf",
            "a/b?x/c.gguf",
        ] {
            assert!(WeightsSource::parse(wrong).is_err(), "{wrong}");
        }
    }
}
