//! What stands beside a name: its side and its date.

use std::ops::Range;

use crate::{
    date::date,
    finding::{Finding, LEFT, RIGHT},
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
    let goes_on = |at: &usize| {
        !matches!(
            words.at(*at),
            "and" | "with" | "but" | "then" | "or" | "plus"
        )
    };
    let after = (to..(to + 3).min(all.len()))
        .take_while(goes_on)
        .take_while(|at| all[*at].clause == clause)
        .take_while(|at| all[*at].before != ',' || (*at == to && ends(*at + 1)));
    if inside | near != 0 {
        inside | near
    } else {
        after.map(side).find(|s| *s != 0).unwrap_or(0)
    }
}

/// Words between a date and what it belongs to.
const DATE_REACH: usize = 6;

/// Gives dates to the findings nearest to them; returns the years of all of them, sorted.
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
        if person.birth == Some(date) || person.noted == Some(date) {
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
        if let Some((_, i)) = closest.filter(|(distance, _)| *distance <= DATE_REACH) {
            findings[i].when = findings[i].when.or(Some(date));
        }
        at += length;
    }
    years.sort_unstable();
    years.dedup();
    years
}
