//! Drawings of single pairs and clusters: what a score is made of, and how records hang together.

use crate::{
    Cluster, ResultRow,
    drawing::{Anchor, Figure, Ink, Mark},
};

/// Parts of a score that are shown one by one.
pub(crate) const PARTS: usize = 14;

const WIDTH: f64 = 480.0;
/// Where the bars begin and end.
const BARS: (f64, f64) = (180.0, 430.0);
const ROW: f64 = 18.0;
const SMALL: f64 = 9.5;

fn text((x, y): (f64, f64), anchor: Anchor, ink: Ink, text: String) -> Mark {
    Mark::Text {
        x,
        y,
        size: SMALL,
        anchor,
        bold: false,
        ink,
        text,
    }
}

fn line(points: Vec<(f64, f64)>, width: f64, dashed: bool, ink: Ink) -> Mark {
    Mark::Line {
        points,
        width,
        dashed,
        ink,
    }
}

/// A pair's match weights from the prior to the final score, as in Splink's waterfall chart. `None` where the scored file
/// does not say what the score is made of.
pub(crate) fn waterfall(row: &ResultRow) -> Option<Figure> {
    let weights = row.weights(PARTS);
    let score = row.score?;
    if weights.is_empty() {
        return None;
    }
    let mut steps = Vec::with_capacity(weights.len());
    let mut sum = 0.0;
    for (name, weight) in &weights {
        steps.push((name.as_str(), sum, sum + weight));
        sum += weight;
    }
    let ends = steps.iter().flat_map(|(_, from, to)| [*from, *to]);
    let (low, high) = ends.fold((0.0f64, 0.0f64), |(low, high), end| {
        (low.min(end), high.max(end))
    });
    let scale = (BARS.1 - BARS.0) / (high - low).max(1e-9);
    let at = |weight: f64| BARS.0 + (weight - low) * scale;
    let height = 14.0 + ROW * (steps.len() + 1) as f64 + 8.0;
    let mut marks = vec![line(
        vec![(at(0.0), 10.0), (at(0.0), height - 6.0)],
        0.8,
        true,
        Ink::Axis,
    )];
    for (place, (name, from, to)) in steps.iter().enumerate() {
        let y = 14.0 + ROW * place as f64;
        let (x, w) = (at(from.min(*to)), (to - from).abs() * scale);
        let ink = if to >= from {
            Ink::Match
        } else {
            Ink::Fallback
        };
        marks.push(Mark::Rect {
            x,
            y,
            w: w.max(0.8),
            h: ROW - 6.0,
            ink,
        });
        let base = y + ROW / 2.0;
        marks.push(text(
            (BARS.0 - 8.0, base),
            Anchor::End,
            Ink::Text,
            cut(name, 32),
        ));
        marks.push(text(
            (WIDTH - 4.0, base),
            Anchor::End,
            Ink::Axis,
            format!("{:+.1}", to - from),
        ));
    }
    let y = 14.0 + ROW * steps.len() as f64;
    let (x, w) = (at(sum.min(0.0)), sum.abs() * scale);
    marks.push(Mark::Rect {
        x,
        y,
        w: w.max(0.8),
        h: ROW - 6.0,
        ink: Ink::NoMatch,
    });
    let base = y + ROW / 2.0;
    marks.push(text(
        (BARS.0 - 8.0, base),
        Anchor::End,
        Ink::Text,
        format!("final score {score:.2}"),
    ));
    marks.push(text(
        (WIDTH - 4.0, base),
        Anchor::End,
        Ink::Axis,
        format!("{sum:+.1}"),
    ));
    let told: Vec<String> = weights
        .iter()
        .map(|(name, weight)| format!("{name} {weight:+.1}"))
        .collect();
    Some(Figure {
        width: WIDTH,
        height,
        title: "What the score is made of".to_owned(),
        says: format!("Match weights: {}.", told.join(", ")),
        marks,
    })
}

/// A pair's match weights as an SVG element with colours of its own, for pages that are not ours. `None` where the row does not
/// say what its score is made of.
pub fn waterfall_svg(row: &ResultRow) -> Option<String> {
    waterfall(row).map(|figure| figure.coloured_svg())
}

/// The records of a cluster on a circle, its matches as lines: thick ones are sure.
pub(crate) fn graph(cluster: &Cluster) -> Figure {
    const SIZE: f64 = 260.0;
    let middle = SIZE / 2.0;
    let all = cluster.records.len().max(1) as f64;
    let place = |at: usize, radius: f64| {
        let angle = std::f64::consts::TAU * at as f64 / all - std::f64::consts::FRAC_PI_2;
        (middle + radius * angle.cos(), middle + radius * angle.sin())
    };
    let mut marks = Vec::new();
    for &(a, b, score) in &cluster.edges {
        let weak = score < 0.9;
        let ink = if weak { Ink::Ask } else { Ink::Match };
        marks.push(line(
            vec![place(a, 80.0), place(b, 80.0)],
            0.8 + 2.4 * score,
            weak,
            ink,
        ));
    }
    for (at, id) in cluster.records.iter().enumerate() {
        let (x, y) = place(at, 80.0);
        let ink = if at < cluster.left {
            Ink::Match
        } else {
            Ink::Judge
        };
        marks.push(Mark::Dot { x, y, r: 5.5, ink });
        let (x, y) = place(at, 98.0);
        marks.push(text((x, y + 3.0), Anchor::Middle, Ink::Text, cut(id, 14)));
    }
    Figure {
        width: SIZE,
        height: SIZE,
        title: format!("{} records", cluster.records.len()),
        says: format!(
            "{} matches join {}; the weakest has a score of {:.2}. Dashed: below 0.90.",
            cluster.edges.len(),
            cluster.records.join(", "),
            cluster.weakest
        ),
        marks,
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::f64::consts::LN_2;

    #[test]
    fn bars_run_from_the_prior_to_the_score() {
        let row = ResultRow {
            score: Some(0.8),
            parts: json!({"prior": -3.0 * LN_2, "born: exact": 5.0 * LN_2})
                .as_object()
                .cloned(),
            ..ResultRow::default()
        };
        let figure = waterfall(&row).unwrap();
        let bars: Vec<(f64, f64)> = figure
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect { x, w, .. } => Some((*x, x + w)),
                _ => None,
            })
            .collect();
        assert_eq!(bars.len(), 3);
        // The prior ends where the column begins, and the sum reaches as far as the column.
        assert!((bars[0].0 - bars[1].0).abs() < 1e-9, "{bars:?}");
        assert!((bars[1].1 - bars[2].1).abs() < 1e-9, "{bars:?}");
        assert!(figure.says.contains("born: exact +5.0"));
        assert!(waterfall(&ResultRow::default()).is_none());
        let svg = waterfall_svg(&row).unwrap();
        assert!(svg.starts_with("<svg class=\"midband\"") && svg.ends_with("</svg>"));
        assert!(svg.contains(".midband .f-match{fill:rgb(0,114,178)}"));
        assert!(waterfall_svg(&ResultRow::default()).is_none());
    }
}
