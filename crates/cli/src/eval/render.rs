//! An evaluation as a table for people.

use std::{collections::BTreeMap, fmt::Write};

use midband_report::{Evaluation, Measures, SCORES};
use midband_run::number_of;

pub(crate) fn shown(evaluation: &Evaluation) -> String {
    let mut text = format!(
        "{}, {} labeled",
        number_of(evaluation.pairs as u64, "pair"),
        evaluation.labelled
    );
    match evaluation.matches {
        Some(1) => text += ", 1 match",
        Some(matches) => {
            let _ = write!(text, ", {matches} matches");
        }
        None => {
            text += ", graded: most labels lie between 0 and 1, so only correlations are measured"
        }
    }
    text.push('\n');
    measured(evaluation, "", &evaluation.scores, &mut text);
    if let Some(judge) = evaluation.judged.get("judge_score") {
        let name = format!("of the {} that the judge answered", judge.pairs);
        measured(evaluation, &name, &evaluation.judged, &mut text);
    }
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let Some(all) = &evaluation.decisions else {
        return text;
    };
    let _ = writeln!(
        text,
        "\n{:22} {:>8} {:>8} {:>9} {:>10} {:>8} {:>8}",
        "decisions", "pairs", "review", "accuracy", "precision", "recall", "F1"
    );
    for (name, group) in std::iter::once(("all".to_owned(), all)).chain(evaluation.groups()) {
        let [accuracy, precision, recall, f1] =
            [group.accuracy, group.precision, group.recall, group.f1].map(shown);
        let _ = writeln!(
            text,
            "{name:22} {:>8} {:>8} {accuracy:>9} {precision:>10} {recall:>8} {f1:>8}",
            group.pairs, group.review
        );
    }
    asking(evaluation, &mut text);
    text
}

/// A table of what each number is worth against gold, all of them on as many pairs as it says.
fn measured(
    evaluation: &Evaluation,
    name: &str,
    scores: &BTreeMap<&'static str, Measures>,
    text: &mut String,
) {
    let columns: &[&str] = if evaluation.graded {
        &["Spearman", "Pearson"]
    } else {
        &["AUROC", "avg precision", "Brier", "ECE"]
    };
    if !name.is_empty() {
        let _ = write!(text, "\n{name}");
    }
    let _ = write!(text, "\n{:12} {:>8}", "", "pairs");
    columns.iter().for_each(|column| {
        let _ = write!(text, " {column:>13}");
    });
    for name in SCORES.iter().copied().chain(["judge_score"]) {
        let Some(measures) = scores.get(name) else {
            continue;
        };
        let values = if evaluation.graded {
            vec![measures.spearman, measures.pearson]
        } else {
            vec![
                measures.auroc,
                measures.average_precision,
                measures.brier,
                measures.calibration_error,
            ]
        };
        let _ = write!(text, "\n{name:12} {:>8}", measures.pairs);
        values.into_iter().for_each(|value| {
            let shown = value.map_or("-".to_owned(), |value| format!("{value:.4}"));
            let _ = write!(text, " {shown:>13}");
        });
    }
    text.push('\n');
}

/// What asking bought, how far scores can be taken at their word, and what the features weigh.
fn asking(evaluation: &Evaluation, text: &mut String) {
    if let Some(cost) = &evaluation.cost {
        let _ = writeln!(
            text,
            "\nwrong decisions cost {:.1}, {:.4} per pair",
            cost.total, cost.a_pair
        );
    }
    if let (Some(asked), Some(clairvoyant)) = (evaluation.asked, evaluation.clairvoyant) {
        let _ = writeln!(
            text,
            "asked about {:.1} % of the pairs; with hindsight and a perfect judge, {:.1} % would give the same accuracy",
            asked * 100.0,
            clairvoyant * 100.0
        );
    }
    if !evaluation.curve.is_empty() {
        let _ = writeln!(text, "\n{:>8} {:>9} {:>8}", "asked", "accuracy", "F1");
    }
    for point in &evaluation.curve {
        let shown =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let share = point.share_asked * 100.0;
        let _ = writeln!(
            text,
            "{share:>6.1} % {:>9} {:>8}",
            shown(point.accuracy),
            shown(point.f1)
        );
    }
    let _ = writeln!(
        text,
        "\n{:>10} {:>8} {:>11} {:>14}",
        "score from", "pairs", "mean score", "share matches"
    );
    for bin in &evaluation.reliability {
        let _ = writeln!(
            text,
            "{:>10.1} {:>8} {:>11.3} {:>14.3}",
            bin.from, bin.pairs, bin.mean_score, bin.matches
        );
    }
    if !evaluation.weights.is_empty() {
        let _ = writeln!(text, "\nlog odds per standard deviation of each feature:");
    }
    for (name, weight) in evaluation
        .weights
        .iter()
        .filter(|(_, weight)| weight.abs() >= 0.005)
    {
        let _ = writeln!(text, "{weight:>8.2}  {name}");
    }
}
