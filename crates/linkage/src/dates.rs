//! Dates in any notation as one form.

use crate::normalise;

/// A day of the Gregorian calendar, year 1000 to 2200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year, 1000 to 2200.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}{:02}{:02}", self.year, self.month, self.day)
    }
}

/// How a column writes dates of numbers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notation {
    /// 29/09/1933.
    DayFirst,
    /// 09/29/1933.
    MonthFirst,
    /// Days since 1899-12-30, as spreadsheets count.
    Serial,
}

/// Names of the months in English, German, French, Spanish, Italian, Portuguese and Dutch, without accents.
const MONTHS: [&str; 12] = [
    "january januar janner janvier enero gennaio janeiro januari",
    "february februar fevrier febrero febbraio fevereiro februari feber",
    "march marz maerz mars marzo marco maart",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro sept",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
];

/// A date, if this day exists.
pub fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    ((1000..=2200).contains(&year) && (1..=days).contains(&day)).then_some(Date {
        year: year as u16,
        month: month as u8,
        day: day as u8,
    })
}

/// Years of two digits: 31 to 99 are of the 1900s, 00 to 30 of the 2000s.
fn full_year(year: u32, digits: usize) -> u32 {
    match (digits, year) {
        (2, 31..) => 1900 + year,
        (2, _) => 2000 + year,
        _ => year,
    }
}

/// Reads a date. `notation` says which of day and month comes first where only numbers are written and both
/// are possible; the other one is taken where it is not possible.
pub fn parse(raw: &str, notation: Notation) -> Option<Date> {
    let raw = raw.trim();
    if raw.len() > 40 {
        return None;
    }
    if !raw.is_ascii() {
        // 1971年3月2日; "2. März 1971".
        let apart = raw.replace(['年', '月'], "-").replace('日', " ");
        let plain = normalise::text(&apart);
        return Some(plain)
            .filter(|plain| plain.is_ascii())
            .and_then(|plain| parse(&plain, notation));
    }
    // ISO 8601: the time of day follows after a T between digits.
    let bytes = raw.as_bytes();
    let time = bytes.windows(3).position(|w| {
        matches!(w[1], b'T' | b't') && w[0].is_ascii_digit() && w[2].is_ascii_digit()
    });
    let raw = time.map_or(raw, |at| &raw[..=at]);
    // A time of day follows after a space and has a colon.
    let raw = raw
        .find(':')
        .and_then(|colon| raw[..colon].rfind(' '))
        .map_or(raw, |space| raw[..space].trim());
    let whole = whole(raw);
    if whole.bytes().all(|b| b.is_ascii_digit()) {
        return compact(whole, notation);
    }
    if let Some(date) = run_together(raw) {
        return Some(date);
    }
    let parts: Vec<&str> = raw
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let month_at = parts.iter().position(|part| month_of(part).is_some());
    let numbers: Vec<(u32, usize)> = parts
        .iter()
        .map(|part| part.trim_end_matches(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|part| part.parse().ok().map(|number| (number, part.len())))
        .collect();
    match (month_at, numbers.as_slice(), parts.len()) {
        (Some(at), [(a, long), (b, _)], _) if *long == 4 => date(*a, month_of(parts[at])?, *b),
        (Some(at), [(a, _), (b, long)], _) => date(full_year(*b, *long), month_of(parts[at])?, *a),
        (None, [(a, 4), (b, _), (c, _)], 3) => date(*a, *b, *c).or_else(|| date(*a, *c, *b)),
        (None, [(a, 1..=2), (b, 1..=2), (c, long @ (2 | 4))], 3) => {
            let year = full_year(*c, *long);
            match notation {
                Notation::MonthFirst => date(year, *a, *b).or_else(|| date(year, *b, *a)),
                _ => date(year, *b, *a).or_else(|| date(year, *a, *b)),
            }
        }
        _ => None,
    }
}

/// A number without the `.0` of a column that was read as floats.
fn whole(raw: &str) -> &str {
    raw.strip_suffix(".0")
        .filter(|whole| whole.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or(raw)
}

/// 05JAN1990 and 05JAN1990:12:30:00, as SAS writes them.
fn run_together(raw: &str) -> Option<Date> {
    let (day, rest) = raw.split_at(raw.find(|c: char| !c.is_ascii_digit())?);
    let (month, year) = rest.split_at(rest.find(|c: char| c.is_ascii_digit())?);
    let year = year.split_once(':').map_or(year, |(year, _)| year);
    if !matches!(day.len(), 1 | 2) || !matches!(year.len(), 2 | 4) {
        return None;
    }
    let full = full_year(year.parse().ok()?, year.len());
    date(full, month_of(month)?, day.parse().ok()?)
}

/// The month that a word names, by three letters or more; none where they begin the names of two.
fn month_of(word: &str) -> Option<u32> {
    if word.len() < 3 || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let begins = |names: &&str| names.split(' ').any(|name| name.starts_with(&word));
    let fits = MONTHS.iter().enumerate().filter(|(_, names)| begins(names));
    let mut fits = fits.map(|(at, _)| at as u32 + 1);
    let first = fits.next();
    first.filter(|_| fits.next().is_none())
}

fn compact(raw: &str, notation: Notation) -> Option<Date> {
    let number = |text: &str| text.parse::<u32>().ok();
    match (raw.len(), notation) {
        (8, _) => {
            let iso = date(number(&raw[..4])?, number(&raw[4..6])?, number(&raw[6..])?);
            let (a, b, year) = (number(&raw[..2])?, number(&raw[2..4])?, number(&raw[4..])?);
            let other = || {
                if notation == Notation::MonthFirst {
                    date(year, a, b)
                } else {
                    date(year, b, a)
                }
            };
            // 19330929 and 29091933 are told apart by the year that is possible for a living record.
            iso.filter(|date| (1850..=2100).contains(&date.year))
                .or_else(|| other().filter(|date| (1850..=2100).contains(&date.year)))
        }
        (5, Notation::Serial) => Some(from_serial(number(raw)?)),
        _ => None,
    }
}

/// The day that is `serial` days after 1899-12-30 (Hinnant's civil_from_days).
pub fn from_serial(serial: u32) -> Date {
    let z = i64::from(serial) - 25_569 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    Date {
        year: year as u16,
        month: month as u8,
        day: day as u8,
    }
}

/// The notation of a column, from what is possible: each distinct value counts once. Where nothing tells,
/// the day comes first.
pub fn notation<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Notation {
    let mut counted = (0, 0);
    let mut serial = (0, 0);
    for value in values {
        serial.1 += 1;
        let days = whole(value);
        serial.0 += usize::from(
            days.len() == 5
                && days
                    .parse()
                    .is_ok_and(|n: u32| (10_000..=73_050).contains(&n)),
        );
        let parts: Vec<u32> = value
            .split(['/', '-', '.', ' '])
            .filter_map(|part| part.parse().ok())
            .collect();
        if let [a, b, _] = parts[..] {
            counted.0 += usize::from((13..=31).contains(&a) && b <= 12);
            counted.1 += usize::from((13..=31).contains(&b) && a <= 12);
        }
    }
    if serial.0 * 2 > serial.1 {
        Notation::Serial
    } else if counted.1 > counted.0 {
        Notation::MonthFirst
    } else {
        Notation::DayFirst
    }
}

/// Dates that stand for "unknown" where they are frequent.
pub(crate) fn is_sentinel(date: Date) -> bool {
    matches!(
        (date.year, date.month, date.day),
        (
            1000 | 1111 | 1753 | 1800 | 1900 | 1901 | 1970 | 2099 | 2100,
            1,
            1
        ) | (1899, 12, 30 | 31)
            | (1111, 11, 11)
            | (2099, 12, 31)
    )
}
