//! What is said to people on standard error. Where that is closed or full, nothing is said and nothing stops.

/// As `eprintln!`, without a panic.
macro_rules! noteln {
    ($($part:tt)*) => {{
        use std::io::Write;
        let line = format!("{}\n", format_args!($($part)*));
        let _ = std::io::stderr().write_all(line.as_bytes());
    }};
}
