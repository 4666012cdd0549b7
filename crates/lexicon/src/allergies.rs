//! What somebody is allergic to, or does not tolerate.

use crate::{
    kind::{ConceptId, Kind},
    lexicon::Lexicon,
    matcher::Mention,
    words::Words,
};

/// Which mentions are what the patient is allergic to.
pub(crate) struct Allergies {
    pub(crate) of: Vec<bool>,
    pub(crate) none: bool,
}

/// Words after "allergic to" that still name allergens.
const REACH: usize = 10;

/// Words between what happened and what it happened with ("a rash after a dose of amoxicillin").
const REACTION_REACH: usize = 5;

/// What an allergen does.
const REACTIONS: [&str; 8] = [
    "rash",
    "hive",
    "urticaria",
    "angioedema",
    "angioedem",
    "swelling",
    "anaphylaxis",
    "itching",
];

/// Before the name of what is not tolerated: words of phrases.
const NOT_TOLERATED: &[&[&str]] = &[
    &["cannot", "have"],
    &["cannot", "take"],
    &["cannot", "tolerate"],
    &["cannot", "eat"],
    &["cant", "have"],
    &["cant", "take"],
    &["cant", "tolerate"],
    &["cant", "eat"],
    &["can", "not", "have"],
    &["can", "not", "take"],
    &["can", "not", "tolerate"],
    &["unable", "to", "take"],
    &["unable", "to", "tolerate"],
    &["must", "not", "have"],
    &["must", "not", "take"],
    &["must", "not", "be", "given"],
    &["must", "avoid"],
    &["react", "to"],
    &["reacts", "to"],
    &["reacted", "to"],
    &["reacted", "badly", "to"],
    &["react", "badly", "to"],
    &["sensitive", "to"],
    &["sensitivity", "to"],
    &["hypersensitive", "to"],
    &["hypersensitivity", "to"],
    &["did", "not", "tolerate"],
    &["doe", "not", "tolerate"],
    &["does", "not", "tolerate"],
    &["could", "not", "tolerate"],
];

/// Words that end a list of allergens.
const ENDS: [&str; 8] = ["take", "taking", "on", "is", "ha", "has", "with", "treated"];

pub(crate) fn allergies(lexicon: &Lexicon, words: &Words, mentions: &[Mention]) -> Allergies {
    let mut reader = Reader {
        words,
        mentions,
        allergens: (mentions.iter())
            .map(|mention| is_allergen(lexicon, mention))
            .collect(),
        found: Allergies {
            of: vec![false; mentions.len()],
            none: false,
        },
        next: 0,
    };
    for at in 0..words.len() {
        reader.read(at);
    }
    let mut found = reader.found;
    // A note that names an allergen has allergies after all.
    found.none &= !found.of.iter().any(|of| *of);
    found
}

fn is_allergen(lexicon: &Lexicon, mention: &Mention) -> bool {
    let is_kind = |c: &ConceptId| {
        matches!(
            lexicon.kind(*c),
            Some(Kind::Drug | Kind::Class | Kind::Allergen)
        )
    };
    mention.senses.iter().any(is_kind)
}

struct Reader<'t> {
    words: &'t Words,
    mentions: &'t [Mention],
    allergens: Vec<bool>,
    found: Allergies,
    /// The first mention that ends behind the word that is read.
    next: usize,
}

impl Reader<'_> {
    fn read(&mut self, at: usize) {
        while (self.mentions.get(self.next)).is_some_and(|m| m.place.end <= at) {
            self.next += 1;
        }
        let word = self.words.at(at);
        if word == "nkda" || word == "nka" {
            self.found.none = true;
        }
        let reacts = matches!(
            word,
            "anaphylaxi"
                | "anaphylaxis"
                | "anaphylactic"
                | "reaction"
                | "intolerant"
                | "intolerance"
        );
        if matches!(word, "allergy" | "allergic" | "allergen") || reacts {
            self.allergy(at, reacts);
        } else if REACTIONS.contains(&word) {
            self.reaction(at);
        } else if let Some(phrase) =
            (NOT_TOLERATED.iter()).find(|phrase| self.words.stand_at(at, phrase))
        {
            self.mark_after(at + phrase.len(), 2);
        }
    }

    fn same_clause(&self, a: usize, b: usize) -> bool {
        let clause = |at: usize| self.words.all().get(at).map(|word| word.clause);
        clause(a) == clause(b)
    }

    /// The mention right before a word, with no comma between.
    fn right_before(&self, at: usize) -> Option<usize> {
        let i = self.next.checked_sub(1)?;
        let mention = &self.mentions[i];
        let joined = mention.place.end == at
            && self.same_clause(at - 1, at)
            && self.words.all()[at].before != ',';
        (joined && self.allergens[i]).then_some(i)
    }

    /// Marks the first mention from a word on, so many words away at most.
    fn mark_after(&mut self, from: usize, reach: usize) {
        let first = self.mentions[self.next..]
            .iter()
            .position(|m| m.place.start >= from);
        let Some(i) = first.map(|i| i + self.next) else {
            return;
        };
        let start = self.mentions[i].place.start;
        if start <= from + reach && self.same_clause(from - 1, start) && self.allergens[i] {
            self.found.of[i] = true;
        }
    }

    /// "A rash with penicillin", "penicillin rash", "codeine gives her hives".
    fn reaction(&mut self, at: usize) {
        let words = self.words;
        if matches!(words.at(at + 1), "with" | "from" | "after" | "to" | "on") {
            self.mark_after(at + 2, REACTION_REACH - 2);
        }
        if let Some(i) = self.right_before(at) {
            self.found.of[i] = true;
        }
        let causes = (at.saturating_sub(REACTION_REACH)..at).find(|i| {
            matches!(
                words.at(*i),
                "give" | "gives" | "gave" | "cause" | "causes" | "caused" | "brings" | "brought"
            ) && self.same_clause(*i, at)
        });
        let named = causes.and_then(|from| {
            let i = self.mentions.partition_point(|m| m.place.end < from);
            (self.mentions.get(i)?.place.end == from && self.allergens[i]).then_some(i)
        });
        if let Some(i) = named {
            self.found.of[i] = true;
        }
    }

    /// "Penicillin allergy", "allergic to penicillin and latex", "allergies: penicillin".
    fn allergy(&mut self, at: usize, reacts: bool) {
        let (words, all) = (self.words, self.words.all());
        let before = (at.saturating_sub(4)..at)
            .filter(|i| self.same_clause(*i, at))
            .any(|i| {
                matches!(
                    words.at(i),
                    "no" | "not" | "nil" | "without" | "deny" | "isnt"
                )
            });
        let after = (at + 1..(at + 3).min(words.len()))
            .any(|i| matches!(words.at(i), "none" | "nil" | "nkda"));
        if (before || after) && !reacts {
            self.found.none = true;
            return;
        }
        if let Some(i) = self.right_before(at) {
            self.found.of[i] = true;
        }
        // "Allergic reaction 20 minutes after prawns".
        let after = |i: &usize| matches!(words.at(*i), "after" | "with" | "from");
        if reacts && let Some(i) = (at + 1..at + REACTION_REACH).find(after) {
            self.mark_after(i + 1, REACTION_REACH - 2);
        }
        let word = words.at(at);
        let next_word = all.get(at + 1);
        let names = matches!(words.at(at + 1), "to" | "of" | "include" | "are" | "is")
            || next_word.is_some_and(|word| matches!(word.before, ':' | '-' | '='));
        // The plural stands before a list ("Allergies penicillin, latex").
        let plural = all[at].end - all[at].start > 7 && word == "allergy";
        let forward = names || plural && !reacts;
        let mut reach = at + 1;
        for (i, mention) in self.mentions.iter().enumerate().skip(self.next).take(REACH) {
            let from = mention.place.start;
            if from <= at && mention.place.contains(&at) {
                continue;
            }
            let near = from < reach + REACH / 2 && self.same_clause(from, at);
            if !near || !forward || (reach..from).any(|w| ENDS.contains(&words.at(w))) {
                break;
            }
            if self.allergens[i] {
                self.found.of[i] = true;
            }
            reach = mention.place.end;
        }
    }
}
