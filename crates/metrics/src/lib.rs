//! What labels say of scores.
//!
//! Pure functions over slices, so that the binary, the report and the studies count in one way. A measure
//! that the data can't give (no positive, one class, no spread) is `None`, never 0 or NaN.

mod clusters;
mod curves;
mod decisions;
mod graded;
mod ranking;

pub use clusters::ClusterQuality;
pub use curves::{
    Bin, CurvePoint, JudgedDecision, Point, clairvoyant_share, cost_curve, precision_recall,
    reliability, roc,
};
pub use decisions::{Decisions, accuracy_at, f1_at, wilson};
pub use graded::{pearson, spearman};
pub use ranking::{
    Labelled, auroc, auroc_standard_error, average_precision, brier, calibration_error,
};
