//! What a release holds that a lexicon can use, collected and written as a lexicon's file.

use std::io::{self, Write};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    file::{HEAD, LEXICON_VERSION},
    kind::{Kind, Relation},
    words::{Words, normal},
};

/// Words of the longest form that the matcher looks for.
const LONGEST: usize = 8;

/// Letters below which a form counts in capitals alone: "as" and "all" are words.
const SHORT: usize = 4;

#[derive(Default)]
struct Concept {
    kind: Option<Kind>,
    /// The preferred name, and how much it is preferred.
    name: Option<(u8, String)>,
    forms: Vec<String>,
    relations: Vec<(Relation, String)>,
}

/// Concepts by the release's own identifiers.
#[derive(Default)]
pub(super) struct Collected {
    concepts: FxHashMap<String, Concept>,
    /// In the order of the release, so that the output is too.
    order: Vec<String>,
}

impl Collected {
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.concepts.contains_key(id)
    }

    pub(super) fn kind(&self, id: &str) -> Option<Kind> {
        self.concepts.get(id)?.kind
    }

    pub(super) fn name(&mut self, id: &str, kind: Kind, form: &str, preferred: u8) {
        let Some(form) = tidy(form) else {
            return;
        };
        if !self.concepts.contains_key(id) {
            self.order.push(id.to_owned());
        }
        let concept = self.concepts.entry(id.to_owned()).or_default();
        concept.kind = concept.kind.or(Some(kind));
        if concept
            .name
            .as_ref()
            .is_none_or(|(best, _)| preferred > *best)
        {
            concept.name = Some((preferred, form.clone()));
        }
        concept.forms.push(form);
    }

    /// Relates two concepts if both are there.
    pub(super) fn relate(&mut self, from: &str, how: Relation, to: &str) {
        if from == to || !self.is_known(to) {
            return;
        }
        if let Some(concept) = self.concepts.get_mut(from) {
            concept.relations.push((how, to.to_owned()));
        }
    }

    /// Gives all names of one concept to another: a brand to what is in it.
    pub(super) fn merge(&mut self, from: &str, into: &str) {
        if !self.is_known(into) {
            return;
        }
        let Some(gone) = self.concepts.remove(from) else {
            return;
        };
        if let Some(concept) = self.concepts.get_mut(into) {
            concept.forms.extend(gone.forms);
        }
    }

    /// Every concept under a name of its own, with its distinct forms.
    pub(super) fn finish(self, language: &str) -> Imported {
        let mut names: FxHashMap<&str, String> = FxHashMap::default();
        let mut taken: FxHashSet<String> = FxHashSet::default();
        let there = || {
            self.order
                .iter()
                .filter_map(|id| Some((id.as_str(), self.concepts.get(id)?)))
        };
        for (id, concept) in there() {
            let Some((_, name)) = &concept.name else {
                continue;
            };
            let name = if taken.insert(normal(name)) {
                name.clone()
            } else {
                format!("{name} ({id})")
            };
            names.insert(id, name);
        }
        let mut imported = Imported {
            language: language.to_owned(),
            rows: Vec::new(),
            concepts: names.len(),
        };
        for (id, concept) in there() {
            let (Some(name), Some(kind)) = (names.get(id), concept.kind) else {
                continue;
            };
            let mut relations: Vec<String> = (concept.relations.iter())
                .filter_map(|(how, to)| {
                    Some(format!("{} {}", how.as_str(), names.get(to.as_str())?))
                })
                .filter(|relation| !relation.contains('|'))
                .collect();
            relations.sort_unstable();
            relations.dedup();
            let mut relations = relations.join("|");
            let mut seen = FxHashSet::default();
            for form in &concept.forms {
                if seen.insert((normal(form), is_capital(form))) {
                    imported.rows.push(Row {
                        form: form.clone(),
                        concept: name.clone(),
                        kind,
                        relations: std::mem::take(&mut relations),
                    });
                }
            }
        }
        imported
    }
}

struct Row {
    form: String,
    concept: String,
    kind: Kind,
    relations: String,
}

/// A lexicon that was made of a release.
pub struct Imported {
    language: String,
    rows: Vec<Row>,
    concepts: usize,
}

impl Imported {
    /// Number of forms.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Number of concepts.
    pub fn concepts(&self) -> usize {
        self.concepts
    }

    /// Writes it in the form that [`crate::Lexicon::read`] reads.
    ///
    /// # Errors
    /// The output fails.
    pub fn write(&self, mut output: impl Write) -> io::Result<()> {
        writeln!(
            output,
            "{HEAD}{LEXICON_VERSION}, language {}",
            self.language
        )?;
        // A form may begin with the sign of a comment: quotes keep it one.
        let mut rows = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::NonNumeric)
            .from_writer(output);
        rows.write_record(["form", "concept", "kind", "relations"])?;
        for row in &self.rows {
            rows.write_record([
                row.form.as_str(),
                &row.concept,
                row.kind.as_str(),
                &row.relations,
            ])?;
        }
        rows.flush()
    }
}

fn is_capital(form: &str) -> bool {
    form.chars()
        .filter(|c| c.is_alphabetic())
        .all(char::is_uppercase)
}

/// A form as a lexicon holds it; `None` for one that no text can be searched for.
fn tidy(form: &str) -> Option<String> {
    let mut form = form.trim();
    for end in [
        " NOS",
        ", NOS",
        " (disorder)",
        " (finding)",
        " (procedure)",
        " (product)",
    ] {
        form = form.strip_suffix(end).unwrap_or(form).trim_end();
    }
    let words = Words::of(form).len();
    let letters = form.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = letters > 0 && is_capital(form);
    let is_word = letters < SHORT && !capitals && !form.chars().any(char::is_numeric);
    if words == 0 || words > LONGEST || letters == 0 || is_word {
        return None;
    }
    // "MYOCARDIAL INFARCTION" is a name in an old catalogue's spelling, and no abbreviation.
    if capitals && (words > 1 || letters > 6) {
        return Some(form.to_lowercase());
    }
    Some(form.to_owned())
}
