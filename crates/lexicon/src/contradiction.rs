//! Where two texts exclude each other, and how that is said to a person.

use crate::{
    date::Date,
    finding::{LEFT, RIGHT},
    kind::{ConceptId, Sex},
    lexicon::Lexicon,
};

/// How two texts exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Difference {
    /// Male and female.
    Sex,
    /// Ages that no time between two notes explains: more than 5 years apart.
    Age,
    /// Other dates of birth.
    Birth,
    /// Left and right.
    Side,
    /// Present in one, denied in the other.
    Status,
    /// Other doses of one drug.
    Dose,
    /// Other years of one event, or other months of one year.
    Date,
    /// Other blood groups.
    Blood,
    /// An allergy that the other text denies.
    Allergy,
    /// Two concepts that nobody has both of: type 1 and type 2 diabetes.
    Kind,
    /// Other values of one measurement.
    Lab,
}

/// What one text says where the other says something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said {
    /// A sex.
    Sex(Sex),
    /// An age in years: the youngest and the oldest that the text allows.
    Age(f64, f64),
    /// A date of birth.
    Birth(Date),
    /// Sides as [`crate::Finding::sides`] has them.
    Sides(u8),
    /// True if it is there, false if it is denied.
    Present(bool),
    /// Milligrams; units as a negative number.
    Dose(f64),
    /// A lab value in SI units.
    Value(f64),
    /// When an event was.
    When(Date),
    /// A blood group, A, B, AB or O as 1 to 4, and the rhesus factor.
    Blood(u8, Option<bool>),
    /// True if the text names the allergy, false if it does not.
    Allergic(bool),
    /// A concept.
    Concept(ConceptId),
}

impl Said {
    fn describe(self, lexicon: &Lexicon) -> String {
        match self {
            Self::Sex(Sex::Male) => "male".to_owned(),
            Self::Sex(Sex::Female) => "female".to_owned(),
            Self::Age(from, to) if to - from < 1.0 => format!("{from:.0}"),
            Self::Age(from, to) => format!("{from:.0} to {to:.0}"),
            Self::Birth(date) => date.to_string(),
            Self::Sides(LEFT) => "left".to_owned(),
            Self::Sides(RIGHT) => "right".to_owned(),
            Self::Sides(_) => "both".to_owned(),
            Self::Present(true) => "present".to_owned(),
            Self::Present(false) => "denied".to_owned(),
            Self::Dose(units) if units < 0.0 => format!("{} units", -units),
            Self::Dose(mg) => format!("{mg} mg"),
            Self::Value(value) => format!("{}", (value * 100.0).round() / 100.0),
            Self::When(date) => date.to_string(),
            Self::Blood(group, rhesus) => {
                let letter = ["A", "B", "AB", "O"].get(usize::from(group) - 1);
                let sign = match rhesus {
                    Some(true) => "+",
                    Some(false) => "-",
                    None => "",
                };
                format!("{}{sign}", letter.copied().unwrap_or_default())
            }
            Self::Allergic(true) => "allergic".to_owned(),
            Self::Allergic(false) => "not".to_owned(),
            Self::Concept(concept) => lexicon.name(concept).to_owned(),
        }
    }
}

/// One contradiction between two texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contradiction {
    /// What differs.
    pub what: Difference,
    /// Of which concept; `None` if it is the person.
    pub concept: Option<ConceptId>,
    /// What the first text says, and the second.
    pub said: [Said; 2],
}

impl Contradiction {
    /// What differs between two dates.
    fn of_dates(&self) -> &'static str {
        match self.said {
            [Said::When(a), Said::When(b)] if a.year == b.year => "month",
            _ => "year",
        }
    }

    /// In words, such as "side of total knee replacement: left / right". They name what the texts say, never their words.
    pub fn describe(&self, lexicon: &Lexicon) -> String {
        let what = match self.what {
            Difference::Sex => "sex",
            Difference::Age => "age",
            Difference::Birth => "date of birth",
            Difference::Side => "side",
            Difference::Status => "presence",
            Difference::Dose => "dose",
            Difference::Date => self.of_dates(),
            Difference::Blood => "blood group",
            Difference::Allergy => "allergy",
            Difference::Kind => "kind",
            Difference::Lab => "value",
        };
        let [a, b] = self.said.map(|said| said.describe(lexicon));
        match self.concept.filter(|_| self.what != Difference::Kind) {
            Some(concept) => format!("{what} of {}: {a} / {b}", lexicon.name(concept)),
            None => format!("{what}: {a} / {b}"),
        }
    }
}
