//! Drawings for whoever runs midband: where pairs went, who decided, how long the judge took.

use super::words::words;
use crate::{
    Bar, Report,
    drawing::{Figure, Ink},
    plot::{Axes, Plot},
    words::named,
};

/// Drawings for whoever runs midband.
pub(crate) fn engineers(report: &Report) -> Vec<Figure> {
    let mut figures = vec![routed(report), over_time(report)];
    figures.extend(latency(report));
    figures
}

fn stacked(bars: &[Bar], axes: Axes, band: Option<(f64, f64)>) -> Plot {
    let from = bars.first().map_or(0.0, |bar| bar.from);
    let to = bars.last().map_or(1.0, |bar| bar.to);
    let most = bars
        .iter()
        .map(|bar| bar.counts.values().sum::<u64>())
        .max();
    let top = (most.unwrap_or(0).max(1) as f64) * 1.05;
    let mut plot = Plot::new((from, to), (0.0, top), axes);
    if let Some(ends) = band {
        let grid = std::mem::take(&mut plot.marks);
        plot.rect(ends, (0.0, top), Ink::Band);
        // Behind the grid, so that bars and lines stay readable on it.
        plot.marks.extend(grid);
    }
    let words = words(bars.iter().map(|bar| &bar.counts));
    for bar in bars {
        let gap = (bar.to - bar.from) * 0.06;
        let mut under = 0.0;
        for word in &words {
            let count = bar.counts.get(word).copied().unwrap_or(0) as f64;
            if count > 0.0 {
                plot.rect(
                    (bar.from + gap, bar.to - gap),
                    (under, under + count),
                    Ink::of(word),
                );
            }
            under += count;
        }
    }
    plot.legend(&words);
    plot
}

fn routed(report: &Report) -> Figure {
    let band = report.band.as_ref().map(|band| (band.lower, band.upper));
    let on = named(report.routed.of);
    let axes = Axes {
        under: on,
        beside: "pairs",
    };
    let plot = stacked(&report.routed.bars, axes, band);
    let says = match &report.band {
        Some(band) => format!(
            "Pairs by {on} and route; the band from {} to {} is shaded.",
            band.lower, band.upper
        ),
        None => format!(
            "Pairs by {on} and route; the policy asks where asking pays, so there is no fixed band."
        ),
    };
    plot.figure("Where pairs went", says)
}

fn over_time(report: &Report) -> Figure {
    let bars: Vec<Bar> = report
        .over_time
        .iter()
        .map(|slice| Bar {
            from: slice.from as f64 - 1.0,
            to: slice.to as f64,
            counts: slice.counts.clone(),
        })
        .collect();
    let plot = stacked(
        &bars,
        Axes {
            under: "row of the input",
            beside: "pairs",
        },
        None,
    );
    plot.figure(
        "Who decided, along the input",
        "Pairs by who decided, in the order of the input.".to_owned(),
    )
}

fn latency(report: &Report) -> Option<Figure> {
    let latency = report.latency.as_ref()?;
    let simulated = if report.simulated { " SIMULATED." } else { "" };
    let plot = stacked(
        &latency.bars,
        Axes {
            under: "milliseconds",
            beside: "pairs",
        },
        None,
    );
    let says = format!(
        "Time to the judge's answer: half within {:.0} ms, 95 % within {:.0} ms, 99 % within {:.0} ms, at most {:.0} ms.{simulated}",
        latency.p50, latency.p95, latency.p99, latency.max
    );
    Some(plot.figure("Latency of the judge", says))
}
