//! One thing that a note speaks of.

use crate::{context::Status, date::Date, kind::ConceptId};

/// Left, right or both, as bits.
pub(crate) const LEFT: u8 = 1;
pub(crate) const RIGHT: u8 = 2;

/// One thing that a note speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is; several where the text does not say which.
    pub senses: Vec<ConceptId>,
    /// Where it stands in the text, in bytes.
    pub place: (u32, u32),
    /// Hash of its words as they are compared.
    pub wording: u64,
    /// Its status.
    pub status: Status,
    /// Left is 1, right is 2, both are 3, neither is 0.
    pub sides: u8,
    /// The part of the body whose side that is, where it is not said of the name itself ("DVT in the left leg").
    pub part: Option<ConceptId>,
    /// Milligrams of a drug; units as a negative number.
    pub dose: Option<f64>,
    /// Value of a lab in SI units.
    pub value: Option<f64>,
    /// When it was: a date, a month or a year.
    pub when: Option<Date>,
    /// True where it is what the patient is allergic to.
    pub allergy: bool,
}
