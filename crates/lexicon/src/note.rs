//! What one text says: its concepts with their status, side, dose and year, and whose note it is.

use std::{hash::Hasher, ops::Range};

use rustc_hash::FxHasher;

use crate::{
    context::{Status, statuses},
    lexicon::{ConceptId, Kind, Lexicon, Relation, Sex},
    matcher::{Mention, mentions},
    person::{self, Person, date},
    quantity,
    words::{Word, Words},
};

/// Left, right or both, as bits.
pub(crate) const LEFT: u8 = 1;
pub(crate) const RIGHT: u8 = 2;

/// One thing that a note speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is; several where the text does not say which.
    pub senses: Vec<ConceptId>,
    /// Where it stands in the text, in bytes.
    pub place: (u32, u32),
    /// Hash of its words as they are compared.
    pub wording: u64,
    /// Its status.
    pub status: Status,
    /// Left is 1, right is 2, both are 3, neither is 0.
    pub sides: u8,
    /// Milligrams of a drug; units as a negative number.
    pub dose: Option<f64>,
    /// Value of a lab in SI units.
    pub value: Option<f64>,
    /// The year that belongs to it.
    pub year: Option<u16>,
    /// True where it is what the patient is allergic to.
    pub allergy: bool,
}

/// What one text says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    /// Whose note it is.
    pub person: Person,
    /// What it speaks of, in order.
    pub findings: Vec<Finding>,
    /// Years and dates beside those of birth, sorted.
    pub years: Vec<u16>,
    /// True where it says that there are no allergies.
    pub no_allergies: bool,
    /// Words in it.
    pub words: usize,
    /// Words of it that name something.
    pub named: usize,
    /// True where it ends in a question.
    pub asks: bool,
}

/// Findings and words from which on a text reads as a note: a question has fewer of them.
const NARRATIVE: (usize, usize) = (3, 10);

impl Note {
    /// True where the text tells of a patient: several findings, and it asks nothing.
    pub fn is_narrative(&self) -> bool {
        self.findings.len() >= NARRATIVE.0 && self.words >= NARRATIVE.1 && !self.asks
    }
}

impl Lexicon {
    /// Reads a text: linear in its length, never fails.
    pub fn note(&self, text: &str) -> Note {
        let words = Words::of(text);
        if words.len() == 0 {
            return Note::default();
        }
        let mentions = mentions(self, &words);
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
                self.finding(&words, text, (mention, after), status, allergic.of[at])
            })
            .collect();
        self.resolve(&mut findings);
        let sexes = |sex: Sex| {
            let of = |f: &&Finding| {
                f.status.is_affirmed() && f.senses.iter().all(|c| self.sex(*c) == Some(sex))
            };
            findings.iter().filter(of).count()
        };
        let person = person::read(&words, text, (sexes(Sex::Male), sexes(Sex::Female)));
        let years = date_findings(&words, &mentions, &mut findings, &person);
        Note {
            person,
            years,
            no_allergies: allergic.none,
            words: words.len(),
            asks: text.trim_end().ends_with('?'),
            named: mentions.iter().map(|m| m.place.len()).sum(),
            findings,
        }
    }

    fn finding(
        &self,
        words: &Words,
        text: &str,
        (mention, after): (&Mention, usize),
        status: Status,
        allergy: bool,
    ) -> Finding {
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
            year: None,
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

/// The side that is said of words: among the four before them, after the mention before ("left knee pain" is a knee's side),
/// or right after.
fn sides(words: &Words, text: &str, after: usize, place: Range<usize>) -> u8 {
    let (from, to) = (place.start, place.end);
    let all = words.all();
    // A capital alone, and no litre ("umol/L").
    let is_letter = |letter: char, word: &Word| {
        text.get(word.start as usize..)
            .is_some_and(|rest| rest.starts_with(letter))
            && word.before != '/'
    };
    let side = |at: usize| -> u8 {
        let word = &all[at];
        match words.at(at) {
            "left" | "lt" => LEFT,
            "right" | "rt" => RIGHT,
            "bilateral" | "both" | "bilaterally" => LEFT | RIGHT,
            "l" if is_letter('L', word) => LEFT,
            "r" if is_letter('R', word) => RIGHT,
            _ => 0,
        }
    };
    let clause = all[from].clause;
    let mut near = 0;
    for at in (from.saturating_sub(4).max(after)..from).rev() {
        if near != 0 || all[at].clause != clause || all[at + 1].before == ',' {
            break;
        }
        near = side(at);
    }
    let inside = (from..to).map(side).fold(0, |sides, s| sides | s);
    // "Broken wrist, left." and "TKR (L)", not "TKR, left hip pain".
    let ends = |at: usize| {
        let next = all.get(at);
        next.is_none_or(|word| word.clause != clause || matches!(word.before, ',' | ')'))
    };
    let after = (to..(to + 3).min(all.len()))
        .take_while(|at| all[*at].clause == clause)
        .take_while(|at| all[*at].before != ',' || (*at == to && ends(*at + 1)));
    if inside | near != 0 {
        inside | near
    } else {
        after.map(side).find(|s| *s != 0).unwrap_or(0)
    }
}

/// Which mentions are what the patient is allergic to.
struct Allergies {
    of: Vec<bool>,
    none: bool,
}

/// Words after "allergic to" that still name allergens.
const ALLERGY_REACH: usize = 10;

fn allergies(lexicon: &Lexicon, words: &Words, mentions: &[Mention]) -> Allergies {
    let all = words.all();
    let mut found = Allergies {
        of: vec![false; mentions.len()],
        none: false,
    };
    let is_allergen = |mention: &Mention| {
        let kind = |c: &ConceptId| lexicon.kind(*c);
        mention
            .senses
            .iter()
            .any(|c| matches!(kind(c), Some(Kind::Drug | Kind::Class | Kind::Allergen)))
    };
    let mut next = 0;
    for at in 0..words.len() {
        while mentions.get(next).is_some_and(|m| m.place.end <= at) {
            next += 1;
        }
        let word = words.at(at);
        if word == "nkda" || word == "nka" {
            found.none = true;
        }
        let anaphylaxis = matches!(
            word,
            "anaphylaxi"
                | "anaphylaxis"
                | "anaphylactic"
                | "reaction"
                | "intolerant"
                | "intolerance"
        );
        if !(matches!(word, "allergy" | "allergic" | "allergen") || anaphylaxis) {
            continue;
        }
        let said = at.saturating_sub(4)..at;
        let before = said
            .clone()
            .filter(|i| all[*i].clause == all[at].clause)
            .any(|i| {
                matches!(
                    words.at(i),
                    "no" | "not" | "nil" | "without" | "deny" | "isnt"
                )
            });
        let after = (at + 1..(at + 3).min(words.len()))
            .any(|i| matches!(words.at(i), "none" | "nil" | "nkda"));
        if (before || after) && !anaphylaxis {
            found.none = true;
            continue;
        }
        // "Penicillin allergy", "allergic to penicillin and latex", "allergies: penicillin".
        if let Some(i) = next
            .checked_sub(1)
            .filter(|i| mentions[*i].place.end == at && is_allergen(&mentions[*i]))
        {
            found.of[i] = true;
        }
        let next_word = words.all().get(at + 1);
        let names = matches!(words.at(at + 1), "to" | "of" | "include" | "are" | "is")
            || next_word.is_some_and(|word| matches!(word.before, ':' | '-' | '='));
        // The plural stands before a list ("Allergies penicillin, latex").
        let plural = all[at].end - all[at].start > 7 && word == "allergy";
        let forward = names || plural && !anaphylaxis;
        let mut reach = at + 1;
        for (i, mention) in mentions.iter().enumerate().skip(next).take(ALLERGY_REACH) {
            let from = mention.place.start;
            let near = from < reach + ALLERGY_REACH / 2 && all[from].clause == all[at].clause;
            if from <= at && mention.place.contains(&at) {
                continue;
            }
            if !near
                || !forward
                || (reach..from).any(|w| {
                    matches!(
                        words.at(w),
                        "take" | "taking" | "on" | "is" | "ha" | "has" | "with" | "treated"
                    )
                })
            {
                break;
            }
            if is_allergen(mention) {
                found.of[i] = true;
            }
            reach = mention.place.end;
        }
    }
    // A note that names an allergen has allergies after all.
    found.none &= !found.of.iter().any(|of| *of);
    found
}

/// Words between a year and what it belongs to.
const YEAR_REACH: usize = 6;

/// Gives years to the findings nearest to them; returns all of them, sorted.
fn date_findings(
    words: &Words,
    mentions: &[Mention],
    findings: &mut [Finding],
    person: &Person,
) -> Vec<u16> {
    let mut years = Vec::new();
    let (mut at, mut next) = (0, 0);
    // Commas up to each word.
    let mut commas = Vec::with_capacity(words.len());
    for word in words.all() {
        commas.push(commas.last().copied().unwrap_or(0) + u32::from(word.before == ','));
    }
    while at < words.len() {
        let Some((date, length)) = date(words, at) else {
            at += 1;
            continue;
        };
        if person.birth == Some(date) {
            at += length;
            continue;
        }
        years.push(date.year);
        while mentions.get(next).is_some_and(|m| m.place.end <= at) {
            next += 1;
        }
        let clause = words.all()[at].clause;
        let same = |m: &Mention| {
            let from = m.place.start;
            words.all()[from].clause == clause
                && commas[from.max(m.place.end - 1).max(at)] == commas[from.min(at)]
        };
        let before = next
            .checked_sub(1)
            .filter(|i| same(&mentions[*i]))
            .map(|i| (at - mentions[i].place.end, i));
        let after = mentions
            .get(next)
            .filter(|m| same(m) && m.place.start >= at + length);
        let after = after.map(|m| (m.place.start - at - length, next));
        let closest = [before, after]
            .into_iter()
            .flatten()
            .min_by_key(|(distance, _)| *distance);
        if let Some((_, i)) = closest.filter(|(distance, _)| *distance <= YEAR_REACH) {
            findings[i].year = findings[i].year.or(Some(date.year));
        }
        at += length;
    }
    years.sort_unstable();
    years.dedup();
    years
}
