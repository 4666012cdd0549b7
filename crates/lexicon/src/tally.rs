//! What two notes are found to say of each other, number by number.

use crate::{
    kind::ConceptId,
    lexicon::Lexicon,
    profile::{ClinicalProfile, Item},
};

/// Names of what `compare` gives, in its order. Every one is the same for (a, b) and (b, a), and 0 where a text says
/// nothing of the kind.
pub const CLINICAL: [&str; 32] = [
    "concept_jaccard",
    "concepts_in_smaller",
    "concepts_in_larger",
    "concepts_related",
    "concept_rarest_shared",
    "concepts_reworded",
    "concepts_only_smaller",
    "concepts_only_larger",
    "name_same",
    "name_other",
    "name_related",
    "age_same",
    "age_gap",
    "sex_same",
    "sex_conflict",
    "birth_same",
    "birth_conflict",
    "side_same",
    "side_conflict",
    "status_conflict",
    "dose_same",
    "dose_conflict",
    "lab_same",
    "lab_conflict",
    "event_year_same",
    "event_year_conflict",
    "years_shared",
    "blood_same",
    "blood_conflict",
    "allergy_same",
    "allergy_conflict",
    "kind_conflict",
];

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
    /// Other years of one event.
    Year,
    /// Other blood groups.
    Blood,
    /// An allergy that the other text denies.
    Allergy,
    /// Two concepts that nobody has both of: type 1 and type 2 diabetes.
    Kind,
    /// Other values of one measurement.
    Lab,
}

/// Years beyond which two ages are a contradiction whatever lies between the notes: a choice.
pub(crate) const LONGEST_CARE: f64 = 5.0;

/// One contradiction between two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// What differs.
    pub what: Difference,
    /// Of which concept; `None` where it is the person.
    pub concept: Option<ConceptId>,
}

impl Contradiction {
    /// In words: "side: knee".
    pub fn describe(&self, lexicon: &Lexicon) -> String {
        let what = match self.what {
            Difference::Sex => "sex",
            Difference::Age => "age",
            Difference::Birth => "date of birth",
            Difference::Side => "side",
            Difference::Status => "present or denied",
            Difference::Dose => "dose",
            Difference::Year => "year",
            Difference::Blood => "blood group",
            Difference::Allergy => "allergy",
            Difference::Kind => "kind",
            Difference::Lab => "value",
        };
        match self.concept {
            Some(concept) => format!("{what}: {}", lexicon.name(concept)),
            None => what.to_owned(),
        }
    }
}

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) values: [f64; CLINICAL.len()],
    pub(crate) contradictions: Vec<Contradiction>,
}

impl Tally {
    pub(crate) fn set(&mut self, name: &str, value: f64) {
        if let Some(at) = CLINICAL.iter().position(|n| *n == name) {
            self.values[at] = value;
        }
    }

    pub(crate) fn against(&mut self, what: Difference, concept: Option<ConceptId>) {
        self.contradictions.push(Contradiction { what, concept });
    }
}

pub(crate) fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

pub(crate) fn count(n: usize) -> f64 {
    (n as f64).ln_1p()
}

/// Where an item's concept stands on the other side with the same standing.
pub(crate) fn partner<'p>(item: &Item, other: &'p ClinicalProfile) -> Option<&'p Item> {
    let same = |of: &&Item| of.allergy == item.allergy && of.family == item.family;
    item.senses
        .iter()
        .find_map(|concept| other.named(*concept).find(same))
}
