//! Laws of average link.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::{Clustering, Link, Linking, Word, average_link};

const RECORDS: u32 = 9;

fn plain(absent: Option<f64>) -> Linking {
    Linking {
        threshold: 0.0,
        absent,
        split: None,
    }
}

fn odds(a: u32, b: u32, weight: f64) -> Link {
    Link {
        a,
        b,
        weight,
        word: Word::Odds,
    }
}

#[test]
fn one_strong_pair_does_not_join_two_groups_whose_other_pairs_say_no() {
    let mut links = vec![odds(2, 3, 4.5)];
    for group in [[0, 1, 2], [3, 4, 5]] {
        for (at, a) in group.iter().enumerate() {
            links.extend(group[at + 1..].iter().map(|b| odds(*a, *b, 3.0)));
        }
    }
    for a in 0..3 {
        links.extend(
            (3..6)
                .filter(|b| (a, *b) != (2, 3))
                .map(|b| odds(a, b, -2.0)),
        );
    }
    let found = average_link(6, &links, &plain(None));
    // The strong pair joins first, and then the rest of either group stays away from it.
    assert_eq!(found.of[0], found.of[1]);
    assert_eq!(found.of[4], found.of[5]);
    assert_ne!(found.of[0], found.of[4]);
    let weaker = average_link(6, &[links, vec![odds(2, 3, 1.0)]].concat(), &plain(None));
    assert_eq!(weaker.of, [0, 0, 0, 1, 1, 1]);
    assert!(weaker.confidence.iter().all(|known| known.unwrap() > 0.95));
}

#[test]
fn a_pair_that_nobody_scored_counts_as_it_is_told() {
    let chain = [odds(0, 1, 2.0), odds(1, 2, 1.0)];
    assert_eq!(average_link(4, &chain, &plain(None)).of, [0, 0, 0, 1]);
    let apart = average_link(4, &chain, &plain(Some(-4.0)));
    assert_eq!(apart.of, [0, 0, 1, 2]);
    assert_eq!(apart.confidence[1], None);
    let wanted = 1.0 / (1.0 + (-2.0f64).exp());
    assert!((apart.confidence[0].unwrap() - wanted).abs() < 1e-9);
}

#[test]
fn records_of_one_of_two_lists_are_not_missed() {
    // Records 0 and 1 are of the left list, 2 and 3 of the right one.
    let star = [odds(0, 2, 2.0), odds(1, 2, 1.0)];
    let of_two = Linking {
        split: Some(2),
        ..plain(Some(-4.0))
    };
    assert_eq!(average_link(4, &star, &of_two).of, [0, 0, 0, 1]);
    let of_one = plain(Some(-4.0));
    assert_eq!(average_link(4, &star, &of_one).of, [0, 1, 0, 2]);
}

#[test]
fn what_is_certain_stands_and_its_contradictions_are_told() {
    let certain = |a, b, word| Link {
        a,
        b,
        weight: 0.0,
        word,
    };
    let links = [
        certain(0, 1, Word::Same),
        odds(0, 2, 5.0),
        certain(1, 2, Word::Different),
        certain(3, 4, Word::Same),
        certain(5, 4, Word::Same),
        certain(3, 5, Word::Different),
    ];
    let found = average_link(6, &links, &plain(None));
    assert_eq!(found.of, [0, 0, 1, 2, 2, 2]);
    assert_eq!(found.contradictions, [(3, 5)]);
}

/// Weights without ties, so that the order of the records decides nothing.
fn some_links() -> impl Strategy<Value = Vec<Link>> {
    let pairs = prop::collection::btree_map(
        (0..RECORDS, 0..RECORDS),
        (-3_000i32..3_000, prop::bool::weighted(0.1), any::<bool>()),
        0..30,
    );
    pairs.prop_map(|pairs| {
        let mut seen = BTreeSet::new();
        let mut links = Vec::new();
        for ((a, b), (weight, certain, same)) in pairs {
            if a == b || !seen.insert((a.min(b), a.max(b))) {
                continue;
            }
            links.push(Link {
                a,
                b,
                weight: (f64::from(weight) + f64::from(a * RECORDS + b) / 100.0) / 600.0,
                word: match (certain, same) {
                    (false, _) => Word::Odds,
                    (true, true) => Word::Same,
                    (true, false) => Word::Different,
                },
            });
        }
        links
    })
}

fn absent() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![Just(None), Just(Some(-4.0)), Just(Some(-0.5))]
}

/// The records that are together, whatever their clusters' numbers.
fn sets(found: &Clustering, name: impl Fn(u32) -> u32) -> BTreeSet<BTreeSet<u32>> {
    let mut sets: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (record, cluster) in found.of.iter().enumerate() {
        sets.entry(*cluster)
            .or_default()
            .insert(name(record as u32));
    }
    sets.into_values().collect()
}

proptest! {
    #[test]
    fn every_record_is_in_one_cluster_and_numbers_follow_the_records(links in some_links(), absent in absent()) {
        let found = average_link(RECORDS, &links, &plain(absent));
        prop_assert_eq!(found.of.len(), RECORDS as usize);
        let mut next = 0;
        for cluster in &found.of {
            prop_assert!(*cluster <= next);
            next = next.max(cluster + 1);
        }
        prop_assert_eq!(found.confidence.len(), next as usize);
        for (cluster, confidence) in found.confidence.iter().enumerate() {
            let size = found.of.iter().filter(|of| **of as usize == cluster).count();
            prop_assert_eq!(confidence.is_some(), size > 1);
            prop_assert!(confidence.is_none_or(|known| (0.5..=1.0).contains(&known)));
        }
    }

    #[test]
    fn neither_the_order_of_the_links_nor_that_of_the_records_changes_anything(links in some_links(), absent in absent()) {
        let options = plain(absent);
        let found = average_link(RECORDS, &links, &options);
        let turned: Vec<Link> = links.iter().rev().map(|link| Link { a: link.b, b: link.a, ..*link }).collect();
        prop_assert_eq!(&average_link(RECORDS, &turned, &options), &found);
        // Other numbers for the records; certain pairs may then join in another order, and nothing else.
        let other = |record: u32| (record * 4 + 3) % RECORDS;
        let renamed: Vec<Link> = links.iter().map(|link| Link { a: other(link.a), b: other(link.b), ..*link }).collect();
        let again = average_link(RECORDS, &renamed, &options);
        let back = |record: u32| (0..RECORDS).find(|of| other(*of) == record).unwrap_or(record);
        prop_assert_eq!(sets(&again, back), sets(&found, |record| record));
    }

    /// Replays the joins: at each one the pairs between the two parts speak for it, and not more than half against it.
    #[test]
    fn no_two_parts_join_whose_pairs_were_mostly_rejected(links in some_links(), absent in absent(), threshold in 0.0f64..2.0) {
        let found = average_link(RECORDS, &links, &Linking { threshold, absent, split: None });
        let mut part: Vec<u32> = (0..RECORDS).collect();
        let same = |a: u32, b: u32| links.iter().any(|link| link.word == Word::Same && (link.a, link.b) == (a, b));
        for join in &found.joins {
            let of = |first: u32| -> Vec<u32> { (0..RECORDS).filter(|record| part[*record as usize] == part[first as usize]).collect() };
            let (one, two) = (of(join.first), of(join.second));
            prop_assert_ne!(&one, &two);
            let across: Vec<(u32, u32)> = one.iter().flat_map(|a| two.iter().map(|b| (*a, *b))).collect();
            let certain = across.iter().any(|(a, b)| same(*a, *b) || same(*b, *a));
            if !certain {
                let known = |a: u32, b: u32| links.iter().find(|link| (link.a, link.b) == (a, b) || (link.b, link.a) == (a, b));
                prop_assert!(across.iter().all(|(a, b)| known(*a, *b).is_none_or(|link| link.word == Word::Odds)));
                let weights: Vec<f64> = across.iter().filter_map(|(a, b)| known(*a, *b).map(|link| link.weight).or(absent)).collect();
                let rejected = weights.iter().filter(|weight| **weight < 0.0).count();
                prop_assert!(2 * rejected <= weights.len());
                let mean = weights.iter().sum::<f64>() / weights.len() as f64;
                prop_assert!(mean > threshold - 1e-5 && (mean - join.weight).abs() < 1e-5);
            }
            let (to, from) = (part[join.first as usize], part[join.second as usize]);
            part.iter_mut().filter(|of| **of == from).for_each(|of| *of = to);
        }
        for (a, b) in (0..RECORDS).flat_map(|a| (0..a).map(move |b| (b, a))) {
            prop_assert_eq!(part[a as usize] == part[b as usize], found.of[a as usize] == found.of[b as usize]);
        }
    }

    #[test]
    fn certain_pairs_are_kept(links in some_links(), absent in absent()) {
        let found = average_link(RECORDS, &links, &plain(absent));
        for link in &links {
            let together = found.of[link.a as usize] == found.of[link.b as usize];
            match link.word {
                Word::Same => prop_assert!(together),
                Word::Different => {
                    let told = found.contradictions.contains(&(link.a.min(link.b), link.a.max(link.b)));
                    prop_assert_eq!(together, told);
                }
                Word::Odds => {}
            }
        }
    }
}
