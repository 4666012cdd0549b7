//! A session that stays open: table after table, each pair scored by a calibration and by itself.

use std::sync::Arc;

use anyhow::{Result, bail};
use midband::{Summary, router::Policy};
use midband_run::{Begun, Files, PairsOf, ReadingOptions, RunOptions, Session, Sink, Source, Stop};

use super::{Call, Table, lost, own, pairs::Pairs, parsed, tables};
use crate::{args::Command, learning};

/// Scores pairs by what was learnt before. Nothing is learnt any more: a pair's score depends on the pair alone, as in the
/// stream of `midband score - --calibration FILE`.
pub struct Scorer {
    session: Session,
    options: RunOptions,
    reading: ReadingOptions,
}

impl Scorer {
    /// Opens model and judge. `flags` are those of `midband score`; a calibration is among them.
    ///
    /// # Errors
    /// There is no calibration, the policy looks at all pairs, or as the command's.
    pub fn open(flags: &[String], call: &Call) -> Result<Self> {
        let Command::Score(args) = parsed("score", &tables(1), flags)? else {
            bail!(lost());
        };
        let learning = learning::learning(&args.run.routing)?;
        let Some(learning) = learning.filter(|learning| learning.calibration.is_some()) else {
            bail!("pairs are scored one by one by a calibration, and there is none");
        };
        if !matches!(learning.policy, Policy::Gain(_)) {
            bail!(
                "a budget and a target look at all pairs: one by one they are scored by `--policy gain`"
            );
        }
        let begun = Begun {
            whole_chunks: true,
            ..Begun::default()
        };
        let options = own(args.run.options()?, call);
        let listener = call.listener.clone();
        Ok(Self {
            session: Session::open(&options, Some(learning), &begun, PairsOf::File, listener)?,
            options,
            reading: args.reading.options(),
        })
    }

    /// Scores a table's pairs; the sink's rows are as in [`score`](super::score). `stop` ends this call alone.
    ///
    /// # Errors
    /// The table lacks a column, or the embedder fails as a whole.
    pub fn score(
        &self,
        table: Arc<dyn Table>,
        sink: Arc<dyn Sink>,
        stop: &Stop,
    ) -> Result<Summary> {
        let pairs = Pairs::new(table, &self.reading)?;
        let files = Files::sink(sink, &self.options.writing, false);
        self.session.score(stop, pairs.rows()?, files)
    }
}
