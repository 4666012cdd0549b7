//! The laws of blocking, against brute force.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeSet, HashSet};

use midband_block::{
    BlockError, List, Settings, Source, candidates, find, pairs_completeness, reduction_ratio,
    search,
};
use midband_core::Vectors;
use midband_features::NEIGHBOURS;
use proptest::prelude::*;

const WIDTH: usize = 16;

fn vectors(rows: &[Vec<f32>]) -> Vectors {
    let mut made = Vectors::zeros(rows.len(), WIDTH);
    for (at, row) in rows.iter().enumerate() {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        let unit: Vec<f32> = row.iter().map(|x| x / length).collect();
        made.set(at, &unit, false).unwrap();
    }
    made
}

fn rows(most: usize) -> impl Strategy<Value = Vec<Vec<f32>>> {
    let row = prop::collection::vec(-1.0f32..1.0, WIDTH)
        .prop_filter("has a direction", |row| row.iter().any(|x| x.abs() > 0.1));
    prop::collection::vec(row, 1..most)
}

fn words(most: usize) -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "knee", "hip", "left", "right", "pain", "fever", "10", "20", "mg", "asthma", "copd",
    ]);
    let text = prop::collection::vec(word, 0..6).prop_map(|words| words.join(" "));
    prop::collection::vec(text, 1..most)
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("record {at}")).collect()
}

fn by(source: Source, top_k: usize) -> Settings {
    Settings {
        source,
        top_k,
        ..Settings::default()
    }
}

fn found(
    left: &[String],
    right: Option<&[String]>,
    vectors: (Option<&Vectors>, Option<&Vectors>),
    settings: &Settings,
) -> Vec<midband_block::Candidate> {
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let right: Option<Vec<&str>> = right.map(|all| all.iter().map(String::as_str).collect());
    let left = List {
        vectors: vectors.0,
        ..List::of_texts(&left)
    };
    let right = right.as_ref().map(|texts| List {
        vectors: vectors.1,
        ..List::of_texts(texts)
    });
    candidates(&left, right.as_ref(), settings).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exact_search_finds_what_brute_force_finds(a in rows(40), b in rows(40), k in 1usize..6) {
        let (va, vb) = (vectors(&a), vectors(&b));
        let (left, right) = (texts(a.len()), texts(b.len()));
        let (left, right): (Vec<&str>, Vec<&str>) = (
            left.iter().map(String::as_str).collect(),
            right.iter().map(String::as_str).collect(),
        );
        let list = |texts, vectors| List { vectors: Some(vectors), ..List::of_texts(texts) };
        let of = search(&list(&left, &va), Some(&list(&right, &vb)), &by(Source::Embedding, k)).unwrap().of;
        for (left, mine) in of.iter().enumerate() {
            let cosine = |right: usize| -> f32 {
                let (x, y) = (va.get(left).unwrap().vector, vb.get(right).unwrap().vector);
                x.iter().zip(y).map(|(x, y)| x * y).sum()
            };
            let mut all: Vec<f32> = (0..b.len()).map(cosine).collect();
            all.sort_by(|x, y| y.total_cmp(x));
            prop_assert_eq!(mine.len(), k.min(b.len()));
            for (rank, pair) in mine.iter().enumerate() {
                let said = pair.cosine.unwrap();
                prop_assert!((said - cosine(pair.right as usize)).abs() < 1e-5);
                prop_assert!((said - all[rank]).abs() < 1e-5, "rank {} of {}", rank, left);
            }
        }
    }

    /// Against brute force: the margin and the rank of each side, the same from either list, whatever is kept.
    #[test]
    fn standings_follow_from_the_lists_alone(a in rows(12), b in rows(12), k in 1usize..6) {
        let (va, vb) = (vectors(&a), vectors(&b));
        let (left, right) = (texts(a.len()), texts(b.len()));
        let (left, right): (Vec<&str>, Vec<&str>) = (
            left.iter().map(String::as_str).collect(),
            right.iter().map(String::as_str).collect(),
        );
        let (one, other) = (
            List { vectors: Some(&va), ..List::of_texts(&left) },
            List { vectors: Some(&vb), ..List::of_texts(&right) },
        );
        let (_, neighbour_ranks) = find(&one, Some(&other), &by(Source::Embedding, k)).unwrap();
        let (_, turned) = find(&other, Some(&one), &by(Source::Embedding, 1)).unwrap();
        prop_assert_eq!(neighbour_ranks.columns(), &NEIGHBOURS[..4]);
        let cosine = |x: usize, y: usize| -> f64 {
            let (x, y) = (va.get(x).unwrap().vector, vb.get(y).unwrap().vector);
            x.iter().zip(y).map(|(x, y)| f64::from(x * y)).sum()
        };
        let side = |own: f64, others: Vec<f64>| match others.iter().copied().reduce(f64::max) {
            None => (0.0, 0.0),
            Some(best) => (
                own - best,
                (1.0 + others.iter().filter(|other| **other > own).count() as f64).ln(),
            ),
        };
        for x in 0..a.len() {
            for y in 0..b.len() {
                let own = cosine(x, y);
                let of_left = side(own, (0..b.len()).filter(|z| *z != y).map(|z| cosine(x, z)).collect());
                let of_right = side(own, (0..a.len()).filter(|z| *z != x).map(|z| cosine(z, y)).collect());
                let (mut mine, mut theirs) = (Vec::new(), Vec::new());
                neighbour_ranks.push(x as u32, y as u32, &mut mine);
                turned.push(y as u32, x as u32, &mut theirs);
                let wanted = [
                    of_left.0.min(of_right.0),
                    of_left.0.max(of_right.0),
                    of_left.1.min(of_right.1),
                    of_left.1.max(of_right.1),
                ];
                for at in 0..4 {
                    prop_assert!((mine[at] - theirs[at]).abs() < 1e-6, "{:?} {:?}", mine, theirs);
                    prop_assert!((mine[at] - wanted[at]).abs() < 1e-5, "{:?} {:?}", mine, wanted);
                }
            }
        }
    }

    /// The graph at a size where exact search is sure: what it proposes is scored exactly, and little is missed.
    #[test]
    fn the_graph_finds_nearly_all_that_exact_search_finds(a in rows(120)) {
        let vectors = vectors(&a);
        let texts = texts(a.len());
        let exact = by(Source::Embedding, 5);
        let graph = Settings { graph_from: 1, ..exact };
        let key = |pairs: Vec<midband_block::Candidate>| -> BTreeSet<(u32, u32)> {
            pairs.iter().map(|pair| (pair.left, pair.right)).collect()
        };
        let exact = key(found(&texts, None, (Some(&vectors), None), &exact));
        let near = key(found(&texts, None, (Some(&vectors), None), &graph));
        let missed = exact.difference(&near).count();
        prop_assert!(missed * 100 <= exact.len() + 99, "{} of {}", missed, exact.len());
    }

    #[test]
    fn one_list_gives_each_pair_once_and_no_record_itself(a in words(30), k in 1usize..5) {
        let pairs = found(&a, None, (None, None), &by(Source::Words, k));
        let unordered: HashSet<_> = pairs.iter().map(|pair| (pair.left, pair.right)).collect();
        prop_assert_eq!(unordered.len(), pairs.len());
        prop_assert!(pairs.iter().all(|pair| pair.left < pair.right));
        prop_assert!(pairs.windows(2).all(|two| two[0].left <= two[1].left));
        prop_assert!(pairs.iter().all(|pair| pair.words.is_some_and(|w| w > 0.0 && w <= 1.0 + 1e-5)));
        // Again, with the same result.
        prop_assert_eq!(pairs, found(&a, None, (None, None), &by(Source::Words, k)));
    }

    #[test]
    fn the_order_of_the_right_list_changes_no_vector_candidate(a in rows(20), b in rows(30), turn in 0usize..30) {
        let turned: Vec<Vec<f32>> = (0..b.len()).map(|at| b[(at + turn) % b.len()].clone()).collect();
        let (va, vb, vt) = (vectors(&a), vectors(&b), vectors(&turned));
        let settings = by(Source::Embedding, 3);
        let (left, right) = (texts(a.len()), texts(b.len()));
        let plain = found(&left, Some(&right), (Some(&va), Some(&vb)), &settings);
        let moved = found(&left, Some(&right), (Some(&va), Some(&vt)), &settings);
        let score = |pairs: &[midband_block::Candidate]| -> Vec<(u32, i64)> {
            let mut all: Vec<_> = pairs
                .iter()
                .map(|pair| (pair.left, (f64::from(pair.cosine.unwrap()) * 1e4).round() as i64))
                .collect();
            all.sort_unstable();
            all
        };
        // Equal cosines may stand for other records; the cosines themselves are the same.
        for ((left, x), (other, y)) in score(&plain).into_iter().zip(score(&moved)) {
            prop_assert!(left == other && (x - y).abs() <= 1);
        }
    }

    #[test]
    fn only_records_that_agree_in_a_key_are_paired(
        a in rows(25),
        keys in prop::collection::vec((prop::option::of(0u64..4), prop::option::of(0u64..4)), 25),
    ) {
        let vectors = vectors(&a);
        let texts = texts(a.len());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let keys: Vec<Vec<Option<u64>>> = keys[..a.len()].iter().map(|(x, y)| vec![*x, *y]).collect();
        let list = List { vectors: Some(&vectors), keys: Some(&keys), ..List::of_texts(&texts) };
        for source in [Source::Embedding, Source::Words, Source::Both] {
            let agree = |x: usize, y: usize| keys[x].iter().zip(&keys[y]).any(|(x, y)| x.is_some() && x == y);
            let pairs = candidates(&list, None, &by(source, 30)).unwrap();
            prop_assert!(pairs.iter().all(|pair| agree(pair.left as usize, pair.right as usize)));
            // With room for everyone, everyone who agrees is there.
            let wanted = (0..a.len()).flat_map(|x| (x + 1..a.len()).map(move |y| (x, y)));
            let wanted = wanted.filter(|&(x, y)| agree(x, y)).count();
            prop_assert_eq!(pairs.len(), wanted);
        }
    }
}

#[test]
fn a_vector_without_direction_is_found_by_its_words_alone() {
    let mut made = Vectors::zeros(3, WIDTH);
    let mut unit = vec![0.0; WIDTH];
    unit[3] = 1.0;
    made.set(0, &unit, false).unwrap();
    made.set(1, &[f32::NAN; WIDTH], false).unwrap();
    let texts = ["left knee", "left knee pain", "hip"].map(str::to_owned);
    let by_vectors = found(&texts, None, (Some(&made), None), &by(Source::Embedding, 5));
    assert!(by_vectors.is_empty(), "{by_vectors:?}");
    let both = found(&texts, None, (Some(&made), None), &by(Source::Both, 5));
    assert_eq!(both.len(), 1);
    assert_eq!((both[0].left, both[0].right, both[0].cosine), (0, 1, None));
}

#[test]
fn both_sources_are_fused_by_their_ranks() {
    let rows: Vec<Vec<f32>> = [[1.0, 0.0], [0.9, 0.1], [0.5, 0.5], [0.0, 1.0]]
        .iter()
        .map(|two| [two.as_slice(), &[0.0; WIDTH - 2]].concat())
        .collect();
    let vectors = vectors(&rows);
    let left = ["asthma copd".to_owned()];
    let right = ["fever", "hip", "asthma", "asthma copd"].map(str::to_owned);
    let query = self::vectors(&rows[..1]);
    let pairs = found(
        &left,
        Some(&right),
        (Some(&query), Some(&vectors)),
        &by(Source::Both, 4),
    );
    // Ranks by vectors 1 2 3 4, by words - - 2 1: 1/63 + 1/62 is more than 1/64 + 1/61 by a little.
    let order: Vec<u32> = pairs.iter().map(|pair| pair.right).collect();
    assert_eq!(order, [3, 2, 0, 1]);
    assert!(pairs[0].cosine.is_some() && pairs[0].words.is_some());
    assert!(pairs[2].words.is_none());
}

#[test]
fn what_is_missing_is_said_without_a_text() {
    let texts = ["secret"];
    let list = List::of_texts(&texts);
    let error = candidates(&list, None, &Settings::default()).err().unwrap();
    assert!(matches!(error, BlockError::Vectors("left")), "{error}");
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn ratios_are_those_of_the_book() {
    assert_eq!(reduction_ratio(10, 10, Some(10)), 0.9);
    assert_eq!(reduction_ratio(9, 10, None), 0.8);
    let gold = HashSet::from([(0, 1), (1, 2)]);
    assert_eq!(pairs_completeness([(0, 1), (0, 2)], &gold), Some(0.5));
    assert_eq!(pairs_completeness([], &HashSet::new()), None);
}
