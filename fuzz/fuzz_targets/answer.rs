//! What a language model says: a score in 0..=1 for each pair that was asked about, or why there is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use midband::judge::{Format, Mode, read_answer};

const MODES: [Mode; 4] = [Mode::Think, Mode::Constrained, Mode::Glance, Mode::Standard];
const FORMATS: [Format; 3] = [Format::Keyed, Format::Array, Format::Digits];

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let first = usize::from(first);
    let (mode, format, pairs) = (MODES[first % 4], FORMATS[first / 4 % 3], 1 + first / 12 % 8);
    let read = read_answer(mode, format, pairs, &String::from_utf8_lossy(bytes));
    assert!(read.len() == pairs || read.len() == 1);
    for score in read.into_iter().flatten() {
        assert!((0.0..=1.0).contains(&score));
    }
});
