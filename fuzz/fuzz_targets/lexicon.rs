//! Any text is read as a note and compared with another, in linear time; any file is a lexicon or is refused with its row.

#![no_main]

use libfuzzer_sys::fuzz_target;
use midband::lexicon::{ClinicalProfile, Lexicon, compare, contradictions};

/// Bytes at which a time that grows as the square would run into the fuzzer's limit.
const LONG: usize = 1 << 18;

fuzz_target!(|text: &str| {
    let lexicon = Lexicon::clinical();
    let (a, b) = text.split_once('\0').unwrap_or((text, ""));
    let read = |text: &str| ClinicalProfile::of(lexicon, text, |_| 0.5);
    let (x, y) = (read(a), read(b));
    let (there, back) = (compare(&x, &y).values, compare(&y, &x).values);
    assert!(there.iter().all(|value| value.is_finite()));
    assert_eq!(there, back);
    assert!(
        contradictions(lexicon, a, b)
            .iter()
            .all(|said| !said.is_empty())
    );
    for finding in lexicon.note(a).findings {
        assert!(
            a.get(finding.place.0 as usize..finding.place.1 as usize)
                .is_some()
        );
    }
    // Some texts also many times over: the fuzzer's limit of time is the test.
    if !a.is_empty() && a.len() % 64 == 7 {
        read(&a.repeat(LONG / a.len()));
    }
    if let Ok(own) = Lexicon::read(text) {
        own.note(text);
    }
});
