//! What a scored file says, for people: the evaluation against labels, the report (JSON, HTML, PDF) and the page
//! on which a person reviews pairs.
//!
//! Pure: rows in, bytes out. Texts of pairs stand in the results only where [`Options::include_text`] asks for them,
//! and in the review page, which is there to show them.

mod answer;
mod charts;
mod compare;
mod counting;
mod estimate;
mod evaluation;
mod figure;
mod glossary;
mod html;
mod label_weights;
mod labels;
mod lists;
mod pair;
mod patterns;
mod pdf;
mod plot;
mod render;
mod report;
mod review;
mod row;
mod run;
mod tables;
mod waterfall;
mod words;

pub use answer::{Answer, Cluster, Clusters, Found};
pub use compare::{ClusterChanges, DecisionChange, NOT_WRITTEN, PairChanges, Regrouping};
pub use estimate::{Basis, Estimate, Share, Threshold};
pub use evaluation::{Cost, Costs, Evaluation, Group, Measures, SCORES};
pub use html::html;
pub use labels::{GivenLabel, LabelWeights, Labels};
pub use lists::{List, ListColumn, Lists};
pub use patterns::{Pattern, Patterns};
pub use pdf::pdf;
pub use report::{Band, Bar, Chosen, Histogram, Latency, Options, Report, Slice, ToReview};
pub use review::{Purpose, Review, review_page, review_page_for};
pub use row::ResultRow;
pub use run::{JudgeUsage, Run, Saved, Seconds};
pub use waterfall::waterfall_svg;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A row of something else. Name a file that `midband score` or `midband match` wrote.
    #[error("row {0:?} has no field \"decision\": this is not a file of scores")]
    NotScored(String),
    /// A row of something else than clusters. Name a file that `midband match --clusters` wrote.
    #[error("a row names no record and cluster: this is not a file of clusters")]
    NotClustered,
    /// A page that shows texts, and rows without them.
    #[error("the scored file holds no texts")]
    NoTexts,
    /// Gold out of range.
    #[error("row {id:?}: the gold {gold} is not in 0..1")]
    Gold {
        /// The pair's id.
        id: String,
        /// As it stands there.
        gold: f64,
    },
    /// A label that can't be used.
    #[error("labels, line {line}: {what}")]
    Label {
        /// Line of the labels, from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Nothing to review or to report.
    #[error("{0}")]
    Empty(&'static str),
    /// The PDF could not be written.
    #[error("the PDF can't be written: {0}")]
    Pdf(String),
}
