//! The age that a note gives, with the sex that hangs on it ("71F").

use crate::{kind::Sex, words::Words};

const DECADES: [(&str, f64); 9] = [
    ("teen", 13.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
];

const SMALL: [&str; 19] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

/// Before an age it is that relative's ("mother had a stroke at 50"), right after it too ("her 5-year-old son").
const RELATIVES: [&str; 24] = [
    "mother",
    "father",
    "mum",
    "mom",
    "dad",
    "brother",
    "sister",
    "parent",
    "aunt",
    "uncle",
    "son",
    "daughter",
    "cousin",
    "sibling",
    "grandmother",
    "grandfather",
    "nephew",
    "niece",
    "husband",
    "wife",
    "partner",
    "child",
    "mother's",
    "father's",
];

/// Words between a relative and the age that is theirs.
const RELATIVE_REACH: usize = 8;

/// An age in years, the youngest and the oldest that the text allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Age {
    pub(crate) years: (f64, f64),
    pub(crate) sex: Option<Sex>,
}

impl Age {
    fn of(years: f64, sex: Option<Sex>) -> Self {
        Self {
            years: (years, years),
            sex,
        }
    }
}

fn sex_of(word: &str) -> Option<Sex> {
    match word {
        "m" | "yom" | "male" | "man" | "gentleman" | "boy" | "lad" | "chap" => Some(Sex::Male),
        "f" | "yof" | "female" | "woman" | "lady" | "girl" => Some(Sex::Female),
        _ => None,
    }
}

/// An age that begins at a word.
pub(crate) fn age(words: &Words, at: usize) -> Option<Age> {
    let found = written(words, at)?;
    (!is_of_a_relative(words, at)).then_some(found)
}

/// True where the age is a relative's.
fn is_of_a_relative(words: &Words, at: usize) -> bool {
    let all = words.all();
    let is_relative = |i: &usize| {
        let word = words.at(*i);
        RELATIVES.contains(&word) || RELATIVES.contains(&word.strip_suffix('s').unwrap_or(word))
    };
    let before = (at.saturating_sub(RELATIVE_REACH)..at)
        .rev()
        .take_while(|i| all[*i].clause == all[at].clause && all[*i + 1].before != ',');
    let after = at + 1..(at + 4).min(words.len());
    let of_another = |i: usize| {
        i.checked_sub(1)
            .is_some_and(|i| matches!(words.at(i), "his" | "her"))
    };
    before.into_iter().any(|i| is_relative(&i))
        || after.into_iter().any(|i| is_relative(&i) && of_another(at))
}

/// A whole number that begins at a word, in digits or spelled ("thirty-four"), and its words.
fn number(words: &Words, at: usize) -> Option<(f64, usize)> {
    let digits = words.all().get(at)?.number;
    if let Some(number) = digits {
        return (number.fract() == 0.0).then_some((number, 1));
    }
    let small = |at: usize| {
        SMALL
            .iter()
            .position(|w| *w == words.at(at))
            .map(|n| n as f64 + 1.0)
    };
    if let Some((_, tens)) = DECADES[1..].iter().find(|(name, _)| *name == words.at(at)) {
        return Some(match small(at + 1).filter(|unit| *unit < 10.0) {
            Some(unit) => (tens + unit, 2),
            None => (*tens, 1),
        });
    }
    small(at).map(|n| (n, 1))
}

fn written(words: &Words, at: usize) -> Option<Age> {
    let word = words.all().get(at)?;
    if let Some(age) = joined(words, at) {
        return Some(age);
    }
    if let Some((years, length)) = number(words, at).filter(|(n, _)| (1.0..=115.0).contains(n)) {
        let end = at + length;
        if is_years(words, end) {
            return Some(Age::of(
                years,
                (end..end + 4).find_map(|i| sex_of(words.at(i))),
            ));
        }
        let before = |back: usize| at.checked_sub(back).map_or("", |at| words.at(at));
        let aged = matches!(before(1), "aged" | "age") || (before(2), before(1)) == ("age", "of");
        // "A woman of 71", "girl of three".
        let person_of = before(1) == "of" && before(2).len() > 1 && sex_of(before(2)).is_some();
        let is_number = word.number.is_some();
        let next = words.all().get(end);
        let next_is_sex = is_number
            && next.is_some_and(|next| {
                sex_of(words.at(end)).is_some()
                    && matches!(next.before, ' ' | '/' | '-' | ',')
                    && years >= 10.0
                    && next.end - next.start <= 9
                    // "f/u" is a follow-up.
                    && words.all().get(end + 1).is_none_or(|word| word.before != '/')
            });
        if aged || person_of || next_is_sex {
            let own = next_is_sex.then(|| sex_of(words.at(end))).flatten();
            return Some(Age::of(years, own));
        }
        // "Male, 69", "F 48": at the end of what it says of the person.
        let ends = next.is_none_or(|next| {
            next.clause != word.clause || matches!(next.before, ',' | ':' | ')')
        });
        let sex = sex_of(before(1)).filter(|_| is_number && years >= 10.0 && ends);
        if let Some(sex) = sex {
            return Some(Age::of(years, Some(sex)));
        }
        // "In his 60s".
        let decade =
            words.at(end) == "s" && years % 10.0 == 0.0 && is_number && is_owned(words, at);
        if decade {
            return Some(Age {
                years: part(words, at, years),
                sex: None,
            });
        }
    }
    let root = words.at(at).strip_suffix('s').unwrap_or(words.at(at));
    // "Sixties" is spelled "sixty" by then.
    let (_, from) = DECADES.iter().find(|(name, _)| *name == root)?;
    is_owned(words, at).then(|| Age {
        years: part(words, at, *from),
        sex: None,
    })
}

/// "M33", "F71": one word of a sex and an age.
fn joined(words: &Words, at: usize) -> Option<Age> {
    let word = words.at(at);
    let sex = sex_of(word.get(..1)?)?;
    let digits = word.get(1..).filter(|rest| rest.len() == 2)?;
    let years = digits.parse().ok().filter(|n| *n >= 10.0)?;
    // Codes of illnesses are written alike ("F20 schizophrenia, E66"): an age ends there, and no code follows.
    let ends = words.all().get(at + 1).is_none_or(|next| {
        next.before == ',' || next.before != '.' && next.clause != words.all()[at].clause
    });
    let follows = (at + 1..(at + 1 + CODES_REACH).min(words.len())).any(|i| is_code(words.at(i)));
    (ends && !follows && at < 2).then(|| Age::of(years, Some(sex)))
}

/// Words after an age in which a code would make it one too.
const CODES_REACH: usize = 12;

/// A letter and two digits.
fn is_code(word: &str) -> bool {
    matches!(word.as_bytes(), [letter, a, b] if letter.is_ascii_alphabetic() && a.is_ascii_digit() && b.is_ascii_digit())
}

fn is_years(words: &Words, at: usize) -> bool {
    let old = |at: usize| words.at(at) == "old";
    match words.at(at) {
        "yo" | "yom" | "yof" | "yoa" => true,
        "year" | "yr" | "y" | "years" => {
            old(at + 1)
                || words.stand_at(at + 1, &["of", "age"])
                || words.at(at + 1) == "o"
                || sex_of(words.at(at + 1)).is_some()
        }
        _ => false,
    }
}

fn is_owned(words: &Words, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| words.at(before));
    matches!(
        before,
        "his" | "her" | "my" | "their" | "early" | "mid" | "late"
    )
}

/// The early, middle or late part of a decade.
fn part(words: &Words, at: usize, from: f64) -> (f64, f64) {
    match at.checked_sub(1).map_or("", |before| words.at(before)) {
        "early" => (from, from + 4.0),
        "mid" => (from + 3.0, from + 7.0),
        "late" => (from + 6.0, from + 9.0),
        _ => (from, from + 9.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<Age> {
        let words = Words::of(text);
        (0..words.len()).find_map(|at| age(&words, at))
    }

    #[test]
    fn ages_are_read_in_the_forms_of_notes() {
        for (text, years, sex) in [
            ("71F with gout", 71.0, Some(Sex::Female)),
            ("a 62 y/o man", 62.0, Some(Sex::Male)),
            ("Thirty-four year old with migraine", 34.0, None),
            ("Nineteen-year-old lad", 19.0, Some(Sex::Male)),
            ("boy aged five", 5.0, None),
            ("a woman of 74", 74.0, None),
            ("Girl of three", 3.0, None),
            ("M33, colitis", 33.0, Some(Sex::Male)),
            ("F 48. Fibroids", 48.0, Some(Sex::Female)),
            ("Male, 69. Gout", 69.0, Some(Sex::Male)),
        ] {
            let found = first(text);
            assert_eq!(found.map(|age| age.years), Some((years, years)), "{text}");
            assert_eq!(found.and_then(|age| age.sex), sex, "{text}");
        }
        assert_eq!(
            first("lady in her mid fifties").map(|age| age.years),
            Some((53.0, 57.0))
        );
    }

    #[test]
    fn ages_of_others_and_other_numbers_are_left() {
        for text in [
            "Mother had a stroke at age 50",
            "mum's stroke aged 50",
            "lives with her 5-year-old son",
            "Hb 71, f/u in 6 weeks",
            "M17.1 arthritis",
            "F20 schizophrenia",
            "F20, E66, K59",
            "furosemide 40 mg",
            "one of three stents",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }
}
