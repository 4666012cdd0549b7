//! The rows of a scored file, and what is next to it.

use std::{
    collections::HashSet,
    fs,
    io::{Cursor, Read},
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};
use midband_io::{Form, objects, without_values};
use midband_report::{ResultRow, RowReader, each_once};
use midband_run::{SUMMARY, beside, open};
use serde_json::Value;

/// Bytes of a file within which its header ends.
const HEADER: u64 = 4096;

/// The rows of a scored file.
pub(crate) fn scored_rows(path: &Path, form: &Form, gold: Option<&str>) -> Result<Vec<ResultRow>> {
    let mut rows = written_rows(path, form, gold)?;
    // What it holds serves to be told; a report that needs it says what is wrong with it.
    let summary: Value = json_beside(path, SUMMARY)
        .ok()
        .flatten()
        .unwrap_or_default();
    leave_taught_out(&summary, &mut rows);
    say_left_out(&summary, path);
    rows.extend(lost(&summary, &rows));
    Ok(rows)
}

/// A file of some decisions shows nothing of what was missed.
fn say_left_out(summary: &Value, path: &Path) {
    let left_out = summary["left_out"].as_u64();
    if let Some(left_out) = left_out.filter(|pairs| *pairs > 0) {
        noteln!(
            "midband: {left_out} scored pairs are not in {} (--only): all figures, recall included, describe the \
             written pairs only",
            path.display()
        );
    }
}

/// A label that taught the scores, or that is the decision, says nothing of how good they are: it is left out, unless there
/// is no other.
fn leave_taught_out(summary: &Value, rows: &mut [ResultRow]) {
    let taught: HashSet<&str> = summary["taught"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let flatters = |row: &ResultRow| row.decided_by == "person" || taught.contains(row.id.as_str());
    let labelled = rows.iter().filter(|row| row.gold.is_some());
    let (left_out, others): (Vec<_>, Vec<_>) = labelled.partition(|row| flatters(row));
    let (left_out, others) = (left_out.len(), others.len());
    if left_out == 0 {
        return;
    }
    if others == 0 {
        noteln!(
            "midband: all {left_out} labels were used to learn these scores or are manual decisions: the figures are too optimistic"
        );
        return;
    }
    noteln!(
        "midband: ignored {left_out} labels that were used to learn these scores or are manual decisions; {others} labels count"
    );
    for row in rows.iter_mut().filter(|row| flatters(row)) {
        row.gold = None;
    }
}

/// Known matches that blocking lost: they stand in no row, and count as pairs that the run left out.
fn lost(summary: &Value, rows: &[ResultRow]) -> Vec<ResultRow> {
    let Some(known) = summary["gold_pairs"].as_u64() else {
        return Vec::new();
    };
    let written = rows.iter().filter(|row| row.gold == Some(1.0)).count();
    let lost = (known as usize).saturating_sub(written);
    if lost > 0 {
        noteln!(
            "midband: {lost} of {known} known matches were never compared; they count as missed"
        );
    }
    let row = |at: usize| ResultRow {
        id: format!("not compared {}", at + 1).into(),
        score: Some(0.0),
        proxy_score: Some(0.0),
        route: "reject".into(),
        decision: "no_match".into(),
        decided_by: "blocking".into(),
        status: "settled".into(),
        gold: Some(1.0),
        ..ResultRow::default()
    };
    (0..lost).map(row).collect()
}

pub(super) fn written_rows(path: &Path, form: &Form, gold: Option<&str>) -> Result<Vec<ResultRow>> {
    let named = || format!("cannot read {}", path.display());
    let mut input = open(path)?;
    // What a run without pairs wrote: nothing, or a header.
    let mut begin = Vec::new();
    let begun = input.by_ref().take(HEADER).read_to_end(&mut begin);
    begun.with_context(named)?;
    let empty = begin.is_empty() || String::from_utf8_lossy(&begin).contains("score");
    let whole = Cursor::new(begin).chain(input);
    let rows = objects(Box::new(whole), form).with_context(named)?;
    let mut reader = RowReader::new(gold);
    let rows = rows.map(|row| {
        let row = row.with_context(named)?;
        // A hole in it would be counted as if it were not there.
        match row.object {
            Ok(object) => {
                let line = || format!("{}: line {}", named(), row.line);
                reader.read(&object).with_context(line)
            }
            Err(why) => bail!("{}: line {}: {why}", named(), row.line),
        }
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    each_once(&rows).with_context(named)?;
    if rows.is_empty() && !empty {
        bail!("{}: it has no rows and no column \"score\"", named());
    }
    Ok(rows)
}

/// What stands beside a scored file; `None` where it does not.
pub(super) fn json_beside<T: serde::de::DeserializeOwned>(
    scored: &Path,
    ending: &str,
) -> Result<Option<T>> {
    let path = beside(scored, ending);
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| {
            let why = without_values(&error.to_string());
            anyhow!("cannot use {}: {why}", path.display())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
