//! `midband report` and `midband review`: what a scored file says, and the page for a person's labels.

mod scored;
mod texts;

use std::{
    collections::{HashMap, HashSet},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use anyhow::{Context, Result, anyhow, bail};
use midband_io::{Format, Item, Output, Reader};
use midband_report::{
    Lists, Options, Purpose, Report, ResultRow, Review, Run, html, pdf, review_page_for,
};
use midband_run::{
    PROVENANCE, Rows, SUMMARY, all_used, apart, beside, format_of, open, read_labels,
};
use serde_json::Value;

pub(crate) use self::scored::scored_rows;
use self::scored::{json_beside, written_rows};

use crate::{
    args::{PurposeArg, ReadingArgs, ReportArgs, ReviewArgs},
    exit,
    progress::Console,
};

/// Pairs that one page shows a person to decide.
const DECIDED_AT_MOST: usize = 500;
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
            "{} has no texts: score with --include-text, or name the pairs with --pairs or the lists with --lists",
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
            "{}: the file name must end in .html, .pdf or .json",
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
    let mut unknown: HashSet<&str> = args.show.iter().map(String::as_str).collect();
    for row in rows {
        unknown.remove(row.id.as_str());
    }
    if let Some(id) = args.show.iter().find(|id| unknown.contains(id.as_str())) {
        bail!("{name} has no pair {id:?}");
    }
    let options = Options {
        provenance,
        run,
        show: args.show.clone(),
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
        noteln!("midband: {} has no pairs to review", args.scored.display());
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
            "midband: no pair waits for review; the page shows some at random, to check decisions and to calibrate"
        ),
        Purpose::Decide if waiting > most => noteln!(
            "midband: {waiting} pairs wait for review; the page shows the {most} most valuable ones"
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

/// Gives the rows the texts of the pairs that were scored.
fn take_texts(rows: &mut [ResultRow], path: &Path, reading: &ReadingArgs) -> Result<()> {
    let format = format_of(reading.format, path);
    let reader = Reader::new(open(path)?, reading.options().of(format))?;
    give_texts(rows, Box::new(reader), &path.display().to_string())
}

/// The same, of pairs from anywhere.
pub(crate) fn give_texts(rows: &mut [ResultRow], pairs: Rows, name: &str) -> Result<()> {
    let mut by_id: HashMap<_, &mut ResultRow> =
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
    let failed = || format!("cannot write {}", path.display());
    let mut output = Output::file(path, Format::Jsonl).with_context(failed)?;
    output.write_all(bytes).with_context(failed)?;
    output.finish().with_context(failed)?;
    Ok(())
}
