//! The id of a pair of records.

/// The id of a pair of two records: theirs with a bar between them. A bar or a backslash within an id stands behind a
/// backslash, so that no two pairs share an id.
pub fn pair_id(left: &str, right: &str) -> String {
    format!("{}|{}", escaped(left), escaped(right))
}

fn escaped(id: &str) -> String {
    if id.contains(['|', '\\']) {
        id.replace('\\', "\\\\").replace('|', "\\|")
    } else {
        id.to_owned()
    }
}

/// The ids of the records that [`pair_id`] made this id of; `None` where it made none such.
pub fn record_ids(pair: &str) -> Option<(String, String)> {
    let (mut ids, mut at) = ([String::new(), String::new()], 0);
    let mut chars = pair.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => ids[at].push(chars.next().filter(|char| matches!(char, '|' | '\\'))?),
            '|' if at == 0 => at = 1,
            '|' => return None,
            char => ids[at].push(char),
        }
    }
    let [left, right] = ids;
    (at == 1).then_some((left, right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bars_within_ids_make_no_two_pairs_one() {
        assert_eq!(pair_id("1", "2"), "1|2");
        assert_ne!(pair_id("a|b", "c"), pair_id("a", "b|c"));
        for none in ["a", "a|b|c", "a\\x|b", "a|b\\"] {
            assert_eq!(record_ids(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn both_ids_come_back(left in "[a|\\\\]{0,6}", right in "[a|\\\\]{0,6}") {
            prop_assert_eq!(record_ids(&pair_id(&left, &right)), Some((left, right)));
        }
    }
}
