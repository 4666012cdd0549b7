//! Reruns the tables behind the router and the combiner, and makes the constants that they ship.
//!
//! `midband-study COMMAND`, with the shared sets in `MIDBAND_SHARED`.

mod data;
mod default_band;
mod default_map;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "default-map" => default_map::run(),
        "default-band" => default_band::run(),
        _ => bail!("midband-study default-map | default-band"),
    }
}
