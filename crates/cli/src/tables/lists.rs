//! `match` over tables in memory.

use std::sync::Arc;

use anyhow::{Result, bail};
use midband_io::RejectedRow;
use midband_run::{
    Collected, Destination,
    lists::{KnownInput, ListInput, ListInputs, Matching},
};
use serde_json::{Map, Value};

use super::{Call, Table, lost, own, parsed, tables};
use crate::args::Command;

/// Lists of records.
pub struct Lists {
    /// One list.
    pub left: Arc<dyn Table>,
    /// The other; without it the pairs within the first are found.
    pub right: Option<Arc<dyn Table>>,
    /// Pairs that are known to match.
    pub gold: Option<Arc<dyn Table>>,
    /// A list that is resolved already, in the place of the file that `--known` names.
    pub known: Option<Arc<dyn Table>>,
}

/// What came of lists.
pub struct Matched {
    /// The output's rows.
    pub rows: Vec<Map<String, Value>>,
    /// Rows of the lists that are no records.
    pub rejected: Vec<RejectedRow>,
    /// The summary, as JSON.
    pub summary: String,
    /// The provenance, as JSON.
    pub provenance: String,
}

/// Finds the pairs in lists of records and scores them.
///
/// # Errors
/// As the command's.
pub fn match_lists(flags: &[String], lists: Lists, call: Call) -> Result<Matched> {
    let inputs = tables(1 + usize::from(lists.right.is_some()));
    let Command::Match(args) = parsed("match", &inputs, flags)? else {
        bail!(lost());
    };
    let options = own(args.run.options()?, &call);
    let rows = |table: Arc<dyn Table>| ListInput::Rows(table.rows(None));
    let inputs = ListInputs {
        left: rows(lists.left),
        right: lists.right.map(rows),
        gold_pairs: lists.gold.map(rows),
        known: args.known_input().map(|named| KnownInput {
            list: lists.known.map_or(named.list, rows),
            clusters: named.clusters,
        }),
    };
    let matching = Matching {
        options: &args.options()?,
        run: &options,
        learning: args.learning()?,
        listener: call.listener,
    };
    let collected = Arc::new(Collected::new(&options.writing));
    let outcome = matching.run(inputs, Destination::Sink(collected.clone()))?;
    let (rows, rejected) = collected.take();
    Ok(Matched {
        rows,
        rejected,
        summary: outcome.written.to_string(),
        provenance: serde_json::to_string(&outcome.provenance)?,
    })
}
