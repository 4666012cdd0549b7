//! Records: "field: value; field: value".
//!
//! Two records may share most of their words and still differ in the one field that names the thing.
//! Fields that both sides have are compared one by one; their names play no part beyond finding the
//! partner, so that weights carry over to records with other fields.

use crate::{
    hash::Hash,
    overlap::{Overlap, Word},
    token::word_hashes,
    trigrams::{self, trigrams},
};

/// Longest name of a field, in bytes.
const LONGEST_NAME: usize = 30;

/// Fields of a record that are compared.
const MOST: usize = 32;

/// One field of a record.
#[derive(Clone)]
pub(crate) struct Field {
    name: u64,
    /// Distinct words by hash, with rarities.
    words: Vec<Word>,
    /// The value as one number, where it is one.
    number: Option<f64>,
    /// Of the first field only.
    trigrams: Vec<u32>,
}

/// Splits a text into names and values; `None` where it is no record. A segment without a name
/// belongs to the value before it. One field alone counts where its name is one word.
pub(crate) fn parse(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    let mut start = 0;
    while start <= text.len() && fields.len() < MOST {
        let end = text[start..].find(';').map_or(text.len(), |at| start + at);
        match name(&text[start..end]) {
            Some((name, value)) => fields.push((name, value)),
            None if fields.is_empty() => return None,
            None => {}
        }
        start = end + 1;
    }
    match fields.as_slice() {
        [] => None,
        [(name, _)] if name.contains(' ') => None,
        _ => Some(fields),
    }
}

fn name(segment: &str) -> Option<(&str, &str)> {
    let (name, value) = segment.split_once(':')?;
    let name = name.trim();
    let plain = name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.'));
    let starts = name.chars().next().is_some_and(char::is_alphabetic);
    (plain && starts && name.len() <= LONGEST_NAME).then_some((name, value.trim()))
}

/// Hashes of a field.
pub(crate) struct HashedField {
    pub(crate) name: u64,
    /// Of the distinct words of the value, ascending.
    pub(crate) words: Vec<u64>,
}

/// The fields of a record as hashes.
pub(crate) fn hashed(parsed: &[(&str, &str)]) -> impl Iterator<Item = HashedField> {
    parsed.iter().map(|(name, value)| {
        let mut hash = Hash::new();
        name.chars()
            .flat_map(char::to_lowercase)
            .for_each(|c| hash.push(u32::from(c)));
        HashedField {
            name: hash.finish(),
            words: word_hashes(value),
        }
    })
}

/// Profiles of the fields of a record. Every word of a value is among the text's words.
pub(crate) fn profiles(parsed: &[(&str, &str)], words: &[Word]) -> Vec<Field> {
    let rarity_of = |hash: &u64| {
        let at = words.binary_search_by_key(hash, |word| word.hash).ok()?;
        Some(words[at])
    };
    (parsed.iter().zip(hashed(parsed)).enumerate())
        .map(|(index, ((_, value), field))| Field {
            name: field.name,
            words: field.words.iter().filter_map(rarity_of).collect(),
            number: number(value),
            trigrams: if index == 0 {
                trigrams(value)
            } else {
                Vec::new()
            },
        })
        .collect()
}

/// A field of words at these places of a text's words; nothing else is known of it.
pub(crate) fn of_words(name: u64, places: &[usize], words: &[Word]) -> Field {
    Field {
        name,
        words: places
            .iter()
            .filter_map(|&at| words.get(at))
            .copied()
            .collect(),
        number: None,
        trigrams: Vec::new(),
    }
}

/// A text that is no record: one field without a name.
pub(crate) fn whole(words: &[Word], trigrams: &[u32]) -> Vec<Field> {
    vec![Field {
        name: Hash::new().finish(),
        words: words.to_vec(),
        number: None,
        trigrams: trigrams.to_vec(),
    }]
}

fn number(value: &str) -> Option<f64> {
    let bare =
        value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '$' | '€' | '£' | '\''));
    let number: f64 = bare.parse().ok()?;
    number.is_finite().then_some(number)
}

/// What the fields of two records say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct FieldComparison {
    /// Overlap of the common fields by rarity: mean, smallest, largest, each 0..=1.
    pub(crate) mean: f64,
    pub(crate) smallest: f64,
    pub(crate) largest: f64,
    /// Share of the common fields that are equal; that share no word.
    pub(crate) equal: f64,
    pub(crate) conflicting: f64,
    /// Mean relative difference of numbers, 0..=1; 0 where no common field is a number.
    pub(crate) number_difference: f64,
    /// The first field, which most often is the name of the thing.
    pub(crate) first: Overlap,
    pub(crate) first_trigrams: f64,
}

pub(crate) fn compare(a: &[Field], b: &[Field]) -> FieldComparison {
    let mut out = FieldComparison {
        smallest: 1.0,
        ..FieldComparison::default()
    };
    let (mut common, mut numbers) = (0.0_f64, 0.0_f64);
    for x in a {
        let Some(y) = b.iter().find(|y| y.name == x.name) else {
            continue;
        };
        if x.words.is_empty() || y.words.is_empty() {
            continue;
        }
        let overlap = Overlap::of(&x.words, &y.words);
        let jaccard = overlap.jaccard();
        common += 1.0;
        out.mean += jaccard;
        out.smallest = out.smallest.min(jaccard);
        out.largest = out.largest.max(jaccard);
        out.equal += f64::from(u8::from(overlap.only_a_count + overlap.only_b_count == 0));
        out.conflicting += f64::from(u8::from(overlap.shared_count == 0));
        if let (Some(x), Some(y)) = (x.number, y.number) {
            let size = x.abs().max(y.abs());
            numbers += 1.0;
            out.number_difference += if size > 0.0 {
                ((x - y).abs() / size).min(1.0)
            } else {
                0.0
            };
        }
    }
    if let (Some(x), Some(y)) = (a.first(), b.first()) {
        out.first = Overlap::of(&x.words, &y.words);
        out.first_trigrams = trigrams::overlap(&x.trigrams, &y.trigrams);
    }
    if common == 0.0 {
        // Nothing in common but their being texts: the first fields stand for all.
        let jaccard = out.first.jaccard();
        (out.mean, out.smallest, out.largest) = (jaccard, jaccard, jaccard);
        return out;
    }
    out.mean /= common;
    out.equal /= common;
    out.conflicting /= common;
    out.number_difference /= numbers.max(1.0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tokens;

    #[test]
    fn records_parse_and_sentences_do_not() {
        let fields = parse("name: sony tv; price: 12.5").unwrap();
        assert_eq!(fields, [("name", "sony tv"), ("price", "12.5")]);
        assert_eq!(parse("name: a; b; year: 2001").unwrap().len(), 2);
        assert!(parse("What is this: a test?").is_none());
        assert!(parse("Is it okay; or not").is_none());
        assert!(parse("").is_none());
    }

    #[test]
    fn fields_are_compared_with_their_partner() {
        let of = |text: &str| {
            let mut all = Vec::new();
            tokens(text, |token| all.push(token));
            let words =
                crate::profile::distinct_words(&all, &crate::DocumentFrequencies::default());
            profiles(&parse(text).unwrap(), &words)
        };
        let seen = compare(
            &of("name: a b; price: 10; year: 2000"),
            &of("year: 2001; name: b a; price: 5"),
        );
        assert!((seen.equal - 1.0 / 3.0).abs() < 1e-12);
        assert!((seen.conflicting - 2.0 / 3.0).abs() < 1e-12);
        assert!((seen.number_difference - (0.5 + 1.0 / 2001.0) / 2.0).abs() < 1e-12);
        assert_eq!((seen.smallest, seen.largest), (0.0, 1.0));
    }
}
