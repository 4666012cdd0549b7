//! Drawings that say what was found: scores, thresholds, how complete the columns are.

use super::words::words;
use crate::{
    List, Lists, Report,
    drawing::{Anchor, Figure, Ink, Mark},
    plot::{Axes, Plot, logged},
    render::has_labels,
    words::percent,
};

/// Steps of a threshold, the last one that a record can pass, and the one at even odds: nothing is certain.
const HUNDREDTHS: usize = 100;
const LAST: usize = 99;
const EVEN: usize = 50;

/// Final scores by decision, on an axis of logarithms: ten sure pairs must not hide one unsure one.
pub(crate) fn scored(report: &Report) -> Figure {
    let bars = &report.scored.bars;
    let counts = bars.iter().flat_map(|bar| bar.counts.values());
    let most = counts.copied().max().unwrap_or(1);
    let axes = Axes {
        under: "final score",
        beside: "pairs (logarithmic)",
    };
    let mut plot = Plot::log((0.0, 1.0), most, axes);
    let words = words(bars.iter().map(|bar| &bar.counts));
    for bar in bars {
        // Side by side: heights of logarithms do not add up.
        let wide = (bar.to - bar.from) * 0.92 / words.len().max(1) as f64;
        for (at, word) in words.iter().enumerate() {
            let pairs = bar.counts.get(word).copied().unwrap_or(0);
            if pairs > 0 {
                let from = bar.from + (bar.to - bar.from) * 0.04 + wide * at as f64;
                plot.rect(
                    (from, from + wide),
                    (0.0, logged(pairs as f64)),
                    Ink::of(word),
                );
            }
        }
    }
    plot.legend(&words);
    plot.figure(
        "Final scores",
        "Pairs by final score and decision. Each step of the axis is ten times as many pairs."
            .to_owned(),
    )
}

/// Precision and recall if every pair from a score on were called a match.
pub(crate) fn thresholds(report: &Report) -> Figure {
    let all = &report.thresholds;
    let axes = Axes {
        under: "threshold on the final score",
        beside: "share",
    };
    let mut plot = Plot::new((0.0, 1.0), (0.0, 1.0), axes);
    let labelled = has_labels(all);
    let (mut precision, mut recall) = (Vec::new(), Vec::new());
    let whole = all.first().copied().unwrap_or_default();
    for point in all {
        let (right, called, known) = if labelled {
            (
                point.labelled_matches as f64,
                point.labelled as f64,
                whole.labelled_matches as f64,
            )
        } else {
            (point.expected, point.pairs as f64, whole.expected)
        };
        let x = plot.at_x(point.at);
        if called > 0.0 {
            precision.push((x, plot.at_y(right / called)));
        }
        if known > 0.0 {
            recall.push((x, plot.at_y(right / known)));
        }
    }
    plot.line(precision, 1.8, false, Ink::Match);
    plot.line(recall, 1.8, true, Ink::Fallback);
    plot.key(&[
        ("precision", Ink::Match),
        ("recall (dashed)", Ink::Fallback),
    ]);
    let from = if labelled {
        "counted on the labeled pairs"
    } else {
        "estimated from the scores"
    };
    plot.figure(
        "Precision and recall by threshold",
        format!("What a threshold would give, {from}."),
    )
}

/// Shares of records with a value, by column and list.
pub(crate) fn completeness(lists: &Lists) -> Figure {
    const ROW: f64 = 26.0;
    const BARS: (f64, f64) = (150.0, 420.0);
    let mut marks = Vec::new();
    let text = |(x, y): (f64, f64), anchor, ink, text: String| Mark::Text {
        x,
        y,
        size: 8.5,
        anchor,
        bold: false,
        ink,
        text,
    };
    for (at, column) in lists.columns.iter().enumerate() {
        let y = 8.0 + ROW * at as f64;
        let name: String = column.name().chars().take(24).collect();
        marks.push(text((BARS.0 - 8.0, y + 12.0), Anchor::End, Ink::Text, name));
        let sides = [
            (!column.left.is_empty(), column.left_filled, Ink::Match),
            (!column.right.is_empty(), column.right_filled, Ink::Judge),
        ];
        for (place, (known, filled, ink)) in sides.into_iter().enumerate() {
            if !known || (place == 1 && lists.right.is_none()) {
                continue;
            }
            let y = y + 9.0 * place as f64;
            marks.push(Mark::Rect {
                x: BARS.0,
                y,
                w: BARS.1 - BARS.0,
                h: 7.5,
                ink: Ink::Grid,
            });
            marks.push(Mark::Rect {
                x: BARS.0,
                y,
                w: (BARS.1 - BARS.0) * filled,
                h: 7.5,
                ink,
            });
            let at = (BARS.1 + 6.0, y + 7.5);
            marks.push(text(at, Anchor::Start, Ink::Axis, percent(filled)));
        }
    }
    let names = match &lists.right {
        Some(right) => format!("{} above, {} below", lists.left.name, right.name),
        None => lists.left.name.clone(),
    };
    Figure {
        width: 480.0,
        height: 12.0 + ROW * lists.columns.len() as f64,
        title: "How complete the columns are".to_owned(),
        says: format!("Share of records with a value: {names}."),
        marks,
    }
}

/// Shares of records that no threshold from a score on can find, as in Splink's chart of the unlinkable. `None` where nothing was
/// learnt of the lists.
pub(crate) fn unfindable(lists: &Lists) -> Option<Figure> {
    let sides = [
        (Some(&lists.left), Ink::Match),
        (lists.right.as_ref(), Ink::Judge),
    ];
    let known: Vec<(&List, Ink)> = sides
        .into_iter()
        .filter_map(|(list, ink)| Some((list?, ink)))
        .filter(|(list, _)| list.records > 0 && !list.copies.is_empty())
        .collect();
    let share = |list: &List, at: usize| {
        list.unfindable(at).unwrap_or(0) as f64 / list.records.max(1) as f64
    };
    let most = known
        .iter()
        .map(|(list, _)| share(list, LAST))
        .fold(0.0, f64::max);
    if known.is_empty() {
        return None;
    }
    let axes = Axes {
        under: "threshold on the score",
        beside: "share of records",
    };
    let mut plot = Plot::new((0.0, 1.0), (0.0, (most * 1.05).max(0.01)), axes);
    for (list, ink) in &known {
        let points = (0..=LAST).map(|at| {
            (
                plot.at_x(at as f64 / HUNDREDTHS as f64),
                plot.at_y(share(list, at)),
            )
        });
        let points = points.collect();
        plot.line(points, 1.8, *ink == Ink::Judge, *ink);
    }
    let names: Vec<(&str, Ink)> = known
        .iter()
        .map(|(list, ink)| (list.name.as_str(), *ink))
        .collect();
    plot.key(&names);
    let at_half: Vec<String> = known
        .iter()
        .map(|(list, _)| format!("{} of {}", percent(share(list, EVEN)), list.name))
        .collect();
    Some(plot.figure(
        "Records that can't be found",
        format!(
            "Share of records whose exact copy would stay below the threshold: their values are too few or too common. At 0.50: {}.",
            at_half.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_cannot_be_found_are_counted_by_threshold() {
        let mut copies = vec![0; HUNDREDTHS + 1];
        (copies[10], copies[60], copies[HUNDREDTHS]) = (1, 2, 7);
        let list = List {
            name: "people.csv".to_owned(),
            records: 10,
            copies,
            ..List::default()
        };
        let found = [0, 10, 11, EVEN, 61, LAST].map(|at| list.unfindable(at).unwrap());
        assert_eq!(found, [0, 0, 1, 1, 3, 3]);
        let lists = Lists {
            left: list,
            ..Lists::default()
        };
        let figure = unfindable(&lists).unwrap();
        assert!(
            figure.says.ends_with("At 0.50: 10.0 % of people.csv."),
            "{}",
            figure.says
        );
        assert!(unfindable(&Lists::default()).is_none());
    }
}
