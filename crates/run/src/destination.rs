//! Where the rows of a run go.

use std::{fmt::Debug, path::Path, sync::Arc};

use anyhow::Result;
use midband_io::Format;

use crate::{Begun, Files, Listener, RunOptions, Sink, files::Scores, output_format};

/// Where the rows of a run go.
pub enum Destination<'a> {
    /// The file that the options name, with provenance, summary and rejected rows beside; standard output where none is named.
    Files {
        /// All that shapes the output beside its inputs: what a run must share with one that it goes on with.
        settings: &'a dyn Debug,
    },
    /// Another program, row by row; nothing is written.
    Sink(Arc<dyn Sink>),
}

/// What is known of a run's rows before the first is scored.
pub(crate) struct Shape<'a> {
    /// The input's format.
    pub(crate) format: Format,
    /// What is passed through, where that is known.
    pub(crate) columns: Option<Vec<String>>,
    /// A field that later rows have, of which the first knows nothing.
    pub(crate) late: Option<String>,
    /// Every file that is read.
    pub(crate) inputs: &'a [&'a Path],
    /// All pairs must be known before one is written, so that a run that goes on scores them anew.
    pub(crate) at_once: bool,
}

impl Destination<'_> {
    pub(crate) fn begin(&self, run: &RunOptions, shape: &Shape<'_>) -> Result<Begun> {
        match self {
            Self::Files { settings } => Begun::new(
                run,
                output_format(&run.writing, shape.format),
                settings,
                shape.at_once,
                shape.inputs,
            ),
            Self::Sink(_) => Ok(Begun {
                whole_chunks: !shape.at_once,
                ..Begun::default()
            }),
        }
    }

    pub(crate) fn open(
        self,
        run: &RunOptions,
        shape: Shape<'_>,
        begun: Begun,
        listener: &dyn Listener,
    ) -> Result<Files> {
        match self {
            Self::Files { .. } => {
                let mut files = Files::open(run, shape.format, shape.columns, begun, listener)?;
                if let (Some(late), Scores::File(writer)) = (shape.late, &mut files.scores) {
                    writer.add_late(&late);
                }
                Ok(files)
            }
            Self::Sink(sink) => Ok(Files::sink(sink, &run.writing, run.writing.include_text)),
        }
    }
}
