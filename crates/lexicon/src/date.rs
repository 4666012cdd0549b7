//! Dates in the forms that notes have.

use std::fmt;

use crate::words::Words;

/// A date as written: whether 3/4 is in March or April is not known, so both numbers are kept in order of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year.
    pub year: u16,
    /// Day and month, the smaller first; 0 where there is none.
    pub day_month: (u8, u8),
}

impl fmt::Display for Date {
    /// The year first. Which of two small numbers is the month is not known, so that they are shown as they are kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.day_month {
            (0, 0) => write!(f, "{}", self.year),
            (0, month) => write!(f, "{}-{month:02}", self.year),
            (one, other) => write!(f, "{}-{one:02}-{other:02}", self.year),
        }
    }
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// A full date that begins at a word, and the words that it takes.
pub(crate) fn date(words: &Words, at: usize) -> Option<(Date, usize)> {
    let number = |at: usize| {
        words
            .all()
            .get(at)
            .and_then(|word| word.number)
            .filter(|n| n.fract() == 0.0 && *n < 3000.0)
    };
    let before = |at: usize| words.all().get(at).map_or(' ', |word| word.before);
    let joined = |at: usize| matches!(before(at), '/' | '-' | '.');
    let of = |year: f64, a: f64, b: f64| -> Option<Date> {
        let year = if year < 100.0 {
            if year <= 30.0 {
                year + 2000.0
            } else {
                year + 1900.0
            }
        } else {
            year
        };
        let fits = (1880.0..=2100.0).contains(&year)
            && (0.0..=31.0).contains(&a)
            && (0.0..=31.0).contains(&b);
        fits.then(|| Date {
            year: year as u16,
            day_month: (a.min(b) as u8, a.max(b) as u8),
        })
    };
    if let (Some(a), Some(b), Some(c)) = (number(at), number(at + 1), number(at + 2))
        && joined(at + 1)
        && joined(at + 2)
    {
        let date = if a > 31.0 { of(a, b, c) } else { of(c, a, b) };
        return date.map(|date| (date, 3));
    }
    // "3.4.1956": the words part it as 3.4 and 1956.
    if let (Some(day), Some(year)) = (words.all().get(at).and_then(|w| w.number), number(at + 1)) {
        let spelled = words.at(at);
        if before(at + 1) == '.'
            && spelled.contains('.')
            && (1880.0..=2100.0).contains(&year)
            && day < 32.0
        {
            let (a, b) = spelled.split_once('.')?;
            return of(year, a.parse().ok()?, b.parse().ok()?).map(|date| (date, 2));
        }
    }
    let month = |at: usize| {
        let word = words.at(at);
        (word.len() >= 3)
            .then(|| {
                MONTHS
                    .iter()
                    .position(|m| word.starts_with(m) && (word.len() <= 4 || is_month(word)))
            })
            .flatten()
    };
    let ordinal = |at: usize| usize::from(matches!(words.at(at), "st" | "nd" | "rd" | "th"));
    if let Some(day) = number(at).filter(|day| *day <= 31.0) {
        let at_month = at + 1 + ordinal(at + 1);
        let at_month = at_month + usize::from(words.at(at_month) == "of");
        if let (Some(month), Some(year)) = (month(at_month), number(at_month + 1)) {
            return of(year, day, month as f64 + 1.0).map(|date| (date, at_month + 2 - at));
        }
    }
    if let Some(month) = month(at) {
        if let (Some(day), Some(year)) = (
            number(at + 1).filter(|day| *day <= 31.0),
            number(at + 2 + ordinal(at + 2)),
        ) {
            return of(year, day, month as f64 + 1.0).map(|date| (date, 3 + ordinal(at + 2)));
        }
        if let Some(year) = number(at + 1).filter(|year| *year > 1900.0) {
            return of(year, 0.0, month as f64 + 1.0).map(|date| (date, 2));
        }
    }
    let year =
        number(at).filter(|year| (1900.0..=2050.0).contains(year) && words.at(at).len() == 4)?;
    of(year, 0.0, 0.0).map(|date| (date, 1))
}

fn is_month(word: &str) -> bool {
    [
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "sept",
    ]
    .contains(&word)
}
