use super::*;

fn pair(a: u32, b: u32, score: f64, decided_by: DecidedBy) -> SeenPair {
    SeenPair {
        a,
        b,
        decision: match score {
            0.8.. => Decision::Match,
            0.2.. => Decision::Review,
            _ => Decision::NoMatch,
        },
        score: Some(score),
        decided_by: Some(decided_by),
    }
}

fn options(by_columns: bool) -> ClusterOptions {
    ClusterOptions {
        left: 4,
        right: None,
        threshold: 0.5,
        by_columns,
    }
}

#[test]
fn a_pair_for_review_counts_where_columns_were_compared() {
    let pairs = [pair(0, 1, 0.6, DecidedBy::Columns)];
    let found = Clusters::of(&pairs, options(true));
    assert_eq!(found.of_records(), [0, 0, 1, 2]);
    assert!((found.confidence()[0].unwrap() - 0.6).abs() < 1e-5);
    assert_eq!(found.for_review(), [true, false, false]);
    assert_eq!(found.counts(None)["for_review"], 1);
    // A third record that matches both holds them together; their own pair may wait.
    let held = [
        pairs[0],
        pair(0, 2, 0.95, DecidedBy::Columns),
        pair(1, 2, 0.95, DecidedBy::Columns),
    ];
    let found = Clusters::of(&held, options(true));
    assert_eq!(found.of_records(), [0, 0, 0, 1]);
    assert_eq!(found.for_review(), [false, false]);
    assert!(!Clusters::of(&pairs, options(false)).together(0, 1));
    let stricter = ClusterOptions {
        threshold: 0.7,
        ..options(true)
    };
    assert!(!Clusters::of(&pairs, stricter).together(0, 1));
}

#[test]
fn a_persons_word_stands_and_a_record_says_by_which_pair_it_is_there() {
    let pairs = [
        pair(0, 1, 0.9, DecidedBy::Columns),
        pair(0, 2, 1.0, DecidedBy::Person),
        pair(1, 2, 0.1, DecidedBy::Columns),
        pair(2, 3, 0.0, DecidedBy::Person),
        pair(0, 3, 0.95, DecidedBy::Columns),
    ];
    let found = Clusters::of(&pairs, options(true));
    assert!(found.together(0, 2) && !found.together(0, 3) && !found.together(2, 3));
    let records: Vec<Record> = ["a", "b", "c", "d"]
        .map(|id| Record::new(midband::Id::new(id), id))
        .into();
    let rows = found.rows(&records, &[], &pairs);
    assert_eq!(rows[2]["by_pair"], "a|c");
    assert_eq!(rows[2]["decided_by"], "person");
    assert_eq!(rows[3]["by_pair"], Value::Null);
    assert_eq!(rows[3]["confidence"], Value::Null);
    assert_eq!(found.of_records(), [0, 1, 0, 2]);
    let quality = found.quality([(0, 1), (1, 2)]).unwrap();
    assert_eq!(quality.pairs.true_matches, 1);
    assert_eq!(quality.pairs.missed_matches, 2);
    let told = found.told(Some(&quality)).join("\n");
    assert!(
        told.contains("3 clusters, 1 of more than one record"),
        "{told}"
    );
    assert!(told.contains("recall 0.3333"), "{told}");
}
