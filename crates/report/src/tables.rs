//! The report's tables.

mod found;

use crate::{
    Evaluation, Group, Report,
    words::{named, percent},
};

pub(crate) use found::{clusters, columns, patterns, thresholds};

pub(crate) struct Table {
    pub(crate) caption: String,
    /// Names of the columns, and whether they hold numbers.
    pub(crate) head: Vec<(String, bool)>,
    pub(crate) rows: Vec<Vec<String>>,
}

pub(crate) fn counts(report: &Report) -> Table {
    let groups = [
        ("Route", &report.routes),
        ("Decision", &report.decisions),
        ("Decided by", &report.decided_by),
    ];
    let rows = groups
        .into_iter()
        .flat_map(|(group, counts)| {
            counts
                .iter()
                .map(move |(word, count)| (group, word, *count))
        })
        .map(|(group, word, count)| {
            vec![
                group.to_owned(),
                named(word).to_owned(),
                count.to_string(),
                percent(count as f64 / report.pairs.max(1) as f64),
            ]
        })
        .collect();
    Table {
        caption: "Pairs by route, by decision and by who decided".to_owned(),
        head: head(&["", "", "pairs", "share"], 2),
        rows,
    }
}

/// Column names, of which the first `texts` hold no numbers.
fn head(names: &[&str], texts: usize) -> Vec<(String, bool)> {
    names
        .iter()
        .enumerate()
        .map(|(at, name)| ((*name).to_owned(), at >= texts))
        .collect()
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

pub(crate) fn measures(evaluation: &Evaluation) -> Table {
    let columns: &[&str] = if evaluation.graded {
        &["", "Spearman", "Pearson"]
    } else {
        &[
            "",
            "AUROC",
            "average precision",
            "Brier",
            "calibration error",
        ]
    };
    let rows = crate::SCORES
        .iter()
        .filter_map(|name| Some((name, evaluation.scores.get(name)?)))
        .map(|(name, found)| {
            let values = if evaluation.graded {
                vec![found.spearman, found.pearson]
            } else {
                vec![
                    found.auroc,
                    found.average_precision,
                    found.brier,
                    found.calibration_error,
                ]
            };
            std::iter::once(named(name).to_owned())
                .chain(values.into_iter().map(number))
                .collect()
        })
        .collect();
    Table {
        caption: "How well each number ranks pairs, and how far it can be taken at its word"
            .to_owned(),
        head: head(columns, 1),
        rows,
    }
}

pub(crate) fn confusion(all: &Group) -> Table {
    let row = |name: &str, matched: u64, other: u64| {
        vec![name.to_owned(), matched.to_string(), other.to_string()]
    };
    Table {
        caption: format!(
            "Decisions against labels; {} pairs are left for review, {} of them matches",
            all.review, all.review_matches
        ),
        head: head(&["", "decided match", "decided no match"], 1),
        rows: vec![
            row(
                "labeled match",
                all.counts.true_matches,
                all.counts.missed_matches,
            ),
            row(
                "labeled no match",
                all.counts.false_matches,
                all.counts.true_others,
            ),
        ],
    }
}

pub(crate) fn groups(evaluation: &Evaluation, all: &Group) -> Table {
    let one = |name: String, group: &Group| {
        let mut row = vec![name, group.pairs.to_string(), group.review.to_string()];
        row.extend([group.accuracy, group.precision, group.recall, group.f1].map(number));
        row
    };
    Table {
        caption: "Quality of the decisions, by route and by who decided. Recall and F1 count matches left for review as \
                  not found; accuracy is that of the decided pairs"
            .to_owned(),
        head: head(
            &[
                "",
                "pairs",
                "review",
                "accuracy",
                "precision",
                "recall",
                "F1",
            ],
            1,
        ),
        rows: std::iter::once(("all".to_owned(), all))
            .chain(evaluation.groups())
            .map(|(name, group)| one(name, group))
            .collect(),
    }
}

pub(crate) fn review(report: &Report) -> Table {
    let with_text = report.review.iter().any(|item| item.row.a.is_some());
    let mut columns = vec![
        "pair",
        "decision",
        "decided by",
        "priority",
        "score",
        "proxy score",
        "judge",
    ];
    let texts = if with_text {
        columns.splice(1..1, ["left", "right"]);
        5
    } else {
        3
    };
    let rows = report
        .review
        .iter()
        .map(|item| {
            let row = &item.row;
            let by = if row.decided_by.is_empty() {
                &row.status
            } else {
                &row.decided_by
            };
            let mut cells = vec![row.id.to_string()];
            if with_text {
                cells.extend([row.a.clone(), row.b.clone()].map(Option::unwrap_or_default));
            }
            cells.extend([named(&row.decision).to_owned(), by.to_string()]);
            cells.extend(
                [
                    Some(item.priority),
                    row.score,
                    row.proxy_score,
                    row.judge_score,
                ]
                .map(number),
            );
            cells
        })
        .collect();
    Table {
        caption: "Pairs for review".to_owned(),
        head: head(&columns, texts),
        rows,
    }
}
