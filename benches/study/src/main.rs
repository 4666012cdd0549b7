//! Reruns the tables behind the router and the combiner, and makes the constants that they ship.
//!
//! `midband-study COMMAND`, with the shared sets in `MIDBAND_SHARED`.

mod bench;
mod clinical;
mod data;
mod default_band;
mod embed;
mod gain;
mod judges;
mod lists;
mod parallel;
mod prior;
mod proxy;
mod speed;
mod target;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use midband_features::FeatureSet;

/// Draws behind each mean.
const SEEDS: u64 = 20;

/// Draws behind each promise: a share of one in ten needs more of them.
const PROMISE_SEEDS: u64 = 100;

/// Draws behind each group's gain, which is a difference of two means on the same draws.
const GROUP_SEEDS: u64 = 5;

const USAGE: &str = "\
usage: midband-study COMMAND [SEEDS]
  tables        every table but that of the lists, into docs/router_study.md
  proxy | lists | embed | gain | target | speed
                one part of them, to the terminal, with so many draws
  priors        the priors that are shipped, into crates/model/priors
  clinical NOTES
                their clinical part, from the notes that benches/make_notes.py makes
  default-band  how the default band was chosen, into docs/default_band.md";

fn main() -> Result<()> {
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "priors" => prior::run(),
        "clinical" => {
            let notes = std::env::args().nth(2).context("clinical NOTES.jsonl")?;
            clinical::run(notes.as_ref())
        }
        "default-band" => default_band::run(),
        "tables" => tables(),
        "proxy" | "lists" | "embed" | "gain" | "target" | "speed" => {
            print!("{}", part(&command, seeds()?)?);
            Ok(())
        }
        _ => bail!(USAGE),
    }
}

/// Draws asked for on the command line.
fn seeds() -> Result<Option<u64>> {
    let given = std::env::args().nth(2);
    given
        .map(|n| n.parse().context("SEEDS must be a number"))
        .transpose()
}

fn part(name: &str, seeds: Option<u64>) -> Result<String> {
    let usual = seeds.unwrap_or(SEEDS);
    let promises = seeds.unwrap_or(PROMISE_SEEDS);
    if name == "speed" {
        return speed::table();
    }
    let prepared = proxy::prepare(&FeatureSet::all())?;
    let pages = match name {
        "proxy" => vec![
            proxy::table(&prepared, usual)?,
            proxy::gains(&prepared, GROUP_SEEDS)?,
        ],
        "lists" => {
            let named = prepared.benches.iter().map(|bench| bench.name);
            let priors: Vec<_> = named.zip(prepared.priors.iter().cloned()).collect();
            vec![lists::table(&priors, &bench::scorer()?, usual)?]
        }
        "embed" => vec![embed::table(&prepared, usual)?],
        "gain" => vec![
            gain::even(&prepared, usual)?,
            gain::dependent(&prepared, usual)?,
            gain::f1(&prepared, usual)?,
        ],
        _ => vec![
            target::cosine(&prepared, promises)?,
            target::learned(&prepared, usual)?,
        ],
    };
    Ok(pages.concat())
}

fn tables() -> Result<()> {
    let start = Instant::now();
    let parts = ["proxy", "embed", "gain", "target", "speed"].map(|name| part(name, None));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut page = format!(
        "# The router's study\n\nMade by `MIDBAND_SHARED=../shared cargo run --release -p midband-study -- tables` on {cores} cores in {:.0} \
         seconds; do not edit.\nEvery judge here is simulated: its errors are drawn by seed as each table says.\n\n",
        start.elapsed().as_secs_f64()
    );
    for part in parts {
        page.push_str(&part?);
    }
    let path = data::docs().join("router_study.md");
    std::fs::write(&path, page.trim_end().to_owned() + "\n")
        .with_context(|| path.display().to_string())
}
