//! Laws that every feature row keeps.

use midband_features::{DocumentFrequencies, FeatureRows, FeatureSet};
use proptest::prelude::*;

proptest! {
    #[test]
    fn rows_are_finite_symmetric_and_alone(a in ".{0,60}", b in ".{0,60}", other in ".{0,30}", cosine in -1.0..1.0f64) {
        let rows = FeatureRows::new(FeatureSet::all(), DocumentFrequencies::of_texts([a.as_str(), b.as_str(), other.as_str()]));
        let row = rows.row(&a, &b, Some(cosine));
        prop_assert_eq!(row.len(), rows.set().len());
        prop_assert!(row.iter().all(|x| x.is_finite()));
        prop_assert_eq!(&row, &rows.row(&b, &a, Some(cosine)));
        // The row is a function of the pair: other pairs in between change nothing.
        rows.row(&other, &a, Some(0.5));
        prop_assert_eq!(&row, &rows.row(&a, &b, Some(cosine)));
    }

    #[test]
    fn records_are_finite_too(a in "(name|price|year): [a-z0-9 .]{0,12}(; (name|price|year): [a-z0-9 .]{0,9}){0,3}", b in "name: [a-z0-9 ]{1,12}; price: [0-9]{1,3}") {
        let rows = FeatureRows::new(FeatureSet::all(), DocumentFrequencies::default());
        prop_assert!(rows.row(&a, &b, None).iter().all(|x| x.is_finite()));
    }

    #[test]
    fn a_text_against_itself_overlaps_in_full(a in "[a-z]{1,8}( [a-z0-9]{1,8}){0,6}") {
        let rows = FeatureRows::new("idf_jaccard,same_words,numbers_differing,trigram_overlap".parse().unwrap(), DocumentFrequencies::default());
        prop_assert_eq!(rows.row(&a, &a, None), [1.0, 1.0, 0.0, 1.0]);
    }
}

#[test]
fn parts_of_a_list_are_columns_of_the_whole() {
    let texts = [
        "name: sony mdr-ex55wh; price: 20",
        "name: sony mdrex55 white; price: 22.5",
    ];
    let frequencies = DocumentFrequencies::of_texts(texts);
    let all = FeatureRows::new(FeatureSet::all(), frequencies.clone());
    let whole = all.row(texts[0], texts[1], Some(0.7));
    let some = FeatureRows::new("codes,fields".parse().unwrap(), frequencies);
    for (name, value) in some
        .set()
        .names()
        .iter()
        .zip(some.row(texts[0], texts[1], Some(0.7)))
    {
        let at = all.set().names().iter().position(|n| n == name).unwrap();
        assert_eq!(whole[at], value, "{name}");
    }
}

#[test]
fn a_table_holds_the_rows_of_its_pairs() {
    // Enough pairs for more than one core, of texts that recur.
    let texts: Vec<String> = (0..37)
        .map(|at| {
            format!(
                "name: item {at}; price: {}; left knee no {}",
                at * 7 % 11,
                at % 3
            )
        })
        .collect();
    let rows = FeatureRows::new(
        FeatureSet::all(),
        DocumentFrequencies::of_texts(texts.iter().map(String::as_str)),
    );
    let pairs: Vec<(&str, &str, Option<f64>)> = (0..800)
        .map(|at| {
            let cosine = (at % 5 > 0).then(|| f64::from(at as u32) / 800.0);
            (texts[at % 37].as_str(), texts[at * 5 % 31].as_str(), cosine)
        })
        .collect();
    let each: Vec<f64> = pairs
        .iter()
        .flat_map(|&(a, b, cosine)| rows.row(a, b, cosine))
        .collect();
    assert_eq!(rows.table(&pairs), each);
    assert!(rows.table(&[]).is_empty());
}
