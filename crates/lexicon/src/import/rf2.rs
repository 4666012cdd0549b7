//! SNOMED CT releases in Release Format 2: the snapshots of descriptions and relationships. Columns after the SNOMED CT
//! Release File Specification, section 4.2.

use std::io::BufRead;

use rustc_hash::FxHashMap;

use super::{ImportError, Imported, Table, collected::Collected};
use crate::kind::{Kind, Relation};

/// The files of a release.
pub struct Rf2<D, R> {
    /// `sct2_Description_Snapshot-…txt`.
    pub descriptions: D,
    /// `sct2_Relationship_Snapshot_…txt`.
    pub relationships: Option<R>,
}

const FULL_NAME: &str = "900000000000003001";
const IS_A: &str = "116680003";
const FINDING_SITE: &str = "363698007";

/// Kinds by the tag that ends a full name.
const TAGS: [(&str, Kind); 12] = [
    ("disorder", Kind::Condition),
    ("finding", Kind::Symptom),
    ("procedure", Kind::Procedure),
    ("regime/therapy", Kind::Procedure),
    ("body structure", Kind::Anatomy),
    ("observable entity", Kind::Lab),
    ("substance", Kind::Drug),
    ("product", Kind::Drug),
    ("medicinal product", Kind::Drug),
    ("medicinal product form", Kind::Drug),
    ("clinical drug", Kind::Drug),
    ("event", Kind::Condition),
];

struct Name {
    concept: String,
    term: String,
    is_full: bool,
}

/// Makes a lexicon of a release: active descriptions of the language, of concepts of the kinds that a lexicon holds.
///
/// # Errors
/// A file can't be read, a line has too few fields, or nothing of the language is there.
pub fn import_rf2<D: BufRead, R: BufRead>(
    files: Rf2<D, R>,
    language: &str,
) -> Result<Imported, ImportError> {
    let mut kinds: FxHashMap<String, Kind> = FxHashMap::default();
    let mut names: Vec<Name> = Vec::new();
    table("the file of descriptions", 9).each(files.descriptions, |row| {
        let (active, concept, spoken, kind, term) = (row[2], row[4], row[5], row[6], row[7]);
        if active != "1" {
            return;
        }
        let is_full = kind == FULL_NAME;
        let (plain, tag) = untagged(term);
        if is_full && let Some((_, kind)) = TAGS.iter().find(|(of, _)| Some(*of) == tag) {
            kinds.insert(concept.to_owned(), *kind);
        }
        // The full name, in English in many releases, gives a concept its kind whatever the language.
        if spoken == language {
            names.push(Name {
                concept: concept.to_owned(),
                term: if is_full { plain } else { term }.to_owned(),
                is_full,
            });
        }
    })?;
    let mut found = Collected::default();
    for name in &names {
        if let Some(kind) = kinds.get(&name.concept) {
            found.name(&name.concept, *kind, &name.term, u8::from(name.is_full));
        }
    }
    if let Some(relationships) = files.relationships {
        table("the file of relationships", 10).each(relationships, |row| {
            let (active, from, to, kind) = (row[2], row[4], row[5], row[7]);
            match kind {
                _ if active != "1" => {}
                IS_A => found.relate(from, Relation::IsA, to),
                FINDING_SITE => found.relate(from, Relation::PartOf, to),
                _ => {}
            }
        })?;
    }
    let imported = found.finish(language);
    if imported.is_empty() {
        return Err(ImportError::Empty(language.to_owned()));
    }
    Ok(imported)
}

/// A full name without its tag, and the tag: "Asthma (disorder)".
fn untagged(term: &str) -> (&str, Option<&str>) {
    let tagged = term
        .strip_suffix(')')
        .and_then(|inner| inner.rsplit_once(" ("));
    match tagged {
        Some((plain, tag)) => (plain, Some(tag)),
        None => (term, None),
    }
}

fn table(file: &'static str, wanted: usize) -> Table {
    Table {
        file,
        separator: '\t',
        wanted,
    }
}
