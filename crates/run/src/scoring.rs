//! A run over pairs.

use std::{path::Path, sync::Arc};

use anyhow::{Result, bail};
use midband::{Learning, router::Policy};
use midband_io::{Format, is_special};

use crate::{
    Destination, Files, Inputs, Listener, Outcome, PairsOf, ROWS, RunError, RunOptions, Session,
    Source, Sources, destination::Shape, labelled::some_label_fits, output_format,
};

/// Scores pairs.
pub struct Scoring<'a> {
    /// What every run is told.
    pub run: &'a RunOptions,
    /// What is learnt by; none for a fixed band.
    pub learning: Option<Learning>,
    /// A stream's pairs are scored each by itself as they come, unless a calibration or a target is in force. Otherwise they are
    /// read to the end and learnt from.
    pub by_row: bool,
    /// Hears what happens.
    pub listener: Arc<dyn Listener>,
}

impl Scoring<'_> {
    /// Scores the pairs of files, or of standard input.
    ///
    /// # Errors
    /// An input can't be read, the engine can't be set up, the output can't be written, or the run was stopped.
    pub fn files(mut self, mut inputs: Inputs, to: Destination<'_>) -> Result<Outcome> {
        let stream = inputs.is_stdin();
        if self.run.resume && inputs.is_once() {
            bail!(RunError::ResumeNeedsInput);
        }
        let by_row = stream && self.by_row;
        let policy = self.learning.as_ref().map(|learning| &learning.policy);
        let has_target = matches!(policy, Some(Policy::Target(_)));
        let alone = by_row && policy.is_some() && !has_target;
        let learns = self.learning.is_some() && !alone;
        if learns {
            // What is learnt from is read more than once; anything else may be a pipe without an end.
            inputs.keep()?;
        }
        // Of a pipe that would be the only look.
        let twice = |labels: &&Path| !inputs.is_stream() && !is_special(labels);
        if let Some(labels) = self.run.labels.as_deref().filter(twice) {
            some_label_fits(labels, inputs.rows()?)?;
        }
        let (rows, columns) = inputs.read()?;
        let mut run = self.run.clone();
        run.alone = alone
            && self
                .learning
                .as_ref()
                .is_some_and(|known| known.calibration.is_none());
        // A pipe's second row may be far off.
        let seen = if by_row { 1 } else { usize::MAX };
        let rows = run.suit_task_to_rows(rows, seen, self.listener.as_ref());
        let paths: Vec<&Path> = (inputs.paths().into_iter())
            .chain(run.labels.as_deref())
            .collect();
        let format = output_format(&run.writing, inputs.format());
        let late = match (&to, &columns, format.delimiter()) {
            (Destination::Files { .. }, None, Some(_)) => inputs.late_gold()?,
            _ => None,
        };
        let shape = Shape {
            format: inputs.format(),
            columns,
            late,
            inputs: &paths,
            // Rows that are not written can't be gone on after, nor those of a pipe; its rows wait for no full chunk.
            at_once: learns || stream || !run.writing.only.is_empty(),
        };
        let (session, files) = self.open(&run, to, shape)?;
        if learns {
            return session.learn_and_score(&run, &inputs, files);
        }
        // Who writes to a pipe row by row gets scores row by row.
        session.stream(&run, rows, if stream { 1 } else { ROWS }, files)
    }

    /// Scores the pairs of a table in memory.
    ///
    /// # Errors
    /// As [`files`](Self::files).
    pub fn rows(mut self, pairs: &dyn Source, to: Destination<'_>) -> Result<Outcome> {
        let learns = self.learning.is_some();
        let shape = Shape {
            format: Format::Jsonl,
            columns: None,
            late: None,
            inputs: &[],
            at_once: learns,
        };
        if let Some(labels) = self.run.labels.as_ref().filter(|path| !is_special(path)) {
            some_label_fits(labels, pairs.rows()?)?;
        }
        let mut run = self.run.clone();
        let rows = run.suit_task_to_rows(pairs.rows()?, usize::MAX, self.listener.as_ref());
        let (session, files) = self.open(&run, to, shape)?;
        if learns {
            session.learn_and_score(&run, pairs, files)
        } else {
            session.stream(&run, rows, ROWS, files)
        }
    }

    fn open(
        &mut self,
        run: &RunOptions,
        to: Destination<'_>,
        shape: Shape<'_>,
    ) -> Result<(Session, Files)> {
        let begun = to.begin(run, &shape)?;
        let sources = Sources::of(shape.inputs.iter().copied(), run.calibration.as_deref());
        let (learning, listener) = (self.learning.take(), self.listener.clone());
        let mut session = Session::open(run, learning, &begun, PairsOf::File, listener)?;
        session.sources = sources;
        let files = to.open(run, shape, begun, self.listener.as_ref())?;
        Ok((session, files))
    }
}
