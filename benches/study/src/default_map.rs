//! Makes the constants of `CosineMap::default_for`.

use anyhow::Result;
use midband_combiner::{Evidence, TaskKind, logistic::Problem};

use crate::data::{SETS, table};

/// Fits and prints intercept and slope for each kind.
pub(crate) fn run() -> Result<()> {
    for kind in TaskKind::ALL {
        let (mut rows, mut evidence) = (Vec::new(), Vec::new());
        for (set, of) in SETS {
            if kind != TaskKind::General && of != kind {
                continue;
            }
            let table = table(&format!("features_{set}"))?;
            let labels = table.column("label")?;
            for (cosine, label) in table.column("cosine")?.iter().zip(&labels) {
                rows.extend([1.0, *cosine]);
                evidence.push(Evidence::gold(*label > 0.5).weighing(1000.0 / labels.len() as f64));
            }
        }
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets: &[],
            prior_mean: &[0.0; 2],
            precision: &[0.0; 2],
        };
        let weights = problem.fit(&[0.0; 2]);
        println!(
            "{kind}: intercept {:.2}, slope {:.2}",
            weights[0], weights[1]
        );
    }
    Ok(())
}
