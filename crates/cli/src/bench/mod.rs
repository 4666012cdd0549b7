//! `midband bench`: what each way of scoring costs and how often it is right, on the user's own pairs and
//! server, or on a simulator that says so.
//!
//! `bench_mode` says what a mode is, `running` runs one, `row` is what came of it, `render` puts the rows into words.

mod bench_mode;
mod render;
mod row;
mod running;
mod simulated;

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context, Result, bail};
use midband::{LabelledPair, judge::Task};
use midband_run::{Labelled, Listener, Stop, embedder, read_labelled};

use crate::{
    args::{BenchArgs, ModeArg},
    calibrate::ignored,
    compare_modes, exit, judging,
    progress::Console,
};
use bench_mode::BenchMode;
use row::ModeRow;
use running::Bench;
use simulated::Simulated;

/// Pairs that a mode without a router asks where the user says nothing: minutes on a laptop.
const FEW: usize = 24;
/// The same on a simulator, whose clock runs faster.
const FEW_SIMULATED: usize = 200;
/// Labelled pairs to learn from where the user says nothing.
const GOLD: usize = 100;

/// The pairs of a bench, apart by their use.
pub(crate) struct Parted {
    /// Learnt from, never measured.
    pub(crate) gold: Vec<LabelledPair>,
    /// Scored by the hybrid modes.
    pub(crate) measured: Vec<LabelledPair>,
    /// Of these, the first so many are asked by the modes without a router.
    pub(crate) asked: usize,
}

pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    let ways = wanted(args)?;
    let Labelled {
        gold,
        unlabelled,
        bad,
        ..
    } = read_labelled(
        std::slice::from_ref(&args.pairs),
        &args.reading.options(),
        None,
        &Console::new(true),
    )?;
    if unlabelled + bad > 0 && !args.quiet {
        noteln!("midband: {}", ignored(unlabelled, bad));
    }
    let parted = part(gold, args, &ways)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let embedder = if ways.iter().any(|way| way.routes()) {
        let quiet: Arc<dyn Listener> = Arc::new(Console::new(true));
        Some(embedder(&args.model.options(), &Stop::default(), &quiet)?)
    } else {
        None
    };
    let mut reached = judging::reached(&args.server, args.seed)?;
    if args.server.task == judging::AUTO {
        let pairs = parted.gold.iter().chain(&parted.measured);
        let texts = pairs.flat_map(|gold| [gold.pair.a.as_str(), gold.pair.b.as_str()]);
        let (name, why) = midband_run::suited_task(texts);
        reached.task = Task::built_in(name).unwrap_or_default();
        if !args.quiet {
            noteln!("midband: the judge's task is {name}: {why} (use --task to change it)");
        }
    }
    // One server of our own for all modes.
    let _kept = match &reached.local {
        Some(local) => Some(runtime.block_on(local.server())?),
        None => None,
    };
    let bench = Bench {
        args,
        parted: &parted,
        reached: &reached,
        embedder,
    };
    let mut rows: Vec<ModeRow> = Vec::new();
    for (at, way) in ways.iter().enumerate() {
        let mode = way.mode.name();
        let place = format!("mode {} of {}: {mode}", at + 1, ways.len());
        let row = runtime
            .block_on(bench.measure(way, &place))
            .with_context(|| format!("cannot measure the mode {mode}"))?;
        if !args.quiet {
            noteln!(
                "midband: {place}: {}{:.3} s per pair",
                if row.simulated { "SIMULATED " } else { "" },
                row.avg_seconds
            );
        }
        rows.push(row);
    }
    row::compare(&mut rows);
    let shown = match (args.json, args.markdown) {
        (true, _) => render::json(&rows, args, &parted)?,
        (_, true) => render::markdown(&rows, args, &parted),
        _ => render::text(&rows, args, &parted),
    };
    out!("{shown}")?;
    let open: u64 = rows.iter().map(|row| row.unanswered).sum();
    Ok(exit::finished(open > 0, false))
}

/// The modes named, each once, in their own order.
fn wanted(args: &BenchArgs) -> Result<Vec<BenchMode>> {
    let all = args.mode.contains(&ModeArg::All);
    let ways: Vec<BenchMode> = BenchMode::all(args.batch_size, args.workers as usize)?
        .into_iter()
        .filter(|way| all || args.mode.contains(&way.mode))
        .collect();
    if let Some(Simulated {
        accuracy, speed, ..
    }) = Simulated::of(args)
    {
        if !(0.0..=1.0).contains(&accuracy) {
            bail!("--sim-accuracy must be between 0 and 1, got {accuracy}");
        }
        if speed.is_some_and(|speed| !(speed.is_finite() && speed > 0.0)) {
            bail!("--sim-speed must be above 0");
        }
    }
    Ok(ways)
}

/// Draws the pairs to learn from and those to ask, by the seed.
fn part(gold: Vec<LabelledPair>, args: &BenchArgs, ways: &[BenchMode]) -> Result<Parted> {
    let all = gold.len();
    let mut drawn = compare_modes::sample(&gold, all, args.seed);
    let routes = ways.iter().any(|way| way.routes());
    let learnt = match args.gold_sample {
        Some(wanted) if wanted >= all => {
            bail!(
                "--gold-sample {wanted} leaves nothing to measure: the file has {all} labeled pairs"
            )
        }
        Some(wanted) => wanted,
        None => GOLD.min(all / 3),
    };
    let measured = drawn.split_off(if routes { learnt } else { 0 });
    if measured.is_empty() {
        bail!("{} has no labeled pairs", args.pairs.display());
    }
    let few = if Simulated::of(args).is_some() {
        FEW_SIMULATED
    } else {
        FEW
    };
    let asked = match args.limit.unwrap_or(few) {
        0 => measured.len(),
        limit => limit.min(measured.len()),
    };
    Ok(Parted {
        gold: drawn,
        measured,
        asked,
    })
}
