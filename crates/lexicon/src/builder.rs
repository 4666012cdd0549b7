//! Puts a lexicon together from several sources.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    file::{self, Entry, LexiconError, LexiconRow},
    kind::{Kind, Relation},
    lexicon::{Lexicon, SHIPPED},
    words::normal,
};

impl Lexicon {
    /// Reads a file's text.
    ///
    /// # Errors
    /// The text is of another version, lacks a column, or a row of it is no entry.
    pub fn read(text: &str) -> Result<Self, LexiconError> {
        let mut builder = LexiconBuilder::new();
        builder.text(text)?;
        Ok(builder.build())
    }
}

/// Several sources as one lexicon. A concept of a later source whose name is a name in an earlier one is that concept:
/// "Myocardial Infarction" of a licensed vocabulary adds its names to the "heart attack" that is known already.
#[derive(Default)]
pub struct LexiconBuilder {
    entries: Vec<Entry>,
    languages: Vec<String>,
    hasher: blake3::Hasher,
    /// Concepts by name.
    concepts: FxHashSet<String>,
    /// Concept of each normal form; `None` if it names several.
    forms: FxHashMap<String, Option<(String, Kind)>>,
}

impl LexiconBuilder {
    /// No source yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with the clinical lexicon that is built in.
    pub fn shipped() -> Self {
        let mut builder = Self::new();
        // A test reads it.
        let _ = builder.text(SHIPPED);
        builder
    }

    /// Adds a file's text.
    ///
    /// # Errors
    /// It is of another version, lacks a column, or a row is no entry; nothing of it is added then.
    pub fn text(&mut self, text: &str) -> Result<&mut Self, LexiconError> {
        let (language, entries) = file::read(text)?;
        self.source(language, entries)?;
        self.hasher.update(text.as_bytes());
        Ok(self)
    }

    /// Adds a table's rows; `language` is a tag such as `en`. Rows are counted from 1.
    ///
    /// # Errors
    /// A row is no entry; nothing is added then.
    pub fn rows<'a>(
        &mut self,
        language: &str,
        rows: impl IntoIterator<Item = LexiconRow<'a>>,
    ) -> Result<&mut Self, LexiconError> {
        let mut hasher = blake3::Hasher::new();
        let mut entries = Vec::new();
        for (at, row) in rows.into_iter().enumerate() {
            for cell in [row.form, row.concept, row.kind, row.relations] {
                hasher.update(cell.as_bytes());
                hasher.update(&[0]);
            }
            entries.push(Entry::of(&row, at as u64 + 1)?);
        }
        self.source(language.to_owned(), entries)?;
        self.hasher.update(hasher.finalize().as_bytes());
        Ok(self)
    }

    fn source(&mut self, language: String, mut entries: Vec<Entry>) -> Result<(), LexiconError> {
        let own: FxHashSet<&str> = entries.iter().map(|e| e.concept.as_str()).collect();
        let mut known: FxHashMap<String, String> = FxHashMap::default();
        if !self.entries.is_empty() {
            for entry in &entries {
                if !known.contains_key(&entry.concept)
                    && let Some(same) = self.same(&entry.concept, Some(entry.kind))
                {
                    known.insert(entry.concept.clone(), same);
                }
            }
        }
        let mut renamed = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            for (place, (how, other)) in entry.relations.iter().enumerate() {
                if *how == Relation::Sex {
                    continue;
                }
                let there = match known.get(other) {
                    Some(same) => Some(same.clone()),
                    None if own.contains(other.as_str()) => None,
                    None => Some(self.same(other, None).ok_or(LexiconError::Row {
                        row: entry.row,
                        why: "a relation names a concept that neither this lexicon nor one before it has",
                    })?),
                };
                renamed.extend(there.map(|name| (at, place, name)));
            }
        }
        for (at, place, name) in renamed {
            entries[at].relations[place].1 = name;
        }
        for entry in &mut entries {
            if let Some(same) = known.get(&entry.concept) {
                entry.concept.clone_from(same);
            }
        }
        self.remember(&entries);
        if !self.languages.contains(&language) {
            self.languages.push(language);
        }
        self.entries.extend(entries);
        Ok(())
    }

    /// The concept of an earlier source that a name means: by its name, else by a form of a kind that goes with it.
    fn same(&self, name: &str, kind: Option<Kind>) -> Option<String> {
        if self.concepts.contains(name) {
            return Some(name.to_owned());
        }
        let (same, of) = self.forms.get(&normal(name))?.as_ref()?;
        kind.is_none_or(|kind| kind.goes_with(*of))
            .then(|| same.clone())
    }

    fn remember(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.concepts.insert(entry.concept.clone());
            let here = Some((entry.concept.clone(), entry.kind));
            self.forms
                .entry(normal(&entry.form))
                .and_modify(|there| {
                    if there.as_ref().is_some_and(|(c, _)| *c != entry.concept) {
                        *there = None;
                    }
                })
                .or_insert(here);
        }
    }

    /// The lexicon of all sources.
    pub fn build(self) -> Lexicon {
        let digest = if self.entries.is_empty() {
            String::new()
        } else {
            format!("blake3:{}", self.hasher.finalize().to_hex())
        };
        Lexicon::of(self.languages.join(","), digest, &self.entries)
    }
}
