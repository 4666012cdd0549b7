//! The rows of a bench as text, Markdown and JSON.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::{Parted, row::ModeRow, simulated::Simulated};
use crate::args::BenchArgs;

const TABLE: [&str; 8] = [
    "Mode",
    "Avg time",
    "Throughput per minute",
    "Accuracy",
    "the same pairs",
    "Asked",
    "Speedup",
    "over batched",
];

const RAW: [&str; 11] = [
    "Mode",
    "asked by",
    "warm-up",
    "average",
    "minimum",
    "maximum",
    "p95",
    "tokens in / out per pair",
    "of thoughts",
    "calls",
    "retries / unanswered",
];

/// One object: the modes, and what they ran on.
pub(crate) fn json(rows: &[ModeRow], args: &BenchArgs, parted: &Parted) -> Result<String> {
    let simulated = Simulated::of(args);
    let value = json!({
        "modes": rows,
        "pairs_file": name(&args.pairs),
        "gold_pairs": parted.gold.len(),
        "measured_pairs": parted.measured.len(),
        "asked_by_all": parted.asked,
        "seed": args.seed,
        "simulated_profile": simulated.as_ref().map(|told| told.profile),
        "simulated_accuracy": simulated.as_ref().map(|told| told.accuracy),
        "cores": cores(),
    });
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// Two tables in columns.
pub(crate) fn text(rows: &[ModeRow], args: &BenchArgs, parted: &Parted) -> String {
    let tables = [
        columns(&TABLE, &rows.iter().map(cells).collect::<Vec<_>>()),
        columns(&RAW, &rows.iter().map(raw).collect::<Vec<_>>()),
    ];
    format!("{}\n{}\n{}", head(args, parted), tables[0], tables[1])
}

/// The same in Markdown.
pub(crate) fn markdown(rows: &[ModeRow], args: &BenchArgs, parted: &Parted) -> String {
    let table = |heads: &[&str], rows: Vec<Vec<String>>| {
        let mut text = format!(
            "| {} |\n|{}\n",
            heads.join(" | "),
            "---|".repeat(heads.len())
        );
        for row in rows {
            text += &format!("| {} |\n", row.join(" | "));
        }
        text
    };
    format!(
        "{}\n{}\n{}",
        head(args, parted),
        table(&TABLE, rows.iter().map(cells).collect()),
        table(&RAW, rows.iter().map(raw).collect())
    )
}

fn head(args: &BenchArgs, parted: &Parted) -> String {
    let judge = match Simulated::of(args) {
        Some(told) => format!(
            "SIMULATED judge: profile {}, right {:.0} % of the time. ",
            told.profile,
            told.accuracy * 100.0
        ),
        None => String::new(),
    };
    format!(
        "{judge}{}: the modes without a router ask {} pairs; the hybrid ones score {}, after {} gold pairs. {} cores, seed {}.\n",
        name(&args.pairs),
        parted.asked,
        parted.measured.len(),
        parted.gold.len(),
        cores(),
        args.seed
    )
}

fn cells(row: &ModeRow) -> Vec<String> {
    let times = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}x"));
    let accuracy = match (row.accuracy, row.accuracy_interval) {
        (Some(share), Some((low, high))) => {
            format!(
                "{:.1} % ({:.1} to {:.1})",
                share * 100.0,
                low * 100.0,
                high * 100.0
            )
        }
        _ => "-".to_owned(),
    };
    vec![
        mode(row),
        format!("{} s", figures(row.avg_seconds)),
        figures(row.throughput_per_minute),
        accuracy,
        row.accuracy_on_asked
            .map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0)),
        format!("{:.0} %", row.share_asked * 100.0),
        times(row.speedup),
        times(row.speedup_over_batched),
    ]
}

fn raw(row: &ModeRow) -> Vec<String> {
    let seconds =
        |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{} s", figures(value)));
    vec![
        mode(row),
        row.prompting_mode.to_string(),
        seconds(Some(row.warm_up_seconds)),
        seconds(Some(row.avg_seconds)),
        seconds(row.min_seconds),
        seconds(row.max_seconds),
        seconds(row.p95_seconds),
        format!(
            "{:.0} / {:.1}",
            row.tokens_in_per_pair, row.tokens_out_per_pair
        ),
        format!("{:.0}", row.thought_tokens_per_pair),
        row.calls.to_string(),
        format!("{} / {}", row.retries, row.unanswered),
    ]
}

fn mode(row: &ModeRow) -> String {
    if row.simulated {
        format!("{} SIMULATED", row.mode)
    } else {
        row.mode.to_owned()
    }
}

/// Three figures that count.
fn figures(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

fn columns(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([heads[at].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    let body = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()));
    line(heads.to_vec()) + &body.collect::<String>()
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
