//! Where a fit starts from.

use serde::{Deserialize, Serialize};

use crate::{CosineMap, LinearProxy, Scale};

/// Where a fit starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// The proxy that stands in for labels.
    pub proxy: LinearProxy,
    /// How far a new task's weights are expected to depart from it, one a column, in log odds a
    /// standard deviation; a column that is not among the proxy's has 1.
    pub prior_sd: Vec<f64>,
    /// How much more likely than the other priors it is held to be before the labels are seen, nats.
    pub log_prior_weight: f64,
}

impl Prior {
    /// The prior of a task of which nothing is known but the cosine.
    pub fn cosine(map: CosineMap, columns: &[String]) -> Self {
        let weight = |column: &String| if column == "cosine" { map.slope } else { 0.0 };
        Self {
            proxy: LinearProxy {
                columns: columns.to_vec(),
                scale: Scale::plain(columns.len()),
                intercept: map.intercept,
                weights: columns.iter().map(weight).collect(),
                correction: None,
            },
            prior_sd: vec![1.0; columns.len()],
            log_prior_weight: 0.0,
        }
    }
}
