//! `midband report` and `midband review`: what a scored file says, and the page for a person's labels.

mod texts;

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use anyhow::{Context, Result, anyhow, bail};
use midband_io::{Form, Format, Item, Output, Reader, objects};
use midband_report::{
    Lists, Options, Purpose, Report, ResultRow, Review, Run, html, pdf, review_page_for,
};
use midband_run::{
    PROVENANCE, Rows, SUMMARY, all_used, apart, beside, format_of, open, read_labels,
};
use serde_json::Value;

use crate::{
    args::{PurposeArg, ReadingArgs, ReportArgs, ReviewArgs},
    exit,
    progress::Console,
};

/// Pairs that one page shows a person to decide.
const DECIDED_AT_MOST: usize = 500;
/// Bytes of a file within which its header ends.
const HEADER: u64 = 4096;
/// Pairs that are drawn to calibrate: 30 help, 200 are worth an hour (docs/guide.md).
const DRAWN: usize = 100;

pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode> {
    ending(args)?;
    let inputs = [&args.scored].into_iter().chain(&args.labels);
    let inputs = inputs.chain(&args.pairs).chain(&args.lists);
    apart_from(&args.output, &args.scored, inputs)?;
    let form = args.reading.text.form(format_of(None, &args.scored));
    let mut rows = scored_rows(&args.scored, &form, args.reading.gold.as_deref())?;
    if let Some(path) = &args.labels {
        let labels = read_labels(path)?;
        rows.iter_mut().for_each(|row| row.take_label(&labels));
        all_used(&labels, path, &Console::new(true))?;
    }
    let provenance = json_beside(&args.scored, PROVENANCE)?;
    let run: Option<Run> = json_beside(&args.scored, SUMMARY)?;
    let lists = run.as_ref().and_then(|run| run.lists.as_ref());
    if let Some(provenance) = &provenance {
        texts::warn_of_others(provenance, &args.scored, args.pairs.as_ref(), &args.lists)?;
    }
    if let Some(pairs) = &args.pairs {
        take_texts(&mut rows, pairs, &args.reading)?;
    }
    texts::of_lists(&mut rows, &args.lists, lists, &args.reading)?;
    if args.include_text && rows.iter().all(|row| row.a.is_none()) {
        bail!(
            "{} holds no texts: score with --include-text, or name the pairs with --pairs, or the lists with --lists",
            args.scored.display()
        );
    }
    write_report(args, &rows, provenance, run, &name(&args.scored))?;
    Ok(exit::SETTLED)
}

/// The report's form, by its ending.
fn ending(args: &ReportArgs) -> Result<&str> {
    match args.output.extension().and_then(|ending| ending.to_str()) {
        Some(ending @ ("html" | "pdf" | "json")) => Ok(ending),
        _ => bail!(
            "{}: a report ends in .html, .pdf or .json",
            args.output.display()
        ),
    }
}

/// Writes the report on these rows.
pub(crate) fn write_report(
    args: &ReportArgs,
    rows: &[ResultRow],
    provenance: Option<Value>,
    run: Option<Run>,
    name: &str,
) -> Result<()> {
    let ending = ending(args)?;
    let options = Options {
        provenance,
        run,
        costs: args.costs.or_one(),
        review: args.review,
        include_text: args.include_text,
        ..Options::new(name.to_owned(), now())
    };
    let report = Report::new(rows, &options);
    let bytes = match ending {
        "html" => html(&report).into_bytes(),
        "pdf" => pdf(&report)?,
        _ => serde_json::to_vec_pretty(&report)?,
    };
    write(&args.output, &bytes)
}

pub(crate) fn review(args: &ReviewArgs) -> Result<ExitCode> {
    let inputs = [&args.scored].into_iter().chain(&args.pairs);
    apart_from(&args.output, &args.scored, inputs.chain(&args.lists))?;
    let form = args.reading.text.form(format_of(None, &args.scored));
    let mut rows = written_rows(&args.scored, &form, None)?;
    let run: Option<Run> = json_beside(&args.scored, SUMMARY)?;
    let lists = run.and_then(|run| run.lists);
    if let Some(provenance) = &json_beside(&args.scored, PROVENANCE)? {
        texts::warn_of_others(provenance, &args.scored, args.pairs.as_ref(), &args.lists)?;
    }
    if let Some(pairs) = &args.pairs {
        take_texts(&mut rows, pairs, &args.reading)?;
    }
    texts::of_lists(&mut rows, &args.lists, lists.as_ref(), &args.reading)?;
    write_review(args, &rows, &name(&args.scored), lists.as_ref())?;
    Ok(exit::SETTLED)
}

/// Writes the page on which a person labels these rows.
pub(crate) fn write_review(
    args: &ReviewArgs,
    rows: &[ResultRow],
    name: &str,
    lists: Option<&Lists>,
) -> Result<()> {
    if rows.is_empty() {
        noteln!(
            "midband: {} has no pairs: there is nothing to review",
            args.scored.display()
        );
    }
    let purpose = match (args.purpose, args.random) {
        (PurposeArg::Calibrate, _) | (_, Some(_)) => Purpose::Calibrate,
        (PurposeArg::Decide, None) => Purpose::Decide,
    };
    let usual = match purpose {
        Purpose::Decide => DECIDED_AT_MOST,
        Purpose::Calibrate => DRAWN,
    };
    let most = args.random.or(args.most).unwrap_or(usual);
    let waiting = rows.iter().filter(|row| row.decision == "review").count();
    match purpose {
        Purpose::Decide if waiting == 0 && !rows.is_empty() => noteln!(
            "midband: no pair waits for a person; the page shows some at random, to check the decisions and to calibrate"
        ),
        Purpose::Decide if waiting > most => noteln!(
            "midband: {waiting} pairs wait for a person; the page shows the {most} at which a look is worth most"
        ),
        _ => {}
    }
    let review = Review {
        source: name,
        purpose,
        most,
        seed: args.seed,
        lists,
        save_to: None,
    };
    let page = review_page_for(rows, &review)?;
    write(&args.output, page.as_bytes())
}

/// The output is none of the inputs, and none of what stands beside the scored file.
fn apart_from<'a>(
    output: &Path,
    scored: &Path,
    inputs: impl Iterator<Item = &'a PathBuf>,
) -> Result<()> {
    let beside = [PROVENANCE, SUMMARY].map(|ending| beside(scored, ending));
    let inputs: Vec<&Path> = inputs.map(PathBuf::as_path).collect();
    let beside = beside.iter().map(PathBuf::as_path);
    apart([output], inputs.iter().copied().chain(beside))
}

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
            "midband: {left_out} scored pairs are not in {} (--only): every figure is of those that are, and recall is no recall of \
             all matches",
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
            "midband: all {left_out} labels taught these scores or are decisions of a person: the figures flatter"
        );
        return;
    }
    noteln!(
        "midband: {left_out} labels that taught these scores, or are decisions of a person, are left out; {others} are counted"
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
            "midband: {lost} of {known} known matches were not among the pairs that were compared; they count as missed"
        );
    }
    let row = |at: usize| ResultRow {
        id: format!("not compared {}", at + 1),
        score: Some(0.0),
        proxy_score: Some(0.0),
        route: "reject".to_owned(),
        decision: "no_match".to_owned(),
        decided_by: "blocking".to_owned(),
        status: "settled".to_owned(),
        gold: Some(1.0),
        ..ResultRow::default()
    };
    (0..lost).map(row).collect()
}

fn written_rows(path: &Path, form: &Form, gold: Option<&str>) -> Result<Vec<ResultRow>> {
    let named = || format!("{} can't be read", path.display());
    let mut input = open(path)?;
    // What a run without pairs wrote: nothing, or a header.
    let mut begin = Vec::new();
    let begun = input.by_ref().take(HEADER).read_to_end(&mut begin);
    begun.with_context(named)?;
    let empty = begin.is_empty() || String::from_utf8_lossy(&begin).contains("score");
    let whole = Cursor::new(begin).chain(input);
    let rows = objects(Box::new(whole), form).with_context(named)?;
    let rows = rows.map(|row| {
        let row = row.with_context(named)?;
        // A hole in it would be counted as if it were not there.
        match row.object {
            Ok(object) => Ok(ResultRow::read(&object, gold)?),
            Err(why) => bail!("{}: line {}: {why}", named(), row.line),
        }
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    if rows.is_empty() && !empty {
        bail!("{}: it has no rows and no column \"score\"", named());
    }
    Ok(rows)
}

/// Gives the rows the texts of the pairs that were scored.
fn take_texts(rows: &mut [ResultRow], path: &Path, reading: &ReadingArgs) -> Result<()> {
    let format = format_of(reading.format, path);
    let reader = Reader::new(open(path)?, reading.options().of(format))?;
    give_texts(rows, Box::new(reader), &path.display().to_string())
}

/// The same, of pairs from anywhere.
pub(crate) fn give_texts(rows: &mut [ResultRow], pairs: Rows, name: &str) -> Result<()> {
    let mut by_id: HashMap<String, &mut ResultRow> =
        rows.iter_mut().map(|row| (row.id.clone(), row)).collect();
    for item in pairs {
        if let Item::Row(read) = item?
            && let Some(row) = by_id.get_mut(read.pair.id.as_str())
        {
            row.a = Some(read.pair.a.as_str().to_owned());
            row.b = Some(read.pair.b.as_str().to_owned());
        }
    }
    match by_id.values().find(|row| row.a.is_none()) {
        Some(row) => Err(anyhow!("{name} has no pair {:?}", row.id)),
        None => Ok(()),
    }
}

/// What stands beside a scored file; `None` where it does not.
fn json_beside<T: serde::de::DeserializeOwned>(scored: &Path, ending: &str) -> Result<Option<T>> {
    let path = beside(scored, ending);
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} can't be used", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(
        || "standard input".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = || format!("{} can't be written", path.display());
    let mut output = Output::file(path, Format::Jsonl).with_context(failed)?;
    output.write_all(bytes).with_context(failed)?;
    output.finish().with_context(failed)?;
    Ok(())
}
