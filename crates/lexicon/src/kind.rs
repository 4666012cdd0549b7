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
    /// The long form of an abbreviation of which no more is known.
    Abbreviation,
}

const KINDS: [(&str, Kind); 9] = [
    ("drug", Kind::Drug),
    ("class", Kind::Class),
    ("condition", Kind::Condition),
    ("symptom", Kind::Symptom),
    ("procedure", Kind::Procedure),
    ("anatomy", Kind::Anatomy),
    ("lab", Kind::Lab),
    ("allergen", Kind::Allergen),
    ("abbreviation", Kind::Abbreviation),
];

impl Kind {
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
