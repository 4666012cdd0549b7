//! `midband calibrate`: labelled pairs in, a calibration out, and what it learnt on standard error.

mod shown;

use std::{io::Write, process::ExitCode, sync::Arc, time::SystemTime};

use anyhow::{Context, Result, bail};
use midband::{
    Calibrated, Engine, LabelledPair, Learning, NO_JUDGE,
    features::DEFAULT_WORDS,
    router::{GainOptions, Policy},
};
use midband_io::{Format, Output};
use midband_report::LabelWeights;

use midband_run::{
    JudgeFound, Labelled, Stop, Verdicts, apart, embedder, none_found_later, number_of,
    read_labelled, until,
};

use crate::{
    args::{CalibrateArgs, JudgeArgs},
    compare_modes, exit, judging, learning,
    progress::Console,
    tables::Call,
};
use shown::{figures_of, weak, weighed};

pub(crate) fn run(args: &CalibrateArgs) -> Result<ExitCode> {
    let console = Arc::new(Console::new(args.quiet));
    let read = args.labelled.iter().chain(&args.labels);
    apart(
        [args.output.as_path()],
        read.map(std::path::PathBuf::as_path),
    )?;
    none_found_later(
        [args.output.as_path()],
        args.labelled.iter().map(std::path::PathBuf::as_path),
    )?;
    let labelled = read_labelled(
        &args.labelled,
        &args.reading.options(),
        args.labels.as_deref(),
        console.as_ref(),
    )?;
    let (unlabelled, bad) = (labelled.unlabelled, labelled.bad);
    let sample = compare_modes::sample(
        &labelled.gold,
        args.compare_modes.unwrap_or(0).max(1),
        args.seed,
    );
    let call = Call {
        listener: console.clone(),
        stop: Stop::default(),
        judge: None,
        embedder: None,
    };
    let taught = teach(args, labelled, &call);
    console.finish();
    let taught = taught?;
    let mut output = Output::file(&args.output, Format::Jsonl)
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    writeln!(output, "{}", taught.calibrated.calibration.to_json()?)?;
    output.finish()?;
    if !args.quiet {
        note!("{}", taught.shown());
        noteln!(
            "midband: {}; wrote {}",
            ignored(unlabelled, bad),
            args.output.display()
        );
    }
    if args.compare_modes.is_some() && taught.has_judge {
        let calibrated = &taught.calibrated;
        let proxy: Vec<f64> = calibrated.proxy.iter().map(|(p, _)| *p).collect();
        let settings = judging::settings(&taught.judge, args.seed)?;
        let comparing = compare_modes::compare(&settings, &sample, &proxy);
        out!("{}", taught.runtime.block_on(comparing)?)?;
    }
    let asked_in_vain =
        names_judge(args) && taught.calibrated.judged.is_empty() && taught.why_none != NO_JUDGE;
    Ok(exit::finished(asked_in_vain, bad > 0))
}

/// What labelled pairs taught.
pub(crate) struct Taught {
    pub(crate) calibrated: Calibrated,
    weights: LabelWeights,
    why_none: String,
    has_judge: bool,
    judge: JudgeArgs,
    runtime: tokio::runtime::Runtime,
}

impl Taught {
    /// It in words.
    pub(crate) fn shown(&self) -> String {
        figures_of(&self.calibrated, &self.why_none)
            + &weighed(&self.calibrated.weights, &self.weights).unwrap_or_default()
            + &weak(&self.calibrated).unwrap_or_default()
    }
}

/// True where a judge is named, by its kind or by its address.
fn names_judge(args: &CalibrateArgs) -> bool {
    let server = &args.judge.asking.server;
    server.judge.is_some() || !server.judge_url.is_empty()
}

/// The judge, with the task that the labelled pairs suggest where none is named.
fn judge_of(args: &CalibrateArgs, gold: &[LabelledPair]) -> JudgeArgs {
    let mut judge = args.judge.clone();
    if judge.asking.server.task == judging::AUTO {
        let texts = gold
            .iter()
            .flat_map(|gold| [gold.pair.a.as_str(), gold.pair.b.as_str()]);
        let (name, why) = midband_run::suited_task(texts);
        if !args.quiet && names_judge(args) {
            noteln!("midband: the judge's task is {name}: {why} (use --task to change it)");
        }
        name.clone_into(&mut judge.asking.server.task);
    }
    judge
}

/// Refuses labels of which nothing can be learnt.
pub(crate) fn both_kinds(labelled: &Labelled) -> Result<()> {
    let pairs = labelled.gold.len();
    let matches = labelled.gold.iter().filter(|gold| gold.is_match).count();
    if matches == 0 || matches == pairs {
        let bad = labelled.told_bad().map(|bad| format!("; {bad}"));
        bail!(
            "{}, {matches} of them matches: both matches and non-matches are needed{}",
            number_of(pairs as u64, "labeled pair"),
            bad.unwrap_or_default()
        );
    }
    Ok(())
}

/// What was left out, in words.
pub(crate) fn ignored(unlabelled: usize, bad: usize) -> String {
    format!(
        "ignored {} without a label and {}",
        number_of(unlabelled as u64, "row"),
        number_of(bad as u64, "invalid row")
    )
}

/// Learns from labelled pairs, and asks a judge about them where one is named.
pub(crate) fn teach(args: &CalibrateArgs, labelled: Labelled, call: &Call) -> Result<Taught> {
    both_kinds(&labelled)?;
    let Labelled {
        gold,
        words,
        weights,
        ..
    } = labelled;
    let judge = judge_of(args, &gold);
    let runtime = midband_run::runtime()?;
    // Asking costs minutes: the judge is asked only where it was named.
    let found = match (&call.judge, names_judge(args)) {
        (Some(_), _) | (None, false) => JudgeFound::None,
        (None, true) => {
            let verdicts = Verdicts::of(args.model.cache.as_deref());
            let connecting = judging::connect(&judge, verdicts, args.seed, args.quiet);
            runtime.block_on(until(&call.stop, connecting))?
        }
    };
    let shown = call.listener.clone();
    let mut builder = Engine::builder()
        .task(
            judging::task(&judge.asking.server.task, None)?.name,
            args.learning.task_kind.unwrap_or_default(),
        )
        .learn(Learning {
            background: Some(words.freeze(DEFAULT_WORDS)),
            ..learning::options(&args.learning, Policy::Gain(GainOptions::default()))?
        })
        .seed(args.seed)
        .on_progress(move |now| shown.progress(now));
    builder = builder.embedder(match &call.embedder {
        Some(opened) => opened.clone(),
        None => embedder(&args.model.options(), &call.stop, &call.listener)?,
    });
    let mut why_none = NO_JUDGE.to_owned();
    let mut has_judge = false;
    match found {
        JudgeFound::Judge(found) => {
            has_judge = true;
            builder = builder.judge(Arc::new(*found));
        }
        JudgeFound::None => {
            if let Some(own) = &call.judge {
                builder = builder.judge(own.clone());
            }
        }
        JudgeFound::Absent(absent) => why_none = judging::absent(&absent),
    }
    let engine = builder.build()?;
    let mut calibrated = runtime.block_on(until(&call.stop, async {
        Ok(engine.calibrate(gold).await?)
    }))?;
    teaches_something(&calibrated.proxy)?;
    calibrated.calibration.made = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    Ok(Taught {
        calibrated,
        weights,
        why_none,
        has_judge,
        judge,
        runtime,
    })
}

/// Refuses labels of pairs that all look alike: they would settle every pair of a run in one way.
fn teaches_something(proxy: &[(f64, bool)]) -> Result<()> {
    let scores = || proxy.iter().map(|(score, _)| *score);
    let (least, most) = (
        scores().fold(f64::MAX, f64::min),
        scores().fold(f64::MIN, f64::max),
    );
    if most - least < 1e-6 {
        bail!(
            "the labels teach nothing: matches and non-matches look the same to the model. Do the labels belong to these pairs?"
        );
    }
    Ok(())
}
