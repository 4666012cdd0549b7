//! Which of the values that records of one cluster hold survives in their golden record.

use std::collections::HashMap;

/// How one of several values is chosen (a survivorship rule). What two records share alike is decided by the more frequent
/// value, then by its more frequent spelling, then by the first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivorship {
    /// The value that most records hold.
    MostFrequent,
    /// The value of the most characters.
    Longest,
    /// The value of the record that ranks highest: the newest one, say, or the one of the trusted source.
    HighestRank,
}

/// A record's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// The value without its notation: spellings of one value share it.
    pub key: &'a str,
    /// As the record writes it.
    pub spelling: &'a str,
    /// The record's rank, greater for better; counts for [`Survivorship::HighestRank`] alone.
    pub rank: usize,
}

/// The place of the record whose value survives; none where no record has one.
pub fn survivor(rule: Survivorship, values: &[Option<Held<'_>>]) -> Option<usize> {
    let mut of_key: HashMap<&str, usize> = HashMap::new();
    let mut of_spelling: HashMap<&str, usize> = HashMap::new();
    for held in values.iter().flatten() {
        *of_key.entry(held.key).or_default() += 1;
        *of_spelling.entry(held.spelling).or_default() += 1;
    }
    let strength = |held: &Held<'_>| {
        let first = match rule {
            Survivorship::MostFrequent => 0,
            Survivorship::Longest => held.spelling.chars().count(),
            Survivorship::HighestRank => held.rank,
        };
        (first, of_key[held.key], of_spelling[held.spelling])
    };
    let mut best = None;
    for (place, held) in values.iter().enumerate() {
        let Some(held) = held else { continue };
        let this = strength(held);
        if best.is_none_or(|(_, known)| this > known) {
            best = Some((place, this));
        }
    }
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held<'a>(spelling: &'a str, key: &'a str, rank: usize) -> Option<Held<'a>> {
        Some(Held {
            key,
            spelling,
            rank,
        })
    }

    #[test]
    fn each_rule_takes_what_it_says() {
        let values = [
            held("Jon", "jon", 3),
            None,
            held("MEYER", "meyer", 0),
            held("Meyer", "meyer", 1),
            held("Meyer", "meyer", 2),
            held("Meyer-Huber", "meyer huber", 2),
        ];
        assert_eq!(survivor(Survivorship::MostFrequent, &values), Some(3));
        assert_eq!(survivor(Survivorship::Longest, &values), Some(5));
        assert_eq!(survivor(Survivorship::HighestRank, &values), Some(0));
        // The newest two differ: the more frequent value of theirs.
        assert_eq!(survivor(Survivorship::HighestRank, &values[1..]), Some(3));
        assert_eq!(survivor(Survivorship::Longest, &[None, None]), None);
        assert_eq!(survivor(Survivorship::MostFrequent, &[]), None);
    }

    proptest! {
        #[test]
        fn the_survivor_is_a_value_that_no_other_beats(values in prop::collection::vec(prop::option::of(("[ab]{1,3}", 0usize..4)), 0..9)) {
            let values: Vec<Option<Held<'_>>> =
                values.iter().map(|value| value.as_ref().map(|(text, rank)| Held { key: text, spelling: text, rank: *rank })).collect();
            let count = |key: &str| values.iter().flatten().filter(|held| held.key == key).count();
            for rule in [Survivorship::MostFrequent, Survivorship::Longest, Survivorship::HighestRank] {
                let found = survivor(rule, &values);
                prop_assert_eq!(found.is_some(), values.iter().any(Option::is_some));
                let Some(best) = found.and_then(|place| values[place]) else { continue };
                for other in values.iter().flatten() {
                    match rule {
                        Survivorship::MostFrequent => prop_assert!(count(best.key) >= count(other.key)),
                        Survivorship::Longest => prop_assert!(best.spelling.len() >= other.spelling.len()),
                        Survivorship::HighestRank => prop_assert!(best.rank >= other.rank),
                    }
                }
                // Other records' order changes the record at most, not the value, unless all is equal.
                let turned: Vec<_> = values.iter().rev().copied().collect();
                let again = survivor(rule, &turned).and_then(|place| turned[place]);
                let equal = again.is_some_and(|again| count(again.key) == count(best.key));
                prop_assert!(equal);
            }
        }
    }
}
