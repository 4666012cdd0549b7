//! Drawings of scores against labels.

use std::collections::BTreeMap;

use midband_metrics::{CurvePoint, wilson};

use crate::{
    Report,
    drawing::{Figure, Ink, Mark},
    plot::{Axes, Plot},
    words::{named, percent},
};

/// Drawings of scores against labels, as far as there are labels.
pub(crate) fn against(report: &Report) -> Vec<Figure> {
    let mut figures = Vec::new();
    figures.extend(reliability(report));
    figures.extend(asked(report));
    if !report.roc.is_empty() {
        let axes = Axes {
            under: "false positive rate",
            beside: "true positive rate",
        };
        let mut figure = curves("ROC curve", axes, &report.roc, true);
        figure.says = ranked(report, "AUROC", |name| {
            report.evaluation.as_ref()?.scores.get(name)?.auroc
        });
        figures.push(figure);
    }
    if !report.precision_recall.is_empty() {
        let axes = Axes {
            under: "recall",
            beside: "precision",
        };
        let mut figure = curves(
            "Precision and recall",
            axes,
            &report.precision_recall,
            false,
        );
        figure.says = ranked(report, "Average precision", |name| {
            report
                .evaluation
                .as_ref()?
                .scores
                .get(name)?
                .average_precision
        });
        figures.push(figure);
    }
    figures
}

fn curves(
    title: &str,
    axes: Axes,
    all: &BTreeMap<&'static str, Vec<CurvePoint>>,
    diagonal: bool,
) -> Figure {
    let mut plot = Plot::new((0.0, 1.0), (0.0, 1.0), axes);
    if diagonal {
        let ends = vec![
            (plot.at_x(0.0), plot.at_y(0.0)),
            (plot.at_x(1.0), plot.at_y(1.0)),
        ];
        plot.line(ends, 0.8, true, Ink::Axis);
    }
    for (name, points) in all {
        let points = points
            .iter()
            .map(|&(x, y)| (plot.at_x(x), plot.at_y(y)))
            .collect();
        let width = if *name == "score" { 2.2 } else { 1.4 };
        plot.line(points, width, *name == "cosine", Ink::of(name));
    }
    let names: Vec<String> = all.keys().map(|name| (*name).to_owned()).collect();
    plot.legend(&names);
    plot.figure(title, String::new())
}

fn ranked(report: &Report, what: &str, of: impl Fn(&str) -> Option<f64>) -> String {
    let values: Vec<String> = report
        .roc
        .keys()
        .filter_map(|name| Some(format!("{} {:.3}", named(name), of(name)?)))
        .collect();
    format!("{what}: {}.", values.join(", "))
}

fn reliability(report: &Report) -> Option<Figure> {
    let evaluation = report
        .evaluation
        .as_ref()
        .filter(|found| !found.reliability.is_empty())?;
    let mut plot = Plot::new(
        (0.0, 1.0),
        (0.0, 1.0),
        Axes {
            under: "mean final score",
            beside: "share of matches",
        },
    );
    let ends = vec![
        (plot.at_x(0.0), plot.at_y(0.0)),
        (plot.at_x(1.0), plot.at_y(1.0)),
    ];
    plot.line(ends, 0.8, true, Ink::Axis);
    let most = evaluation
        .reliability
        .iter()
        .map(|bin| bin.pairs)
        .max()
        .unwrap_or(1);
    let points: Vec<(f64, f64)> = evaluation
        .reliability
        .iter()
        .map(|bin| (plot.at_x(bin.mean_score), plot.at_y(bin.matches)))
        .collect();
    plot.line(points.clone(), 1.4, false, Ink::Match);
    for bin in &evaluation.reliability {
        // The interval of the share, so that a dot of three pairs is not taken for a finding.
        let right = (bin.matches * bin.pairs as f64).round() as u64;
        if let Some((low, high)) = wilson(right, bin.pairs) {
            let x = plot.at_x(bin.mean_score);
            let ends = vec![(x, plot.at_y(low)), (x, plot.at_y(high))];
            plot.line(ends, 1.0, false, Ink::NoMatch);
        }
    }
    for (bin, (x, y)) in evaluation.reliability.iter().zip(points) {
        // Area by the number of pairs.
        let r = 2.5 + 5.0 * (bin.pairs as f64 / most as f64).sqrt();
        plot.marks.push(Mark::Dot {
            x,
            y,
            r: (r * 10.0).round() / 10.0,
            ink: Ink::Match,
        });
    }
    let error = evaluation
        .scores
        .get("score")
        .and_then(|measures| measures.calibration_error);
    let says = format!(
        "On the dashed line a score can be taken at its word. Upright lines are 95 % intervals. Expected calibration error {}.",
        error.map_or("unknown".to_owned(), |error| format!("{error:.3}"))
    );
    Some(plot.figure("Reliability of the final scores", says))
}

fn asked(report: &Report) -> Option<Figure> {
    let evaluation = report
        .evaluation
        .as_ref()
        .filter(|found| found.curve.len() > 1)?;
    let points: Vec<(f64, f64)> = evaluation
        .curve
        .iter()
        .filter_map(|point| Some((point.share_asked, point.accuracy?)))
        .collect();
    let chosen = report.chosen?;
    let lowest = points
        .iter()
        .map(|(_, accuracy)| *accuracy)
        .fold(chosen.accuracy, f64::min);
    let floor = ((lowest * 20.0).floor() / 20.0 - 0.05).max(0.0);
    let right = points.last().map_or(1.0, |point| point.0).max(0.01);
    let mut plot = Plot::new(
        (0.0, right),
        (floor, 1.0),
        Axes {
            under: "share of pairs asked",
            beside: "accuracy",
        },
    );
    let line = points
        .iter()
        .map(|&(x, y)| (plot.at_x(x), plot.at_y(y)))
        .collect();
    plot.line(line, 1.8, false, Ink::Judge);
    let (x, y) = (plot.at_x(chosen.share_asked), plot.at_y(chosen.accuracy));
    plot.marks.push(Mark::Dot {
        x,
        y,
        r: 5.0,
        ink: Ink::Match,
    });
    let says = format!(
        "If only the least sure of the judged pairs had been asked. The dot is this run: {} asked, {} right.",
        percent(chosen.share_asked),
        percent(chosen.accuracy)
    );
    Some(plot.figure("What asking bought", says))
}
