//! Reruns the tables behind the router and the combiner, and makes the constants that they ship.
//!
//! `midband-study COMMAND`, with the shared sets in `MIDBAND_SHARED`.

mod bench;
mod data;
mod default_band;
mod gain;
mod judges;
mod parallel;
mod prior;
mod proxy;

use anyhow::{Result, bail};
use midband_features::FeatureSet;

fn main() -> Result<()> {
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "priors" => prior::run(),
        "default-band" => default_band::run(),
        "proxy" => {
            let prepared = proxy::prepare(&FeatureSet::all())?;
            print!("{}", proxy::table(&prepared, 20)?);
            print!("{}", proxy::gains(&prepared, 4)?);
            Ok(())
        }
        "gain" => {
            let prepared = proxy::prepare(&FeatureSet::all())?;
            let seeds = std::env::args().nth(2).map_or(Ok(20), |s| s.parse())?;
            print!("{}", gain::even(&prepared, seeds)?);
            print!("{}", gain::dependent(&prepared, seeds)?);
            print!("{}", gain::f1(&prepared, seeds)?);
            Ok(())
        }
        _ => bail!("midband-study proxy | default-band | priors"),
    }
}
