//! `midband calibrate`: labelled pairs in, a calibration out, and what it learnt on standard error.

use std::{io::Write, process::ExitCode, sync::Arc, time::SystemTime};

use anyhow::{Context, Result, bail};
use midband::{
    Calibrated, Engine, LabelledPair, Learning, NO_JUDGE,
    features::DEFAULT_WORDS,
    model::Calibration,
    router::{GainOptions, Policy},
};
use midband_io::{Format, Output};
use midband_metrics::{Decisions, auroc, brier, calibration_error};
use midband_report::LabelWeights;

use midband_run::{
    JudgeFound, Labelled, Stop, Verdicts, apart, embedder, none_found_later, read_labelled, until,
};

use crate::{
    args::{CalibrateArgs, JudgeArgs},
    compare_modes, exit, judging, learning,
    progress::Console,
    summary::WRITTEN_OUT,
    tables::Call,
};

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
            "midband: ignored {unlabelled} rows without a label and {bad} invalid rows; wrote {}",
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
        shown_to_people(&self.calibrated, &self.why_none)
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
            "{pairs} labeled pairs, {matches} of them matches: both matches and non-matches are needed{}",
            bad.unwrap_or_default()
        );
    }
    Ok(())
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

/// What is said of labels that tell next to nothing apart; cross-validated, so chance alone lies at one half.
fn weak(calibrated: &Calibrated) -> Option<String> {
    let of =
        auroc(&labelled(&calibrated.proxy, &calibrated.weights)).filter(|auroc| *auroc < WEAK)?;
    Some(format!(
        "midband: these labels separate matches hardly better than chance (AUROC {of:.2}): label more pairs, or use a judge\n"
    ))
}

/// AUROC below which labels are said to tell next to nothing.
const WEAK: f64 = 0.6;

/// Copies of weighed labels at most, from which measures are counted.
const MOST_COPIES: f64 = 200_000.0;

/// Labels, each as often as it counts.
fn labelled(scored: &[(f64, bool)], weights: &[f64]) -> Vec<midband_metrics::Labelled> {
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let unit = least.max(weights.iter().sum::<f64>() / MOST_COPIES);
    let mut copies = Vec::with_capacity(scored.len());
    for (at, &(score, is_match)) in scored.iter().enumerate() {
        let weight = weights.get(at).map_or(1.0, |weight| weight / unit);
        let count = (weight.round() as usize).max(1);
        copies.extend((0..count).map(|_| midband_metrics::Labelled { score, is_match }));
    }
    copies
}

/// How labels of pairs that waited for review were taken; none where all were drawn alike.
fn weighed(all: &[f64], weights: &LabelWeights) -> Option<String> {
    let LabelWeights {
        by_value, drawn, ..
    } = weights;
    if weights.differ() {
        // Kish, Survey Sampling (1965).
        let squares: f64 = all.iter().map(|weight| weight * weight).sum();
        let effective = all.iter().sum::<f64>().powi(2) / squares;
        return Some(format!(
            "midband: {by_value} pairs were labeled because they waited for review and {drawn} because they were drawn at random: each \
             label counts by the inverse of its chance to be drawn, and all together as much as {effective:.0} labels drawn at random\n"
        ));
    }
    (*by_value > 0).then(|| {
        "midband: all labels are of pairs that waited for review: these figures hold for such pairs alone. Add labels of pairs drawn at \
         random (`midband review --random 40`) for figures that hold for all\n"
            .to_owned()
    })
}

fn shown_to_people(calibrated: &Calibrated, why_none: &str) -> String {
    let calibration = &calibrated.calibration;
    let figures = |name: &str, scored: &[(f64, bool)], weights: &[f64], cut: f64| {
        let labelled = labelled(scored, weights);
        let mut decisions = Decisions::default();
        labelled
            .iter()
            .for_each(|one| decisions.count(one.score >= cut, one.is_match));
        let shown =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        format!(
            "midband: {name:24} AUROC {}, accuracy {}, F1 {}, Brier {}, ECE {}\n",
            shown(auroc(&labelled)),
            shown(decisions.accuracy()),
            shown(decisions.f1()),
            shown(brier(&labelled)),
            shown(calibration_error(&labelled))
        )
    };
    let mut text = format!(
        "midband: {} labels, texts treated as {}; all figures are cross-validated\n",
        calibration.labels, calibration.kind
    );
    if calibration.embedding_model.writes_names_out() {
        text += &format!("midband: {WRITTEN_OUT}\n");
    }
    if calibration.labels < Calibration::ENOUGH_LABELS {
        text += &format!(
            "midband: {} labels are few: these figures may be far off, and scores stay uncalibrated below {} labels\n",
            calibration.labels,
            Calibration::ENOUGH_LABELS
        );
    }
    let weights = &calibrated.weights;
    text += &figures("cosine, default map", &calibrated.cosine, weights, 0.5);
    text += &figures("proxy", &calibrated.proxy, weights, calibration.rule.cut);
    text += &match calibrated.embed_plan {
        Some(plan) => format!(
            "midband: runs with this calibration embed {:.0} % of such pairs (`--embed all` embeds every pair); cost in likelihood: {:.3} ± {:.3} nats per pair\n",
            plan.share * 100.0,
            plan.loss,
            plan.error
        ),
        None => {
            "midband: runs with this calibration embed every pair, because wording alone would lose too much\n".to_owned()
        }
    };
    if calibrated.judged.is_empty() {
        text += &format!(
            "midband: judge: {}; its reliability is assumed\n",
            if why_none.is_empty() {
                "no answer"
            } else {
                why_none
            }
        );
    } else {
        text += &figures("judge alone", &calibrated.judged, &[], 0.5);
        text += &format!(
            "midband: the judge finds {:.0} % of matches and {:.0} % of non-matches ({} labeled pairs)\n",
            calibration.judge.sensitivity() * 100.0,
            calibration.judge.specificity() * 100.0,
            calibrated.judged.len()
        );
    }
    text
}
