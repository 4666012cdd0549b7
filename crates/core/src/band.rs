//! The ambiguous interval, and the three ways a pair can go.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Where the router sends a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Clear match: settled without the judge.
    Accept,
    /// Ambiguous: the judge is asked.
    Ask,
    /// Clear non-match: settled without the judge.
    Reject,
}

impl Route {
    /// The word used in files and in summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Ask => "ask",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which of a pair's two numbers a band is laid on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BandOn {
    /// The raw cosine, in -1..=1.
    #[default]
    Cosine,
    /// The proxy score, in 0..=1.
    Proxy,
}

/// Why two numbers are not a band.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BandError {
    /// One end is NaN or infinite.
    #[error("a band needs two finite ends, got {lower}..{upper}")]
    NotFinite {
        /// Lower end as given.
        lower: f64,
        /// Upper end as given.
        upper: f64,
    },
    /// The ends are in the wrong order.
    #[error("a band's lower end must not exceed its upper end, got {lower}..{upper}")]
    Reversed {
        /// Lower end as given.
        lower: f64,
        /// Upper end as given.
        upper: f64,
    },
    /// The text is not `LOWER..UPPER`.
    #[error("write a band as LOWER..UPPER, for example 0.4..0.9; got {0:?}")]
    Syntax(String),
}

/// The ambiguous interval of scores, `lower <= score < upper`.
///
/// Invariant: both ends are finite and `lower <= upper`. A `Band` can only be built through
/// [`Band::new`] (or parsed, which calls it), so no caller downstream checks it again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct Band {
    lower: f64,
    upper: f64,
}

impl Band {
    /// A band from its two thresholds. `lower == upper` asks nothing.
    ///
    /// # Errors
    /// An end is not finite, or the ends are in the wrong order.
    pub fn new(lower: f64, upper: f64) -> Result<Self, BandError> {
        if !lower.is_finite() || !upper.is_finite() {
            Err(BandError::NotFinite { lower, upper })
        } else if lower > upper {
            Err(BandError::Reversed { lower, upper })
        } else {
            Ok(Self { lower, upper })
        }
    }

    /// The lower threshold: below it a pair is rejected.
    pub fn lower(self) -> f64 {
        self.lower
    }

    /// The upper threshold: at or above it a pair is accepted.
    pub fn upper(self) -> f64 {
        self.upper
    }

    /// Where a score goes. A score that is NaN is asked: it settles nothing.
    pub fn route(self, score: f64) -> Route {
        if score >= self.upper {
            Route::Accept
        } else if score < self.lower {
            Route::Reject
        } else {
            Route::Ask
        }
    }
}

impl TryFrom<(f64, f64)> for Band {
    type Error = BandError;
    fn try_from((lower, upper): (f64, f64)) -> Result<Self, BandError> {
        Self::new(lower, upper)
    }
}

impl From<Band> for (f64, f64) {
    fn from(band: Band) -> Self {
        (band.lower, band.upper)
    }
}

impl FromStr for Band {
    type Err = BandError;
    fn from_str(text: &str) -> Result<Self, BandError> {
        let syntax = || BandError::Syntax(text.to_owned());
        let (lower, upper) = text.split_once("..").ok_or_else(syntax)?;
        let end = |part: &str| part.trim().parse::<f64>().map_err(|_| syntax());
        Self::new(end(lower)?, end(upper)?)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_band_reads_back_what_it_shows() {
        let band: Band = "0.4..0.9".parse().unwrap();
        assert_eq!(band, Band::new(0.4, 0.9).unwrap());
        assert_eq!(band.to_string().parse::<Band>(), Ok(band));
        assert_eq!(
            serde_json::from_str::<Band>(&serde_json::to_string(&band).unwrap()).unwrap(),
            band
        );
    }

    #[test]
    fn wrong_bands_are_refused_with_the_form_that_works() {
        assert!(matches!(
            "0.9..0.4".parse::<Band>(),
            Err(BandError::Reversed { .. })
        ));
        assert!(matches!(
            "nan..1".parse::<Band>(),
            Err(BandError::NotFinite { .. })
        ));
        let error = "0.4-0.9".parse::<Band>().unwrap_err().to_string();
        assert!(error.contains("LOWER..UPPER"), "{error}");
    }

    fn rank(route: Route) -> u8 {
        match route {
            Route::Reject => 0,
            Route::Ask => 1,
            Route::Accept => 2,
        }
    }

    proptest! {
        #[test]
        fn routing_is_monotone(l in -1.0..1.0f64, w in 0.0..1.0f64, x in -1.0..1.0f64, y in -1.0..1.0f64) {
            let band = Band::new(l, l + w).unwrap();
            let (low, high) = if x <= y { (x, y) } else { (y, x) };
            prop_assert!(rank(band.route(low)) <= rank(band.route(high)));
        }

        #[test]
        fn a_wider_band_only_asks_more(l in -1.0..1.0f64, w in 0.0..1.0f64, dl in 0.0..1.0f64, du in 0.0..1.0f64, x in -2.0..2.0f64) {
            let narrow = Band::new(l, l + w).unwrap();
            let wide = Band::new(l - dl, l + w + du).unwrap();
            if narrow.route(x) == Route::Ask {
                prop_assert_eq!(wide.route(x), Route::Ask);
            }
        }
    }
}
