//! What a scored file says, for people: the evaluation against labels, the report (JSON, HTML, PDF) and the page
//! on which a person reviews pairs.
//!
//! Pure: rows in, bytes out. Texts of pairs stand in the results only where [`Options::include_text`] asks for them,
//! and in the review page, which is there to show them.

mod charts;
mod compare;
mod counts;
mod drawing;
mod estimate;
mod evaluation;
mod fields;
mod glossary;
mod headline;
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

pub use compare::{ClusterChanges, DecisionChange, NOT_WRITTEN, PairChanges, Regrouping};
pub use estimate::{Basis, Estimate, Share, Threshold};
pub use evaluation::{Cost, Costs, Evaluation, Group, Measures, SCORES};
pub use headline::{Answer, Cluster, Clusters, Found};
pub use html::html;
pub use labels::{GivenLabel, LabelWeights, Labels};
pub use lists::{List, ListColumn, Lists};
pub use patterns::{Pattern, Patterns};
pub use pdf::pdf;
pub use report::{Band, Bar, Chosen, Histogram, Latency, Options, Report, Slice, ToReview};
pub use review::{Purpose, Review, review_page, review_page_for};
pub use row::{ResultRow, each_once};
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
    /// A field holds something that no run writes there, or a label that says nothing. Holds nothing of it.
    #[error("row {id:?}: the field {field:?} must hold {wanted}")]
    Field {
        /// The pair's id.
        id: String,
        /// The field.
        field: String,
        /// What it may hold.
        wanted: &'static str,
    },
    /// A row without an id.
    #[error("a row has no id")]
    NoId,
    /// A pair stands there twice: it would count twice, or one of its scores would be lost.
    #[error("row {0:?}: an earlier row has the same id")]
    Doubled(String),
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
