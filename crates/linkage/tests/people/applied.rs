//! A fit scores pairs of records of which few are at hand, as the linker that learned it does.

use std::collections::{BTreeMap, BTreeSet};

use midband_linkage::{AtHand, ColumnCounts, Link, Linker, Options, SavedFit, Table, WholeLists};

use crate::made::{HEADERS, Row, people, table};

/// Log odds from which a pair is compared.
const LEAST: f64 = -5.0;

/// What a cluster knows of two lists, or of one: people by value, from hashes and the shares of a person alone.
struct Counted {
    fit: SavedFit,
    counts: Vec<ColumnCounts>,
    /// By record (those of the right list last), one number for each lookup.
    people: Vec<Vec<f64>>,
}

impl Counted {
    fn of(linker: &Linker, left: &Table, right: Option<&Table>) -> Self {
        let fit = linker.applicable().unwrap();
        // It travels as text.
        let fit: SavedFit = serde_json::from_str(&serde_json::to_string(&fit).unwrap()).unwrap();
        assert_eq!(fit.is_of_two(), right.is_some());
        let lists = [(Some(left), false), (right, true)];
        let lists = lists
            .into_iter()
            .filter_map(|(list, of_right)| Some((list?, of_right)));
        let hashes: Vec<BTreeMap<usize, u64>> = lists
            .flat_map(|(list, of_right)| {
                let read = fit.read_list(list, of_right);
                (0..list.len())
                    .map(|row| read.value_hashes(row).collect())
                    .collect::<Vec<_>>()
            })
            .collect();
        let shares = linker.person_shares();
        assert_eq!(shares.len(), hashes.len());
        assert!(shares.iter().all(|share| *share > 0.0 && *share <= 1.0));
        let mut by_value: BTreeMap<(usize, u64), f64> = BTreeMap::new();
        for (values, share) in hashes.iter().zip(shares) {
            for (column, value) in values {
                *by_value.entry((*column, *value)).or_default() += share;
            }
        }
        let of = |column: usize| by_value.iter().filter(move |((of, _), _)| *of == column);
        let width = fit.headers(false).len();
        let counts =
            (0..width).map(|column| ColumnCounts::of(of(column).map(|(_, people)| *people)));
        let counts = counts.collect();
        let people = hashes.iter().map(|values| {
            let lookups = fit.lookups().into_iter();
            let count = |(from, into): (usize, usize)| {
                let value = values.get(&from)?;
                by_value.get(&(into, *value)).copied()
            };
            lookups.map(|lookup| count(lookup).unwrap_or(0.0)).collect()
        });
        let people = people.collect();
        Self {
            fit,
            counts,
            people,
        }
    }
}

fn some(rows: &[Row], of: impl Iterator<Item = usize>) -> Table {
    table(
        &HEADERS,
        &of.map(|row| rows[row].clone()).collect::<Vec<_>>(),
    )
}

fn odds(links: impl IntoIterator<Item = Link>) -> BTreeMap<(u32, u32), f64> {
    let kept = links.into_iter().filter(|link| link.log_odds >= LEAST);
    kept.map(|link| ((link.left, link.right), link.log_odds))
        .collect()
}

fn same(found: &BTreeMap<(u32, u32), f64>, wanted: &BTreeMap<(u32, u32), f64>) {
    assert!(wanted.len() > 200, "{}", wanted.len());
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        wanted.keys().collect::<Vec<_>>()
    );
    for (pair, wanted) in wanted {
        assert!(
            (found[pair] - wanted).abs() < 1e-9,
            "{pair:?} {} {wanted}",
            found[pair]
        );
    }
}

#[test]
fn two_lists_in_parts_score_as_whole_ones() {
    let (rows, _) = people(760);
    // The right list writes its dates the American way and its names in capitals.
    let (left, right): (Vec<Row>, Vec<Row>) = (
        rows.iter().step_by(2).cloned().collect(),
        rows.iter()
            .skip(1)
            .step_by(2)
            .map(|row| {
                let mut row = row.clone();
                row[1] = row[1].to_uppercase();
                if let [year, month, day] = row[2].split('-').collect::<Vec<_>>()[..] {
                    row[2] = format!("{month}/{day}/{year}");
                }
                row
            })
            .collect(),
    );
    let lists = (table(&HEADERS, &left), table(&HEADERS, &right));
    let options = Options {
        one_to_one: Some(false),
        ..Options::default()
    };
    let mut linker = Linker::new(lists.0.clone(), Some(lists.1.clone()), options).unwrap();
    linker.fit(&[]);
    let counted = Counted::of(&linker, &lists.0, Some(&lists.1));
    let pairs: Vec<(u32, u32)> = (linker.candidates().iter())
        .map(|pair| (pair.left, pair.right))
        .collect();
    for part in [997, 20_000] {
        let mut found = Vec::new();
        for pairs in pairs.chunks(part) {
            let lefts = some(&left, pairs.iter().map(|pair| pair.0 as usize));
            let rights = some(&right, pairs.iter().map(|pair| pair.1 as usize));
            let of_left = pairs.iter().map(|pair| pair.0 as usize);
            let of_right = pairs.iter().map(|pair| left.len() + pair.1 as usize);
            let people: Vec<f64> = of_left
                .chain(of_right)
                .flat_map(|row| counted.people[row].clone())
                .collect();
            let at_hand = AtHand {
                left: &lefts,
                right: Some(&rights),
                people: &people,
                counts: &counted.counts,
            };
            let applied = counted.fit.apply(at_hand).unwrap();
            let count = pairs.len() as u32;
            let own: Vec<(u32, u32)> = (0..count).map(|at| (at, count + at)).collect();
            let scores = applied.scores(&own);
            found.extend(pairs.iter().zip(scores).map(|((left, right), score)| Link {
                left: *left,
                right: *right,
                log_odds: score.unwrap(),
            }));
        }
        same(&odds(found), &odds(linker.links()));
    }
}

#[test]
fn records_of_one_list_hear_of_a_third_one_in_parts() {
    let (rows, _) = people(900);
    let list = table(&HEADERS, &rows);
    let rules = ["dob", "surname+zip", "phone", "first_name+surname"];
    let options = Options {
        rules: rules.map(|rule| rule.parse().unwrap()).into(),
        ..Options::default()
    };
    let mut linker = Linker::new(list.clone(), None, options).unwrap();
    linker.fit(&[]);
    let counted = Counted::of(&linker, &list, None);
    // The keys of a part are those of the list.
    let read = counted.fit.read_list(&list, false);
    let mut meeting = BTreeSet::new();
    for rule in 0..rules.len() {
        let mut blocks: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for row in 0..rows.len() {
            if let Some(key) = read.key(rule, row) {
                blocks.entry(key).or_default().push(row as u32);
            }
        }
        for block in blocks.values() {
            for (at, a) in block.iter().enumerate() {
                meeting.extend(block[at + 1..].iter().map(|b| (*a, *b)));
            }
        }
    }
    let candidates: Vec<(u32, u32)> = (linker.candidates().iter())
        .map(|pair| (pair.left, pair.right))
        .collect();
    assert_eq!(meeting.into_iter().collect::<Vec<_>>(), candidates);
    let people: Vec<f64> = counted.people.iter().flatten().copied().collect();
    let whole = AtHand {
        left: &list,
        right: None,
        people: &people,
        counts: &counted.counts,
    };
    let scores = counted.fit.apply(whole).unwrap().scores(&candidates);
    let own: Vec<Link> = (candidates.iter().zip(scores))
        .map(|((left, right), score)| Link {
            left: *left,
            right: *right,
            log_odds: score.unwrap(),
        })
        .collect();
    let mut found = odds(own.iter().copied());
    // Component by component, each with its own records alone.
    let mut first: Vec<u32> = (0..rows.len() as u32).collect();
    let matching: Vec<Link> = own
        .into_iter()
        .filter(|link| link.log_odds >= 0.0)
        .collect();
    for _ in 0..rows.len() {
        let before = first.clone();
        for link in &matching {
            let least = first[link.left as usize].min(first[link.right as usize]);
            first[link.left as usize] = least;
            first[link.right as usize] = least;
        }
        if before == first {
            break;
        }
    }
    let mut components: BTreeMap<u32, Vec<Link>> = BTreeMap::new();
    for link in matching {
        components
            .entry(first[link.left as usize])
            .or_default()
            .push(link);
    }
    let mut changed = 0;
    for links in components.values() {
        let members: BTreeSet<u32> = links
            .iter()
            .flat_map(|link| [link.left, link.right])
            .collect();
        let members: Vec<u32> = members.into_iter().collect();
        let number = |record: u32| members.binary_search(&record).unwrap() as u32;
        let here: Vec<Link> = (links.iter())
            .map(|link| Link {
                left: number(link.left),
                right: number(link.right),
                ..*link
            })
            .collect();
        let part = some(&rows, members.iter().map(|row| *row as usize));
        let people: Vec<f64> = (members.iter())
            .flat_map(|row| counted.people[*row as usize].clone())
            .collect();
        let at_hand = AtHand {
            left: &part,
            right: None,
            people: &people,
            counts: &counted.counts,
        };
        for link in counted.fit.apply(at_hand).unwrap().by_third_record(&here) {
            let pair = (members[link.left as usize], members[link.right as usize]);
            found.insert(pair, link.log_odds);
            changed += 1;
        }
    }
    assert!(changed > 20, "{changed}");
    found.retain(|_, odds| *odds >= LEAST);
    same(&found, &odds(linker.links()));
}

#[test]
fn a_sample_chooses_rules_for_the_whole_list() {
    let (rows, _) = people(3_000);
    let sample = table(&HEADERS, &rows);
    let plan = |whole: Option<usize>| {
        let whole = whole.map(|left| WholeLists { left, right: None });
        let options = Options {
            whole,
            ..Options::default()
        };
        let linker = Linker::new(sample.clone(), None, options).unwrap();
        linker.plan().clone()
    };
    let (own, same, larger) = (
        plan(None),
        plan(Some(rows.len())),
        plan(Some(5 * rows.len())),
    );
    let used = |plan: &midband_linkage::Plan| -> Vec<(String, u64)> {
        let rules = plan.rules.iter().filter(|rule| rule.dropped.is_none());
        rules
            .map(|rule| (rule.rule.to_string(), rule.pairs))
            .collect()
    };
    assert_eq!(used(&own), used(&same));
    assert_eq!(own.all_pairs, same.all_pairs);
    // Five times the records: 25 times the pairs, of which a million are free.
    let pairs: u64 = used(&larger).iter().map(|(_, pairs)| pairs).sum();
    assert!(!used(&larger).is_empty() && pairs <= 1_000_000, "{pairs}");
    assert!(larger.all_pairs > 24 * own.all_pairs);
}
