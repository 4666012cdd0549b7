//! What one text says: its concepts with their status, side, dose and date, and whose note it is.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::{
    allergies::allergies,
    body::{name_events, sides_of_parts},
    context::{Status, statuses},
    finding::Finding,
    kind::{ConceptId, Kind, Relation, Sex},
    lexicon::Lexicon,
    matcher::{Mention, mentions},
    person::{self, Person},
    quantity,
    side_and_year::{date_findings, sides},
    words::Words,
};

/// What one text says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    /// Whose note it is.
    pub person: Person,
    /// What it speaks of, in order.
    pub findings: Vec<Finding>,
    /// Years of dates, but for those of birth and of the note, sorted.
    pub years: Vec<u16>,
    /// What the patient does or did for a living, sorted.
    pub occupations: Vec<ConceptId>,
    /// True where it says that there are no allergies.
    pub no_allergies: bool,
    /// Words in it.
    pub words: usize,
    /// Words of it that name something.
    pub named: usize,
    /// True where it ends in a question.
    pub asks: bool,
}

/// Words before a name of a person.
const TITLES: [&str; 8] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "professor",
    "sister",
];

/// Findings and words from which on a text reads as a note: a question has fewer of them.
const NARRATIVE: (usize, usize) = (3, 10);

impl Note {
    /// True where the text tells of a patient: several findings, and it asks nothing.
    pub fn is_narrative(&self) -> bool {
        self.findings.len() >= NARRATIVE.0 && self.words >= NARRATIVE.1 && !self.asks
    }
}

/// What stands around one mention.
struct MentionContext {
    /// Where the mention before it ends, as a place among the words; 0 for the first.
    after: usize,
    status: Status,
    /// True where somebody is allergic to it.
    allergy: bool,
}

impl Lexicon {
    /// Reads a text: linear in its length, never fails.
    pub fn note(&self, text: &str) -> Note {
        let words = Words::of(text);
        if words.len() == 0 {
            return Note::default();
        }
        let mut mentions = mentions(self, &words);
        name_events(self, &words, &mut mentions);
        let is_symptom: Vec<bool> = (mentions.iter())
            .map(|m| {
                m.senses
                    .iter()
                    .any(|c| self.kind(*c) == Some(Kind::Symptom))
            })
            .collect();
        let statuses = statuses(&words, &mentions, &is_symptom);
        let allergic = allergies(self, &words, &mentions);
        let mut findings: Vec<Finding> = (mentions.iter().zip(statuses).enumerate())
            .map(|(at, (mention, status))| {
                let after = at
                    .checked_sub(1)
                    .map_or(0, |before| mentions[before].place.end);
                let context = MentionContext {
                    after,
                    status,
                    allergy: allergic.of[at],
                };
                self.finding(&words, text, mention, context)
            })
            .collect();
        sides_of_parts(self, &words, &mentions, &mut findings);
        self.resolve(&mut findings);
        let sexes = |sex: Sex| {
            let of = |f: &&Finding| {
                f.status.is_affirmed() && f.senses.iter().all(|c| self.sex(*c) == Some(sex))
            };
            findings.iter().filter(of).count()
        };
        let person = person::read(&words, text, (sexes(Sex::Male), sexes(Sex::Female)));
        let years = date_findings(&words, &mentions, &mut findings, &person);
        // "Mr Baker" bakes nothing.
        let is_titled = |mention: &Mention| {
            let before = mention.place.start.checked_sub(1);
            before.is_some_and(|at| TITLES.contains(&words.at(at)))
        };
        let is_occupation = |(mention, finding): &(&Mention, &Finding)| {
            let kinds = || finding.senses.iter().map(|c| self.kind(*c));
            finding.status.is_affirmed()
                && kinds().all(|kind| kind == Some(Kind::Occupation))
                && !is_titled(mention)
        };
        let named = mentions.iter().zip(&findings).filter(is_occupation);
        let mut occupations: Vec<ConceptId> =
            named.flat_map(|(_, f)| f.senses.iter().copied()).collect();
        occupations.sort_unstable();
        occupations.dedup();
        Note {
            person,
            years,
            occupations,
            no_allergies: allergic.none,
            words: words.len(),
            asks: text.trim_end().ends_with('?'),
            named: mentions.iter().map(|m| m.place.len()).sum(),
            findings,
        }
    }

    /// The concepts that a text names and the conditions that its drugs are given for, each once, ascending: what a list is
    /// searched by. Linear in its length.
    pub fn topics(&self, text: &str) -> Vec<ConceptId> {
        let note = self.note(text);
        let named = note.findings.iter().flat_map(|f| f.senses.iter().copied());
        let mut all: Vec<ConceptId> = named
            .flat_map(|c| std::iter::once(c).chain(self.related(c, Relation::Treats)))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn finding(
        &self,
        words: &Words,
        text: &str,
        mention: &Mention,
        context: MentionContext,
    ) -> Finding {
        let MentionContext {
            after,
            status,
            allergy,
        } = context;
        let (from, to) = (mention.place.start, mention.place.end);
        let kind = mention.senses.first().and_then(|c| self.kind(*c));
        let all = words.all();
        Finding {
            senses: mention.senses.clone(),
            wording: {
                let mut hasher = FxHasher::default();
                all[from..to]
                    .iter()
                    .for_each(|word| hasher.write(words.spelling(word).as_bytes()));
                hasher.finish()
            },
            place: (all[from].start, all[to - 1].end),
            // Nobody notes what a relative is allergic to.
            status: if allergy { Status::default() } else { status },
            sides: sides(words, text, after, from..to),
            part: None,
            dose: matches!(kind, Some(Kind::Drug | Kind::Class))
                .then(|| quantity::dose_beside(words, from, to))
                .flatten(),
            value: (kind == Some(Kind::Lab))
                .then(|| {
                    mention
                        .senses
                        .first()
                        .and_then(|c| quantity::lab(words, text, self.name(*c), to))
                })
                .flatten(),
            when: None,
            allergy,
        }
    }

    /// Chooses among several senses the ones that something else in the text speaks for; leaves all where nothing does.
    fn resolve(&self, findings: &mut [Finding]) {
        if findings.iter().all(|f| f.senses.len() < 2) {
            return;
        }
        let mut sure: Vec<ConceptId> = Vec::new();
        for finding in findings.iter().filter(|f| f.senses.len() == 1) {
            let concept = finding.senses[0];
            sure.push(concept);
            for how in [Relation::Treats, Relation::IsA, Relation::PartOf] {
                sure.extend(self.related(concept, how));
            }
        }
        sure.sort_unstable();
        sure.dedup();
        let known = |c: ConceptId| sure.binary_search(&c).is_ok();
        for finding in findings.iter_mut().filter(|f| f.senses.len() > 1) {
            let near = |c: &ConceptId| {
                let related = |how| self.related(*c, how).any(known);
                known(*c)
                    || related(Relation::Treats)
                    || related(Relation::IsA)
                    || related(Relation::PartOf)
            };
            let spoken_for: Vec<ConceptId> = finding.senses.iter().copied().filter(near).collect();
            // A known name goes before a long form of which no more is known.
            let better: Vec<ConceptId> = (finding.senses.iter().copied())
                .filter(|c| self.kind(*c) != Some(Kind::Abbreviation))
                .collect();
            if !spoken_for.is_empty() {
                finding.senses = spoken_for;
            } else if !better.is_empty() {
                finding.senses = better;
            }
        }
    }
}
