//! What holds whatever is in a list.

#![allow(clippy::unwrap_used)]

use midband_linkage::{
    ColumnType, Evidence, Linker, Options, Table, TableBuilder, dates, map_columns, missing,
    normalise,
};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-c]{1,3}( [a-c]{1,3})?",
        "[0-9]{1,9}",
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]",
        "[ -~éßЖ字\u{301}]{0,12}",
        "[a-b]{1,2}@[a-b]\\.org",
        Just("NULL".to_owned()),
    ]
}

fn table(headers: usize) -> impl Strategy<Value = Table> {
    let names = [
        "given_name",
        "surname",
        "dob",
        "zip",
        "city",
        "address",
        "name",
        "phone",
        "email",
        "x",
        "ssn",
        "state",
    ];
    let headers = proptest::sample::subsequence(names.to_vec(), headers..=headers + 3);
    (
        headers,
        proptest::collection::vec(proptest::collection::vec(value(), 6), 0..30),
    )
        .prop_map(|(headers, rows)| {
            let mut builder = TableBuilder::new(headers);
            for row in &rows {
                builder.push(row.iter().map(|value| Some(value.as_str())));
            }
            builder.finish()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_list_ends_in_finite_scores(left in table(2), right in proptest::option::of(table(2)), p in 0.0..=1.0_f64, one_to_one in any::<Option<bool>>()) {
        let two = right.is_some();
        if let Some(right) = &right {
            for mapping in map_columns(&left, right) {
                prop_assert!((0.0..=1.0).contains(&mapping.confidence));
            }
        }
        let mut linker = Linker::new(left, right, Options { one_to_one, ..Options::default() }).unwrap();
        let pairs: Vec<(u32, u32)> = linker.candidates().iter().map(|pair| (pair.left, pair.right)).collect();
        prop_assert!(pairs.windows(2).all(|two| two[0] < two[1]), "each once, in order");
        prop_assert!(two || pairs.iter().all(|(a, b)| a < b));
        let evidence: Vec<Evidence> = [(0, 1), (1, 0), (2, 2), (u32::MAX, u32::MAX)].map(|pair| Evidence { pair, p_match: p }).to_vec();
        linker.fit(&evidence);
        let _ = linker.informative();
        let mut features = Vec::new();
        for link in linker.links() {
            let scored = linker.score((link.left, link.right)).unwrap();
            let sum: f64 = scored.parts.iter().map(|part| part.weight_log2).sum::<f64>() * std::f64::consts::LN_2;
            prop_assert!(link.log_odds.is_finite() && (scored.log_odds - link.log_odds).abs() < 1e-6 && (sum - link.log_odds).abs() < 1e-6);
            linker.features((link.left, link.right), &mut features);
            prop_assert!(features.iter().all(|weight| weight.is_finite()));
        }
        for column in linker.weights() {
            let sum: f64 = column.levels.iter().map(|level| level.m).sum();
            prop_assert!((sum - 1.0).abs() < 1e-6, "{column:?}");
        }
        prop_assert!(linker.score((u32::MAX, 0)).is_none());
    }

    #[test]
    fn forms_never_panic_and_are_settled(raw in "\\PC{0,20}", digits in "[0-9/ .:TtZ-]{0,14}") {
        for text in [&raw, &digits] {
            for notation in [dates::Notation::DayFirst, dates::Notation::MonthFirst, dates::Notation::Serial] {
                if let Some(date) = dates::parse(text, notation) {
                    prop_assert_eq!(dates::parse(&date.to_string(), notation).filter(|_| (1850..=2100).contains(&date.year)), Some(date).filter(|_| (1850..=2100).contains(&date.year)));
                }
            }
            let _ = missing::is_missing(text);
            let once = normalise::text(text);
            prop_assert_eq!(normalise::text(&once), once);
            let _ = (normalise::number(text), normalise::postcode(text), normalise::phone(text), normalise::email(text));
            let street = normalise::street(text);
            prop_assert_eq!(normalise::soundex(&street).len() % 4, 0);
            let _ = text.parse::<ColumnType>();
            let _ = text.parse::<midband_linkage::BlockingRule>();
        }
    }
}
