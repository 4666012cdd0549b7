//! Names made of a part of the body and what was done to it or is wrong with it: "broke her right hip" is a hip fracture, "both
//! breasts were removed" a mastectomy.

use crate::{
    finding::Finding,
    kind::{ConceptId, Kind},
    lexicon::Lexicon,
    matcher::Mention,
    words::Words,
};

/// Words between what happened and the part of the body that it happened to.
const REACH: usize = 4;

/// What is said of a part of the body, by the word that its name has in the lexicon.
fn event(word: &str) -> Option<&'static str> {
    Some(match word {
        "broke" | "broken" | "breaking" | "fractured" | "snapped" | "shattered" => "fracture",
        "removed" | "removal" | "excised" | "excision" | "out" => "removed",
        "replaced" | "replacement" => "replacement",
        "transplanted" | "transplant" | "transplantation" => "transplant",
        "amputated" => "amputation",
        "cancer" | "carcinoma" => "cancer",
        "pain" | "ache" => "pain",
        "fracture" => "fracture",
        "infection" => "infection",
        "hernia" => "hernia",
        _ => return None,
    })
}

/// Words that stand between both, in any order.
fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "of" | "in"
            | "to"
            | "the"
            | "her"
            | "his"
            | "my"
            | "their"
            | "both"
            | "left"
            | "right"
            | "l"
            | "r"
            | "lt"
            | "rt"
            | "was"
            | "were"
            | "been"
            | "has"
            | "have"
            | "had"
            | "is"
            | "a"
            | "one"
            | "bilateral"
            | "taken"
            | "surgically"
    )
}

/// Gives parts of the body the name that the words before or after make of them, where the lexicon has it.
pub(crate) fn name_events(lexicon: &Lexicon, words: &Words, mentions: &mut Vec<Mention>) {
    let mut at = 0;
    while at < mentions.len() {
        if let Some(named) = named(lexicon, words, mentions, at) {
            let place = &named.place;
            // What it covers is no mention of its own ("fracture" of "fracture of the left wrist").
            let from = mentions.partition_point(|m| m.place.end <= place.start);
            let to = mentions.partition_point(|m| m.place.start < place.end);
            mentions.splice(from..to, [named]);
            at = from;
        }
        at += 1;
    }
}

fn named(lexicon: &Lexicon, words: &Words, mentions: &[Mention], at: usize) -> Option<Mention> {
    let mention = &mentions[at];
    let [part] = mention.senses[..] else {
        return None;
    };
    if lexicon.kind(part) != Some(Kind::Anatomy) {
        return None;
    }
    let all = words.all();
    let (from, to) = (mention.place.start, mention.place.end);
    let clause = all[from].clause;
    let here = |i: usize| all[i].clause == clause;
    let earlier = (at.checked_sub(1)).map_or(0, |i| mentions[i].place.end);
    // Before: no other name stands between, but the event may itself be one ("fracture").
    let mut before = (from.saturating_sub(REACH)..from)
        .rev()
        .take_while(|i| here(*i) && all[*i + 1].before != ',')
        .skip_while(|i| is_filler(words.at(*i)));
    let next = mentions.get(at + 1).map_or(words.len(), |m| m.place.start);
    let mut after = (to..(to + REACH).min(words.len()))
        .take_while(|i| here(*i) && all[*i].before != ',')
        .skip_while(|i| is_filler(words.at(*i)));
    let first = before
        .next()
        .filter(|i| *i + 1 >= earlier)
        .and_then(|i| Some((event(words.at(i))?, i..to)));
    let last = || {
        let i = after.next().filter(|i| *i <= next)?;
        let said = event(words.at(i))?;
        Some((said, from..i + 1))
    };
    let (said, place) = first.or_else(last)?;
    let name = format!("{} {said}", lexicon.name(part));
    match lexicon.find(&name) {
        [] => None,
        senses => Some(Mention {
            place,
            senses: senses.to_vec(),
        }),
    }
}

/// Words between a name and the part of the body whose side is its side ("DVT in the left leg").
const SIDE_REACH: usize = 4;

/// Gives conditions and operations the side of the part of the body beside them, where they have none of their own.
pub(crate) fn sides_of_parts(
    lexicon: &Lexicon,
    words: &Words,
    mentions: &[Mention],
    findings: &mut [Finding],
) {
    let all = words.all();
    let is_part = |senses: &[ConceptId]| {
        senses
            .iter()
            .all(|c| lexicon.kind(*c) == Some(Kind::Anatomy))
    };
    for at in 0..findings.len() {
        let takes_one = findings[at].senses.iter().all(|c| {
            matches!(
                lexicon.kind(*c),
                Some(Kind::Condition | Kind::Procedure | Kind::Symptom)
            )
        });
        if findings[at].sides != 0 || !takes_one {
            continue;
        }
        let place = &mentions[at].place;
        let side = |i: usize| {
            let part = findings.get(i).filter(|part| is_part(&part.senses))?;
            let sides = Some(part.sides).filter(|sides| *sides != 0)?;
            Some((sides, *part.senses.first()?))
        };
        let before = at.checked_sub(1).filter(|i| {
            let joined = mentions[*i].place.end == place.start;
            joined
                && all[place.start].clause == all[place.start - 1].clause
                && all[place.start].before != ','
        });
        let after = Some(at + 1).filter(|i| {
            mentions.get(*i).is_some_and(|part| {
                let between = place.end..part.place.start + 1;
                between.len() <= SIDE_REACH + 1
                    && between.into_iter().all(|w| {
                        all[w].clause == all[place.start].clause
                            && !matches!(all[w].before, ',' | '+')
                    })
                    && !(place.end..part.place.start)
                        .any(|w| matches!(words.at(w), "and" | "with" | "but" | "then"))
            })
        });
        let found = before.and_then(side).or_else(|| after.and_then(side));
        if let Some((sides, part)) = found {
            (findings[at].sides, findings[at].part) = (sides, Some(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, u8)> {
        let lexicon = Lexicon::clinical();
        let note = lexicon.note(text);
        (note.findings.iter())
            .map(|f| (lexicon.name(f.senses[0]).to_owned(), f.sides))
            .collect()
    }

    #[test]
    fn what_happened_to_a_part_is_named() {
        for (text, name, sides) in [
            ("she broke her right hip in a fall", "hip fracture", 2),
            ("left knee was replaced", "knee replacement", 1),
            ("removal of both breasts", "mastectomy", 3),
            ("his spleen has been removed", "splenectomy", 0),
            ("cancer of the left breast", "breast cancer", 1),
            ("right kidney taken out", "nephrectomy", 2),
            ("Left ankle broken, ORIF.", "ankle fracture", 1),
            (
                "Ankle fracture (right) fixed with a plate.",
                "ankle fracture",
                2,
            ),
        ] {
            let found = names(text);
            assert!(
                found.contains(&(name.to_owned(), sides)),
                "{text}: {found:?}"
            );
        }
        let found = names("removed from the list, knee fine");
        assert!(found.iter().all(|(name, _)| name == "knee"), "{found:?}");
    }

    #[test]
    fn a_part_lends_its_side() {
        for (text, name, sides) in [
            ("right eye optic neuritis", "optic neuritis", 2),
            ("DVT in the left leg", "deep vein thrombosis", 1),
            ("melanoma of the right shoulder", "melanoma", 2),
        ] {
            let found = names(text);
            assert!(
                found.contains(&(name.to_owned(), sides)),
                "{text}: {found:?}"
            );
        }
        let found = names("asthma and left knee pain");
        assert!(found.contains(&("asthma".to_owned(), 0)), "{found:?}");
    }
}
