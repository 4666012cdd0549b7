//! `midband match --dry-run`: columns, rules and candidates are told on the way; then what a judge would be asked.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use midband::{Blocked, Embedder, Pair};
use midband_run::{Listener, NoEmbedder, embedder, engine, runtime};

use super::{Lists, Sizes, gold::Gold, linking::Linked, settings, shown, tell};
use crate::{
    args::MatchArgs,
    dry_run::{Foreseen, show},
    progress::Console,
};

pub(super) fn run(
    args: &MatchArgs,
    linked: Option<Linked>,
    lists: Lists,
    gold: Option<&Gold>,
) -> Result<ExitCode> {
    let Lists { left, right, .. } = lists;
    let bad = left.rejected.len() + right.as_ref().map_or(0, |right| right.rejected.len());
    let sizes = Sizes::of(&left, right.as_ref());
    let right = right.map(|list| list.records);
    let Foreseen {
        mut learning,
        target,
    } = Foreseen::of(&args.run)?;
    learning.neighbours = !args.no_neighbours;
    let options = args.run.options()?;
    let console = Arc::new(Console::new(args.run.quiet));
    let listener: Arc<dyn Listener> = console.clone();
    let embedder: Arc<dyn Embedder> = match &linked {
        Some(_) => Arc::new(NoEmbedder::default()),
        None => embedder(&options.embedding, &options.stop, &listener)?,
    };
    let engine = engine(
        &options,
        (Some(learning), (false, true)),
        (embedder, None),
        &listener,
    )?;
    let compared = linked.as_ref().map(Linked::compared);
    let estimate = match linked {
        Some(linked) => {
            let blocked = Blocked::of(linked.candidates(), engine, left.records, right);
            tell(args, &shown(&blocked, sizes, compared, gold));
            let known = linked.pairs(&blocked);
            blocked.engine.estimate_linked_cost(known)
        }
        None => {
            let runtime = runtime()?;
            let blocked = runtime.block_on(engine.block(left.records, right, settings(args)))?;
            console.finish();
            tell(args, &shown(&blocked, sizes, compared, gold));
            let pairs: Vec<Pair> = (blocked.candidates.iter())
                .map(|candidate| blocked.pair(candidate))
                .collect();
            runtime.block_on(blocked.engine.estimate_cost(pairs))
        }
    };
    console.finish();
    show(&args.run, &estimate?, target, bad)
}
