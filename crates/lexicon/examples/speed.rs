//! What reading and comparing notes costs: `cargo run --release -p midband-lexicon --example speed -- NOTES.jsonl [PAIRS]`, with the
//! pairs that `benches/make_notes.py` makes. One core; CPU time by the kernel's account where there is one (Linux), so that
//! other work on the machine changes little.

use std::{env, error::Error, fs, io::Write, time::Instant};

use midband_lexicon::{ClinicalProfile, Lexicon, compare};

/// Seconds of CPU of this process, and its peak memory in MB.
fn spent(begin: Instant) -> (f64, f64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let mut cells = after_name.split_whitespace().skip(11);
    let mut ticks = || cells.next().and_then(|cell| cell.parse::<f64>().ok());
    let seconds = match (ticks(), ticks()) {
        // A tick is a hundredth of a second on every Linux.
        (Some(user), Some(system)) => (user + system) / 100.0,
        _ => begin.elapsed().as_secs_f64(),
    };
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    (seconds, kb.unwrap_or(0.0) / 1024.0)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut given = env::args().skip(1);
    let file = given.next().ok_or("speed NOTES.jsonl [PAIRS]")?;
    let wanted: usize = given.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let mut out = std::io::stdout().lock();
    let begin = Instant::now();
    let (before, _) = spent(begin);
    let lexicon = Lexicon::clinical();
    let (loaded, memory) = spent(begin);
    writeln!(
        out,
        "lexicon: {} forms, {:.0} ms, {memory:.0} MB",
        lexicon.len(),
        (loaded - before) * 1e3
    )?;
    let mut texts = Vec::new();
    for line in fs::read_to_string(file)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        texts.extend(
            ["a", "b"]
                .iter()
                .filter_map(|side| row[side].as_str().map(str::to_owned)),
        );
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let (from, _) = spent(begin);
    let read: Vec<ClinicalProfile> = texts
        .iter()
        .map(|text| ClinicalProfile::of(lexicon, text, |_| 1.0))
        .collect();
    let (to, memory) = spent(begin);
    let notes = texts.len() as f64;
    writeln!(
        out,
        "reading: {notes} notes of {:.0} bytes, {:.1} µs each, {memory:.0} MB",
        bytes as f64 / notes,
        (to - from) / notes * 1e6
    )?;
    let (from, _) = spent(begin);
    let mut contradicting = 0;
    for at in 0..wanted {
        // A fixed walk over pairs of different notes.
        let (a, b) = (at % read.len(), (at * 7 + at / read.len() + 1) % read.len());
        contradicting += usize::from(!compare(&read[a], &read[b]).contradictions.is_empty());
    }
    let (to, memory) = spent(begin);
    writeln!(
        out,
        "comparing: {wanted} pairs, {:.2} µs each, {memory:.0} MB; {contradicting} contradict each other",
        (to - from) / wanted as f64 * 1e6
    )?;
    Ok(())
}
