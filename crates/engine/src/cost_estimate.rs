//! What a run would ask, before anything is spent on a judge.

use midband_core::{Pair, Route};
use tokio::task;

use crate::{
    Engine, EngineError, Learning, LinkedPairs, Summary,
    engine::Parts,
    expectation::{CostEstimate, estimate},
    featured::{Featured, compare_all, feature_rows},
    knowledge::{Start, knowledge},
    linked,
    progress::Tally,
};

impl Engine {
    /// Embeds and compares the pairs, asks nobody, and says what each policy would ask.
    ///
    /// # Errors
    /// The embedder failed as a whole.
    pub async fn estimate_cost(&self, pairs: Vec<Pair>) -> Result<CostEstimate, EngineError> {
        let Parts { cascade, chunk, .. } = self.parts();
        let learning = self.parts().learning();
        let tally = Tally::new(self.parts().on_progress.clone());
        let compared = compare_all(
            cascade,
            pairs,
            *chunk,
            &tally,
            None,
            &mut Summary::default(),
        )
        .await?;
        let cosines = compared.iter().flat_map(|part| &part.comparisons);
        let band = cosines
            .filter(|comparison| cascade.band.route(comparison.cosine.ok()) == Some(Route::Ask))
            .count();
        let parts = self.parts().clone();
        let estimating = task::spawn_blocking(move || {
            let neighbours = parts.neighbours.as_deref().filter(|_| learning.neighbours);
            let featured = feature_rows(compared, &learning, None, neighbours);
            expected(&featured, &learning, &Start::Shipped, &parts)
        });
        let estimate = estimating
            .await
            .map_err(|death| EngineError::Stage(death.to_string()))??;
        Ok(CostEstimate {
            band: Some(band),
            ..estimate
        })
    }

    /// The same of pairs whose log odds a linker knows: nothing is embedded.
    ///
    /// # Errors
    /// The rows are not whole.
    pub fn estimate_linked_cost(&self, linked: LinkedPairs) -> Result<CostEstimate, EngineError> {
        let learning = self.parts().learning();
        let goal = linked.goal;
        let featured = linked::featured(linked);
        let prior = linked::prior(&featured.rows.columns);
        let start = Start::Linked { prior, goal };
        expected(&featured, &learning, &start, self.parts())
    }
}

fn expected(
    featured: &Featured,
    learning: &Learning,
    start: &Start,
    parts: &Parts,
) -> Result<CostEstimate, EngineError> {
    let known = knowledge(
        featured,
        learning,
        start,
        parts.cascade.band.judge,
        parts.seed,
    )?;
    estimate(featured, learning, known)
}
