//! What two notes share, and where they contradict each other.

use crate::{
    lexicon::{ConceptId, Lexicon},
    note::{LEFT, RIGHT},
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
    /// Ages that no time between two notes explains: more than [`LONGEST_CARE`] years apart.
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
const LONGEST_CARE: f64 = 5.0;

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
struct Tally {
    values: [f64; CLINICAL.len()],
    contradictions: Vec<Contradiction>,
}

impl Tally {
    fn set(&mut self, name: &str, value: f64) {
        if let Some(at) = CLINICAL.iter().position(|n| *n == name) {
            self.values[at] = value;
        }
    }

    fn against(&mut self, what: Difference, concept: Option<ConceptId>) {
        self.contradictions.push(Contradiction { what, concept });
    }
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

fn count(n: usize) -> f64 {
    (n as f64).ln_1p()
}

/// Where an item's concept stands on the other side with the same standing.
fn partner<'p>(item: &Item, other: &'p ClinicalProfile) -> Option<&'p Item> {
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

fn persons(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    let (x, y) = (&a.person, &b.person);
    if let (Some((from, to)), Some((low, high))) = (x.age, y.age) {
        let gap = (low - to).max(from - high).max(0.0);
        out.set("age_same", flag(gap <= 1.0));
        out.set("age_gap", (gap - 1.0).max(0.0).ln_1p());
        if gap > LONGEST_CARE {
            out.against(Difference::Age, None);
        }
    }
    if let (Some(x), Some(y)) = (x.sex, y.sex) {
        out.set("sex_same", flag(x == y));
        out.set("sex_conflict", flag(x != y));
        if x != y {
            out.against(Difference::Sex, None);
        }
    }
    if let (Some(x), Some(y)) = (x.birth, y.birth) {
        let days = x.day_month == y.day_month || x.day_month.1 == 0 || y.day_month.1 == 0;
        let months = x.day_month.0 == 0 || y.day_month.0 == 0;
        let same = x.year == y.year && (days || months);
        out.set("birth_same", flag(same));
        out.set("birth_conflict", flag(!same));
        if !same {
            out.against(Difference::Birth, None);
        }
    }
    if let (Some(x), Some(y)) = (x.blood_group, y.blood_group) {
        let rhesus = a
            .person
            .rhesus
            .zip(b.person.rhesus)
            .is_none_or(|(x, y)| x == y);
        out.set("blood_same", flag(x == y && rhesus));
        out.set("blood_conflict", flag(x != y || !rhesus));
        if x != y || !rhesus {
            out.against(Difference::Blood, None);
        }
    }
}

fn allergies(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    let (mut same, mut conflict) = (0, 0);
    for (one, other) in [(a, b), (b, a)] {
        for item in one.items.iter().filter(|item| item.allergy) {
            let listed = partner(item, other).is_some()
                || other.items.iter().any(|o| {
                    o.allergy
                        && (o.senses.iter().any(|c| item.reaches.contains(c))
                            || item.senses.iter().any(|c| o.reaches.contains(c)))
                });
            let taken = item.senses.iter().any(|c| {
                other
                    .named(*c)
                    .any(|o| !o.allergy && o.affirmed && !o.is_lab)
            });
            let lists_others = other.items.iter().any(|o| o.allergy);
            same += usize::from(listed);
            if other.no_allergies || (!listed && (taken || lists_others)) {
                conflict += 1;
                out.against(Difference::Allergy, item.senses.first().copied());
            }
        }
    }
    let none = a.no_allergies && b.no_allergies;
    out.set("allergy_same", count(same + usize::from(none)));
    out.set("allergy_conflict", count(conflict));
}

/// What both say of one concept in another way.
fn details(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    let mut sides = (0, 0);
    let (mut doses, mut labs, mut years) = ((0, 0), (0, 0), (0, 0));
    let (mut statuses, mut kinds) = (0, 0);
    for item in &a.items {
        let concept = item.senses.first().copied();
        for excluded in &item.excludes {
            let there = b.named(*excluded).any(|o| o.affirmed);
            let both = partner(item, b).is_some() || a.named(*excluded).next().is_some();
            if item.affirmed && there && !both {
                kinds += 1;
                out.against(Difference::Kind, concept);
            }
        }
        let Some(other) = partner(item, b) else {
            continue;
        };
        if item.allergy {
            continue;
        }
        let clear = |item: &Item| item.affirmed != item.negated;
        if clear(item) && clear(other) && item.negated != other.negated {
            statuses += 1;
            out.against(Difference::Status, concept);
            continue;
        }
        if item.sides != 0 && other.sides != 0 {
            let opposite =
                item.sides & other.sides == 0 && (item.sides | other.sides) == LEFT | RIGHT;
            sides.0 += usize::from(!opposite);
            sides.1 += usize::from(opposite);
            if opposite {
                out.against(Difference::Side, concept);
            }
        }
        let mut values = |of: &mut (usize, usize), x: &[f64], y: &[f64], tolerance: f64, what| {
            if x.is_empty() || y.is_empty() {
                return;
            }
            let near = |x: f64, y: f64| (x - y).abs() <= tolerance * x.abs().max(y.abs());
            let same = x.iter().any(|x| y.iter().any(|y| near(*x, *y)));
            of.0 += usize::from(same);
            of.1 += usize::from(!same);
            if !same {
                out.against(what, concept);
            }
        };
        values(
            &mut doses,
            &item.doses,
            &other.doses,
            0.01,
            Difference::Dose,
        );
        values(
            &mut labs,
            &item.values,
            &other.values,
            0.03,
            Difference::Lab,
        );
        if !item.years.is_empty() && !other.years.is_empty() {
            let same = item.years.iter().any(|year| other.years.contains(year));
            years.0 += usize::from(same);
            years.1 += usize::from(!same);
            if !same {
                out.against(Difference::Year, concept);
            }
        }
    }
    let pairs = [
        ("side_same", "side_conflict", sides),
        ("dose_same", "dose_conflict", doses),
        ("lab_same", "lab_conflict", labs),
        ("event_year_same", "event_year_conflict", years),
    ];
    for (same, conflict, (n, m)) in pairs {
        out.set(same, count(n));
        out.set(conflict, count(m));
    }
    out.set("status_conflict", count(statuses));
    out.set("kind_conflict", count(kinds));
}
