//! The commands over tables in memory, for a front end in another language: the same options as flags, the same run, the
//! same results.

mod linked;
mod lists;
mod options;
mod pairs;
mod scorer;

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, anyhow, bail};
use midband::{Embedder, Judge, router::Reference};
use midband_io::{GivenRows, Objects};
use midband_report::{Labels, ResultRow, RowReader, each_once, waterfall_svg};
use midband_run::{
    Destination, JudgeChoice, Listener, OpenedEmbedder, Outcome, ReadingOptions, RunOptions,
    Scoring, Sink, Source, Stop, take_labelled,
};
use serde_json::{Map, Value};

use crate::{
    args::{Cli, Command},
    calibrate, config, eval, exit, learning, reports, score,
};

pub use linked::{Compared, linked_rule, score_compared};
pub use lists::{Lists, Matched, match_lists};
pub use options::{OptionInfo, options};
pub use scorer::Scorer;

use self::pairs::Pairs;

/// A table whose rows can be had again and again.
pub trait Table: Send + Sync {
    /// The names of its columns.
    fn columns(&self) -> Vec<String>;
    /// Its rows from the first one on; of these columns, where any are named.
    fn rows(&self, columns: Option<&[String]>) -> GivenRows;
}

/// What a call brings beside its options.
#[derive(Clone)]
pub struct Call {
    /// Hears what happens.
    pub listener: Arc<dyn Listener>,
    /// Ends the call.
    pub stop: Stop,
    /// Asked in the place of the judge that the options name.
    pub judge: Option<Arc<dyn Judge>>,
    /// Embeds in the place of the model that the options name.
    pub embedder: Option<Arc<dyn Embedder>>,
}

/// Options that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

/// An error in words for people, with what helps.
pub fn said(error: &anyhow::Error) -> String {
    exit::told(error)
}

/// Opens the embedding model that the options of `score` name, for many calls.
///
/// # Errors
/// As the command's.
pub fn embedder(flags: &[String], call: &Call) -> Result<Arc<dyn Embedder>> {
    let Command::Score(args) = parsed("score", &tables(1), flags)? else {
        bail!(lost());
    };
    midband_run::embedder(&args.run.model.options(), &call.stop, &call.listener)
}

/// The waterfall of a scored row as an SVG element; `None` if the row has no parts.
///
/// # Errors
/// It is no scored row.
pub fn waterfall(row: &Map<String, Value>) -> Result<Option<String>> {
    Ok(waterfall_svg(&ResultRow::read(row, None)?))
}

/// Scores a table's pairs. `flags` are those of the command. Each row of the sink brings the place of its pair in the table
/// as the field `row` of what is passed through, from 0.
///
/// # Errors
/// As the command's.
pub fn score(
    flags: &[String],
    table: Arc<dyn Table>,
    sink: Arc<dyn Sink>,
    call: Call,
) -> Result<(Outcome, String)> {
    let Command::Score(args) = parsed("score", &tables(1), flags)? else {
        bail!(lost());
    };
    let pairs = Pairs::new(table, &args.reading.options())?;
    let options = own(args.run.options()?, &call);
    let scoring = Scoring {
        run: &options,
        learning: learning::learning(&args.run.routing)?,
        by_row: false,
        listener: call.listener,
    };
    let outcome = scoring.rows(&pairs, Destination::Sink(sink))?;
    let text = score::summarised(&outcome);
    Ok((outcome, text))
}

/// Learns from a table's labelled pairs: the calibration as JSON, and what is said of it.
///
/// # Errors
/// As the command's.
pub fn calibrate(
    flags: &[String],
    table: Arc<dyn Table>,
    labels: Option<Arc<dyn Table>>,
    call: Call,
) -> Result<(String, String)> {
    let Command::Calibrate(args) = parsed("calibrate", &tables(1), flags)? else {
        bail!(lost());
    };
    let pairs = Pairs::whole(table, &args.reading.options())?;
    let labels = labels
        .map(|labels| labels_of(labels.as_ref()))
        .transpose()?;
    let labelled = take_labelled(pairs.rows()?, labels.as_ref())?;
    unused(labels.as_ref(), &call)?;
    if let Some(labels) = &labels {
        midband_run::tell_ratings(labels, Path::new(TABLE), call.listener.as_ref());
    }
    let (unlabelled, bad) = (labelled.unlabelled, labelled.bad);
    let taught = calibrate::teach(&args, labelled, &call)?;
    let text = format!(
        "{}midband: {}\n",
        taught.shown(),
        calibrate::ignored(unlabelled, bad)
    );
    Ok((taught.calibrated.calibration.to_json()?, text))
}

/// Measures scores against labels: the evaluation as JSON, and as a table for people.
///
/// # Errors
/// As the command's.
pub fn evaluate(flags: &[String], scored: &dyn Table) -> Result<(String, String)> {
    let Command::Eval(args) = parsed("eval", &tables(1), flags)? else {
        bail!(lost());
    };
    let evaluation = eval::evaluated(&results(scored, args.gold.as_deref())?, &args)?;
    Ok((
        serde_json::to_string(&evaluation)?,
        eval::shown(&evaluation),
    ))
}

/// What a report is made of beside the scored rows.
#[derive(Default)]
pub struct Beside {
    /// The run's provenance, as JSON.
    pub provenance: Option<String>,
    /// The run's summary, as JSON.
    pub summary: Option<String>,
    /// Labels that a person gave.
    pub labels: Option<Arc<dyn Table>>,
    /// The pairs that were scored, for their texts.
    pub pairs: Option<Arc<dyn Table>>,
}

/// Writes a report to the file that the flags name.
///
/// # Errors
/// As the command's.
pub fn report(flags: &[String], scored: &dyn Table, beside: Beside, call: &Call) -> Result<()> {
    let Command::Report(args) = parsed("report", &tables(1), flags)? else {
        bail!(lost());
    };
    let mut rows = results(scored, args.reading.gold.as_deref())?;
    if let Some(labels) = &beside.labels {
        let labels = labels_of(labels.as_ref())?;
        rows.iter_mut().for_each(|row| row.take_label(&labels));
        unused(Some(&labels), call)?;
    }
    texts(&mut rows, beside.pairs, &args.reading.options())?;
    let provenance: Option<Value> = json(beside.provenance)?;
    let run = json(beside.summary)?;
    reports::write_report(&args, &rows, provenance, run, "table")
}

/// Writes a page on which a person labels scored pairs.
///
/// # Errors
/// As the command's.
pub fn review(flags: &[String], scored: &dyn Table, pairs: Option<Arc<dyn Table>>) -> Result<()> {
    let Command::Review(args) = parsed("review", &tables(1), flags)? else {
        bail!(lost());
    };
    let mut rows = results(scored, None)?;
    texts(&mut rows, pairs, &args.reading.options())?;
    reports::write_review(&args, &rows, "table", None)
}

fn lost() -> anyhow::Error {
    anyhow!("another command was read")
}

/// The inputs' place where they are no files.
fn tables(count: usize) -> Vec<String> {
    vec!["table".to_owned(); count]
}

/// The command with its inputs.
fn parsed(command: &str, inputs: &[String], flags: &[String]) -> Result<Command> {
    let mut arguments = vec!["midband".into(), command.into()];
    arguments.extend(inputs.iter().map(Into::into));
    arguments.extend(flags.iter().map(Into::into));
    match config::resolve(arguments, false) {
        Ok((Cli { command, .. }, _)) => Ok(command),
        Err(config::Stop::Config(error)) => Err(error),
        Err(config::Stop::Shown(error)) => {
            let shown = error.render().to_string();
            let said = shown.split("\n\nUsage:").next().unwrap_or_default();
            let said = said.split("\n\nFor more").next().unwrap_or_default();
            let said = said.trim_start_matches("error: ").trim().to_owned();
            Err(UsageError(said).into())
        }
    }
}

fn own(mut options: RunOptions, call: &Call) -> RunOptions {
    options.stop = call.stop.clone();
    if let (Some(judge), true) = (&call.judge, options.reference != Reference::Gold) {
        options.judge = JudgeChoice::Own(judge.clone());
    }
    if let Some(embedder) = &call.embedder {
        options.embedding.opened = Some(OpenedEmbedder(embedder.clone()));
    }
    options
}

fn results(scored: &dyn Table, gold: Option<&str>) -> Result<Vec<ResultRow>> {
    let rows = scored.rows(None);
    let mut reader = RowReader::new(gold);
    let rows: Vec<ResultRow> = rows
        .map(|object| Ok(reader.read(&object?)?))
        .collect::<Result<_>>()?;
    each_once(&rows)?;
    Ok(rows)
}

fn labels_of(table: &dyn Table) -> Result<Labels> {
    let mut rows = Vec::new();
    for row in Objects::given(table.rows(None)) {
        let row = row?;
        rows.push((row.line, row.object.map_err(|why| anyhow!(why))?));
    }
    if rows.is_empty() {
        bail!("cannot use the labels: there are none");
    }
    Labels::read_lines(rows).context("cannot use the labels")
}

/// What a table is called in messages.
const TABLE: &str = "the table";

fn unused(labels: Option<&Labels>, call: &Call) -> Result<()> {
    labels.map_or(Ok(()), |labels| {
        midband_run::all_used(labels, Path::new(TABLE), call.listener.as_ref())
    })
}

fn texts(
    rows: &mut [ResultRow],
    pairs: Option<Arc<dyn Table>>,
    reading: &ReadingOptions,
) -> Result<()> {
    let Some(pairs) = pairs else { return Ok(()) };
    reports::give_texts(rows, Pairs::whole(pairs, reading)?.rows()?, TABLE)
}

fn json<T: serde::de::DeserializeOwned>(text: Option<String>) -> Result<Option<T>> {
    let read = text.map(|text| serde_json::from_str::<Option<T>>(&text));
    Ok(read.transpose()?.flatten())
}
