//! Concepts by the forms that name them, and what relates them.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use fst::{Map, MapBuilder};
use rustc_hash::FxHashMap;

use crate::{
    file,
    kind::{ConceptId, Kind, Relation, Sex},
    words::normal,
};

pub(crate) struct Concept {
    pub(crate) name: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) sex: Option<Sex>,
    /// Both directions of `excludes`; else from this one on.
    pub(crate) relations: Vec<(Relation, ConceptId)>,
}

/// Concepts, their forms and relations.
pub struct Lexicon {
    pub(crate) concepts: Vec<Concept>,
    /// Normal form -> place in `senses`. Forms in capitals begin with [`CAPITALS`].
    pub(crate) forms: Map<Vec<u8>>,
    /// Concepts of a form.
    pub(crate) senses: Vec<Box<[ConceptId]>>,
    pub(crate) language: String,
    pub(crate) digest: String,
}

/// Begins the key of a form that is matched in capitals alone.
pub(crate) const CAPITALS: u8 = b'^';

pub(crate) static SHIPPED: &str = include_str!("../data/clinical.csv");

/// Of its text: a millisecond's work, wanted with every provenance.
pub(crate) static SHIPPED_HASH: LazyLock<blake3::Hash> =
    LazyLock::new(|| blake3::hash(SHIPPED.as_bytes()));

/// The same, packed.
pub(crate) static PACKED: &[u8] = include_bytes!("../data/clinical.bin");

impl Lexicon {
    /// The clinical lexicon that is built in; it is read when it is first asked for.
    pub fn clinical() -> &'static Self {
        static READ: LazyLock<Lexicon> = LazyLock::new(|| {
            // A test holds the packed form to the text, from which a stale one is made again.
            let packed = Lexicon::unpack(PACKED, &SHIPPED_HASH, shipped_digest());
            // One source needs no joining.
            packed.unwrap_or_else(|| match file::read(SHIPPED) {
                Ok((language, entries)) => Lexicon::of(language, shipped_digest(), &entries),
                Err(_) => Lexicon::empty(),
            })
        });
        &READ
    }

    /// A lexicon that knows nothing.
    pub fn empty() -> Self {
        Self::of("en".to_owned(), String::new(), &[])
    }

    pub(crate) fn of(language: String, digest: String, entries: &[file::Entry]) -> Self {
        let mut concepts: Vec<Concept> = Vec::new();
        let mut places: FxHashMap<&str, ConceptId> = FxHashMap::default();
        let mut keyed: Vec<(Vec<u8>, ConceptId)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let id = *places.entry(&entry.concept).or_insert_with(|| {
                concepts.push(Concept {
                    name: entry.concept.as_str().into(),
                    kind: entry.kind,
                    sex: None,
                    relations: Vec::new(),
                });
                concepts.len() as ConceptId - 1
            });
            let spelled = normal(&entry.form);
            let mut key = Vec::with_capacity(spelled.len() + 1);
            // Of several words ("D&V") it is no word by chance.
            if is_in_capitals(&entry.form) && !spelled.contains(' ') {
                key.push(CAPITALS);
            }
            key.extend_from_slice(spelled.as_bytes());
            if !key.is_empty() && key != [CAPITALS] {
                keyed.push((key, id));
            }
        }
        for entry in entries {
            let Some(&from) = places.get(entry.concept.as_str()) else {
                continue;
            };
            for (how, other) in &entry.relations {
                let sex = match (how, other.as_str()) {
                    (Relation::Sex, "male") => Some(Sex::Male),
                    (Relation::Sex, "female") => Some(Sex::Female),
                    _ => None,
                };
                concepts[from as usize].sex = sex.or(concepts[from as usize].sex);
                let Some(&to) = places.get(other.as_str()) else {
                    continue;
                };
                concepts[from as usize].relations.push((*how, to));
                if *how == Relation::Excludes {
                    concepts[to as usize].relations.push((*how, from));
                }
            }
        }
        keyed.sort_unstable();
        keyed.dedup();
        let mut senses: Vec<Box<[ConceptId]>> = Vec::with_capacity(keyed.len());
        let mut builder = MapBuilder::memory();
        for group in keyed.chunk_by(|a, b| a.0 == b.0) {
            // The keys are sorted and distinct, and memory does not fail.
            if builder.insert(&group[0].0, senses.len() as u64).is_ok() {
                senses.push(group.iter().map(|(_, id)| *id).collect());
            }
        }
        Self {
            concepts,
            forms: builder.into_map(),
            senses,
            language,
            digest,
        }
    }

    /// The language of its forms, as the file names it.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Digest of the files that it was read from; empty where it knows nothing.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Number of forms.
    pub fn len(&self) -> usize {
        self.senses.len()
    }

    /// True where it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.senses.is_empty()
    }

    /// A concept's name.
    pub fn name(&self, concept: ConceptId) -> &str {
        self.concepts.get(concept as usize).map_or("", |c| &c.name)
    }

    /// What a concept is.
    pub fn kind(&self, concept: ConceptId) -> Option<Kind> {
        self.concepts.get(concept as usize).map(|c| c.kind)
    }

    pub(crate) fn sex(&self, concept: ConceptId) -> Option<Sex> {
        self.concepts.get(concept as usize).and_then(|c| c.sex)
    }

    /// The concepts that a concept is related to so.
    pub(crate) fn related(
        &self,
        concept: ConceptId,
        how: Relation,
    ) -> impl Iterator<Item = ConceptId> + '_ {
        let relations = self
            .concepts
            .get(concept as usize)
            .map_or(&[] as &[_], |c| &c.relations);
        relations
            .iter()
            .filter(move |(of, _)| *of == how)
            .map(|(_, to)| *to)
    }

    pub(crate) fn senses(&self, value: u64) -> &[ConceptId] {
        self.senses.get(value as usize).map_or(&[], |senses| senses)
    }

    /// The concepts that a form names.
    pub fn find(&self, form: &str) -> &[ConceptId] {
        let mut key = normal(form);
        if let Some(value) = self.forms.get(&key) {
            return self.senses(value);
        }
        key.insert(0, char::from(CAPITALS));
        self.forms.get(&key).map_or(&[], |value| self.senses(value))
    }
}

fn is_in_capitals(form: &str) -> bool {
    let mut letters = form.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(char::is_uppercase)
}

/// Digest of the lexicon that is built in; it need not be read for that.
fn shipped_digest() -> String {
    format!("blake3:{}", SHIPPED_HASH.to_hex())
}

/// The lexicon of a run: the one that is built in, which is read when it is first asked for, or another. Clones share it.
#[derive(Clone, Default)]
pub struct SharedLexicon(Option<Arc<Lexicon>>);

impl SharedLexicon {
    /// The lexicon.
    pub fn get(&self) -> &Lexicon {
        self.0.as_deref().unwrap_or_else(|| Lexicon::clinical())
    }

    /// Its digest, as [`Lexicon::digest`].
    pub fn digest(&self) -> String {
        match &self.0 {
            Some(own) => own.digest().to_owned(),
            None => shipped_digest(),
        }
    }

    /// True for the one that is built in.
    pub fn is_shipped(&self) -> bool {
        self.0.is_none()
    }
}

impl From<Lexicon> for SharedLexicon {
    fn from(own: Lexicon) -> Self {
        Self(Some(Arc::new(own)))
    }
}

impl fmt::Debug for SharedLexicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedLexicon")
            .field(&self.digest())
            .finish()
    }
}

impl PartialEq for SharedLexicon {
    /// The same names: by their digest.
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Eq for SharedLexicon {}
