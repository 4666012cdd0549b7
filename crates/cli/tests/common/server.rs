//! A simulator in the test's own process, and the binary against it.

use std::{fs, path::Path};

use midband_sim::{Fault, FaultRate, Labels, Options, Simulator};

use super::{Midband, Ran};

pub struct Server {
    runtime: tokio::runtime::Runtime,
    simulator: Simulator,
}

impl Server {
    /// A simulator that knows a file of labelled pairs, is right this share of the time, and is 500 times as
    /// fast as the machine it stands for.
    pub fn start(labels: &Path, accuracy: f64, faults: &[(Fault, f64)]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            labels: Labels::from_jsonl(&fs::read_to_string(labels).unwrap()).unwrap(),
            accuracy,
            speed: 500.0,
            loaded: true,
            faults: faults
                .iter()
                .map(|&(fault, rate)| FaultRate { fault, rate })
                .collect(),
            ..Options::default()
        };
        let simulator = runtime.block_on(Simulator::start(options)).unwrap();
        Self { runtime, simulator }
    }

    /// Runs the binary with this simulator as its server.
    pub fn run(&self, dir: &Path, arguments: &[&str]) -> Ran {
        self.pipe(dir, "", arguments)
    }

    /// The same with something on standard input.
    pub fn pipe(&self, dir: &Path, input: &str, arguments: &[&str]) -> Ran {
        let url = self.simulator.url();
        let all = [arguments, &["--ollama", &url]].concat();
        let run = || Midband::new(dir, &all).stdin(input).run();
        self.runtime
            .block_on(async { tokio::task::block_in_place(run) })
    }
}
