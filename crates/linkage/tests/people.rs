//! Small invented lists from end to end.

use std::collections::BTreeSet;

use midband_linkage::{
    BlockingRule, ColumnType, Evidence, Fit, Linker, Options, Reason, Table, TableBuilder,
    map_columns,
};
use proptest::prelude::*;

const GIVEN: [&str; 16] = [
    "William",
    "Margaret",
    "Thomas",
    "Elizabeth",
    "Robert",
    "Katherine",
    "James",
    "Susan",
    "Edward",
    "Jennifer",
    "Daniel",
    "Patricia",
    "Michael",
    "Rebecca",
    "Andrew",
    "Deborah",
];
const SHORT: [&str; 16] = [
    "Bill", "Peggy", "Tom", "Liz", "Bob", "Kate", "Jim", "Sue", "Ted", "Jenny", "Dan", "Trish",
    "Mike", "Becky", "Andy", "Debbie",
];
const FAMILY: [&str; 20] = [
    "Hartmann",
    "Okonkwo",
    "Fitzgerald",
    "Lindqvist",
    "Moreau",
    "Castellano",
    "Brunner",
    "Nakamura",
    "Petrov",
    "Vandenberg",
    "Sorensen",
    "Kowalczyk",
    "Abernathy",
    "Delacroix",
    "Rosenthal",
    "Macallister",
    "Underwood",
    "Yilmaz",
    "Quintero",
    "Whitfield",
];
const CITY: [&str; 12] = [
    "Ashford",
    "Bellmore",
    "Carrington",
    "Dunwich",
    "Eastleigh",
    "Fairhaven",
    "Glenrock",
    "Hollis",
    "Inverness",
    "Jasper",
    "Kingsley",
    "Lorne",
];

type Row = Vec<String>;

/// People with up to three records each: nicknames, typos, swapped names, days and months, moves, no value.
fn people(count: usize) -> (Vec<Row>, Vec<usize>) {
    let mut state = 77_u64;
    let mut dice = move |sides: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let (mut rows, mut owner) = (Vec::new(), Vec::new());
    for person in 0..count {
        let (given, family, city) = (dice(16), dice(20), dice(12));
        let (year, month, day) = (1930 + dice(70), 1 + dice(12), 1 + dice(28));
        let base: Row = vec![
            GIVEN[given].into(),
            FAMILY[family].into(),
            format!("{year}-{month:02}-{day:02}"),
            format!("{} {} street", 1 + dice(200), FAMILY[dice(20)]),
            CITY[city].into(),
            format!("{}", 10_000 + city * 700 + dice(3)),
            format!("0{}", 400_000_000 + dice(99_999_999)),
        ];
        rows.push(base.clone());
        owner.push(person);
        for _ in 0..dice(3) {
            let mut copy = base.clone();
            match dice(7) {
                0 => copy[0] = SHORT[given].into(),
                1 => copy.swap(0, 1),
                2 => copy[1].replace_range(2..3, "q"),
                3 => copy[2] = format!("{:02}/{:02}/{year}", day, month),
                4 => copy[2] = "1900-01-01".into(),
                5 => {
                    copy[3] = format!("{} {} road", 1 + dice(200), FAMILY[dice(20)]);
                    copy[4] = CITY[(city + 5) % 12].into();
                    copy[5] = format!("{}", 10_000 + ((city + 5) % 12) * 700);
                }
                _ => copy[6] = "N/A".into(),
            }
            rows.push(copy);
            owner.push(person);
        }
    }
    (rows, owner)
}

const HEADERS: [&str; 7] = [
    "first_name",
    "surname",
    "dob",
    "address",
    "city",
    "zip",
    "phone",
];

fn table(headers: &[&str], rows: &[Row]) -> Table {
    let mut builder = TableBuilder::new(headers.iter().copied());
    for row in rows {
        builder.push(row.iter().map(|value| Some(value.as_str())));
    }
    builder.finish()
}

fn gold(owner: &[usize]) -> BTreeSet<(u32, u32)> {
    let pairs = (0..owner.len()).flat_map(|a| (a + 1..owner.len()).map(move |b| (a, b)));
    pairs
        .filter(|(a, b)| owner[*a] == owner[*b])
        .map(|(a, b)| (a as u32, b as u32))
        .collect()
}

fn f1(linker: &Linker, gold: &BTreeSet<(u32, u32)>) -> f64 {
    let said: BTreeSet<(u32, u32)> = linker
        .links()
        .iter()
        .filter(|link| link.probability() >= 0.5)
        .map(|link| (link.left, link.right))
        .collect();
    2.0 * said.intersection(gold).count() as f64 / (said.len() + gold.len()) as f64
}

#[test]
fn a_list_is_linked_without_labels_and_says_why() {
    let (rows, owner) = people(200);
    let mut linker = Linker::new(table(&HEADERS, &rows), None, Options::default()).unwrap();
    assert!(linker.informative());
    let kinds: Vec<ColumnType> = linker
        .plan()
        .left
        .iter()
        .map(|column| column.kind)
        .collect();
    use ColumnType as T;
    assert_eq!(
        kinds,
        [
            T::GivenName,
            T::FamilyName,
            T::Date,
            T::Street,
            T::City,
            T::Postcode,
            T::Phone
        ]
    );
    assert!(
        linker
            .plan()
            .notes
            .iter()
            .any(|note| note.starts_with("phone:")),
        "{:?}",
        linker.plan().notes
    );
    assert!(matches!(linker.fit(&[]), Fit::Learnt(_)));
    let truth = gold(&owner);
    assert!(f1(&linker, &truth) > 0.98, "{}", f1(&linker, &truth));
    let mut features = Vec::new();
    for link in linker.links().iter().filter(|link| link.log_odds > -10.0) {
        let scored = linker.score((link.left, link.right)).unwrap();
        let sum: f64 = scored
            .parts
            .iter()
            .map(|part| part.weight_log2)
            .sum::<f64>()
            * std::f64::consts::LN_2;
        assert!(
            (sum - scored.log_odds).abs() < 1e-9 && (link.log_odds - scored.log_odds).abs() < 1e-9
        );
        linker.features((link.left, link.right), &mut features);
        assert_eq!(features.len(), linker.feature_names().len());
    }
    let levels: BTreeSet<String> = truth
        .iter()
        .flat_map(|pair| linker.score(*pair).unwrap().parts)
        .map(|part| part.level)
        .collect();
    for level in [
        "exact",
        "nickname",
        "given and family name swapped",
        "missing",
    ] {
        assert!(levels.contains(level), "{level} is not among {levels:?}");
    }
}

#[test]
fn two_exports_with_other_headers_and_dates_meet() {
    let (rows, owner) = people(150);
    let mut seen = BTreeSet::new();
    let (mut left, mut right, mut truth) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (row, person) in rows.iter().zip(&owner) {
        if seen.insert(*person) {
            left.push((row.clone(), *person));
        } else if right.last().is_none_or(|(_, last)| last != person) {
            let dob = &row[2];
            let parts: Vec<&str> = dob.split(['-', '/']).collect();
            let dob = if dob.contains('-') {
                format!("{}/{}/{}", parts[2], parts[1], parts[0])
            } else {
                dob.clone()
            };
            right.push((
                vec![
                    dob,
                    row[1].to_uppercase(),
                    row[0].clone(),
                    row[6].clone(),
                    row[5].clone(),
                    row[4].clone(),
                    row[3].clone(),
                ],
                *person,
            ));
        }
    }
    for (a, (_, one)) in left.iter().enumerate() {
        truth.extend(
            right
                .iter()
                .enumerate()
                .filter(|(_, (_, two))| one == two)
                .map(|(b, _)| (a as u32, b as u32)),
        );
    }
    let rows = |list: &[(Row, usize)]| list.iter().map(|(row, _)| row.clone()).collect::<Vec<_>>();
    let one = table(&HEADERS, &rows(&left));
    let two = table(
        &[
            "birth_date",
            "last_name",
            "given",
            "telephone",
            "postal_code",
            "town",
            "street_address",
        ],
        &rows(&right),
    );
    let mapped: BTreeSet<(String, String)> = map_columns(&one, &two)
        .into_iter()
        .map(|found| (found.left, found.right))
        .collect();
    for (a, b) in [
        ("first_name", "given"),
        ("surname", "last_name"),
        ("dob", "birth_date"),
        ("zip", "postal_code"),
        ("phone", "telephone"),
    ] {
        assert!(
            mapped.contains(&(a.into(), b.into())),
            "{a} {b}: {mapped:?}"
        );
    }
    let mut linker = Linker::new(one, Some(two), Options::default()).unwrap();
    linker.fit(&[]);
    assert!(f1(&linker, &truth) > 0.97, "{}", f1(&linker, &truth));
}

#[test]
fn ill_posed_lists_end_in_a_statement() {
    let reason = |rows: &[Row], headers: &[&str]| {
        let mut linker = Linker::new(table(headers, rows), None, Options::default()).unwrap();
        match linker.fit(&[]) {
            Fit::Unidentified(reason) => reason.clone(),
            Fit::Learnt(learning) => panic!("learnt {learning:?}"),
        }
    };
    let same: Vec<Row> = (0..50)
        .map(|_| vec!["Anna".into(), "Meyer".into(), "1970-01-02".into()])
        .collect();
    assert_eq!(
        reason(&same, &["given_name", "surname", "dob"]),
        Reason::FewColumns
    );
    let (rows, owner) = people(300);
    let mut last = usize::MAX;
    let alone: Vec<Row> = rows
        .iter()
        .zip(&owner)
        .filter(|(_, person)| std::mem::replace(&mut last, **person) != **person)
        .map(|(row, _)| row.clone())
        .collect();
    assert_eq!(reason(&alone, &HEADERS), Reason::NoMatches);
    assert!(matches!(reason(&rows[..3], &HEADERS), Reason::FewPairs(3)));
    let texts: Vec<Row> = (0..60)
        .map(|at| {
            vec![format!(
                "a long text about thing number {at} and what it does to others"
            )]
        })
        .collect();
    assert_eq!(reason(&texts, &["description"]), Reason::FewColumns);
    let nearly: Vec<Row> = (0..40)
        .map(|at| {
            vec![
                "Anna".into(),
                if at == 3 { "Meier" } else { "Meyer" }.into(),
                "1970-05-02".into(),
            ]
        })
        .collect();
    assert_eq!(
        reason(&nearly, &["given_name", "surname", "dob"]),
        Reason::FewColumns
    );
}

#[test]
fn rules_are_read_counted_and_used() {
    let (rows, _) = people(200);
    for text in [
        "dob",
        "surname+zip",
        "prefix(surname,3)+year(dob)",
        "words(first_name,surname)",
        "soundex(surname)+city",
        "last(phone,6)",
    ] {
        let rule: BlockingRule = text.parse().unwrap();
        assert_eq!(rule.to_string(), text);
        let options = Options {
            rules: vec![rule],
            ..Options::default()
        };
        let mut linker = Linker::new(table(&HEADERS, &rows), None, options).unwrap();
        let counted = linker.plan().rules[0].pairs;
        assert_eq!(counted, linker.candidates().len() as u64, "{text}");
        assert!(counted > 0, "{text}");
    }
    for wrong in [
        "",
        "dob+",
        "prefix(surname)",
        "prefix(surname,0)",
        "half(dob)",
        "soundex(a,b)",
        "year(dob",
    ] {
        assert!(wrong.parse::<BlockingRule>().is_err(), "{wrong}");
    }
    let options = Options {
        rules: vec!["nothing".parse().unwrap()],
        ..Options::default()
    };
    assert!(
        Linker::new(table(&HEADERS, &rows), None, options)
            .unwrap_err()
            .to_string()
            .contains("first_name, surname")
    );
}

#[test]
fn keys_meet_in_any_notation_and_no_value_meets_nothing() {
    let names = [
        "Müller",
        "MULLER",
        "müller ",
        "Mu\u{308}ller",
        "O'Muller",
        "",
        "NULL",
        "n/a",
        "-",
        "unknown",
    ];
    let rows: Vec<Row> = names
        .iter()
        .map(|name| vec![(*name).into(), "x".into()])
        .collect();
    let options = Options {
        rules: vec!["surname".parse().unwrap()],
        ..Options::default()
    };
    let mut linker = Linker::new(table(&["surname", "note"], &rows), None, options).unwrap();
    let pairs: Vec<(u32, u32)> = linker
        .candidates()
        .iter()
        .map(|pair| (pair.left, pair.right))
        .collect();
    assert_eq!(pairs, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
}

#[test]
fn verdicts_move_the_weights() {
    let (rows, owner) = people(120);
    let truth = gold(&owner);
    let mut linker = Linker::new(table(&HEADERS, &rows), None, Options::default()).unwrap();
    linker.fit(&[]);
    let before = linker.weights()[4].levels[0].m;
    let (mut yes, mut evidence) = (0, Vec::new());
    for pair in &truth {
        let city = linker.score(*pair).unwrap().parts[5].level.clone();
        if city != "exact" && yes < 20 {
            yes += 1;
            evidence.extend((0..5).map(|_| Evidence {
                pair: *pair,
                p_match: 0.95,
            }));
        }
    }
    assert!(yes > 3);
    linker.fit(&evidence);
    let after = linker.weights()[4].levels[0].m;
    assert!(after <= before + 1e-6, "{before} {after}");
    assert!(f1(&linker, &truth) > 0.97);
}

fn weights(linker: &Linker) -> Vec<(String, &'static str, f64)> {
    let mut all: Vec<(String, &'static str, f64)> = linker
        .weights()
        .into_iter()
        .flat_map(|column| {
            column
                .levels
                .into_iter()
                .map(move |level| (column.column.clone(), level.level, (level.m / level.u).ln()))
        })
        .collect();
    all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    all
}

#[test]
fn options_override_what_was_found() {
    let (rows, _) = people(60);
    let left = || table(&HEADERS, &rows);
    let right = || {
        table(
            &["first", "last", "born", "addr", "town", "zip", "tel"],
            &rows,
        )
    };
    let options = Options {
        types: [("born".to_owned(), ColumnType::Identifier)].into(),
        ignore: vec!["addr".to_owned()],
        map: vec![("city".to_owned(), "tel".to_owned())],
        ..Options::default()
    };
    let linker = Linker::new(left(), Some(right()), options.clone()).unwrap();
    let compared = &linker.plan().compared;
    assert!(
        !compared.contains(&"address".to_owned()) && compared.contains(&"dob".to_owned()),
        "{compared:?}"
    );
    assert!(
        linker
            .plan()
            .mapped
            .iter()
            .any(|one| one.left == "city" && one.right == "tel")
    );
    assert_eq!(linker.plan().right[2].kind, ColumnType::Identifier);
    let unknown = Options {
        ignore: vec!["nothing".to_owned()],
        ..options
    };
    assert!(
        Linker::new(left(), Some(right()), unknown)
            .unwrap_err()
            .to_string()
            .contains("nothing")
    );
    let mut alone = Linker::new(left(), Some(table(&HEADERS, &[])), Options::default()).unwrap();
    assert!(
        matches!(alone.fit(&[]), Fit::Unidentified(_))
            && alone.links().is_empty()
            && !alone.one_to_one()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn order_of_rows_columns_and_threads_is_nothing(seed in any::<u64>(), threads in 1_usize..5) {
        let (rows, _) = people(760);
        let mut linker = Linker::new(table(&HEADERS, &rows), None, Options { threads: 1, ..Options::default() }).unwrap();
        linker.fit(&[]);
        let key = |at: usize, salt: u64| (at as u64 + 1).wrapping_mul(seed | 1).wrapping_add(salt).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|at| key(*at, 1));
        let mut columns: Vec<usize> = (0..HEADERS.len()).collect();
        columns.sort_by_key(|at| key(*at, 2));
        let shuffled: Vec<Row> = order.iter().map(|at| columns.iter().map(|column| rows[*at][*column].clone()).collect()).collect();
        let headers: Vec<&str> = columns.iter().map(|column| HEADERS[*column]).collect();
        let mut other = Linker::new(table(&headers, &shuffled), None, Options { threads, ..Options::default() }).unwrap();
        other.fit(&[]);
        for (a, b) in weights(&linker).iter().zip(&weights(&other)) {
            prop_assert!(a.0 == b.0 && a.1 == b.1 && (a.2 - b.2).abs() < 1e-9, "{a:?} {b:?}");
        }
        let mut one: Vec<(u32, u32, f64)> = linker.links().iter().map(|link| (link.left, link.right, link.log_odds)).collect();
        let mut two: Vec<(u32, u32, f64)> = other
            .links()
            .iter()
            .map(|link| (order[link.left as usize] as u32, order[link.right as usize] as u32, link.log_odds))
            .map(|(a, b, odds)| (a.min(b), a.max(b), odds))
            .collect();
        one.sort_by_key(|a| (a.0, a.1));
        two.sort_by_key(|a| (a.0, a.1));
        prop_assert_eq!(one.len(), two.len());
        for (a, b) in one.iter().zip(&two) {
            prop_assert!(a.0 == b.0 && a.1 == b.1 && (a.2 - b.2).abs() < 1e-9, "{:?} {:?}", a, b);
        }
    }
}
