//! Columns whose values are made from those of other columns: an e-mail address from a person's name, a web address from
//! that of a firm, the host of an e-mail address from the web address, an age from a birth date, a number from name or date.

use rustc_hash::FxHashMap;

use crate::{
    compare::Value, normalise, pair_levels::Compared, prepare::Field, strings::letters,
    types::ColumnType,
};

/// Letters of a word, at least, that is looked for in an address.
const TELLING: usize = 4;
/// Share of the records with both values from which on an address follows from a name, which it may abbreviate; and from which on
/// a number follows from a date.
const LEAST: f64 = 0.2;
const MOST: f64 = 0.6;
/// Records with both values from which on a share says something.
const ENOUGH: usize = 20;

/// A column, and those that its values are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Follows {
    pub(crate) field: usize,
    pub(crate) from: Vec<usize>,
}

impl Follows {
    /// Whether two columns are made from one, or one from the other.
    pub(crate) fn is_kin(&self, other: &Self) -> bool {
        self.field == other.field
            || self.from.contains(&other.field)
            || other.from.contains(&self.field)
            || self.from.iter().any(|field| other.from.contains(field))
    }
}

/// The columns that follow from others, in the order of the columns.
pub(crate) fn found(compared: &Compared) -> Vec<Follows> {
    let fields = &compared.fields;
    let made = |field: usize| {
        let of = |other: &usize| *other != field && made_from(&fields[field], &fields[*other]);
        let from = (0..fields.len()).filter(of).collect();
        Follows { field, from }
    };
    let all = (0..fields.len()).map(made);
    all.filter(|one| !one.from.is_empty()).collect()
}

/// What an e-mail address follows from in any list: the names of persons.
pub(crate) fn names(fields: &[Field]) -> Vec<usize> {
    let all = fields.iter().enumerate();
    all.filter(|(_, field)| is_of_person(field.kind))
        .map(|(at, _)| at)
        .collect()
}

fn is_of_person(kind: ColumnType) -> bool {
    matches!(
        kind,
        ColumnType::GivenName | ColumnType::FamilyName | ColumnType::FullName
    )
}

fn made_from(field: &Field, other: &Field) -> bool {
    use ColumnType::{Date, Email, EntityName, Identifier, Number};
    match (field.kind, other.kind) {
        (Email, kind) if is_of_person(kind) => true,
        (Email | Identifier, kind) if kind == EntityName || is_of_person(kind) => {
            holds_words(field) && shown(field, other, LEAST, holds_name)
        }
        (Email, Identifier) => shown(field, other, LEAST, |mail, site| {
            let host = mail.text.split_once('@').map_or("", |(_, host)| host);
            let host = host.rsplit_once('.').map_or("", |(host, _)| host);
            host.len() >= TELLING && site.text.contains(&normalise::code(host))
        }),
        (Identifier, Date) => shown(field, other, MOST, holds_date),
        (Number, Date) => {
            // The age at some time, or the year itself.
            let sums = |made: &Value, of: &Value| {
                made.number + of.date.map_or(0.0, |date| f64::from(date.year))
            };
            let age = usual(field, other, sums);
            shown(field, other, MOST, |made, of| {
                of.date.is_some_and(|date| {
                    made.number == f64::from(date.year) || (sums(made, of) - age).abs() <= 1.0
                })
            })
        }
        _ => false,
    }
}

/// Whether most values hold a word: numbers are made from no name.
fn holds_words(field: &Field) -> bool {
    let values = &field.values[1..];
    let worded = values
        .iter()
        .filter(|value| letters(longest_word(&value.text)) >= TELLING);
    2 * worded.count() > values.len()
}

fn holds_name(made: &Value, name: &Value) -> bool {
    let word = longest_word(&name.text);
    letters(word) >= TELLING && made.text.contains(word)
}

/// Whether a code holds a day's digits: 19710302, 710302, 020371, 02031971.
fn holds_date(made: &Value, of: &Value) -> bool {
    of.date.is_some_and(|date| {
        let (year, month, day) = (date.year % 100, date.month, date.day);
        let code = &made.text;
        code.contains(&format!("{year:02}{month:02}{day:02}"))
            || code.contains(&format!("{day:02}{month:02}{year:02}"))
            || code.contains(&format!("{day:02}{month:02}{}", date.year))
    })
}

/// The commonest of what records with both values give, as a whole number.
fn usual(field: &Field, other: &Field, of: impl Fn(&Value, &Value) -> f64) -> f64 {
    let mut counts: FxHashMap<i64, usize> = FxHashMap::default();
    for (a, b) in both(field, other) {
        *counts.entry(of(a, b).round() as i64).or_default() += 1;
    }
    let most = counts
        .iter()
        .max_by_key(|(value, count)| (**count, **value));
    most.map_or(0.0, |(value, _)| *value as f64)
}

fn both<'a>(field: &'a Field, other: &'a Field) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let codes = field.codes.iter().zip(&other.codes);
    codes
        .filter(|(a, b)| **a != 0 && **b != 0)
        .map(|(a, b)| (&field.values[*a as usize], &other.values[*b as usize]))
}

/// The longest run of letters.
fn longest_word(text: &str) -> &str {
    let words = text.split(|c: char| !c.is_alphabetic());
    words.max_by_key(|word| letters(word)).unwrap_or_default()
}

/// Whether enough records show it of the two values that they have.
fn shown(field: &Field, other: &Field, least: f64, made: impl Fn(&Value, &Value) -> bool) -> bool {
    let (mut all, mut yes) = (0_usize, 0_usize);
    for (a, b) in both(field, other) {
        all += 1;
        yes += usize::from(made(a, b));
    }
    all >= ENOUGH && yes as f64 >= least * all as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linker, Options, TableBuilder};

    fn of(rows: &[[&str; 4]]) -> Vec<(String, Vec<String>)> {
        let mut firms = TableBuilder::new(["company", "website", "email", "code"]);
        for row in rows {
            firms.push(row.iter().map(|value| Some(*value)));
        }
        let linker = Linker::new(firms.finish(), None, Options::default()).unwrap();
        let fields = &linker.compared.fields;
        let name = |at: &usize| fields[*at].name.clone();
        found(&linker.compared)
            .iter()
            .map(|one| (name(&one.field), one.from.iter().map(name).collect()))
            .collect()
    }

    #[test]
    fn an_address_follows_from_the_name_that_is_in_it() {
        let names = [
            "Anderson",
            "Bakewell",
            "Carmody",
            "Duckworth",
            "Ellsworth",
            "Fairbanks",
        ];
        let rows: Vec<[String; 4]> = (0..48)
            .map(|at| {
                let (a, b) = (names[at % 6], names[at / 6 % 6]);
                let site = format!("{}{}.com", a.to_lowercase(), b.to_lowercase());
                [
                    format!("{a} {b} Ltd"),
                    format!("https://www.{site}"),
                    format!("info@{site}"),
                    format!("K{}", 1000 + at * 7919 % 8999),
                ]
            })
            .collect();
        let rows: Vec<[&str; 4]> = (rows.iter())
            .map(|row| [0, 1, 2, 3].map(|at| row[at].as_str()))
            .collect();
        let whole = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(&rows),
            [
                ("website".to_owned(), whole(&["company"])),
                ("email".to_owned(), whole(&["company", "website"])),
            ]
        );
        let others: Vec<[String; 2]> = (0..48)
            .map(|at| {
                [
                    format!("https://shop{at}.com"),
                    format!("mail{at}@host.net"),
                ]
            })
            .collect();
        let strangers: Vec<[&str; 4]> = (rows.iter().zip(&others))
            .map(|(row, other)| [row[0], &other[0], &other[1], row[3]])
            .collect();
        assert!(of(&strangers).is_empty());
    }

    #[test]
    fn an_age_and_a_national_number_follow_from_the_birth_date() {
        let mut people = TableBuilder::new([
            "surname",
            "dob",
            "age",
            "year_of_birth",
            "weight",
            "national_id",
        ]);
        // Two records a person, so that a number is not one of the record.
        for at in (0..120_usize).map(|row| row / 2) {
            let (year, month, day) = (1940 + at * 7 % 60, 1 + at % 12, 1 + at % 28);
            let row = [
                format!("Family{}", at % 30),
                format!("{year}-{month:02}-{day:02}"),
                format!("{}", 2026 - year - at % 2),
                format!("{year}"),
                format!("{}", 50 + at * 31 % 53),
                format!("{:02}{month:02}{day:02}{:04}", year % 100, at * 7919 % 9999),
            ];
            people.push(row.iter().map(|value| Some(value.as_str())));
        }
        let linker = Linker::new(people.finish(), None, Options::default()).unwrap();
        let fields = &linker.compared.fields;
        let found = found(&linker.compared);
        let names: Vec<&str> = found
            .iter()
            .map(|one| fields[one.field].name.as_str())
            .collect();
        assert_eq!(names, ["age", "year_of_birth", "national_id"]);
        assert!(
            found
                .iter()
                .all(|one| one.from.len() == 1 && fields[one.from[0]].name == "dob")
        );
    }
}
