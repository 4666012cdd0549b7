//! What a record could score at best: with an exact copy of itself.

use crate::{
    comparison_levels::MISSING,
    linker::Linker,
    model::{log_odds, probability},
};

impl Linker {
    /// The probability of a match of each record with an exact copy of itself, 0 to 1: the left list's records, then the right
    /// list's. A record with few values, or with common ones, scores low: no partner of it can be found (Splink's
    /// `unlinkables_chart`). Other records are not counted in. Empty before the fit.
    pub fn copy_scores(&self) -> Vec<f64> {
        let Some((model, _)) = &self.fitted else {
            return Vec::new();
        };
        let mut levels = vec![MISSING; self.compared.width()];
        (0..self.compared.rows as u32)
            .map(|row| {
                self.compared.levels(row, row, &mut levels);
                probability(log_odds(&model.classes(&self.compared, &levels, row, row)))
            })
            .collect()
    }
}
