//! What concepts are, and what relates them.

/// What a concept is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A drug by its generic name.
    Drug,
    /// A class of drugs.
    Class,
    /// A disease, a habit.
    Condition,
    /// What a patient feels or shows, of whatever disease.
    Symptom,
    /// What is done: operations, tests, treatments.
    Procedure,
    /// A part of the body.
    Anatomy,
    /// What is measured.
    Lab,
    /// What people are allergic to and is no drug.
    Allergen,
    /// What people do for a living.
    Occupation,
    /// Any other thing that has names: a product, a company.
    Other,
    /// The long form of an abbreviation of which no more is known.
    Abbreviation,
}

const KINDS: [(&str, Kind); 11] = [
    ("drug", Kind::Drug),
    ("class", Kind::Class),
    ("condition", Kind::Condition),
    ("symptom", Kind::Symptom),
    ("procedure", Kind::Procedure),
    ("anatomy", Kind::Anatomy),
    ("lab", Kind::Lab),
    ("allergen", Kind::Allergen),
    ("occupation", Kind::Occupation),
    ("other", Kind::Other),
    ("abbreviation", Kind::Abbreviation),
];

impl Kind {
    /// The word for it in a lexicon's file.
    pub fn as_str(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("abbreviation", |(name, _)| name)
    }

    /// True if one concept may be of both: sources draw the line between a disease and a symptom in several places.
    pub(crate) fn goes_with(self, other: Self) -> bool {
        use Kind::{Allergen, Class, Condition, Drug, Lab, Occupation, Other, Procedure, Symptom};
        self == other
            || [
                [Condition, Symptom],
                [Drug, Class],
                [Drug, Allergen],
                [Lab, Procedure],
                [Occupation, Other],
            ]
            .iter()
            .any(|both| both.contains(&self) && both.contains(&other))
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        KINDS
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, kind)| *kind)
    }
}

/// What relates two concepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The first is a sort of the second.
    IsA,
    /// The first is given for the second.
    Treats,
    /// The first belongs to this part of the body.
    PartOf,
    /// Nobody has both.
    Excludes,
    /// Only people of this sex have it: `male` or `female`.
    Sex,
}

const RELATIONS: [(&str, Relation); 5] = [
    ("is_a", Relation::IsA),
    ("treats", Relation::Treats),
    ("part_of", Relation::PartOf),
    ("excludes", Relation::Excludes),
    ("sex", Relation::Sex),
];

impl Relation {
    /// The word for it in a lexicon's file.
    pub fn as_str(self) -> &'static str {
        RELATIONS
            .iter()
            .find(|(_, relation)| *relation == self)
            .map_or("is_a", |(name, _)| name)
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        RELATIONS
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, relation)| *relation)
    }
}

/// Male or female.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// A concept's place in its lexicon.
pub type ConceptId = u32;
