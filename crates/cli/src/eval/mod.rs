//! `midband eval`: what labels say of scores.

mod shown;

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::{Result, bail};
use midband_io::{Format, read_objects};
use midband_metrics::{
    Asked, Bin, Decisions, Labelled, Point, auroc, average_precision, brier, calibration_error,
    clairvoyant_share, cost_curve, pearson, reliability, spearman,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{args::EvalArgs, exit, learning::read_calibration, score::open};

/// The numbers of a pair that rank it; the first is no probability.
const SCORES: [&str; 3] = ["cosine", "proxy_score", "score"];

/// A row of a scored file, as far as it is measured.
struct Scored {
    gold: f64,
    scores: [Option<f64>; 3],
    decision: String,
    route: String,
    decided_by: String,
}

#[derive(Serialize)]
struct Evaluation {
    pairs: usize,
    labelled: usize,
    graded: bool,
    matches: Option<usize>,
    scores: BTreeMap<&'static str, Measures>,
    decisions: Option<Group>,
    by_route: BTreeMap<String, Group>,
    by_decided_by: BTreeMap<String, Group>,
    /// What the wrong decisions cost, in the user's units.
    cost: Option<Cost>,
    /// Final scores against the share of matches, in tenths.
    reliability: Vec<Bin>,
    /// Quality against the share asked, least sure pairs first.
    curve: Vec<Point>,
    /// Share of pairs that were asked.
    asked: Option<f64>,
    /// Share that hindsight and a perfect judge would have asked for the same accuracy.
    clairvoyant: Option<f64>,
    /// Log odds a standard deviation of each feature, the heaviest first.
    weights: Vec<(String, f64)>,
}

#[derive(Serialize)]
struct Cost {
    total: f64,
    a_pair: f64,
}

/// How one number ranks and how far it can be taken at its word. `None`: the data can't say.
#[derive(Default, Serialize)]
struct Measures {
    auroc: Option<f64>,
    average_precision: Option<f64>,
    brier: Option<f64>,
    calibration_error: Option<f64>,
    spearman: Option<f64>,
    pearson: Option<f64>,
}

/// Decisions against labels; pairs left for review count in `review` alone.
#[derive(Default, Serialize)]
struct Group {
    pairs: u64,
    review: u64,
    #[serde(flatten)]
    counts: Decisions,
    accuracy: Option<f64>,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
}

pub(crate) fn run(args: &EvalArgs) -> Result<ExitCode> {
    let format = args
        .format
        .or_else(|| Format::from_ending(&args.scored))
        .unwrap_or(Format::Jsonl);
    let (mut pairs, mut rows) = (0, Vec::new());
    for object in read_objects(open(&args.scored)?, format)? {
        pairs += 1;
        rows.extend(row(&object?, args.gold.as_deref())?);
    }
    if rows.is_empty() {
        let field = args.gold.as_deref().unwrap_or("label");
        bail!("none of the {pairs} rows has a number in {field:?}; name another field with --gold");
    }
    let evaluation = evaluate(pairs, &rows, args)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&evaluation)?);
    } else {
        print!("{}", evaluation.shown());
    }
    Ok(exit::SETTLED)
}

fn row(object: &Map<String, Value>, gold: Option<&str>) -> Result<Option<Scored>> {
    let number = |name: &str| match object.get(name) {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(Value::Bool(yes)) => Some(f64::from(u8::from(*yes))),
        _ => None,
    };
    let text = |name: &str| {
        object
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    if !object.contains_key("decision") {
        bail!("a row has no field \"decision\": this is not a file that `midband score` wrote");
    }
    let Some(gold) = number(gold.unwrap_or("label")) else {
        return Ok(None);
    };
    if !(0.0..=1.0).contains(&gold) {
        bail!("row {:?}: the gold {gold} is not in 0..1", text("id"));
    }
    Ok(Some(Scored {
        gold,
        scores: SCORES.map(number),
        decision: text("decision"),
        route: text("route"),
        decided_by: text("decided_by"),
    }))
}

fn evaluate(pairs: usize, rows: &[Scored], args: &EvalArgs) -> Result<Evaluation> {
    let graded = rows.iter().any(|row| row.gold != 0.0 && row.gold != 1.0);
    let scores = SCORES
        .iter()
        .enumerate()
        .map(|(index, name)| (*name, measures(rows, index, graded)))
        .collect();
    let mut evaluation = Evaluation {
        pairs,
        labelled: rows.len(),
        graded,
        matches: None,
        scores,
        decisions: None,
        by_route: BTreeMap::new(),
        by_decided_by: BTreeMap::new(),
        cost: None,
        reliability: Vec::new(),
        curve: Vec::new(),
        asked: None,
        clairvoyant: None,
        weights: weights(args)?,
    };
    if graded {
        return Ok(evaluation);
    }
    let grouped = |key: fn(&Scored) -> &String| {
        let mut groups: BTreeMap<String, Vec<&Scored>> = BTreeMap::new();
        rows.iter()
            .for_each(|row| groups.entry(key(row).clone()).or_default().push(row));
        groups
            .into_iter()
            .map(|(name, rows)| (name, group(rows)))
            .collect()
    };
    evaluation.by_route = grouped(|row| &row.route);
    evaluation.by_decided_by = grouped(|row| &row.decided_by);
    evaluation.matches = Some(rows.iter().filter(|row| row.gold == 1.0).count());
    evaluation.reliability = reliability(&labelled(rows, FINAL));
    let all = group(rows.iter().collect());
    let (false_matches, missed) = (
        all.counts.false_matches as f64,
        all.counts.missed_matches as f64,
    );
    let total = false_matches * args.costs.false_match + missed * args.costs.missed_match;
    evaluation.cost = Some(Cost {
        total,
        a_pair: total / all.counts.total().max(1) as f64,
    });
    evaluation.asked =
        Some(rows.iter().filter(|row| row.route == "ask").count() as f64 / rows.len() as f64);
    let wrong = all.counts.false_matches + all.counts.missed_matches;
    evaluation.clairvoyant = clairvoyant_share(&labelled(rows, PROXY), wrong);
    evaluation.curve = curve(rows);
    evaluation.decisions = Some(all);
    Ok(evaluation)
}

/// Places in [`SCORES`].
const PROXY: usize = 1;
const FINAL: usize = 2;

fn labelled(rows: &[Scored], index: usize) -> Vec<Labelled> {
    let scored = rows
        .iter()
        .filter_map(|row| Some((row.scores[index]?, row.gold == 1.0)));
    scored
        .map(|(score, is_match)| Labelled { score, is_match })
        .collect()
}

/// Pairs left for review are decided by their score here: somebody will.
fn curve(rows: &[Scored]) -> Vec<Point> {
    let asked = rows.iter().filter_map(|row| {
        Some(Asked {
            proxy: row.scores[PROXY]?,
            judged: row.decided_by == "judge" || row.decided_by == "cache",
            called_match: match row.decision.as_str() {
                "review" => row.scores[FINAL]? >= 0.5,
                decision => decision == "match",
            },
            is_match: row.gold == 1.0,
        })
    });
    let asked: Vec<Asked> = asked.collect();
    if asked.iter().any(|pair| pair.judged) {
        cost_curve(&asked, 5)
    } else {
        Vec::new()
    }
}

fn weights(args: &EvalArgs) -> Result<Vec<(String, f64)>> {
    let Some(path) = &args.calibration else {
        return Ok(Vec::new());
    };
    let proxy = &read_calibration(path)?.proxy;
    let mut weights: Vec<(String, f64)> = proxy
        .columns
        .iter()
        .cloned()
        .zip(proxy.weights.iter().copied())
        .collect();
    weights.sort_by(|x, y| y.1.abs().total_cmp(&x.1.abs()));
    Ok(weights)
}

fn measures(rows: &[Scored], index: usize, graded: bool) -> Measures {
    if graded {
        let scored = rows
            .iter()
            .filter_map(|row| Some((row.scores[index]?, row.gold)));
        let (scores, gold): (Vec<f64>, Vec<f64>) = scored.unzip();
        return Measures {
            spearman: spearman(&scores, &gold),
            pearson: pearson(&scores, &gold),
            ..Measures::default()
        };
    }
    let labelled = labelled(rows, index);
    let is_probability = SCORES[index] != "cosine";
    Measures {
        auroc: auroc(&labelled),
        average_precision: average_precision(&labelled),
        brier: brier(&labelled).filter(|_| is_probability),
        calibration_error: calibration_error(&labelled).filter(|_| is_probability),
        ..Measures::default()
    }
}

fn group(rows: Vec<&Scored>) -> Group {
    let mut counts = Decisions::default();
    let mut review = 0;
    for row in &rows {
        match row.decision.as_str() {
            "match" => counts.count(true, row.gold == 1.0),
            "no_match" => counts.count(false, row.gold == 1.0),
            _ => review += 1,
        }
    }
    Group {
        pairs: rows.len() as u64,
        review,
        counts,
        accuracy: counts.accuracy(),
        precision: counts.precision(),
        recall: counts.recall(),
        f1: counts.f1(),
    }
}
