//! Blocking rules and keys.

use midband_linkage::{BlockingRule, Linker, Options};

use crate::made::{HEADERS, Row, people, table};

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
