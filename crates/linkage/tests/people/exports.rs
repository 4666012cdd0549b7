//! Two lists with other headers and notations.

use std::collections::BTreeSet;

use midband_linkage::{ColumnType, Fit, Linker, Options, map_columns};

use crate::made::{HEADERS, Row, f1, people, table};

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
