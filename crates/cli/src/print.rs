//! The one place that writes to the standard streams. What can't be said to people is no failure of the work; a result
//! that can't be written is one.

use std::{
    fmt,
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use serde_json::{Map, Value, json};

/// True where standard error gets one JSON object a line.
static JSON: AtomicBool = AtomicBool::new(false);

/// Makes standard error speak in JSON objects, or in text.
pub(crate) fn speak_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// Now, to the second, UTC.
pub(crate) fn time() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Writes to standard output, at once.
pub(crate) fn out(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_fmt(text)?;
    stdout.flush()
}

/// Says something to people. A closed or full standard error stops nothing.
pub(crate) fn note(text: fmt::Arguments<'_>) {
    said("info", &text.to_string(), Map::new());
}

/// Says what went wrong.
pub(crate) fn error(text: fmt::Arguments<'_>) {
    said("error", &text.to_string(), Map::new());
}

/// Says how far a run is; as JSON with its figures.
pub(crate) fn progress(text: &str, figures: Map<String, Value>) {
    if JSON.load(Ordering::Relaxed) {
        said("info", text, figures);
    } else {
        said("info", &format!("midband: {} {text}\n", time()), figures);
    }
}

fn said(level: &str, text: &str, figures: Map<String, Value>) {
    let said = if JSON.load(Ordering::Relaxed) {
        let lines = text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty());
        let objects = lines.map(|line| {
            let message = line.strip_prefix("midband: ").unwrap_or(line);
            let mut object = json!({"time": time(), "level": level, "message": message});
            if let Value::Object(object) = &mut object {
                object.extend(figures.clone());
            }
            format!("{object}\n")
        });
        objects.collect()
    } else {
        text.to_owned()
    };
    // In one piece, so that lines of several threads stay lines.
    let _ = io::stderr().write_all(said.as_bytes());
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
