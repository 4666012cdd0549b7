//! Lexicons made of the release files of licensed vocabularies, which midband can't ship.

mod collected;
mod rf2;
mod rrf;

pub use collected::Imported;
pub use rf2::{Rf2, import_rf2};
pub use rrf::{Rrf, import_rrf};

use std::io::{self, BufRead};

/// A release file that can't be read. Names the line, never its text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file can't be read, or is not UTF-8.
    #[error("{file}: {source}")]
    Io {
        /// The file's name in the release.
        file: &'static str,
        /// What failed.
        source: io::Error,
    },
    /// A line has too few fields.
    #[error("{file}, line {line}: it has {found} fields, not {wanted}")]
    Fields {
        /// The file's name in the release.
        file: &'static str,
        /// Line, from 1.
        line: u64,
        /// Fields found.
        found: usize,
        /// Fields that such a line has at least.
        wanted: usize,
    },
    /// No name of the wanted language belongs to a kind that a lexicon holds.
    #[error("the release has no usable name in the language {0:?}")]
    Empty(String),
    /// A language that such a release is not read in.
    #[error("cannot read the language {0:?}; choose from {1}")]
    Language(String, &'static str),
}

/// A release's file and how its lines are cut.
struct Table {
    file: &'static str,
    separator: char,
    /// Fields that a line has at least.
    wanted: usize,
}

impl Table {
    /// Hands every line's fields to `take`.
    fn each(
        &self,
        mut input: impl BufRead,
        mut take: impl FnMut(&[&str]),
    ) -> Result<(), ImportError> {
        let (mut line, mut at) = (String::new(), 0);
        loop {
            line.clear();
            let read = input.read_line(&mut line);
            let read = read.map_err(|source| ImportError::Io {
                file: self.file,
                source,
            })?;
            if read == 0 {
                return Ok(());
            }
            at += 1;
            let text = line.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                continue;
            }
            let fields: Vec<&str> = text.split(self.separator).collect();
            if fields.len() < self.wanted {
                return Err(ImportError::Fields {
                    file: self.file,
                    line: at,
                    found: fields.len(),
                    wanted: self.wanted,
                });
            }
            take(&fields);
        }
    }
}
