//! What a language model says: a score in 0..=1 for each pair that was asked about, or why there is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use midband::judge::{PromptingMode, read_answer};

/// As the corpus has them in its first bytes.
const MODES: [PromptingMode; 12] = {
    use PromptingMode::{Array, Digits, Keyed, Standard, Think, YesNo};
    [
        Think, Keyed, YesNo, Standard, Think, Array, YesNo, Standard, Think, Digits, YesNo,
        Standard,
    ]
};

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let first = usize::from(first);
    let (mode, pairs) = (MODES[first % 12], 1 + first / 12 % 8);
    let read = read_answer(mode, pairs, &String::from_utf8_lossy(bytes));
    assert!(read.len() == pairs || read.len() == 1);
    for score in read.into_iter().flatten() {
        assert!((0.0..=1.0).contains(&score));
    }
});
