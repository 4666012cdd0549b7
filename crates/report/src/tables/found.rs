//! Tables of what was found: thresholds, combinations of agreement, columns, clusters.

use super::{Table, head};
use crate::{
    Clusters, Lists, Patterns, Report,
    render::has_labels,
    words::{count, percent},
};

/// Thresholds that stand in the table; the slider has all of them.
const AT: [usize; 8] = [30, 50, 70, 80, 90, 95, 98, 99];
/// Pairs that stand for a combination.
const EXAMPLES: usize = 3;

pub(crate) fn thresholds(report: &Report) -> Table {
    let all = &report.thresholds;
    let labelled = has_labels(all);
    let whole = all.first().copied().unwrap_or_default();
    let share = |part: f64, of: f64| {
        if of > 0.0 {
            percent(part / of)
        } else {
            "-".to_owned()
        }
    };
    let rows = AT.iter().filter_map(|at| all.get(*at)).map(|point| {
        let (right, called, known) = if labelled {
            (
                point.labelled_matches as f64,
                point.labelled as f64,
                whole.labelled_matches as f64,
            )
        } else {
            (point.expected, point.pairs as f64, whole.expected)
        };
        vec![
            format!("{:.2}", point.at),
            count(point.pairs),
            share(right, called),
            share(right, known),
        ]
    });
    Table {
        caption: if labelled {
            "Matches by threshold; precision and recall counted on the labeled pairs"
        } else {
            "Matches by threshold; precision and recall estimated from the scores"
        }
        .to_owned(),
        head: head(&["from a score of", "matches", "precision", "recall"], 1),
        rows: rows.collect(),
    }
}

pub(crate) fn patterns(patterns: &Patterns) -> Table {
    let mut names: Vec<&str> = vec!["pairs"];
    names.extend(["mean score", "decisions", "such as"]);
    names.extend(patterns.columns.iter().map(String::as_str));
    let mut columns: Vec<(String, bool)> = head(&names, 0);
    for (at, column) in columns.iter_mut().enumerate() {
        column.1 = at == 1;
    }
    let rows = patterns.found.iter().map(|pattern| {
        let decisions: Vec<String> = pattern
            .decisions
            .iter()
            .map(|(word, pairs)| format!("{} {}", crate::words::named(word), count(*pairs)))
            .collect();
        let examples = &pattern.examples[..pattern.examples.len().min(EXAMPLES)];
        let mut row = vec![
            count(pattern.pairs),
            format!("{:.2}", pattern.mean_score),
            decisions.join(", "),
            examples.join(", "),
        ];
        row.extend(pattern.levels.iter().cloned());
        row
    });
    Table {
        caption: "Combinations of agreement, the most frequent first".to_owned(),
        head: columns,
        rows: rows.collect(),
    }
}

pub(crate) fn columns(lists: &Lists) -> Table {
    let filled = |header: &str, share: f64| {
        if header.is_empty() {
            "-".to_owned()
        } else {
            percent(share)
        }
    };
    let two = lists.right.is_some();
    let rows = lists.columns.iter().map(|column| {
        let mut row = vec![column.name().to_owned(), column.kind.clone()];
        if two {
            row.insert(1, column.right.clone());
        }
        row.push(filled(&column.left, column.left_filled));
        if two {
            row.push(filled(&column.right, column.right_filled));
        }
        row
    });
    let head = if two {
        head(
            &[
                "column",
                "the same as",
                "type",
                "filled, left",
                "filled, right",
            ],
            3,
        )
    } else {
        head(&["column", "type", "filled"], 2)
    };
    Table {
        caption: "Columns, their types, and the share of records with a value".to_owned(),
        head,
        rows: rows.collect(),
    }
}

pub(crate) fn clusters(clusters: &Clusters) -> Table {
    let rows = clusters.by_size.iter();
    Table {
        caption: "Groups of records that matches join, by size".to_owned(),
        head: head(&["records in the group", "groups"], 1),
        rows: rows
            .map(|(size, groups)| vec![size.to_string(), count(*groups)])
            .collect(),
    }
}
