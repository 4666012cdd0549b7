//! The report as data: what `/analyze-json` answers, and what the HTML page and the PDF show.

use std::collections::BTreeMap;

use midband_metrics::{CurvePoint, Labelled, precision_recall, roc};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Answer, Costs, Estimate, Evaluation, Patterns, ResultRow, Run, SCORES, Saved, Threshold,
    counts::{
        band, chosen, counted, histogram, inner, labelled, latency, over_time, saved, shown,
        thinned, to_review,
    },
    estimate::thresholds,
    patterns::{examples, patterns},
};

/// What a report is made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// What was scored: a file's name, or a word of the caller's.
    pub source: String,
    /// When the report was made, RFC 3339, UTC.
    pub made: String,
    /// The run's provenance, where it is known.
    pub provenance: Option<Value>,
    /// What the run came to, where it is known.
    pub run: Option<Run>,
    /// What wrong decisions cost.
    pub costs: Costs,
    /// Pairs in the review list.
    pub review: usize,
    /// Show texts in the review list.
    pub include_text: bool,
}

impl Options {
    /// No provenance, equal costs, 50 pairs to review, no texts.
    pub fn new(source: impl Into<String>, made: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            made: made.into(),
            provenance: None,
            run: None,
            costs: Costs::default(),
            review: 50,
            include_text: false,
        }
    }
}

/// The band, where the policy is a fixed one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Band {
    /// Below it a pair is rejected.
    pub lower: f64,
    /// From it on a pair is accepted.
    pub upper: f64,
    /// `cosine` or `proxy_score`.
    pub on: &'static str,
}

/// Pairs by a number, in bars of equal width.
#[derive(Clone, Debug, Serialize)]
pub struct Histogram {
    /// The number: a name in [`SCORES`].
    pub of: &'static str,
    /// From the lowest to the highest.
    pub bars: Vec<Bar>,
}

/// A bar of a histogram.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Lower end.
    pub from: f64,
    /// Upper end.
    pub to: f64,
    /// Pairs by route or by decision.
    pub counts: BTreeMap<String, u64>,
}

/// How long the judge took, milliseconds; answers from the cache left out.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// Pairs that the judge answered.
    pub pairs: usize,
    /// Mean.
    pub mean: f64,
    /// Half took at most this.
    pub p50: f64,
    /// 95 of 100.
    pub p95: f64,
    /// 99 of 100.
    pub p99: f64,
    /// The longest.
    pub max: f64,
    /// Pairs by time, in bars of equal width.
    pub bars: Vec<Bar>,
}

/// Rows that stand together in the input's order.
#[derive(Clone, Debug, Serialize)]
pub struct Slice {
    /// First row, from 1.
    pub from: usize,
    /// Last row.
    pub to: usize,
    /// Pairs by who decided.
    pub counts: BTreeMap<String, u64>,
}

/// A pair that a person should look at.
#[derive(Clone, Serialize)]
pub struct ToReview {
    /// How much a look is worth, 0..=1.
    pub priority: f64,
    /// The pair as it was scored; its texts are empty unless they were asked for.
    #[serde(flatten)]
    pub row: ResultRow,
}

/// What was asked and what it gave, beside the curve of what might have been asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// Share of the labelled pairs that were asked.
    pub share_asked: f64,
    /// Share of right decisions, pairs for review decided by their score.
    pub accuracy: f64,
}

/// The whole report.
#[derive(Clone, Serialize)]
pub struct Report {
    /// What was scored.
    pub source: String,
    /// When the report was made.
    pub made: String,
    /// True where a simulator stood in for the judge: every time and every verdict is SIMULATED.
    pub simulated: bool,
    /// True where the run used no label of the user's; `None` where its provenance is not known.
    pub uncalibrated: Option<bool>,
    /// What was found, in records or in pairs.
    pub answer: Answer,
    /// How sure the decisions are.
    pub estimate: Option<Estimate>,
    /// What other thresholds would give, by hundredths.
    pub thresholds: Vec<Threshold>,
    /// Which comparison levels occur together, where the scored file says it (`--parts`).
    pub patterns: Option<Patterns>,
    /// Pairs of each of these, for the page.
    #[serde(skip)]
    pub(crate) examples: Vec<Vec<ResultRow>>,
    /// Verdicts that the final decision went against.
    pub overruled: u64,
    /// Scored pairs.
    pub pairs: usize,
    /// By route.
    pub routes: BTreeMap<String, u64>,
    /// By decision.
    pub decisions: BTreeMap<String, u64>,
    /// By who decided.
    pub decided_by: BTreeMap<String, u64>,
    /// Wanted a judge and got no answer, by reason.
    pub unanswered: BTreeMap<String, u64>,
    /// Could not be scored, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Compared on truncated text.
    pub truncated: u64,
    /// What the run came to, where it is known.
    pub run: Option<Run>,
    /// What was not spent, where the judge's time is known.
    pub saved: Option<Saved>,
    /// The band, where there is one.
    pub band: Option<Band>,
    /// The number that the band lies on (else the proxy score), by route.
    pub routed: Histogram,
    /// Final scores, by decision.
    pub scored: Histogram,
    /// The judge's time.
    pub latency: Option<Latency>,
    /// Who decided, in the input's order.
    pub over_time: Vec<Slice>,
    /// Pairs for review, in all.
    pub to_review: u64,
    /// The most informative of all pairs, the best first.
    pub review: Vec<ToReview>,
    /// Scores against labels, where there are labels.
    pub evaluation: Option<Evaluation>,
    /// False and true positive rates by score.
    pub roc: BTreeMap<&'static str, Vec<CurvePoint>>,
    /// Recall and precision by score.
    pub precision_recall: BTreeMap<&'static str, Vec<CurvePoint>>,
    /// What was asked and what it gave, where there are labels.
    pub chosen: Option<Chosen>,
    /// All that is needed to reproduce the scores.
    pub provenance: Option<Value>,
}

impl Report {
    /// True where labels, verdicts, a prior of the kind or the lists themselves speak for the scores as probabilities.
    pub(crate) fn has_probabilities(&self) -> bool {
        let proxy = self
            .provenance
            .as_ref()
            .and_then(|all| all["proxy"].as_str());
        let vouched = self.run.as_ref().and_then(|run| run.vouched);
        self.uncalibrated == Some(false)
            || vouched
                .unwrap_or_else(|| proxy.is_some_and(|proxy| proxy.starts_with("match weights")))
    }

    /// Counts and measures. Of no row at all, a page that says so.
    pub fn new(rows: &[ResultRow], options: &Options) -> Self {
        let band = options.provenance.as_ref().and_then(band);
        let on = band.as_ref().map_or("proxy_score", |band| band.on);
        let judge = options.run.as_ref().and_then(|run| run.judge.as_ref());
        let named = options
            .provenance
            .as_ref()
            .and_then(|all| all["judge"].as_str());
        let golden: Vec<&ResultRow> = rows.iter().filter(|row| row.gold.is_some()).collect();
        let evaluation = Evaluation::of(rows, &options.costs);
        let patterns = patterns(rows);
        let binary = evaluation.as_ref().is_some_and(|found| !found.graded);
        let curves = |curve: fn(&[Labelled]) -> Vec<CurvePoint>| {
            SCORES
                .into_iter()
                .filter(|_| binary)
                .map(|name| (name, thinned(curve(&labelled(&golden, name)))))
                .filter(|(_, points)| !points.is_empty())
                .collect()
        };
        Self {
            source: options.source.clone(),
            made: options.made.clone(),
            simulated: judge.is_some_and(|judge| judge.simulated)
                || named.is_some_and(|name| name.contains("SIMULATED")),
            uncalibrated: options
                .provenance
                .as_ref()
                .and_then(|all| all["calibrated"].as_bool())
                .map(|calibrated| !calibrated),
            answer: Answer::new(
                rows,
                options.run.as_ref().and_then(|run| run.lists.as_ref()),
            ),
            estimate: Estimate::of(rows),
            thresholds: thresholds(rows),
            examples: patterns
                .iter()
                .flat_map(|found| examples(rows, found))
                .map(|rows| rows.into_iter().map(|row| shown(row, options)).collect())
                .collect(),
            patterns,
            overruled: rows.iter().filter(|row| row.is_overruled()).count() as u64,
            pairs: rows.len(),
            routes: counted(rows, |row| row.route.clone()),
            decisions: counted(rows, |row| row.decision.clone()),
            decided_by: counted(rows, |row| row.decided_by.clone()),
            unanswered: counted(rows, |row| inner(&row.status, "unanswered")),
            rejected: counted(rows, |row| inner(&row.status, "rejected")),
            truncated: rows.iter().filter(|row| row.truncated).count() as u64,
            saved: options.run.as_ref().and_then(|run| saved(run, rows.len())),
            run: options.run.clone(),
            routed: histogram(rows, on, |row| &row.route),
            scored: histogram(rows, "score", |row| &row.decision),
            band,
            latency: latency(rows),
            over_time: over_time(rows),
            to_review: rows.iter().filter(|row| row.decision == "review").count() as u64,
            review: to_review(rows, options),
            roc: curves(roc),
            precision_recall: curves(precision_recall),
            chosen: if binary { chosen(&golden) } else { None },
            evaluation,
            provenance: options.provenance.clone(),
        }
    }
}
