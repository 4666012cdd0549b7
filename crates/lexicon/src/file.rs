//! The lexicon as a file: one form a line.
//!
//! ```text
//! # midband-lexicon 1, language en
//! form,concept,kind,relations
//! type 2 diabetes,,condition,is_a diabetes mellitus|excludes type 1 diabetes
//! T2DM,type 2 diabetes,condition,
//! ```
//!
//! `concept` is empty where the form is its name. A form in capitals is matched in capitals alone. One form may stand
//! for several concepts, a line each. Relations stand beside any of a concept's forms.

use crate::kind::{Kind, Relation};

/// Version of the file's form that this code reads.
pub const LEXICON_VERSION: u32 = 1;

/// The first line of every lexicon up to its version.
const HEAD: &str = "# midband-lexicon ";

/// A lexicon that can't be read. Names the line, never what stands in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LexiconError {
    /// The first line does not say that it is a lexicon.
    #[error(
        "this is no lexicon: its first line must read \"{HEAD}{LEXICON_VERSION}, language en\""
    )]
    NoLexicon,
    /// Written in another version of the form.
    #[error("the lexicon has version {found}, this program reads {LEXICON_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
    /// A column is missing.
    #[error("the lexicon has no column {0:?}")]
    Column(&'static str),
    /// A line that is no entry.
    #[error("line {line} of the lexicon: {why}")]
    Line {
        /// Line, from 1.
        line: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) form: String,
    pub(crate) concept: String,
    pub(crate) kind: Kind,
    pub(crate) relations: Vec<(Relation, String)>,
}

/// Language and entries of a lexicon's text.
pub(crate) fn read(text: &str) -> Result<(String, Vec<Entry>), LexiconError> {
    let (head, _) = text.split_once('\n').ok_or(LexiconError::NoLexicon)?;
    let head = head.strip_prefix(HEAD).ok_or(LexiconError::NoLexicon)?;
    let digits = head
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(head.len());
    let found: u32 = head[..digits]
        .parse()
        .map_err(|_| LexiconError::NoLexicon)?;
    if found != LEXICON_VERSION {
        return Err(LexiconError::Version { found });
    }
    let language = head.split_once("language ").map_or("en", |(_, rest)| rest);
    let language: String = language
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let mut rows = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .from_reader(text.as_bytes());
    let names = rows.headers().map_err(|_| LexiconError::NoLexicon)?.clone();
    let place = |name: &'static str| {
        names
            .iter()
            .position(|n| n.trim() == name)
            .ok_or(LexiconError::Column(name))
    };
    let (form, concept, kind) = (place("form")?, place("concept")?, place("kind")?);
    let relations = place("relations").ok();
    let mut entries = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|error| LexiconError::Line {
            line: error.position().map_or(0, csv::Position::line),
            why: "it can't be read as CSV",
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let wrong = |why| LexiconError::Line { line, why };
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        if cell(form).is_empty() {
            return Err(wrong("it has no form"));
        }
        let named = if cell(concept).is_empty() {
            cell(form)
        } else {
            cell(concept)
        };
        let mut related = Vec::new();
        for relation in relations
            .map_or("", cell)
            .split('|')
            .filter(|r| !r.trim().is_empty())
        {
            let (how, other) = relation
                .trim()
                .split_once(' ')
                .ok_or_else(|| wrong("a relation names no concept"))?;
            let how = Relation::named(how).ok_or_else(|| wrong("an unknown relation"))?;
            related.push((how, other.trim().to_owned()));
        }
        entries.push(Entry {
            form: cell(form).to_owned(),
            concept: named.to_owned(),
            kind: Kind::named(cell(kind)).ok_or_else(|| wrong("an unknown kind"))?,
            relations: related,
        });
    }
    Ok((language, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_refused_with_their_line() {
        assert_eq!(read("form,concept,kind\n"), Err(LexiconError::NoLexicon));
        assert_eq!(
            read("# midband-lexicon 9\nform,concept,kind\n"),
            Err(LexiconError::Version { found: 9 })
        );
        assert_eq!(
            read("# midband-lexicon 1\nform,kind\n"),
            Err(LexiconError::Column("concept"))
        );
        let of = |row: &str| {
            read(&format!(
                "# midband-lexicon 1, language de\nform,concept,kind,relations\n{row}\n"
            ))
        };
        let line = |found: Result<_, LexiconError>| {
            matches!(found, Err(LexiconError::Line { line: 3, .. }))
        };
        assert!(line(of("x,,planet,")));
        assert!(line(of("x,,drug,likes y")));
        assert!(line(of(",x,drug,")));
        assert_eq!(
            of("x,,drug,is_a y").map(|(language, entries)| (language, entries.len())),
            Ok(("de".to_owned(), 1))
        );
    }
}
