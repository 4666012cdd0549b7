//! What a column holds, seen from its name and its values.

use std::fmt;

use crate::dates;

/// What a column holds; it decides how two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ColumnType {
    /// First name of a person.
    GivenName,
    /// Second given name, or its initial.
    MiddleName,
    /// Surname.
    FamilyName,
    /// Given and family name in one, in any order.
    FullName,
    /// Name of a firm, or of anything but a person: a few words.
    EntityName,
    /// A date in any notation.
    Date,
    /// Street, with or without a number, or a line of an address.
    Street,
    /// Number of a house.
    StreetNumber,
    /// City, town, suburb.
    City,
    /// Postcode.
    Postcode,
    /// State, province, county, country.
    Region,
    /// Phone number.
    Phone,
    /// E-mail address.
    Email,
    /// Number or code that is meant to name one thing.
    Identifier,
    /// A quantity, with or without unit.
    Number,
    /// One of few values.
    Category,
    /// Words; left to other means than levels.
    FreeText,
    /// Another number in every record: a row number or the list's own key. Not compared.
    RecordKey,
}

impl ColumnType {
    const NAMES: [(Self, &'static str); 18] = [
        (Self::GivenName, "given_name"),
        (Self::MiddleName, "middle_name"),
        (Self::FamilyName, "family_name"),
        (Self::FullName, "full_name"),
        (Self::EntityName, "entity_name"),
        (Self::Date, "date"),
        (Self::Street, "street"),
        (Self::StreetNumber, "street_number"),
        (Self::City, "city"),
        (Self::Postcode, "postcode"),
        (Self::Region, "region"),
        (Self::Phone, "phone"),
        (Self::Email, "email"),
        (Self::Identifier, "identifier"),
        (Self::Number, "number"),
        (Self::Category, "category"),
        (Self::FreeText, "text"),
        (Self::RecordKey, "key"),
    ];

    /// The name that users write: `given_name`, `date`, `postcode`, …
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("text", |(_, name)| name)
    }

    /// All names, in the order of the types.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(_, name)| *name)
    }

    /// Whether a column of this type is paired by its values; others only where their names are much alike.
    pub fn is_compared(self) -> bool {
        !matches!(self, Self::FreeText | Self::RecordKey)
    }

    /// Part of where somebody lives; such parts change together.
    pub(crate) fn is_home(self) -> bool {
        self.is_area() || matches!(self, Self::Street | Self::StreetNumber)
    }

    /// Part of an address that neighbours share.
    pub(crate) fn is_area(self) -> bool {
        matches!(self, Self::City | Self::Postcode | Self::Region)
    }

    pub(crate) fn is_name(self) -> bool {
        matches!(self, Self::GivenName | Self::MiddleName | Self::FamilyName)
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for ColumnType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        Self::NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| UnknownType(name.to_owned()))
    }
}

/// No column type has this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no column type {0:?}; choose from {list}", list = ColumnType::names().collect::<Vec<_>>().join(", "))]
pub struct UnknownType(pub String);

/// What was found in a column of one list.
#[derive(Clone, Debug)]
pub struct ColumnProfile {
    /// The header.
    pub name: String,
    /// What it holds.
    pub kind: ColumnType,
    /// Why this type, in words and counts.
    pub why: String,
    /// Records with a value.
    pub filled: usize,
    /// Records whose value only says that there is none (`NULL`, `n/a`, 1900-01-01 where frequent, …).
    pub placeholders: usize,
    /// Distinct values.
    pub distinct: usize,
    /// The notation of dates, in a date column.
    pub notation: Option<dates::Notation>,
}
