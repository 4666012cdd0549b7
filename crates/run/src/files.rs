//! What a run writes: the scores, and beside them the provenance and the rows that are no pairs.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband::{FinalScore, Pair, Summary, model::Calibration};
use midband_io::{Beside, Format, Output, RejectedRow, ScoreWriter, Sheet, Unfinished, is_special};

use serde_json::{Map, Value};

use crate::{
    Listener, Notice, RunError, RunOptions, WritingOptions,
    audit::Audit,
    resume::{self, Begun},
    sheets,
};

/// Ending of the provenance beside the output.
pub const PROVENANCE: &str = "provenance.json";
/// Ending of the summary beside the output.
pub const SUMMARY: &str = "summary.json";

/// Takes a run's rows in the place of files, each as soon as it is final and in the input's order.
pub trait Sink: Send + Sync {
    /// A scored pair.
    ///
    /// # Errors
    /// It can't be taken: the run ends.
    fn row(&self, row: OutputRow) -> Result<()>;
    /// A row of the input that is no pair; these come from a thread of their own.
    fn rejected(&self, row: RejectedRow);
}

/// Where scores go.
pub(crate) enum Scores {
    File(ScoreWriter<Output>),
    Sink(Arc<dyn Sink>),
}

/// Where rows go that are no pairs.
#[derive(Default)]
pub(crate) enum Rejected {
    #[default]
    Nowhere,
    File(Output),
    Sink(Arc<dyn Sink>),
}

impl Rejected {
    pub(crate) fn write(&mut self, row: RejectedRow) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::File(output) => {
                serde_json::to_writer(&mut *output, &row).map_err(io::Error::from)?;
                output.write_all(b"\n")
            }
            Self::Sink(sink) => {
                sink.rejected(row);
                Ok(())
            }
        }
    }
}

/// What the run writes.
pub struct Files {
    pub(crate) scores: Scores,
    pub(crate) rejected: Rejected,
    pub(crate) include_text: bool,
    /// Draws among what is settled.
    pub(crate) audit: Option<Audit>,
    /// Pairs whose labels taught the calibration.
    pub(crate) taught: Option<Arc<Calibration>>,
    /// Rows that are there already.
    pub(crate) skip: u64,
    /// Counts of these.
    pub(crate) counts: Summary,
    /// Where pairs decide about each other.
    pub resolver: Option<Box<dyn Resolver>>,
    /// What it said at its end.
    pub(crate) resolved: Map<String, Value>,
    writing: WritingOptions,
    /// Rows of decisions that nobody asked for.
    pub(crate) left_out: u64,
    /// Sheets of a workbook next to those of the pairs.
    pub(crate) sheets: Vec<Sheet>,
}

/// The files that a run has written.
#[derive(Default)]
pub(crate) struct Written {
    /// The file of rejected rows, if there is one.
    pub(crate) rejected_file: Option<String>,
    /// True if provenance and summary are files next to the scores.
    pub(crate) has_side_files: bool,
    /// Cells of a workbook whose text was cut.
    pub(crate) cut_cells: u64,
}

/// A row of the output.
pub struct OutputRow {
    /// Its score.
    pub score: FinalScore,
    /// Where its texts are to be written.
    pub pair: Option<Pair>,
    /// What is passed through.
    pub extra: Map<String, Value>,
}

/// Sees every row before it is written, in order, where pairs decide about each other.
pub trait Resolver: Send {
    /// Takes a row, or gives it back to be written at once.
    fn take(&mut self, row: OutputRow) -> Option<OutputRow>;
    /// The rows that were taken, once all are known; decisions that it changed are counted anew.
    ///
    /// # Errors
    /// What it writes itself can't be written.
    fn finish(&mut self, counts: &mut Summary) -> Result<Vec<OutputRow>>;
    /// What the pairs came to together, for the summary beside the output: names with what stands under them. Asked for once the
    /// rows are finished.
    fn came_to(&self) -> Map<String, Value> {
        Map::new()
    }
    /// What a workbook says next to the pairs, once all are known.
    fn sheets(&self) -> Vec<Sheet> {
        Vec::new()
    }
}

/// The output's format: as named, by its ending, or the input's, which Parquet is on no pipe.
pub fn output_format(writing: &WritingOptions, input: Format) -> Format {
    writing
        .output_format
        .or_else(|| Format::from_ending(writing.output.as_deref()?))
        .unwrap_or(match (input, &writing.output) {
            (Format::Parquet, None) => Format::Jsonl,
            _ => input,
        })
}

impl Files {
    /// No files: rows go to a sink, and nothing stands beside them. With `texts` each row brings its pair.
    pub fn sink(sink: Arc<dyn Sink>, writing: &WritingOptions, texts: bool) -> Self {
        Self {
            scores: Scores::Sink(sink.clone()),
            rejected: Rejected::Sink(sink),
            include_text: texts,
            audit: None,
            taught: None,
            skip: 0,
            counts: Summary::default(),
            resolver: None,
            resolved: Map::new(),
            writing: writing.clone(),
            left_out: 0,
            sheets: Vec::new(),
        }
    }

    /// Opens the output and what stands beside it. `input` is the input's format, `columns` what is passed through where that is
    /// known.
    ///
    /// # Errors
    /// The output can't be written.
    pub fn open(
        args: &RunOptions,
        input: Format,
        columns: Option<Vec<String>>,
        begun: Begun,
        listener: &dyn Listener,
    ) -> Result<Self> {
        let writing = &args.writing;
        let format = output_format(writing, input);
        if format.is_packed() && writing.output.is_none() {
            bail!(RunError::NeedsFile(format));
        }
        let kept = begun.kept;
        let (output, rejected) = match (&writing.output, begun.unfinished) {
            (Some(path), Some(unfinished)) => {
                let failed = || format!("cannot write {}", path.display());
                // The whole input is read again, and so are its bad rows.
                let rejected = Unfinished::of(&beside(path, "rejected.jsonl"))
                    .and_then(|bad| Output::resumed(bad, 0, Format::Jsonl));
                (
                    Output::resumed(unfinished, kept.bytes, format).with_context(failed)?,
                    Some(rejected.with_context(failed)?),
                )
            }
            // A device or a pipe: nothing stands beside it.
            (Some(path), None) => {
                let output = Output::file(path, format);
                let output = output.with_context(|| format!("cannot write {}", path.display()));
                (output?, None)
            }
            _ => (Output::stdout(), None),
        };
        let also = Beside {
            texts: writing.include_text,
            parts: writing.parts,
        };
        if kept.rows > 0 {
            listener.notice(&Notice::GoingOn(kept.rows));
        }
        let writer = if kept.bytes > 0 {
            ScoreWriter::resumed(output, format, &kept, also)
        } else {
            ScoreWriter::new(output, format, columns, also)
        };
        Ok(Self {
            scores: Scores::File(if writing.bom {
                writer.for_excel()
            } else {
                writer
            }),
            rejected: rejected.map_or(Rejected::Nowhere, Rejected::File),
            include_text: writing.include_text,
            audit: None,
            taught: None,
            skip: kept.rows,
            counts: begun.counts,
            resolver: None,
            resolved: Map::new(),
            writing: writing.clone(),
            left_out: 0,
            sheets: Vec::new(),
        })
    }

    /// True if every row says where its texts contradict each other.
    pub(crate) fn wants_contradictions(&self) -> bool {
        self.writing.parts
    }

    pub(crate) fn write(&mut self, row: OutputRow) -> Result<()> {
        if !self.writing.wants(row.score.decision) {
            self.left_out += 1;
            return Ok(());
        }
        match &mut self.scores {
            Scores::File(writer) => {
                let OutputRow { score, pair, extra } = row;
                Ok(writer.write(&score, pair.as_ref(), extra)?)
            }
            Scores::Sink(sink) => sink.row(row),
        }
    }

    /// Writes out what is buffered, so that a killed run leaves it.
    pub(crate) fn flush(&mut self) -> Result<()> {
        match &mut self.scores {
            Scores::File(writer) => Ok(writer.flush()?),
            Scores::Sink(_) => Ok(()),
        }
    }

    /// Gives the files their names, the scores last: who finds them finds the rest.
    pub(crate) fn finish(
        self,
        args: &RunOptions,
        provenance: &Value,
        summary: &Value,
        rejected_rows: u64,
    ) -> Result<Written> {
        let Scores::File(scores) = self.scores else {
            return Ok(Written::default());
        };
        let provenance = serde_json::to_string_pretty(provenance)?;
        let beside_it = |path: &&PathBuf| !is_special(path);
        let Some(path) = args.writing.output.as_ref().filter(beside_it) else {
            scores.finish()?.finish()?;
            return Ok(Written::default());
        };
        let rejected_path = beside(path, "rejected.jsonl");
        let mut rejected_file = None;
        let failed = || format!("cannot write {}", path.display());
        if let Rejected::File(rejected) = self.rejected {
            rejected.finish().with_context(failed)?;
        }
        if rejected_rows > 0 {
            rejected_file = Some(rejected_path.display().to_string());
        } else if rejected_path.exists() {
            // An empty list, which would be taken for one of bad rows.
            fs::remove_file(&rejected_path).with_context(failed)?;
        }
        let told = sheets::summary(summary);
        let summary = serde_json::to_string_pretty(summary)?;
        for (ending, text) in [(PROVENANCE, provenance), (SUMMARY, summary)] {
            let mut sidecar =
                Output::file(&beside(path, ending), Format::Jsonl).with_context(failed)?;
            writeln!(sidecar, "{text}").with_context(failed)?;
            sidecar.finish().with_context(failed)?;
        }
        let mut scores = scores.finish().with_context(failed)?;
        scores.add_sheets(self.sheets.into_iter().chain([told]));
        let cut_cells = scores.finish_and_count().with_context(failed)?;
        resume::ended(path);
        Ok(Written {
            rejected_file,
            has_side_files: true,
            cut_cells,
        })
    }
}

/// The output's name with an ending.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}
