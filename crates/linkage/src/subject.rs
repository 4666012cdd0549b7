//! What the records of a list are of, as their columns show it.

use crate::{
    headers,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// What the records of a list are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// Persons: names, birth dates.
    People,
    /// Publications: several authors, journals.
    Works,
    /// Things for sale: prices, brands, makers.
    Products,
}

/// Words of headers in English, German, French, Spanish and Italian, without accents.
const OF_WORKS: &str = "author authors venue journal doi booktitle publisher autor autoren verfasser zeitschrift verlag auteur auteurs revue editeur autores revista editorial autore autori rivista editore";
const OF_PRODUCTS: &str = "price brand manufacturer modelno sku gtin ean upc preis marke hersteller artikelnummer artikelnr verkaufspreis prix marque fabricant precio marca fabricante prezzo produttore";

/// Share of the values that must have a form.
const MOST: f64 = 0.6;

/// What the records are of; `None` where the columns do not say it.
pub fn subject(table: &Table, profiles: &[ColumnProfile]) -> Option<Subject> {
    if are_people(profiles) {
        return Some(Subject::People);
    }
    let named = |words: &str| {
        let has = |column: &ColumnProfile| {
            let parts = headers::words(&column.name);
            let whole = parts.concat();
            let mut names = parts.iter().chain([&whole]);
            names.any(|part| words.split(' ').any(|word| word == part))
        };
        profiles.iter().any(has)
    };
    let columns = || table.columns().iter().zip(profiles);
    if named(OF_WORKS) || columns().any(|(column, _)| holds_authors(column)) {
        return Some(Subject::Works);
    }
    let priced = |(column, profile): (&Column, &ColumnProfile)| {
        profile.kind == ColumnType::Number && share(column, is_price) >= MOST
    };
    (named(OF_PRODUCTS) || columns().any(priced)).then_some(Subject::Products)
}

/// Whether a list is of people: a column of given or family names, or one of full names beside a date or what a header
/// names the sex or the birth.
pub(crate) fn are_people(profiles: &[ColumnProfile]) -> bool {
    use ColumnType::{Date, FamilyName, FullName, GivenName};
    let any = |of: &dyn Fn(&ColumnProfile) -> bool| profiles.iter().any(of);
    let personal = |column: &ColumnProfile| {
        column.kind == Date || headers::is_sex(&column.name) || headers::names_birth(&column.name)
    };
    any(&|column| matches!(column.kind, GivenName | FamilyName))
        || any(&|column| column.kind == FullName) && any(&personal)
}

/// Share of the distinct values that have a form.
fn share(column: &Column, is: impl Fn(&str) -> bool) -> f64 {
    let values = &column.values()[1..];
    let yes = values.iter().filter(|value| is(value)).count();
    yes as f64 / values.len().max(1) as f64
}

/// A sign of a currency, or two decimals.
fn is_price(value: &str) -> bool {
    let decimals = value.trim().rsplit_once(['.', ',']);
    value.contains(['$', '€', '£', '¥'])
        || decimals.is_some_and(|(_, cents)| {
            cents.len() == 2 && cents.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Whether most values name several persons: parts of two to four words without a digit.
fn holds_authors(column: &Column) -> bool {
    let names = |value: &str| {
        let several = match value.contains(';') {
            true => value.replace(" and ", ";"),
            false => value
                .replace(" and ", ",")
                .replace(" & ", ",")
                .replace(',', ";"),
        };
        let parts: Vec<&str> = several
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let is_name = |part: &&str| {
            (2..=4).contains(&part.split_whitespace().count())
                && !part.bytes().any(|byte| byte.is_ascii_digit())
        };
        parts.len() > 1 && parts.iter().all(is_name)
    };
    share(column, names) >= MOST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TableBuilder, infer};

    fn of(headers: &[&str], rows: &[&[&str]]) -> Option<Subject> {
        let mut list = TableBuilder::new(headers.iter().copied());
        for row in rows {
            list.push(row.iter().map(|value| Some(*value)));
        }
        let table = list.finish();
        subject(&table, &infer(&table))
    }

    #[test]
    fn columns_say_what_records_are_of_in_any_language() {
        let people: &[&[&str]] = &[
            &["Anna", "Meyer", "01.02.1971"],
            &["Jörg", "Weiß", "17.03.1980"],
        ];
        assert_eq!(
            of(&["Vorname", "Nachname", "Geburtsdatum"], people),
            Some(Subject::People)
        );
        assert_eq!(
            of(&["Prénom", "Nom de famille", "Naissance"], people),
            Some(Subject::People)
        );
        let lamps: &[&[&str]] = &[
            &["Lampe warmweiß 40 cm", "19,90 €"],
            &["Stehlampe schwarz Metall", "89,00 €"],
        ];
        assert_eq!(of(&["Bezeichnung", "Wert"], lamps), Some(Subject::Products));
        assert_eq!(of(&["Artikel", "Preis"], lamps), Some(Subject::Products));
        let works: &[&[&str]] = &[
            &["Ein Überblick über Datenbanken", "A. Rossi, M. Schneider"],
            &[
                "Joins auf neuen Rechnern",
                "Carla Bruni, J. van Dyk, R. Weiß",
            ],
        ];
        assert_eq!(of(&["Titel", "Leute"], works), Some(Subject::Works));
        assert_eq!(of(&["Titel", "Zeitschrift"], works), Some(Subject::Works));
        let genres: &[&[&str]] = &[
            &["night song", "Dance, Music"],
            &["day song", "Rock, House"],
        ];
        assert_eq!(of(&["song", "kind"], genres), None);
        let places: &[&[&str]] = &[&["blue fig", "Aldbury"], &["red pear", "Tring"]];
        assert_eq!(of(&["name", "city"], places), None);
    }
}
