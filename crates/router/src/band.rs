//! The simplest policy: a fixed band.
//!
//! It needs nothing but two thresholds, so it is what runs before anything is known of the task. A
//! pair without the number that the band is laid on is asked: it settles nothing.

use midband_core::{Band, BandOn, Cosine, ProxyScore, Route};
use serde::{Deserialize, Serialize};

/// A fixed band, and which of a pair's two numbers it is laid on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BandPolicy {
    /// The two thresholds.
    pub band: Band,
    /// The number that they are compared with.
    pub on: BandOn,
}

impl BandPolicy {
    /// Where a pair goes.
    pub fn route(&self, cosine: Option<Cosine>, proxy: Option<ProxyScore>) -> Route {
        let score = match self.on {
            BandOn::Cosine => cosine.map(|c| f64::from(c.get())),
            BandOn::Proxy => proxy.map(ProxyScore::get),
        };
        self.band.route(score.unwrap_or(f64::NAN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_reads_the_number_it_is_laid_on() {
        let band = Band::new(0.4, 0.9).unwrap();
        let (cosine, proxy) = (Cosine::new(0.95).ok(), ProxyScore::new(0.1).ok());
        let on = |on| BandPolicy { band, on };
        assert_eq!(on(BandOn::Cosine).route(cosine, proxy), Route::Accept);
        assert_eq!(on(BandOn::Proxy).route(cosine, proxy), Route::Reject);
        assert_eq!(on(BandOn::Proxy).route(cosine, None), Route::Ask);
    }
}
