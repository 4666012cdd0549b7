//! The one place that writes to the standard streams. What can't be said to people is no failure of the work; a result
//! that can't be written is one.

use std::{
    fmt,
    io::{self, Write},
};

/// Writes to standard output, at once.
pub(crate) fn out(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_fmt(text)?;
    stdout.flush()
}

/// Says something to people. A closed or full standard error stops nothing.
pub(crate) fn note(text: fmt::Arguments<'_>) {
    // In one piece, so that lines of several threads stay lines.
    let _ = io::stderr().write_all(text.to_string().as_bytes());
}

/// As `print!`, with an error to hand on.
macro_rules! out {
    ($($part:tt)*) => { $crate::print::out(format_args!($($part)*)) };
}

/// As `println!`, with an error to hand on.
macro_rules! outln {
    ($($part:tt)*) => { $crate::print::out(format_args!("{}\n", format_args!($($part)*))) };
}

/// As `eprint!`, without a panic.
macro_rules! note {
    ($($part:tt)*) => { $crate::print::note(format_args!($($part)*)) };
}

/// As `eprintln!`, without a panic.
macro_rules! noteln {
    ($($part:tt)*) => { $crate::print::note(format_args!("{}\n", format_args!($($part)*))) };
}
