//! A text as words that are compared: one spelling for case, accents, plural, and English on both sides of the ocean.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// One word of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// Where its spelling lies in [`Words::spelled`].
    spelling: Range<u32>,
    /// Where it stands in the text, in bytes.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The value of a number.
    pub(crate) number: Option<f64>,
    /// True for two or more letters, or a letter with digits, all letters capitals.
    pub(crate) capitals: bool,
    /// The last sign between the word before and this one; a space where there is none.
    pub(crate) before: char,
    /// Which clause it stands in: sentences, lines and what a semicolon parts.
    pub(crate) clause: u32,
}

/// The words of a text.
pub(crate) struct Words {
    spelled: String,
    all: Vec<Word>,
}

/// Words after which a Roman numeral is a number.
const NUMBERED: [&str; 6] = ["type", "stage", "grade", "class", "factor", "degree"];

const ROMAN: [(&str, &str); 5] = [
    ("i", "1"),
    ("ii", "2"),
    ("iii", "3"),
    ("iv", "4"),
    ("v", "5"),
];

impl Words {
    /// Linear in the text's length.
    pub(crate) fn of(text: &str) -> Self {
        let mut words = Self {
            spelled: String::with_capacity(text.len() + 8),
            all: Vec::with_capacity(text.len() / 5 + 1),
        };
        let mut clause = 0;
        let mut before = ' ';
        let mut chars = text.char_indices().peekable();
        while let Some((start, c)) = chars.next() {
            if c == '#' && is_fracture(text, start) {
                words.push_as("#", "fracture", start, before, clause);
                before = ' ';
                continue;
            }
            if !c.is_alphanumeric() {
                let next = chars.peek().map(|(_, next)| *next);
                let ends = match c {
                    '\n' | ';' | '!' => true,
                    '.' | '?' => next.is_none_or(char::is_whitespace),
                    _ => false,
                };
                clause += u32::from(ends);
                if !c.is_whitespace() {
                    before = c;
                }
                continue;
            }
            let is_number = c.is_ascii_digit();
            let mut end = start + c.len_utf8();
            let mut point = false;
            while let Some(&(at, next)) = chars.peek() {
                let goes_on = if is_number {
                    let digit_follows =
                        || text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
                    let is_point = next == '.' && !point && digit_follows();
                    point |= is_point;
                    next.is_ascii_digit() || is_point
                } else {
                    next.is_alphanumeric() || is_combining_mark(next) || is_apostrophe(next)
                };
                if !goes_on || is_times(text, start..at) {
                    break;
                }
                end = at + next.len_utf8();
                chars.next();
            }
            words.push(&text[start..end], start, is_number, before, clause);
            before = ' ';
        }
        words
    }

    /// A sign that stands for a word.
    fn push_as(&mut self, sign: &str, word: &str, start: usize, before: char, clause: u32) {
        let from = self.spelled.len();
        self.spelled.push_str(word);
        self.all.push(Word {
            spelling: from as u32..self.spelled.len() as u32,
            start: start as u32,
            end: (start + sign.len()) as u32,
            number: None,
            capitals: false,
            before,
            clause,
        });
    }

    fn push(&mut self, raw: &str, start: usize, is_number: bool, before: char, clause: u32) {
        let from = self.spelled.len();
        let number = is_number.then(|| raw.parse().ok()).flatten();
        if is_number {
            self.spelled.push_str(raw);
        } else {
            fold(raw, &mut self.spelled);
            tidy(&mut self.spelled, from);
            let after_type =
                (self.all.last()).is_some_and(|w| NUMBERED.contains(&self.spelling(w)));
            let roman = ROMAN.iter().find(|(r, _)| *r == &self.spelled[from..]);
            if let (true, Some((_, digit))) = (after_type, roman) {
                self.spelled.truncate(from);
                self.spelled.push_str(digit);
            }
        }
        let letters = || raw.chars().filter(|c| c.is_alphabetic());
        let is_long = letters().nth(1).is_some() || raw.contains(|c: char| c.is_ascii_digit());
        let capitals = is_long && letters().next().is_some() && letters().all(char::is_uppercase);
        self.all.push(Word {
            spelling: from as u32..self.spelled.len() as u32,
            start: start as u32,
            end: (start + raw.len()) as u32,
            number,
            capitals,
            before,
            clause,
        });
    }

    pub(crate) fn all(&self) -> &[Word] {
        &self.all
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// A word's spelling.
    pub(crate) fn spelling(&self, word: &Word) -> &str {
        &self.spelled[word.spelling.start as usize..word.spelling.end as usize]
    }

    /// The spelling of a place; empty beyond the end.
    pub(crate) fn at(&self, place: usize) -> &str {
        self.all.get(place).map_or("", |word| self.spelling(word))
    }

    /// True where these words stand from a place on.
    pub(crate) fn stand_at(&self, place: usize, phrase: &[&str]) -> bool {
        (phrase.iter().enumerate()).all(|(i, word)| self.at(place + i) == *word)
    }
}

/// True for the sign of a fracture, as clinicians write it: "# NOF", "humerus #", not "#5" and not "C#".
fn is_fracture(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + 1..].trim_start().chars().next();
    before.is_none_or(|c| c.is_whitespace() || c == '(')
        && after.is_none_or(|c| !c.is_numeric() && c != '#')
}

/// True where a name in capitals ends before a number of times: "CABGx3" is "CABG x3".
fn is_times(text: &str, name: Range<usize>) -> bool {
    let rest = &text.as_bytes()[name.end..];
    matches!(rest, [b'x', digit, ..] if digit.is_ascii_digit())
        && name.len() >= 3
        && text[name].bytes().all(|b| b.is_ascii_uppercase())
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '`')
}

fn fold(raw: &str, out: &mut String) {
    if raw.is_ascii() {
        let letters = raw.bytes().filter(|b| *b != b'\'' && *b != b'`');
        out.extend(letters.map(|b| char::from(b.to_ascii_lowercase())));
        return;
    }
    let plain = raw
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !is_apostrophe(*c));
    out.extend(plain.flat_map(char::to_lowercase));
}

/// One spelling for "anaemia" and "anemia", "tumour" and "tumor", "stents" and "stent".
fn tidy(spelled: &mut String, from: usize) {
    let word = &spelled[from..];
    if word.len() > 3 && (word.contains("ae") || word.contains("oe") || word.contains("tumour")) {
        let tidied = word
            .replace("ae", "e")
            .replace("oe", "e")
            .replace("tumour", "tumor");
        spelled.truncate(from);
        spelled.push_str(&tidied);
    }
    let word = &spelled[from..];
    let (cut, add) = if word.len() <= 3 || !word.ends_with('s') {
        (0, "")
    } else if word.ends_with("ies") && word.len() > 4 {
        (3, "y")
    } else if ["shes", "ches", "xes", "sses"]
        .iter()
        .any(|end| word.ends_with(end))
    {
        (2, "")
    } else if ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        (0, "")
    } else {
        (1, "")
    };
    spelled.truncate(spelled.len() - cut);
    spelled.push_str(add);
}

/// A form as it is looked up: its words with a space between; empty where it has none.
pub(crate) fn normal(form: &str) -> String {
    let words = Words::of(form);
    let mut out = String::with_capacity(form.len());
    for word in words.all() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(words.spelling(word));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for (a, b) in [
            ("Anaemia", "anemia"),
            ("Sjögren's syndrome", "sjogrens syndrome"),
            ("Type II diabetes", "type 2 diabetes"),
            ("brain tumours", "brain tumor"),
            ("co-amoxiclav", "co amoxiclav"),
            ("allergies", "allergy"),
        ] {
            assert_eq!(normal(a), normal(b));
        }
        assert_eq!(normal("T2DM, HbA1c 7.5%; 500mg"), "t2dm hba1c 7.5 500 mg");
        assert_eq!(normal("IV line"), "iv line");
        assert_eq!(normal("NOF #"), "nof fracture");
        assert_eq!(normal("# left wrist"), "fracture left wrist");
        assert_eq!(normal("#5 C# ##"), "5 c");
        assert_eq!(normal("CABGx3 in 2014"), "cabg x3 in 2014");
        assert_eq!(normal("FOLFOX6 Maxx3"), "folfox6 maxx3");
    }

    #[test]
    fn clauses_end_with_sentences() {
        let words = Words::of("No fever. Cough; 1.5 mg\nDr. B");
        let clauses: Vec<u32> = words.all().iter().map(|word| word.clause).collect();
        assert_eq!(clauses, [0, 0, 1, 2, 2, 3, 4]);
    }
}
