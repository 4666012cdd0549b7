//! Pairs whose columns were compared elsewhere: decisions on them, and questions about them.

use std::sync::Arc;

use anyhow::{Result, bail};
use midband::{
    DEFAULT_BAND_ON_PROXY, LinkedPairs, Pair,
    model::{DecisionRule, Goal},
};
use midband_io::Item;
use midband_run::{Begun, Files, Outcome, PairsOf, Session, Sink, Source, lists::linked_goal};

use super::{Call, Table, lost, own, pairs::Pairs, parsed, tables};
use crate::{args::Command, learning, score};

/// Pairs with what their columns say.
pub struct Compared {
    /// The pairs, with the texts that a judge is shown.
    pub table: Arc<dyn Table>,
    /// Names of the columns beside the log odds.
    pub columns: Vec<String>,
    /// Row-major, one row a pair: natural log odds of a match, then a match weight for each column.
    pub values: Vec<f64>,
    /// The lists are of people.
    pub of_people: bool,
}

/// Asks where asking pays, and scores the pairs, as `midband match` does once it has compared the columns. `flags` are those of
/// `midband score`.
///
/// # Errors
/// There are not as many values as pairs, or as the command's.
pub fn score_compared(
    flags: &[String],
    compared: Compared,
    sink: Arc<dyn Sink>,
    call: Call,
) -> Result<(Outcome, String)> {
    let Command::Score(args) = parsed("score", &tables(1), flags)? else {
        bail!(lost());
    };
    let rows = Pairs::new(compared.table, &args.reading.options())?;
    let mut pairs: Vec<Pair> = Vec::new();
    for item in rows.rows()? {
        match item? {
            Item::Row(row) => pairs.push(row.pair),
            Item::Rejected(row) => bail!("row {}: {}", row.line, row.reason),
        }
    }
    if compared.values.len() != pairs.len() * (compared.columns.len() + 1) {
        let values = compared.values.len();
        bail!("{} pairs have {values} values", pairs.len());
    }
    let options = own(args.run.options()?, &call);
    let learning = learning::learning(&args.run.routing)?;
    let begun = Begun::default();
    let session = Session::open(&options, learning, &begun, PairsOf::Columns, call.listener)?;
    let linked = LinkedPairs {
        pairs,
        columns: compared.columns,
        values: compared.values,
        goal: linked_goal(compared.of_people),
    };
    let files = Files::sink(sink, &options.writing, false);
    let outcome = session.score_linked(&options, linked, |_, parts| parts, rows.rows()?, files)?;
    let text = score::summarised(&outcome);
    Ok((outcome, text))
}

/// How `midband match` decides; `asks` if somebody is asked. `flags` may name a goal or costs. `probabilities` are those of all
/// pairs, each with how many have it: only the goal F1 depends on them.
///
/// # Errors
/// An option can't be read, or a cost is not above 0.
pub fn linked_rule(
    flags: &[String],
    of_people: bool,
    asks: bool,
    probabilities: &[(f64, f64)],
) -> Result<DecisionRule> {
    let Command::Score(args) = parsed("score", &tables(1), flags)? else {
        bail!(lost());
    };
    let learning = learning::learning(&args.run.routing)?;
    let goal: Option<Goal> = learning.and_then(|learning| learning.goal);
    let goal = goal.unwrap_or_else(|| linked_goal(of_people));
    let rule = goal.rule_weighing(probabilities.iter().copied())?;
    let unsure = (!asks).then_some(DEFAULT_BAND_ON_PROXY);
    Ok(rule.reviewing(rule.review.or(unsure)))
}
