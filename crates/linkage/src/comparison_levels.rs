//! Comparison levels: how much two values of a column agree, in steps.

use crate::types::ColumnType;

/// One side has no value: never evidence.
pub(crate) const MISSING: u8 = u8::MAX;
/// Equal after normalisation, in every type.
pub(crate) const EXACT: u8 = 0;
/// Given and family name stand in each other's column.
pub(crate) const SWAPPED: u8 = 1;

/// A step of agreement.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// What agrees, in words.
    pub name: &'static str,
    /// Share of true matches at this level to start from, of those with a value on both sides.
    pub prior: f64,
    /// Whether a rarer value counts more here too, as it does for exact agreement.
    pub by_frequency: bool,
}

const fn level(name: &'static str, prior: f64) -> Level {
    Level {
        name,
        prior,
        by_frequency: false,
    }
}

const fn rare(name: &'static str, prior: f64) -> Level {
    Level {
        name,
        prior,
        by_frequency: true,
    }
}

const NAME: [Level; 8] = [
    rare("exact", 0.83),
    level("given and family name swapped", 0.01),
    rare("one typo", 0.07),
    rare("nickname", 0.02),
    rare("similar", 0.02),
    level("a part in common", 0.01),
    level("initial", 0.01),
    level("different", 0.03),
];
const FULL_NAME: [Level; 6] = [
    rare("exact", 0.6),
    rare("same words, other order", 0.05),
    rare("every word, with typos, nicknames or initials", 0.2),
    level("similar", 0.05),
    level("a word in common", 0.06),
    level("different", 0.04),
];
const DATE: [Level; 7] = [
    rare("exact", 0.86),
    level("day and month swapped", 0.01),
    level("one digit off or transposed", 0.06),
    level("two of day, month and year", 0.02),
    level("two digits off", 0.01),
    level("same year", 0.01),
    level("different", 0.03),
];
const CODE: [Level; 4] = [
    rare("exact", 0.83),
    level("one digit off or transposed", 0.07),
    level("two off, or the same end", 0.02),
    level("different", 0.08),
];
const EMAIL: [Level; 5] = [
    rare("exact", 0.78),
    rare("typo", 0.06),
    rare("same user, other host", 0.04),
    level("similar", 0.02),
    level("different", 0.1),
];
const STREET: [Level; 5] = [
    rare("exact", 0.8),
    rare("typo", 0.08),
    level("similar", 0.04),
    level("words in common", 0.02),
    level("different", 0.06),
];
const NUMBER_OF_HOUSE: [Level; 3] = [
    rare("exact", 0.87),
    level("one digit off", 0.05),
    level("different", 0.08),
];
const CITY: [Level; 4] = [
    rare("exact", 0.86),
    rare("typo", 0.07),
    level("similar", 0.02),
    level("different", 0.05),
];
const POSTCODE: [Level; 4] = [
    rare("exact", 0.86),
    level("one digit off or transposed", 0.07),
    level("same beginning", 0.02),
    level("different", 0.05),
];
const FEW: [Level; 3] = [
    rare("exact", 0.92),
    level("typo", 0.03),
    level("different", 0.05),
];
const NUMBER: [Level; 4] = [
    rare("exact", 0.8),
    level("within 1 %", 0.06),
    level("within 10 %", 0.04),
    level("different", 0.1),
];
/// What two texts of some length share may differ by source and day: the lists say how much it tells.
const TEXT: [Level; 5] = [
    rare("exact", 0.3),
    level("four in five words in common", 0.25),
    level("half of the words in common", 0.2),
    level("a quarter of the words in common", 0.15),
    level("different", 0.1),
];

/// The levels of a type, from most to least agreement.
pub fn levels(kind: ColumnType) -> &'static [Level] {
    match kind {
        ColumnType::GivenName | ColumnType::MiddleName | ColumnType::FamilyName => &NAME,
        ColumnType::FullName | ColumnType::EntityName => &FULL_NAME,
        ColumnType::Date => &DATE,
        ColumnType::Phone | ColumnType::Identifier => &CODE,
        ColumnType::Email => &EMAIL,
        ColumnType::Street => &STREET,
        ColumnType::StreetNumber => &NUMBER_OF_HOUSE,
        ColumnType::City => &CITY,
        ColumnType::Postcode => &POSTCODE,
        ColumnType::Region | ColumnType::Category => &FEW,
        ColumnType::Number => &NUMBER,
        ColumnType::FreeText => &TEXT,
        ColumnType::RecordKey => &[],
    }
}
