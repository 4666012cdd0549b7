//! A simulator in the place of a server, where this build has one: the feature `simulator`, which binaries for others
//! leave out.

use anyhow::Result;

use super::Parted;
use crate::args::BenchArgs;

/// What is simulated.
pub(crate) struct Simulated {
    /// Name of the machine.
    pub(crate) profile: &'static str,
    /// Share of the pairs that the judge gets right.
    pub(crate) accuracy: f64,
    /// How much faster than in reality its clock runs, where the user says.
    pub(crate) speed: Option<f64>,
}

/// A simulator that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) url: String,
    #[cfg(feature = "simulator")]
    _simulator: midband_sim::Simulator,
}

#[cfg(feature = "simulator")]
impl Simulated {
    pub(crate) fn of(args: &BenchArgs) -> Option<Self> {
        let told = &args.simulator;
        Some(Self {
            profile: told.sim.as_ref()?.name,
            accuracy: told.sim_accuracy,
            speed: told.sim_speed,
        })
    }
}

#[cfg(not(feature = "simulator"))]
impl Simulated {
    pub(crate) fn of(_: &BenchArgs) -> Option<Self> {
        None
    }
}

/// Starts the simulator that the user asked for, with the labels as its truth.
#[cfg(feature = "simulator")]
pub(crate) async fn start(
    args: &BenchArgs,
    parted: &Parted,
    speed: f64,
) -> Result<Option<Running>> {
    use anyhow::Context;
    use midband::Pair;
    use midband_sim::{Labels, Options, Simulator};

    let Some(profile) = &args.simulator.sim else {
        return Ok(None);
    };
    let all = parted.gold.iter().chain(&parted.measured);
    let labels = Labels::new(all.map(|gold| {
        let Pair { a, b, .. } = &gold.pair;
        let truth = f64::from(u8::from(gold.is_match));
        (a.as_str().to_owned(), b.as_str().to_owned(), truth)
    }));
    let options = Options {
        profile: profile.clone(),
        labels,
        accuracy: args.simulator.sim_accuracy,
        seed: args.seed + 1,
        speed,
        ..Options::default()
    };
    let simulator = Simulator::start(options).await;
    let simulator = simulator.context("the simulator cannot listen")?;
    Ok(Some(Running {
        url: simulator.url(),
        _simulator: simulator,
    }))
}

#[cfg(not(feature = "simulator"))]
pub(crate) async fn start(_: &BenchArgs, _: &Parted, _: f64) -> Result<Option<Running>> {
    Ok(None)
}
