//! Candidates among records that are compared as texts.

use std::sync::Arc;

use anyhow::Result;
use midband::{
    Blocked, Record,
    block::{GRAPH_FROM, Settings},
};

use super::{options::MatchOptions, static_tier};
use crate::{Listener, RunOptions, Session, until};

/// The records of the lists.
pub(super) struct Lists {
    pub(super) left: Arc<[Record]>,
    pub(super) right: Option<Arc<[Record]>>,
}

/// The candidates among records that are compared as texts.
pub(super) fn block_texts(
    session: &Session,
    Lists { left, right }: Lists,
    options: &MatchOptions,
    run: &RunOptions,
    listener: &dyn Listener,
) -> Result<Blocked> {
    let (engine, settings) = (&session.engine, settings(options));
    let by_static = engine.static_pays(&left, right.as_deref(), settings.source);
    let table = by_static
        .then(|| static_tier::embedder(&run.embedding, &run.stop, listener))
        .transpose()?
        .flatten();
    let blocking = async {
        Ok(match table {
            Some(table) => engine.block_by_static(table, left, right, settings).await?,
            None => engine.block(left, right, settings).await?,
        })
    };
    session.runtime.block_on(until(&run.stop, blocking))
}

/// Leaves pairs of two known records out: those before the first new one.
pub(super) fn leave_known(blocked: &mut Blocked, fresh_from: Option<usize>) {
    if let Some(first) = fresh_from {
        let is_new = |row: u32| row as usize >= first;
        (blocked.candidates).retain(|pair| is_new(pair.left) || is_new(pair.right));
    }
}

/// How pairs of texts are found.
pub(super) fn settings(options: &MatchOptions) -> Settings {
    Settings {
        source: options.candidates.unwrap_or_default(),
        top_k: options.top_k,
        graph_from: if options.exact {
            usize::MAX
        } else {
            GRAPH_FROM
        },
    }
}
