//! What stands beside a name: its side, its year, and whether it is an allergen.

use std::ops::Range;

use crate::{
    date::date,
    finding::{Finding, LEFT, RIGHT},
    kind::{ConceptId, Kind},
    lexicon::Lexicon,
    matcher::Mention,
    person::Person,
    words::{Word, Words},
};

/// The side that is said of words: among the four before them, after the mention before ("left knee pain" is a knee's side),
/// or right after.
pub(crate) fn sides(words: &Words, text: &str, after: usize, place: Range<usize>) -> u8 {
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
pub(crate) struct Allergies {
    pub(crate) of: Vec<bool>,
    pub(crate) none: bool,
}

/// Words after "allergic to" that still name allergens.
const ALLERGY_REACH: usize = 10;

pub(crate) fn allergies(lexicon: &Lexicon, words: &Words, mentions: &[Mention]) -> Allergies {
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
pub(crate) fn date_findings(
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
