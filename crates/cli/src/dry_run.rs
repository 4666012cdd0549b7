//! `--dry-run`: what a run would ask, before anything is spent.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use midband::{
    CostEstimate, Learning,
    judge::{MAX_BATCH, MeasuredCosts, PromptingMode},
    router::{Policy, Target, label_floor},
};
use midband_io::Item;
use midband_run::{
    Inputs, Listener, PairSource, embedder, engine, measured_costs, number_of, runtime,
};

use crate::{
    args::{RunArgs, ScoreArgs},
    exit, learning,
    progress::Console,
};

/// Bytes of English text to a token of Gemma's; its tokenizer is not at hand.
const BYTES_A_TOKEN: f64 = 4.0;

/// Tokens of instructions that the pairs of a request share, as the prompts of this version have them.
const INSTRUCTION_TOKENS: f64 = 120.0;

pub(crate) fn run(args: &ScoreArgs) -> Result<ExitCode> {
    let options = args.run.options()?;
    let (rows, _) = Inputs::new(&args.inputs, &args.reading.options())?.read()?;
    let (mut pairs, mut bad) = (Vec::new(), 0);
    for item in rows {
        match item? {
            Item::Row(row) => pairs.push(row.pair),
            Item::Rejected(_) => bad += 1,
        }
    }
    let Foreseen { learning, target } = Foreseen::of(&args.run)?;
    let console = Arc::new(Console::new(args.run.quiet));
    let listener: Arc<dyn Listener> = console.clone();
    let embedder = embedder(&options.embedding, &options.stop, &listener)?;
    let engine = engine(
        &options,
        Some(learning),
        PairSource::default(),
        embedder,
        None,
        &listener,
    )?;
    let estimate = runtime()?.block_on(engine.estimate_cost(pairs));
    console.finish();
    show(&args.run, &estimate?, target, bad)
}

/// What a run would go by.
pub(crate) struct Foreseen {
    /// What the gain policy would ask is foreseen whatever was chosen.
    pub(crate) learning: Learning,
    pub(crate) target: Option<Target>,
}

impl Foreseen {
    pub(crate) fn of(args: &RunArgs) -> Result<Self> {
        let learning = learning::learning(&args.routing)?;
        let target = learning
            .as_ref()
            .and_then(|learning| match &learning.policy {
                Policy::Target(target) => Some(*target),
                _ => None,
            });
        let weighed = Policy::Gain(args.routing.min_gain.options());
        let learning = match learning {
            Some(learning) => Learning {
                policy: weighed,
                ..learning
            },
            None => learning::options(&args.routing.learning, weighed)?,
        };
        Ok(Self { learning, target })
    }
}

/// Prints what each policy would ask; `bad` rows are no pairs or records.
pub(crate) fn show(
    args: &RunArgs,
    estimate: &CostEstimate,
    target: Option<Target>,
    bad: usize,
) -> Result<ExitCode> {
    let unscored = estimate.rejected + bad;
    outln!(
        "{}, {} cannot be scored; nothing was asked",
        number_of((estimate.pairs + bad) as u64, "pair"),
        number_of(unscored as u64, "row")
    )?;
    outln!(
        "expected share of matches according to the proxy: {:.1} %",
        estimate.prevalence * 100.0
    )?;
    let asking = &args.judge.asking;
    let given = asking.batch_size.map(|size| size.least);
    let costs = measured_costs();
    let best = || costs.last().and_then(MeasuredCosts::best);
    let mode = asking.prompting_mode().or_else(best);
    let batch = given.unwrap_or(mode.unwrap_or(PromptingMode::YesNo).default_batch());
    outln!(
        "{:8} {:>9} {:>7} {:>9} {:>10}  time",
        "policy",
        "asked",
        "share",
        "requests",
        "tokens"
    )?;
    let cost = Cost {
        mode: asking.prompting_mode(),
        batch: batch.clamp(1, MAX_BATCH),
        costs: costs.last(),
        estimate,
    };
    if let Some(band) = estimate.band {
        outln!("{}", cost.row("band", band))?;
    }
    outln!("{}", cost.row("gain", estimate.gain))?;
    if let Some(questions) = args.routing.max_questions {
        outln!("{}", cost.row("budget", estimate.gain.min(questions)))?;
    }
    if let Some(target) = target {
        match label_floor(
            target.quality,
            estimate.pairs,
            estimate.prevalence,
            target.delta,
        ) {
            Some(floor) => outln!(
                "{}  at least: no method can certify the target with fewer",
                cost.row("target", floor)
            )?,
            None => outln!(
                "target   cannot be certified without asking about nearly all of these pairs"
            )?,
        }
    }
    if costs.last().is_none() {
        outln!("no times: run `midband doctor` to measure your server")?;
    }
    Ok(exit::SETTLED)
}

struct Cost<'a> {
    mode: Option<PromptingMode>,
    batch: usize,
    costs: Option<&'a MeasuredCosts>,
    estimate: &'a CostEstimate,
}

impl Cost<'_> {
    /// In the mode that is asked for, else in the one that `auto` would take.
    fn seconds_a_pair(&self) -> Option<f64> {
        let costs = self.costs?;
        let mode = self.mode.or_else(|| costs.best());
        let seconds = mode.and_then(|mode| costs.seconds_a_pair.get(&mode).copied());
        seconds.or_else(|| costs.seconds_a_pair.values().copied().reduce(f64::min))
    }

    fn row(&self, policy: &str, asked: usize) -> String {
        let requests = asked.div_ceil(self.batch);
        let tokens = requests as f64 * INSTRUCTION_TOKENS
            + asked as f64 * self.estimate.bytes_a_pair / BYTES_A_TOKEN;
        let share = asked as f64 / self.estimate.pairs.max(1) as f64 * 100.0;
        let time = self.seconds_a_pair();
        let time = time.map_or("-".to_owned(), |seconds| {
            format!("{:.1} min", asked as f64 * seconds / 60.0)
        });
        format!("{policy:8} {asked:>9} {share:>5.1} % {requests:>9} {tokens:>10.0}  {time}")
    }
}
