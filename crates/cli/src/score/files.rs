//! What a run writes: the scores, and beside them the provenance and the rows that are no pairs.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use midband::Provenance;
use midband_io::{Beside, Format, Output, ScoreWriter};

use serde_json::Value;

use crate::args::RunArgs;

/// Endings of what stands beside the output.
pub(crate) const PROVENANCE: &str = "provenance.json";
pub(crate) const SUMMARY: &str = "summary.json";

/// What the run writes.
pub(crate) struct Files {
    pub(crate) scores: ScoreWriter<Output>,
    pub(crate) rejected: Option<Output>,
    pub(crate) include_text: bool,
}

impl Files {
    pub(crate) fn open(
        args: &RunArgs,
        input: Format,
        columns: Option<Vec<String>>,
    ) -> Result<Self> {
        let writing = &args.writing;
        let format = writing
            .output_format
            .or_else(|| Format::from_ending(writing.output.as_deref()?))
            .unwrap_or(input);
        let opened = |path: &Path| {
            Output::file(path).with_context(|| format!("{} can't be written", path.display()))
        };
        let (output, rejected) = match &writing.output {
            Some(path) => (
                opened(path)?,
                Some(opened(&beside(path, "rejected.jsonl"))?),
            ),
            None => (Output::stdout(), None),
        };
        Ok(Self {
            scores: ScoreWriter::new(
                output,
                format,
                columns,
                Beside {
                    texts: writing.include_text,
                    parts: writing.parts,
                },
            ),
            rejected,
            include_text: writing.include_text,
        })
    }

    /// Gives the files their names, the scores last: who finds them finds the rest. Returns the name of
    /// the file of rejected rows, where there is one.
    pub(crate) fn finish(
        self,
        args: &RunArgs,
        (provenance, summary): (&Provenance, &Value),
        rejected_rows: u64,
    ) -> Result<Option<String>> {
        let provenance = serde_json::to_string_pretty(provenance)?;
        let Some(path) = &args.writing.output else {
            self.scores.finish()?.finish()?;
            if args.writing.provenance {
                eprintln!("{provenance}");
            }
            return Ok(None);
        };
        let rejected_path = beside(path, "rejected.jsonl");
        let mut rejected_file = None;
        match self.rejected {
            Some(rejected) if rejected_rows > 0 => {
                rejected.finish()?;
                rejected_file = Some(rejected_path.display().to_string());
            }
            // A list left by an earlier run would be taken for this one's.
            _ if rejected_path.exists() => fs::remove_file(&rejected_path)?,
            _ => {}
        }
        let summary = serde_json::to_string_pretty(summary)?;
        for (ending, text) in [(PROVENANCE, provenance), (SUMMARY, summary)] {
            let mut sidecar = Output::file(&beside(path, ending))?;
            writeln!(sidecar, "{text}")?;
            sidecar.finish()?;
        }
        self.scores.finish()?.finish()?;
        Ok(rejected_file)
    }
}

/// The output's name with an ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}
