//! `midband match`: two lists of records in, or one; scored candidate pairs out.
//!
//! `records` reads the lists. The candidates then run through the same cascade as a file of pairs.

mod asked;
mod dry_run;
mod gold;
mod linking;
pub(crate) mod profile;
mod records;
mod resolving;
mod rows;
mod static_tier;
mod told;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Result, bail};
use midband::{
    Blocked, Part,
    block::{GRAPH_FROM, Settings, pairs_completeness, reduction_ratio},
};
use midband_io::Format;
use midband_run::{
    Begun, Files, PairsOf, ROWS, Session, Source, format_of, output_format, own_cache,
};

use crate::{
    args::{CompareArg, MatchArgs},
    learning,
    progress::Console,
    score,
};
use linking::Linked;
use records::{Lists, Records};
use resolving::{Partners, Resolving};
use rows::{Beside, Candidates};

pub(crate) fn run(args: &MatchArgs) -> Result<ExitCode> {
    let mut options = args.run.options()?;
    own_cache(&mut options);
    check(args)?;
    let mut learning = learning::learning(&args.run.routing)?;
    if let Some(learning) = &mut learning {
        learning.neighbours = !args.no_neighbours;
    }
    let mut lists = records::read(args)?;
    let Lists { left, right, .. } = &mut lists;
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
    let linker = linking::linker(args, left, right.as_mut())?;
    let beside = Beside::of(
        args,
        left,
        right.as_mut(),
        linker.as_ref().map(|found| &found.linker),
    )?;
    let linked = match linker.map(|linker| linking::fit(linker, args)) {
        Some(Err(why)) if args.compare == CompareArg::Columns => {
            bail!("the lists do not show how much each column says: {why}")
        }
        Some(Err(why)) => {
            tell(
                args,
                &format!("midband: {why}: records are compared as texts\n"),
            );
            None
        }
        Some(Ok(linked)) => Some(linked),
        None => None,
    };
    if linked.is_none() {
        check_text_rules(args)?;
    }
    if args.dry_run {
        return dry_run::run(args, linked, lists, gold.as_ref());
    }
    let sizes = Sizes::of(&lists.left, lists.right.as_ref());
    let Lists { left, right, files } = lists;
    let rejected = [Some(&left), right.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|list| list.rejected.iter().cloned())
        .collect();
    let format = files
        .first()
        .map_or(Format::Jsonl, |file| format_of(args.format, file));
    let inputs = files
        .iter()
        .map(PathBuf::as_path)
        .chain(args.gold_pairs.as_deref());
    let learns = learning.is_some();
    let resolves =
        args.one_to_one || args.many_to_one || args.clusters.is_some() || args.min_proxy.is_some();
    let begun = Begun::new(
        &options,
        output_format(&options.writing, format),
        // Pairs that decide about each other are all scored anew; their verdicts come from the cache.
        (
            &(args.shape(), args.run.shape()),
            learns || resolves || !args.run.writing.only.is_empty(),
        ),
        &inputs.collect::<Vec<_>>(),
    )?;
    let kind = if linked.is_some() {
        PairsOf::Columns
    } else {
        PairsOf::Lists
    };
    let console = Arc::new(Console::new(args.run.quiet));
    let texts = left.records.iter().map(|record| record.text.as_str());
    options.suit_task(texts, console.as_ref());
    let mut session = Session::open(&options, learning, (&begun, kind), console.clone())?;
    let right = right.map(|list| list.records);
    let blocked = match &linked {
        Some(linked) => {
            let engine = session.engine.clone();
            Blocked::of(linked.candidates(), engine, left.records, right)
        }
        None => {
            let settings = settings(args);
            let engine = &session.engine;
            let by_static = engine.static_pays(&left.records, right.as_deref(), settings.source);
            match by_static
                .then(|| static_tier::embedder(args, |text| tell(args, text)))
                .transpose()?
                .flatten()
            {
                Some(embedder) => {
                    let blocking = engine.block_by_static(embedder, left.records, right, settings);
                    session.runtime.block_on(blocking)?
                }
                None => {
                    let blocking = engine.block(left.records, right, settings);
                    session.runtime.block_on(blocking)?
                }
            }
        }
    };
    let compared = linked.as_ref().map(Linked::compared);
    tell(args, &shown(&blocked, sizes, compared, gold.as_ref()));
    session.gold_pairs = gold.as_ref().map(|gold| gold.len());
    session.engine = blocked.engine.clone();
    let mut columns = vec!["left_id".to_owned(), "right_id".to_owned()];
    if gold.is_some() {
        columns.push("label".to_owned());
    }
    columns.extend(beside.names());
    let partners = match (args.one_to_one, args.many_to_one) {
        (true, _) => Some(Partners::OneToOne),
        (_, true) => Some(Partners::ManyToOne),
        _ => None,
    };
    if partners.is_some() {
        columns.push(resolving::FIELD.to_owned());
    }
    let mut files = Files::open(&options, (format, Some(columns)), begun, console.as_ref())?;
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
        blocked: blocked.clone(),
        gold: gold.map(Arc::new),
        beside: Arc::new(beside),
    };
    let ended = match linked {
        Some(linked) => {
            let known = linked.pairs(&blocked);
            let parts = move |at: usize, parts: Vec<Part>| linked.by_column(at, parts);
            session.score_linked(&options, known, parts, pairs.rows()?, files)
        }
        None if learns => session.learn_and_score(&options, &pairs, files),
        None => {
            let rows = pairs.rows()?;
            session.stream(&options, rows, ROWS, files)
        }
    };
    score::finish(&args.run, &console, ended)
}

fn tell(args: &MatchArgs, text: &str) {
    if !args.run.quiet {
        note!("{text}");
    }
}

/// How pairs of texts are found.
fn settings(args: &MatchArgs) -> Settings {
    Settings {
        source: args.candidates.unwrap_or_default(),
        top_k: args.top_k as usize,
        graph_from: if args.exact { usize::MAX } else { GRAPH_FROM },
    }
}

/// Options that can't go together, before anything is read.
fn check(args: &MatchArgs) -> Result<()> {
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
    if args.compare == CompareArg::Columns && args.compare() == CompareArg::Columns {
        let of_texts = args.candidates.is_some() || args.exact || !args.text.is_empty();
        if of_texts || args.run.routing.calibration.is_some() || args.run.routing.names_band() {
            bail!(
                "--compare columns goes with none of --text, --candidates, --exact, --calibration and --band: they belong to texts"
            );
        }
    }
    Ok(())
}

/// Texts are blocked on whole columns alone.
fn check_text_rules(args: &MatchArgs) -> Result<()> {
    let rules = args
        .block_on
        .iter()
        .flat_map(|given| linking::rules_of(given));
    match rules.into_iter().find(|rule| rule.contains(['+', '('])) {
        Some(rule) => bail!(
            "--block-on {rule}: a rule of several columns or of a part of one needs `--compare columns`"
        ),
        None => Ok(()),
    }
}

/// Records of either list.
#[derive(Clone, Copy)]
struct Sizes {
    left: usize,
    right: Option<usize>,
}

impl Sizes {
    fn of(left: &Records, right: Option<&Records>) -> Self {
        Self {
            left: left.records.len(),
            right: right.map(|list| list.records.len()),
        }
    }
}

fn shown(
    blocked: &Blocked,
    Sizes { left, right }: Sizes,
    compared: Option<usize>,
    gold: Option<&gold::Gold>,
) -> String {
    let pairs = &blocked.candidates;
    let lists = match right {
        Some(right) => format!("{left} x {right} records"),
        None => format!("{left} records"),
    };
    let all = compared.unwrap_or(pairs.len());
    let mut text = format!(
        "midband: {lists}: {all} candidate pairs, reduction ratio {:.4}\n",
        reduction_ratio(all, left, right)
    );
    if compared.is_some() {
        text += &format!("midband: {} pairs are not clearly different\n", pairs.len());
    }
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
