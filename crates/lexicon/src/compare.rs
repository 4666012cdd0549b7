//! What two notes share, and where they contradict each other.

use crate::{
    differences::{allergies, details, persons},
    lexicon::{ConceptId, Lexicon},
    profile::{ClinicalProfile, Item},
};

/// Names of what [`compare`] gives, in its order. Every one is the same for (a, b) and (b, a), and 0 where a text says
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

/// What two notes say of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// One number a name of [`CLINICAL`].
    pub values: [f64; CLINICAL.len()],
    /// What excludes the other, sorted.
    pub contradictions: Vec<Contradiction>,
}

/// What one side's things find on the other.
#[derive(Default)]
struct Found {
    all: f64,
    shared: f64,
    related: f64,
    only: usize,
    count: usize,
    rarest: f64,
    /// Shared in other words.
    reworded: usize,
}

/// Compares two notes, in time linear in what they say.
pub fn compare(a: &ClinicalProfile, b: &ClinicalProfile) -> Comparison {
    let mut out = Tally::default();
    let (left, right) = (found(a, b), found(b, a));
    let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
    let (in_a, in_b) = (share(left.shared, left.all), share(right.shared, right.all));
    let all = left.all + right.all;
    out.set("concept_jaccard", share(left.shared + right.shared, all));
    out.set("concepts_in_smaller", in_a.max(in_b));
    out.set("concepts_in_larger", in_a.min(in_b));
    out.set("concepts_related", share(left.related + right.related, all));
    out.set("concept_rarest_shared", left.rarest.min(right.rarest));
    out.set("concepts_only_smaller", count(left.only.min(right.only)));
    out.set("concepts_only_larger", count(left.only.max(right.only)));
    let named = a.covered > 0.99 && b.covered > 0.99 && left.count.min(right.count) > 0;
    if !named {
        // A bare name in other words is [`name_same`], which says less.
        let reworded = left.reworded.min(right.reworded);
        let alone = left.only.min(right.only) == 0;
        // The less else the texts say, the more it means.
        let share = a.covered + b.covered;
        out.set(
            "concepts_reworded",
            if alone { share * count(reworded) } else { 0.0 },
        );
    } else {
        let nothing_left = left.only + right.only == 0;
        let (shared, related) = (
            left.shared + right.shared > 0.0,
            left.related + right.related > 0.0,
        );
        out.set("name_same", flag(nothing_left && !related));
        out.set("name_other", flag(!shared && !related));
        out.set("name_related", flag(related));
    }
    persons(a, b, &mut out);
    allergies(a, b, &mut out);
    details(a, b, &mut out);
    let shared = a
        .years
        .iter()
        .filter(|year| b.years.binary_search(year).is_ok())
        .count();
    out.set("years_shared", count(shared));
    out.contradictions.sort_unstable();
    out.contradictions.dedup();
    Comparison {
        values: out.values,
        contradictions: out.contradictions,
    }
}

#[derive(Default)]
pub(crate) struct Tally {
    values: [f64; CLINICAL.len()],
    contradictions: Vec<Contradiction>,
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

fn found(from: &ClinicalProfile, to: &ClinicalProfile) -> Found {
    let mut found = Found {
        rarest: 0.0,
        ..Found::default()
    };
    for item in &from.items {
        found.all += item.rarity;
        found.count += 1;
        if let Some(partner) = partner(item, to) {
            if item.negated != item.affirmed
                && partner.negated != partner.affirmed
                && item.negated != partner.negated
            {
                continue;
            }
            // A name that is spelled in two ways is as rare as the more usual of them.
            let rarity = item.rarity.min(partner.rarity);
            found.shared += item.rarity;
            let repeated = item
                .wordings
                .iter()
                .any(|words| partner.wordings.contains(words));
            found.reworded += usize::from(!repeated && item.is_topic);
            found.rarest = found.rarest.max(rarity);
        } else if item.senses.iter().any(|c| to.reaches(*c))
            || item.reaches.iter().any(|c| to.named(*c).next().is_some())
        {
            found.related += item.rarity;
        } else {
            found.only += 1;
        }
    }
    found
}
