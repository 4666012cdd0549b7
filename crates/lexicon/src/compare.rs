//! What two notes share, and where they contradict each other.

use crate::{
    contradiction::Contradiction,
    differences::{allergies, details, occupations, persons},
    lexicon::Lexicon,
    profile::ClinicalProfile,
    tally::{CLINICAL, Tally, count, flag, partner},
};

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
    occupations(a, b, &mut out);
    allergies(a, b, &mut out);
    details(a, b, &mut out);
    let shared = a
        .years
        .iter()
        .filter(|year| b.years.binary_search(year).is_ok())
        .count();
    out.set("years_shared", count(shared));
    out.contradictions
        .sort_by_key(|found| (found.what, found.concept));
    out.contradictions
        .dedup_by_key(|found| (found.what, found.concept));
    Comparison {
        values: out.values,
        contradictions: out.contradictions,
    }
}

/// The contradictions between two texts, in words; none if they contradict each other in nothing that is understood.
pub fn contradictions(lexicon: &Lexicon, a: &str, b: &str) -> Vec<String> {
    let read = |text| ClinicalProfile::of(lexicon, text, |_| 1.0);
    compare(&read(a), &read(b))
        .contradictions
        .iter()
        .map(|found| found.describe(lexicon))
        .collect()
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
