//! The two numbers that a pair has before any judge: its cosine and its proxy score.

use serde::{Deserialize, Serialize};

/// Why a number is not a score.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// NaN or infinite: it comes from a vector that is not finite or has no length.
    #[error("{0} is not a finite number")]
    NotFinite(f64),
    /// Finite, but outside of the range the score is defined on.
    #[error("{value} is outside {lower}..={upper}")]
    OutOfRange {
        /// The number given.
        value: f64,
        /// Smallest allowed value.
        lower: f64,
        /// Largest allowed value.
        upper: f64,
    },
}

fn within(value: f64, lower: f64, upper: f64) -> Result<f64, ScoreError> {
    if !value.is_finite() {
        Err(ScoreError::NotFinite(value))
    } else if value < lower || value > upper {
        Err(ScoreError::OutOfRange {
            value,
            lower,
            upper,
        })
    } else {
        Ok(value)
    }
}

/// Rounding of a dot product of two unit vectors in f32 may leave -1..=1 by this much.
const COSINE_ROUNDING: f64 = 1e-4;

/// Raw cosine similarity of two embeddings, in -1..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cosine(f32);

impl Cosine {
    /// Takes a cosine; what lies outside of -1..=1 by rounding alone is clamped.
    ///
    /// # Errors
    /// The number is not finite, or out of range by more than rounding explains.
    pub fn new(value: f32) -> Result<Self, ScoreError> {
        within(
            f64::from(value),
            -1.0 - COSINE_ROUNDING,
            1.0 + COSINE_ROUNDING,
        )?;
        Ok(Self(value.clamp(-1.0, 1.0)))
    }

    /// The number, in -1..=1.
    pub fn get(self) -> f32 {
        self.0
    }
}

/// Probability of a match before any judge is asked, in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProxyScore(f64);

impl ProxyScore {
    /// Takes a probability.
    ///
    /// # Errors
    /// The number is not finite or lies outside of 0..=1.
    pub fn new(value: f64) -> Result<Self, ScoreError> {
        within(value, 0.0, 1.0).map(Self)
    }

    /// The probability, in 0..=1.
    pub fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_a_number_is_not_a_score() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.5, -1.01] {
            assert!(Cosine::new(bad).is_err(), "{bad}");
            assert!(ProxyScore::new(f64::from(bad)).is_err(), "{bad}");
        }
        assert!(ProxyScore::new(-0.001).is_err());
    }

    #[test]
    fn rounding_is_clamped() {
        assert_eq!(Cosine::new(1.000_000_1).map(Cosine::get), Ok(1.0));
    }

    proptest! {
        #[test]
        fn every_cosine_is_in_range(x in proptest::num::f32::ANY) {
            if let Ok(cosine) = Cosine::new(x) {
                prop_assert!((-1.0..=1.0).contains(&cosine.get()));
            }
        }
    }
}
