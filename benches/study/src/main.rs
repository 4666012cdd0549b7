//! Reruns the tables behind the router and the combiner, and makes the constants that they ship.
//!
//! `midband-study COMMAND`, with the shared sets in `MIDBAND_SHARED`.

mod bench;
mod data;
mod default_band;
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
        _ => bail!("midband-study proxy | default-band | priors"),
    }
}
