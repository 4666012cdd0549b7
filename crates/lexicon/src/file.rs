//! The lexicon as a file: one form a line.
//!
//! ```text
//! # midband-lexicon 1, language en
//! form,concept,kind,relations
//! type 2 diabetes,,condition,is_a diabetes mellitus|excludes type 1 diabetes
//! T2DM,type 2 diabetes,condition,
//! ```
//!
//! The first line may be missing: the version is then [`LEXICON_VERSION`], the language English. `concept` is empty if the form
//! is its name. A form in capitals is matched in capitals alone. One form may stand for several concepts, a line each.
//! Relations stand beside any of a concept's forms.

use crate::kind::{Kind, Relation};

/// Version of the file's form that this code reads.
pub const LEXICON_VERSION: u32 = 1;

/// The first line of a lexicon up to its version.
pub(crate) const HEAD: &str = "# midband-lexicon ";

/// A lexicon that can't be read. Names the row, never its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LexiconError {
    /// Written in another version of the form.
    #[error("the lexicon has version {found}, this program reads {LEXICON_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
    /// A column is missing.
    #[error(
        "the lexicon has no column {0:?}: it needs form, concept and kind; relations is optional"
    )]
    Column(&'static str),
    /// A row that is no entry.
    #[error("row {row} of the lexicon: {why}")]
    Row {
        /// Line of a text, or row of a table, from 1.
        row: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// One row of a lexicon, as it was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct LexiconRow<'a> {
    /// What is written.
    pub form: &'a str,
    /// What it names; the form itself if this is empty.
    pub concept: &'a str,
    /// A word such as `condition` or `drug`.
    pub kind: &'a str,
    /// `is_a …|treats …`; may be empty.
    pub relations: &'a str,
}

/// One row, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) form: String,
    pub(crate) concept: String,
    pub(crate) kind: Kind,
    pub(crate) relations: Vec<(Relation, String)>,
    /// Where it was read.
    pub(crate) row: u64,
}

impl Entry {
    pub(crate) fn of(row: &LexiconRow<'_>, number: u64) -> Result<Self, LexiconError> {
        let wrong = |why| LexiconError::Row { row: number, why };
        let form = row.form.trim();
        if form.is_empty() {
            return Err(wrong("it has no form"));
        }
        let concept = row.concept.trim();
        let mut relations = Vec::new();
        for relation in row.relations.split('|').map(str::trim) {
            if relation.is_empty() {
                continue;
            }
            let (how, other) = relation
                .split_once(' ')
                .ok_or_else(|| wrong("a relation names no concept"))?;
            let how = Relation::named(how).ok_or_else(|| {
                wrong("an unknown relation: it is is_a, treats, part_of, excludes or sex")
            })?;
            relations.push((how, other.trim().to_owned()));
        }
        Ok(Self {
            form: form.to_owned(),
            concept: if concept.is_empty() { form } else { concept }.to_owned(),
            kind: Kind::named(row.kind.trim()).ok_or_else(|| {
                wrong("an unknown kind: it is drug, class, condition, symptom, procedure, anatomy, lab, allergen, occupation, abbreviation or other")
            })?,
            relations,
            row: number,
        })
    }
}

/// Language and entries of a lexicon's text.
pub(crate) fn read(text: &str) -> Result<(String, Vec<Entry>), LexiconError> {
    let text = text.trim_start_matches('\u{feff}');
    let language = head(text)?;
    let mut rows = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .delimiter(delimiter(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let broken = |error: &csv::Error| LexiconError::Row {
        row: error.position().map_or(0, csv::Position::line),
        why: "it can't be read as CSV in UTF-8",
    };
    let names = rows.headers().map_err(|error| broken(&error))?.clone();
    let place = |name: &'static str| {
        names
            .iter()
            .position(|n| n.trim().eq_ignore_ascii_case(name))
            .ok_or(LexiconError::Column(name))
    };
    let (form, concept, kind) = (place("form")?, place("concept")?, place("kind")?);
    let relations = place("relations").ok();
    let mut entries = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|error| broken(&error))?;
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let read = LexiconRow {
            form: cell(form),
            concept: cell(concept),
            kind: cell(kind),
            relations: relations.map_or("", cell),
        };
        let line = row.position().map_or(0, csv::Position::line);
        entries.push(Entry::of(&read, line)?);
    }
    Ok((language, entries))
}

/// The language that the first line names; `en` if there is no such line.
fn head(text: &str) -> Result<String, LexiconError> {
    let Some(head) = text.lines().next().and_then(|line| line.strip_prefix(HEAD)) else {
        return Ok("en".to_owned());
    };
    let digits = head
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(head.len());
    let found: u32 = head[..digits].parse().map_err(|_| LexiconError::Row {
        row: 1,
        why: "its version is no number",
    })?;
    if found != LEXICON_VERSION {
        return Err(LexiconError::Version { found });
    }
    let language = head.split_once("language ").map_or("en", |(_, rest)| rest);
    Ok(language
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect())
}

/// A comma; a semicolon or a tab if the header has no comma, as some spreadsheets write CSV.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.starts_with('#'));
    let header = header.unwrap_or_default();
    match (
        header.contains(','),
        header.contains(';'),
        header.contains('\t'),
    ) {
        (false, true, _) => b';',
        (false, false, true) => b'\t',
        _ => b',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_refused_with_their_row() {
        assert_eq!(read("form,concept,kind\n"), Ok(("en".to_owned(), vec![])));
        assert_eq!(
            read("# midband-lexicon 9\nform,concept,kind\n"),
            Err(LexiconError::Version { found: 9 })
        );
        assert_eq!(
            read("# midband-lexicon 1\nform,kind\n"),
            Err(LexiconError::Column("concept"))
        );
        assert_eq!(read(""), Err(LexiconError::Column("form")));
        let of = |row: &str| {
            read(&format!(
                "# midband-lexicon 1, language de\nform,concept,kind,relations\n{row}\n"
            ))
        };
        let line =
            |found: Result<_, LexiconError>| matches!(found, Err(LexiconError::Row { row: 3, .. }));
        assert!(line(of("x,,planet,")));
        assert!(line(of("x,,drug,likes y")));
        assert!(line(of(",x,drug,")));
        assert_eq!(
            of("x,,drug,is_a y").map(|(language, entries)| (language, entries.len())),
            Ok(("de".to_owned(), 1))
        );
    }

    #[test]
    fn a_spreadsheets_csv_is_read() {
        let read = read("\u{feff}Form;Concept;Kind\nX1;;lab\n").map(|(_, entries)| entries);
        assert_eq!(
            read.map(|entries| entries[0].form.clone()),
            Ok("X1".to_owned())
        );
    }
}
