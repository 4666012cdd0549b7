//! `midband eval`: what labels say of scores.

use std::{collections::BTreeMap, fmt::Write, process::ExitCode};

use anyhow::{Result, bail};
use midband_io::{Format, read_objects};
use midband_metrics::{
    Decisions, Labelled, auroc, average_precision, brier, calibration_error, pearson, spearman,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{args::EvalArgs, exit, score::open};

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
    let evaluation = evaluate(pairs, &rows);
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

fn evaluate(pairs: usize, rows: &[Scored]) -> Evaluation {
    let graded = rows.iter().any(|row| row.gold != 0.0 && row.gold != 1.0);
    let scores = SCORES
        .iter()
        .enumerate()
        .map(|(index, name)| (*name, measures(rows, index, graded)))
        .collect();
    let grouped = |key: fn(&Scored) -> &String| {
        let mut groups: BTreeMap<String, Vec<&Scored>> = BTreeMap::new();
        rows.iter()
            .for_each(|row| groups.entry(key(row).clone()).or_default().push(row));
        groups
            .into_iter()
            .map(|(name, rows)| (name, group(rows)))
            .collect()
    };
    Evaluation {
        pairs,
        labelled: rows.len(),
        graded,
        matches: (!graded).then(|| rows.iter().filter(|row| row.gold == 1.0).count()),
        scores,
        decisions: (!graded).then(|| group(rows.iter().collect())),
        by_route: if graded {
            BTreeMap::new()
        } else {
            grouped(|row| &row.route)
        },
        by_decided_by: if graded {
            BTreeMap::new()
        } else {
            grouped(|row| &row.decided_by)
        },
    }
}

fn measures(rows: &[Scored], index: usize, graded: bool) -> Measures {
    let scored: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| Some((row.scores[index]?, row.gold)))
        .collect();
    if graded {
        let (scores, gold): (Vec<f64>, Vec<f64>) = scored.into_iter().unzip();
        return Measures {
            spearman: spearman(&scores, &gold),
            pearson: pearson(&scores, &gold),
            ..Measures::default()
        };
    }
    let labelled: Vec<Labelled> = scored
        .into_iter()
        .map(|(score, gold)| Labelled {
            score,
            is_match: gold == 1.0,
        })
        .collect();
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

impl Evaluation {
    fn shown(&self) -> String {
        let mut text = format!("{} pairs, {} with gold", self.pairs, self.labelled);
        if let Some(matches) = self.matches {
            let _ = write!(text, ", {matches} matches");
        }
        text.push('\n');
        let shown =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let columns: &[&str] = if self.graded {
            &["Spearman", "Pearson"]
        } else {
            &["AUROC", "avg precision", "Brier", "ECE"]
        };
        let _ = write!(text, "\n{:12}", "");
        columns.iter().for_each(|column| {
            let _ = write!(text, " {column:>13}");
        });
        for name in SCORES {
            let Some(measures) = self.scores.get(name) else {
                continue;
            };
            let values = if self.graded {
                vec![measures.spearman, measures.pearson]
            } else {
                vec![
                    measures.auroc,
                    measures.average_precision,
                    measures.brier,
                    measures.calibration_error,
                ]
            };
            let _ = write!(text, "\n{name:12}");
            values.into_iter().for_each(|value| {
                let _ = write!(text, " {:>13}", shown(value));
            });
        }
        text.push('\n');
        let Some(all) = &self.decisions else {
            return text;
        };
        let _ = writeln!(
            text,
            "\n{:22} {:>8} {:>8} {:>9} {:>10} {:>8} {:>8}",
            "decisions", "pairs", "review", "accuracy", "precision", "recall", "F1"
        );
        let routes = self
            .by_route
            .iter()
            .map(|(name, group)| (format!("route {name}"), group));
        let deciders = self
            .by_decided_by
            .iter()
            .map(|(name, group)| (format!("decided by {name}"), group));
        for (name, group) in std::iter::once(("all".to_owned(), all))
            .chain(routes)
            .chain(deciders)
        {
            let [accuracy, precision, recall, f1] =
                [group.accuracy, group.precision, group.recall, group.f1].map(shown);
            let _ = writeln!(
                text,
                "{name:22} {:>8} {:>8} {accuracy:>9} {precision:>10} {recall:>8} {f1:>8}",
                group.pairs, group.review
            );
        }
        text
    }
}
