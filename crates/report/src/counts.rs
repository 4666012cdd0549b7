//! What the report counts and measures.

use std::collections::BTreeMap;

use midband_metrics::{CurvePoint, Labelled};
use serde_json::Value;

use crate::{
    Band, Bar, Chosen, Histogram, Latency, Options, ResultRow, Run, Saved, Slice, ToReview,
};

/// Bars of a histogram.
const BARS: usize = 40;

/// Slices of the input's order.
const SLICES: usize = 40;

/// Points of a drawn curve at most.
const POINTS: usize = 200;

pub(crate) fn counted(
    rows: &[ResultRow],
    word: impl Fn(&ResultRow) -> String,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for word in rows.iter().map(word).filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// The reason in `unanswered(reason)`.
pub(crate) fn inner(status: &str, kind: &str) -> String {
    let reason = status
        .strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix('('));
    reason.map_or(String::new(), |rest| rest.trim_end_matches(')').to_owned())
}

pub(crate) fn band(provenance: &Value) -> Option<Band> {
    let band = provenance.get("band")?;
    let end = |at: usize| band.get(at).and_then(Value::as_f64);
    let on = match provenance.get("band_on").and_then(Value::as_str) {
        Some("proxy") => "proxy_score",
        _ => "cosine",
    };
    Some(Band {
        lower: end(0)?,
        upper: end(1)?,
        on,
    })
}

pub(crate) fn saved(run: &Run, pairs: usize) -> Option<Saved> {
    let judge = run.judge.as_ref()?;
    let answered = judge.answered.saturating_sub(judge.cached);
    if answered == 0 || run.seconds.judging <= 0.0 {
        return None;
    }
    let seconds_a_pair = run.seconds.judging / answered as f64;
    let all_asked_minutes = seconds_a_pair * pairs as f64 / 60.0;
    Some(Saved {
        seconds_a_pair,
        all_asked_minutes,
        minutes: all_asked_minutes - run.seconds.judging / 60.0,
    })
}

fn value(row: &ResultRow, name: &str) -> Option<f64> {
    match name {
        "cosine" => row.cosine,
        "proxy_score" => row.proxy_score,
        _ => row.score,
    }
}

pub(crate) fn histogram(
    rows: &[ResultRow],
    of: &'static str,
    word: fn(&ResultRow) -> &String,
) -> Histogram {
    let values: Vec<(f64, &String)> = rows
        .iter()
        .filter_map(|row| Some((value(row, of)?, word(row))))
        .collect();
    // A probability's axis is 0..1; a cosine's begins where its values do.
    let lowest = values.iter().map(|(value, _)| *value).fold(0.0, f64::min);
    Histogram {
        of,
        bars: bars(&values, (lowest * 10.0).floor() / 10.0, 1.0),
    }
}

fn bars(values: &[(f64, &String)], from: f64, to: f64) -> Vec<Bar> {
    let width = (to - from) / BARS as f64;
    let mut bars: Vec<Bar> = (0..BARS)
        .map(|at| Bar {
            from: from + at as f64 * width,
            to: from + (at + 1) as f64 * width,
            counts: BTreeMap::new(),
        })
        .collect();
    for (value, word) in values {
        let at = (((value - from) / width) as usize).min(BARS - 1);
        *bars[at].counts.entry((*word).clone()).or_default() += 1;
    }
    bars
}

pub(crate) fn latency(rows: &[ResultRow]) -> Option<Latency> {
    let judge = "judge".to_owned();
    let mut times: Vec<f64> = rows
        .iter()
        .filter(|row| row.decided_by == judge)
        .map(|row| row.latency_ms)
        .collect();
    times.sort_by(f64::total_cmp);
    let max = *times.last()?;
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let values: Vec<(f64, &String)> = times.iter().map(|time| (*time, &judge)).collect();
    Some(Latency {
        pairs: times.len(),
        mean: times.iter().sum::<f64>() / times.len() as f64,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        max,
        bars: bars(&values, 0.0, max.max(1.0)),
    })
}

pub(crate) fn over_time(rows: &[ResultRow]) -> Vec<Slice> {
    let wide = rows.len().div_ceil(SLICES);
    rows.chunks(wide.max(1))
        .enumerate()
        .map(|(at, slice)| Slice {
            from: at * wide + 1,
            to: at * wide + slice.len(),
            counts: counted(slice, |row| row.decided_by.clone()),
        })
        .collect()
}

pub(crate) fn to_review(rows: &[ResultRow], options: &Options) -> Vec<ToReview> {
    let mut order: Vec<(f64, usize)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| !row.is_certain())
        .map(|(at, row)| (row.priority(), at))
        .collect();
    order.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
    order
        .into_iter()
        .take(options.review)
        .map(|(priority, at)| {
            let row = shown(&rows[at], options);
            ToReview { priority, row }
        })
        .collect()
}

/// A row as a report may show it.
pub(crate) fn shown(row: &ResultRow, options: &Options) -> ResultRow {
    let mut row = row.clone();
    if !options.include_text {
        // The judge's words may quote the texts, and contradictions say what is in them.
        (row.a, row.b, row.contradictions) = (None, None, None);
        row.reason = row.reason.filter(|_| row.score.is_none());
    }
    row
}

pub(crate) fn labelled(rows: &[&ResultRow], name: &str) -> Vec<Labelled> {
    let scored = rows
        .iter()
        .filter_map(|row| Some((value(row, name)?, row.gold? == 1.0)));
    scored
        .map(|(score, is_match)| Labelled { score, is_match })
        .collect()
}

/// As many points as can be told apart on paper, the first and the last among them.
pub(crate) fn thinned(points: Vec<CurvePoint>) -> Vec<CurvePoint> {
    if points.len() <= POINTS {
        return points;
    }
    let last = points.len() - 1;
    (0..POINTS)
        .map(|at| points[at * last / (POINTS - 1)])
        .collect()
}

pub(crate) fn chosen(rows: &[&ResultRow]) -> Option<Chosen> {
    let decided: Vec<bool> = rows
        .iter()
        .filter_map(|row| {
            let called_match = match row.decision.as_str() {
                "review" => row.score? >= 0.5,
                decision => decision == "match",
            };
            Some(called_match == (row.gold? == 1.0))
        })
        .collect();
    if decided.is_empty() {
        return None;
    }
    let right = decided.iter().filter(|right| **right).count() as f64;
    let asked = rows.iter().filter(|row| row.is_judged()).count() as f64;
    Some(Chosen {
        share_asked: asked / rows.len() as f64,
        accuracy: right / decided.len() as f64,
    })
}
