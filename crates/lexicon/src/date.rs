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

impl Date {
    /// The months that it may be in: one, two if day and month can't be told apart, or none (0) of a year alone.
    fn months(self) -> [u8; 2] {
        match self.day_month {
            (0, month) => [month; 2],
            (month, day) if day > 12 => [month; 2],
            (one, other) => [one, other],
        }
    }

    /// False if no event is on both: other years, or other months if both name one. Days are not compared: who remembers an event
    /// seldom remembers its day.
    pub(crate) fn may_be(self, other: Self) -> bool {
        let (a, b) = (self.months(), other.months());
        self.year == other.year
            && (a[0] == 0 || b[0] == 0 || a.iter().any(|month| b.contains(month)))
    }
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

/// A date, a month or a year that begins at a word, and the words that it takes.
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
                    .position(|m| word.starts_with(m) && (word.len() <= 4 || is_month_name(word)))
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
        let at_year = at + 1 + usize::from(words.at(at + 1) == "of");
        if let Some(year) = number(at_year).filter(|year| *year > 1900.0) {
            return of(year, 0.0, month as f64 + 1.0).map(|date| (date, at_year + 1 - at));
        }
    }
    let year = |at: usize| {
        number(at).filter(|year| (1900.0..=2050.0).contains(year) && words.at(at).len() == 4)
    };
    if matches!(before(at + 1), '/' | '-') {
        let month = |at: usize| number(at).filter(|month| (1.0..=12.0).contains(month));
        // "3/2019", "2019-03"; 2010-12 is three years.
        let month_first = month(at).zip(year(at + 1));
        let year_first = month(at + 1)
            .zip(year(at))
            .filter(|_| words.at(at + 1).starts_with('0'));
        if let Some((month, year)) = month_first.or(year_first) {
            return of(year, 0.0, month).map(|date| (date, 2));
        }
    }
    of(year(at)?, 0.0, 0.0).map(|date| (date, 1))
}

fn is_month_name(word: &str) -> bool {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(text: &str) -> Option<Date> {
        date(&Words::of(text), 0).map(|(date, _)| date)
    }

    #[test]
    fn months_are_read_in_the_forms_of_notes() {
        for text in [
            "March 2019",
            "Mar 2019",
            "March of 2019",
            "3/2019",
            "03/2019",
            "3-2019",
            "2019-03",
            "2019/03",
        ] {
            let found = read(text).map(|found| found.to_string());
            assert_eq!(found.as_deref(), Some("2019-03"), "{text}");
        }
        for (text, year) in [("2010-12", 2010), ("2019/20", 2019), ("2019", 2019)] {
            let found = read(text);
            assert_eq!(
                found,
                Some(Date {
                    year,
                    day_month: (0, 0)
                }),
                "{text}"
            );
        }
        for text in ["13/2019", "3/19", "120/80", "3 2019x", "March", "may be"] {
            assert!(
                read(text).is_none_or(|date| date.day_month == (0, 0)),
                "{text}"
            );
        }
    }

    #[test]
    fn months_tell_dates_apart_and_days_do_not() {
        let may_be = |a, b| read(a).unwrap().may_be(read(b).unwrap());
        assert!(!may_be("March 2019", "April 2019"));
        assert!(!may_be("March 2019", "March 2018"));
        assert!(!may_be("3 March 2019", "15 April 2019"));
        assert!(may_be("March 2019", "2019"));
        assert!(may_be("March 2019", "17/3/2019"));
        assert!(may_be("4/3/2019", "April 2019") && may_be("4/3/2019", "March 2019"));
        assert!(may_be("3 March 2019", "12 March 2019"));
    }
}
