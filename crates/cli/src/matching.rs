//! `midband match`: two lists of records in, or one; scored candidate pairs out.
//!
//! `records` reads the lists. The candidates then run through the same cascade as a file of pairs.

mod gold;
mod records;
mod resolving;

use std::{collections::HashSet, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Result, bail};
use midband::{
    Blocked,
    block::{GRAPH_FROM, Settings, pairs_completeness, reduction_ratio},
};
use midband_io::{Format, Item, PairRow, RejectedRow};
use serde_json::{Map, Value};

use crate::{
    args::MatchArgs,
    learning,
    score::{Begun, Files, ROWS, Rows, Session, Source, format_of, output_format, own_cache},
};
use records::Lists;
use resolving::{Partners, Resolving};

pub(crate) fn run(mut args: Box<MatchArgs>) -> Result<ExitCode> {
    own_cache(&mut args.run);
    let args = &*args;
    let mut learning = learning::learning(&args.run.routing)?;
    if let Some(learning) = &mut learning {
        learning.neighbours = !args.no_neighbours;
    }
    let learns = learning.is_some();
    let resolves =
        args.one_to_one || args.many_to_one || args.clusters.is_some() || args.min_proxy.is_some();
    if args
        .min_proxy
        .is_some_and(|least| !(0.0..=1.0).contains(&least))
    {
        bail!("--min-proxy lies between 0 and 1");
    }
    if (args.one_to_one || args.many_to_one) && args.right.is_none() {
        bail!(
            "--one-to-one and --many-to-one need two lists; for the doubles of one list there is --clusters"
        );
    }
    let Lists { left, right, files } = records::read(args)?;
    let rejected = [Some(&left), right.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|list| list.rejected.iter().cloned())
        .collect();
    let gold = args
        .gold_pairs
        .as_deref()
        .map(|path| {
            gold::read(
                path,
                args,
                &left.by_id,
                right.as_ref().map_or(&left.by_id, |right| &right.by_id),
            )
        })
        .transpose()?;
    let format = files
        .first()
        .map_or(Format::Jsonl, |file| format_of(args.format, file));
    let inputs = files
        .iter()
        .map(PathBuf::as_path)
        .chain(args.gold_pairs.as_deref());
    let begun = Begun::new(
        &args.run,
        output_format(&args.run.writing, format),
        // Pairs that decide about each other are all scored anew; their verdicts come from the cache.
        (&(args.shape(), args.run.shape()), learns || resolves),
        &inputs.collect::<Vec<_>>(),
    )?;
    let mut session = Session::open(&args.run, learning, &begun, true)?;
    let settings = Settings {
        source: args.candidates,
        top_k: args.top_k as usize,
        graph_from: if args.exact { usize::MAX } else { GRAPH_FROM },
    };
    let sizes = (
        left.records.len(),
        right.as_ref().map(|list| list.records.len()),
    );
    let blocking = session
        .engine
        .block(left.records, right.map(|list| list.records), settings);
    let blocked = session.runtime.block_on(blocking)?;
    if !args.run.quiet {
        note!("{}", shown(&blocked, sizes, gold.as_ref()));
    }
    session.engine = blocked.engine.clone();
    let mut columns = vec!["left_id".to_owned(), "right_id".to_owned()];
    if gold.is_some() {
        columns.push("label".to_owned());
    }
    let partners = match (args.one_to_one, args.many_to_one) {
        (true, _) => Some(Partners::OneToOne),
        (_, true) => Some(Partners::ManyToOne),
        _ => None,
    };
    if partners.is_some() {
        columns.push(resolving::FIELD.to_owned());
    }
    let mut files = Files::open(&args.run, format, Some(columns), begun)?;
    let blocked = Arc::new(blocked);
    if resolves {
        let (blocked, clusters) = (blocked.clone(), args.clusters.clone());
        let resolving = Resolving::new(
            blocked,
            partners,
            clusters,
            (args.min_proxy, args.run.quiet),
        );
        files.resolver = Some(Box::new(resolving));
    }
    let pairs = Candidates {
        rejected,
        blocked,
        gold: gold.map(Arc::new),
    };
    if learns {
        session.learn_and_score(&args.run, &pairs, files)
    } else {
        let rows = pairs.rows()?;
        session.stream(&args.run, (rows, ROWS), files)
    }
}

fn shown(
    blocked: &Blocked,
    (left, right): (usize, Option<usize>),
    gold: Option<&HashSet<(u32, u32)>>,
) -> String {
    let pairs = &blocked.candidates;
    let lists = match right {
        Some(right) => format!("{left} x {right} records"),
        None => format!("{left} records"),
    };
    let mut text = format!(
        "midband: {lists}: {} candidate pairs, reduction ratio {:.4}\n",
        pairs.len(),
        reduction_ratio(pairs.len(), left, right)
    );
    let found = gold.and_then(|gold| {
        pairs_completeness(pairs.iter().map(|pair| (pair.left, pair.right)), gold)
    });
    if let (Some(found), Some(gold)) = (found, gold) {
        text += &format!(
            "midband: pairs completeness {found:.4}: of {} known matches so many are candidates\n",
            gold.len()
        );
    }
    text
}

/// Candidate pairs as rows.
struct Candidates {
    /// Rows of the lists that are no records.
    rejected: Vec<RejectedRow>,
    blocked: Arc<Blocked>,
    gold: Option<Arc<HashSet<(u32, u32)>>>,
}

impl Source for Candidates {
    fn rows(&self) -> Result<Rows> {
        let (blocked, gold) = (self.blocked.clone(), self.gold.clone());
        let rejected: Vec<_> = self
            .rejected
            .iter()
            .cloned()
            .map(Item::Rejected)
            .map(Ok)
            .collect();
        let pairs = (0..blocked.candidates.len()).map(move |at| {
            let candidate = &blocked.candidates[at];
            let (left, right) = blocked.records(candidate);
            let label = gold
                .as_ref()
                .map(|gold| u8::from(gold.contains(&(candidate.left, candidate.right))));
            let mut extra = Map::new();
            extra.insert("left_id".to_owned(), left.id.as_str().into());
            extra.insert("right_id".to_owned(), right.id.as_str().into());
            if let Some(label) = label {
                extra.insert("label".to_owned(), Value::from(label));
            }
            Ok(Item::Row(Box::new(PairRow {
                line: at as u64 + 1,
                pair: blocked.pair(candidate),
                gold: label.map(f64::from),
                extra,
            })))
        });
        Ok(Box::new(rejected.into_iter().chain(pairs)))
    }
}
