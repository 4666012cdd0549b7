//! What two notes are found to say of each other, number by number.

use crate::{
    contradiction::{Contradiction, Difference, Said},
    kind::ConceptId,
    profile::{ClinicalProfile, Item},
};

/// Names of what `compare` gives, in its order. Every one is the same for (a, b) and (b, a), and 0 where a text says
/// nothing of the kind.
pub const CLINICAL: [&str; 34] = [
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
    "occupation_same",
    "occupation_other",
];

/// Years beyond which two ages are a contradiction whatever lies between the notes: a choice.
pub(crate) const LONGEST_CARE: f64 = 5.0;

pub(crate) struct Tally {
    pub(crate) values: [f64; CLINICAL.len()],
    pub(crate) contradictions: Vec<Contradiction>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            values: [0.0; CLINICAL.len()],
            contradictions: Vec::new(),
        }
    }
}

impl Tally {
    pub(crate) fn set(&mut self, name: &str, value: f64) {
        if let Some(at) = CLINICAL.iter().position(|n| *n == name) {
            self.values[at] = value;
        }
    }

    pub(crate) fn against(
        &mut self,
        what: Difference,
        concept: Option<ConceptId>,
        said: [Said; 2],
    ) {
        self.contradictions.push(Contradiction {
            what,
            concept,
            said,
        });
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
