//! Any text is read, in time that grows with its length alone.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Instant;

use midband_lexicon::{CLINICAL, ClinicalProfile, Lexicon, compare};
use proptest::prelude::*;

fn read(text: &str) -> ClinicalProfile {
    ClinicalProfile::of(Lexicon::clinical(), text, |_| 0.5)
}

/// Words that rules look at, in any order.
const PIECES: &str = "(no|mother|left|L|T2DM|MS|[?]|,|; |\\. |allergic to|penicillin|born|3/4/1956|1\\.5|mg|aged|71F|O\\+|blood group|HbA1c|%|in|2011|crohn's|knee|İ|ß|\u{301}|日本|\n| ){0,40}";

proptest! {
    #[test]
    fn any_text_is_read(a in any::<String>(), b in PIECES) {
        let (x, y) = (read(&a), read(&b));
        let there = compare(&x, &y);
        prop_assert!(there.values.iter().all(|value| value.is_finite()));
        let back = compare(&y, &x);
        prop_assert_eq!(there.values, back.values);
    }

    #[test]
    fn places_lie_in_the_text(text in PIECES) {
        for finding in Lexicon::clinical().note(&text).findings {
            prop_assert!(text.get(finding.place.0 as usize..finding.place.1 as usize).is_some());
        }
    }

    #[test]
    fn a_text_does_not_contradict_itself(text in PIECES) {
        let found = compare(&read(&text), &read(&text));
        for (name, value) in CLINICAL.iter().zip(found.values) {
            prop_assert!(!["sex_conflict", "birth_conflict", "blood_conflict", "side_conflict", "dose_conflict", "event_year_conflict"].contains(name) || value == 0.0, "{name}");
        }
    }
}

#[test]
fn time_is_linear_in_the_length() {
    // What would cost a square: one endless clause of triggers, allergens, years and names that are nearly known.
    let piece = "no mother allergic to penicillin 2011 metfromin 5 mg left knee pneumoniia ";
    read(piece);
    let seconds = |times: usize| {
        let text = piece.repeat(times);
        let start = Instant::now();
        read(&text);
        start.elapsed().as_secs_f64()
    };
    let (short, long) = (
        seconds(200).max(seconds(200)),
        seconds(3200).min(seconds(3200)),
    );
    assert!(
        long < 16.0 * 8.0 * short.max(1e-3),
        "{short} s against {long} s"
    );
}
