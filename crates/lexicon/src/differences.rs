//! Where two notes differ in what they say of the person, of allergies and of one concept.

use crate::{
    contradiction::{Difference, Said},
    finding::{LEFT, RIGHT},
    kind::ConceptId,
    profile::{ClinicalProfile, Item},
    tally::{LONGEST_CARE, Tally, count, flag, partner},
};

pub(crate) fn persons(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    let (x, y) = (&a.person, &b.person);
    if let (Some((from, to)), Some((low, high))) = (x.age, y.age) {
        let gap = (low - to).max(from - high).max(0.0);
        out.set("age_same", flag(gap <= 1.0));
        out.set("age_gap", (gap - 1.0).max(0.0).ln_1p());
        if gap > LONGEST_CARE {
            let said = [Said::Age(from, to), Said::Age(low, high)];
            out.against(Difference::Age, None, said);
        }
    }
    if let (Some(x), Some(y)) = (x.sex, y.sex) {
        out.set("sex_same", flag(x == y));
        out.set("sex_conflict", flag(x != y));
        if x != y {
            out.against(Difference::Sex, None, [Said::Sex(x), Said::Sex(y)]);
        }
    }
    if let (Some(x), Some(y)) = (x.birth, y.birth) {
        let days = x.day_month == y.day_month || x.day_month.1 == 0 || y.day_month.1 == 0;
        let months = x.day_month.0 == 0 || y.day_month.0 == 0;
        let same = x.year == y.year && (days || months);
        out.set("birth_same", flag(same));
        out.set("birth_conflict", flag(!same));
        if !same {
            out.against(Difference::Birth, None, [Said::Birth(x), Said::Birth(y)]);
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
            let said = [
                Said::Blood(x, a.person.rhesus),
                Said::Blood(y, b.person.rhesus),
            ];
            out.against(Difference::Blood, None, said);
        }
    }
}

/// What both do for a living: the same, one a sort of the other, or other things. People change their work: it is no contradiction.
pub(crate) fn occupations(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    if a.occupations.is_empty() || b.occupations.is_empty() {
        return;
    }
    let among = |some: &[ConceptId], all: &[ConceptId]| some.iter().any(|c| all.contains(c));
    let same = among(&a.occupations, &b.occupations)
        || among(&a.occupations, &b.occupation_kinds)
        || among(&b.occupations, &a.occupation_kinds);
    out.set("occupation_same", flag(same));
    out.set("occupation_other", flag(!same));
}

pub(crate) fn allergies(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    let (mut same, mut conflict) = (0, 0);
    for (one, other, first) in [(a, b, true), (b, a, false)] {
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
                    .any(|o| !o.allergy && o.affirmed && o.is_drug)
            });
            let lists_others = other.items.iter().any(|o| o.allergy);
            same += usize::from(listed);
            if other.no_allergies || (!listed && (taken || lists_others)) {
                conflict += 1;
                let said = [Said::Allergic(first), Said::Allergic(!first)];
                out.against(Difference::Allergy, item.senses.first().copied(), said);
            }
        }
    }
    let none = a.no_allergies && b.no_allergies;
    out.set("allergy_same", count(same + usize::from(none)));
    out.set("allergy_conflict", count(conflict));
}

/// What both say of one concept in another way.
pub(crate) fn details(a: &ClinicalProfile, b: &ClinicalProfile, out: &mut Tally) {
    let mut sides = (0, 0);
    let (mut doses, mut labs, mut dates) = ((0, 0), (0, 0), (0, 0));
    let (mut statuses, mut kinds) = (0, 0);
    for item in &a.items {
        let concept = item.senses.first().copied();
        for excluded in &item.excludes {
            let there = b.named(*excluded).any(|o| o.affirmed);
            let both = partner(item, b).is_some() || a.named(*excluded).next().is_some();
            if item.affirmed && there && !both {
                kinds += 1;
                let here = item.senses.first().copied().unwrap_or(*excluded);
                let said = [Said::Concept(here), Said::Concept(*excluded)];
                out.against(Difference::Kind, concept, said);
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
            let said = [Said::Present(!item.negated), Said::Present(item.negated)];
            out.against(Difference::Status, concept, said);
            continue;
        }
        if item.sides != 0 && other.sides != 0 {
            // Pain in the left knee and pain in the right hip are two pains.
            let apart = !item.parts.is_empty()
                && !other.parts.is_empty()
                && !item.parts.iter().any(|part| other.parts.contains(part));
            let opposite = item.sides & other.sides == 0
                && (item.sides | other.sides) == LEFT | RIGHT
                && !apart;
            sides.0 += usize::from(!opposite && !apart);
            sides.1 += usize::from(opposite);
            if opposite {
                let said = [Said::Sides(item.sides), Said::Sides(other.sides)];
                out.against(Difference::Side, concept, said);
            }
        }
        let mut values =
            |of: &mut (usize, usize), x: &[f64], y: &[f64], tolerance: f64, dose: bool| {
                if x.is_empty() || y.is_empty() {
                    return;
                }
                let near = |x: f64, y: f64| (x - y).abs() <= tolerance * x.abs().max(y.abs());
                let same = x.iter().any(|x| y.iter().any(|y| near(*x, *y)));
                of.0 += usize::from(same);
                of.1 += usize::from(!same);
                if !same {
                    let (what, said): (_, fn(f64) -> Said) = if dose {
                        (Difference::Dose, Said::Dose)
                    } else {
                        (Difference::Lab, Said::Value)
                    };
                    out.against(what, concept, [said(x[0]), said(y[0])]);
                }
            };
        values(&mut doses, &item.doses, &other.doses, 0.01, true);
        values(&mut labs, &item.values, &other.values, 0.03, false);
        if let (Some(first), Some(second)) = (item.dates.first(), other.dates.first()) {
            let same = (item.dates.iter()).any(|x| other.dates.iter().any(|y| x.may_be(*y)));
            dates.0 += usize::from(same);
            dates.1 += usize::from(!same);
            if !same {
                let said = [Said::When(*first), Said::When(*second)];
                out.against(Difference::Date, concept, said);
            }
        }
    }
    let pairs = [
        ("side_same", "side_conflict", sides),
        ("dose_same", "dose_conflict", doses),
        ("lab_same", "lab_conflict", labs),
        ("event_year_same", "event_year_conflict", dates),
    ];
    for (same, conflict, (n, m)) in pairs {
        out.set(same, count(n));
        out.set(conflict, count(m));
    }
    out.set("status_conflict", count(statuses));
    out.set("kind_conflict", count(kinds));
}
