//! Parquet files: rows that are JSON objects, or an error.

#![no_main]

use std::{
    io::{BufRead, Cursor},
    sync::Once,
};

use libfuzzer_sys::fuzz_target;
use midband_io::unpacked;
use serde_json::{Map, Value};

static QUIET: Once = Once::new();

fuzz_target!(|data: &[u8]| {
    // Panics of the library are caught and become errors; the fuzzer's own hook would end the process before.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let whole = [b"PAR1".as_slice(), data].concat();
    let Ok(lines) = unpacked(Box::new(Cursor::new(whole))) else {
        return;
    };
    for line in lines.lines().take(10_000) {
        let Ok(line) = line else { return };
        assert!(serde_json::from_str::<Map<String, Value>>(&line).is_ok());
    }
});
