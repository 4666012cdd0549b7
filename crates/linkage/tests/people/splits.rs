//! Two lists that cut names and addresses into columns differently, and lists of firms.

use std::collections::BTreeSet;

use midband_linkage::{ColumnType, Linker, Options, Table};

use crate::made::{HEADERS, Row, f1, people, table};

/// The first record of each person, and the second with its row made by `other`.
struct Lists {
    left: Vec<Row>,
    right: Vec<Row>,
    matches: BTreeSet<(u32, u32)>,
}

fn lists(other: impl Fn(&Row) -> Row) -> Lists {
    let (rows, owner) = people(150);
    let mut lists = Lists {
        left: Vec::new(),
        right: Vec::new(),
        matches: BTreeSet::new(),
    };
    for (at, row) in rows.iter().enumerate() {
        let copy = (1..=at)
            .take_while(|back| owner[at - back] == owner[at])
            .count();
        match copy {
            0 => lists.left.push(row.clone()),
            1 => {
                lists
                    .matches
                    .insert((lists.left.len() as u32 - 1, lists.right.len() as u32));
                lists.right.push(other(row));
            }
            _ => {}
        }
    }
    lists
}

fn linker(left: Table, right: Table) -> Linker {
    let mut linker = Linker::new(left, Some(right), Options::default()).unwrap();
    assert!(linker.informative());
    linker.fit(&[]);
    linker
}

#[test]
fn names_and_addresses_in_one_column_meet_those_in_several() {
    let lists = lists(|row| {
        vec![
            format!("{}, {}", row[1].to_uppercase(), row[0]),
            row[2].clone(),
            format!("{}, {} {}", row[3], row[5], row[4]),
        ]
    });
    let whole = ["patient", "birth_date", "home_address"];
    let (one, two) = (table(&HEADERS, &lists.left), table(&whole, &lists.right));
    for (left, right) in [(&one, &two), (&two, &one)] {
        let linker = linker(left.clone(), right.clone());
        let turned: BTreeSet<(u32, u32)> = match left.columns().len() {
            3 => lists.matches.iter().map(|(a, b)| (*b, *a)).collect(),
            _ => lists.matches.clone(),
        };
        assert!(f1(&linker, &turned) > 0.97, "{}", f1(&linker, &turned));
        let plan = linker.plan();
        let (first, second) = plan.unpaired();
        assert_eq!([first, second].concat(), ["phone"]);
        let compared: Vec<&str> = plan.compared.iter().map(String::as_str).collect();
        assert_eq!(compared.len(), 5, "{compared:?}");
        let joined = |note: &String| note.starts_with("first_name and surname: joined");
        assert!(plan.notes.iter().any(joined), "{:?}", plan.notes);
    }
}

#[test]
fn a_number_of_a_house_is_taken_out_of_the_street() {
    let lists = lists(|row| {
        let (number, street) = row[3].split_once(' ').unwrap();
        let mut row = row.clone();
        row[3] = street.to_owned();
        row.push(number.to_owned());
        row
    });
    let mut headers = HEADERS.to_vec();
    headers.push("house_number");
    let linker = linker(table(&HEADERS, &lists.left), table(&headers, &lists.right));
    assert!(f1(&linker, &lists.matches) > 0.97);
    let mapped = &linker.plan().mapped;
    let pair = |one: &str, two: &str| mapped.iter().any(|it| it.left == one && it.right == two);
    assert!(
        pair("address: number", "house_number") && pair("address: street", "address"),
        "{mapped:?}"
    );
}

#[test]
fn columns_that_the_user_pairs_stay_whole() {
    let lists = lists(|row| vec![format!("{} {}", row[0], row[1]), row[2].clone()]);
    let options = Options {
        map: vec![("surname".into(), "name".into())],
        ..Options::default()
    };
    let left = table(&HEADERS, &lists.left);
    let right = table(&["name", "dob"], &lists.right);
    let linker = Linker::new(left, Some(right), options).unwrap();
    assert!(linker.plan().sources.is_empty());
    assert_eq!(linker.plan().left.len(), HEADERS.len());
}

#[test]
fn firms_meet_whatever_their_legal_form() {
    let (rows, _) = people(150);
    let trades = [
        "Foods", "Motors", "Steel", "Media", "Textiles", "Energy", "Software",
    ];
    let firm = |at: usize| {
        format!(
            "{} {} {}",
            rows[at * 2][1],
            rows[at + 90][1],
            trades[at % 7]
        )
    };
    let row = |name: String, at: usize, site: &str| -> Row {
        let web = format!(
            "{site}{}{}.example",
            trades[at % 7].to_lowercase(),
            (at + 5) * 7919 % 9973
        );
        vec![name, rows[at][4].clone(), web]
    };
    let left: Vec<Row> = (0..80)
        .map(|at| row(format!("{} Ltd", firm(at)), at, "www."))
        .collect();
    let right: Vec<Row> = (20..100)
        .map(|at| {
            row(
                format!("{} L.T.D.", firm(at).to_uppercase()),
                at,
                "https://",
            )
        })
        .collect();
    let matches = (20..80).map(|at| (at, at - 20)).collect();
    let linker = linker(
        table(&["company", "town", "website"], &left),
        table(&["organisation", "city", "url"], &right),
    );
    let kinds: Vec<ColumnType> = linker.plan().left.iter().map(|one| one.kind).collect();
    assert_eq!(
        kinds,
        [
            ColumnType::EntityName,
            ColumnType::City,
            ColumnType::Identifier
        ]
    );
    assert!(f1(&linker, &matches) > 0.97, "{}", f1(&linker, &matches));
}
