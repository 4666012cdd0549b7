//! A simulator in the test's own process, and the binary against it.

use std::{fs, path::Path};

use midband_sim::{Fault, FaultRate, Labels, OpenAiServer, Options, Simulator};

use super::{Midband, Ran};

pub struct Server {
    runtime: tokio::runtime::Runtime,
    simulator: Simulator,
}

impl Server {
    /// A simulator that knows a file of labelled pairs, is right this share of the time, and is 500 times as
    /// fast as the machine it stands for.
    pub fn start(labels: &Path, accuracy: f64, faults: &[(Fault, f64)]) -> Self {
        Self::of(Options {
            faults: faults
                .iter()
                .map(|&(fault, rate)| FaultRate { fault, rate })
                .collect(),
            ..known(labels, accuracy)
        })
    }

    /// The same without faults, whose OpenAI API is that of a certain server.
    pub fn with(labels: &Path, accuracy: f64, openai: OpenAiServer) -> Self {
        Self::of(Options {
            openai,
            ..known(labels, accuracy)
        })
    }

    /// The same, only so many times as fast as the machine.
    pub fn at_speed(labels: &Path, accuracy: f64, speed: f64) -> Self {
        Self::of(Options {
            speed,
            ..known(labels, accuracy)
        })
    }

    /// The usual speed, at an address of the caller's.
    pub fn at_address(labels: &Path, accuracy: f64, address: std::net::SocketAddr) -> Self {
        Self::of(Options {
            listen: address,
            ..known(labels, accuracy)
        })
    }

    /// Pairs in all requests so far.
    pub fn pairs_asked(&self) -> u64 {
        self.simulator.stats().pairs as u64
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.simulator.url()
    }

    fn of(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let simulator = runtime.block_on(Simulator::start(options)).unwrap();
        Self { runtime, simulator }
    }

    /// Runs the binary with this simulator as its server.
    pub fn run(&self, dir: &Path, arguments: &[&str]) -> Ran {
        self.pipe(dir, "", arguments)
    }

    /// The same through its OpenAI API.
    pub fn run_openai(&self, dir: &Path, arguments: &[&str]) -> Ran {
        let url = format!("{}/v1", self.simulator.url());
        self.call(dir, "", arguments, &["--judge-url", &url])
    }

    /// The same with something on standard input.
    pub fn pipe(&self, dir: &Path, input: &str, arguments: &[&str]) -> Ran {
        let url = self.simulator.url();
        self.call(dir, input, arguments, &["--ollama", &url])
    }

    fn call(&self, dir: &Path, input: &str, arguments: &[&str], judge: &[&str]) -> Ran {
        let all = [arguments, judge].concat();
        let run = || Midband::new(dir, &all).stdin(input).run();
        self.runtime
            .block_on(async { tokio::task::block_in_place(run) })
    }
}

/// What every simulator here has in common.
fn known(labels: &Path, accuracy: f64) -> Options {
    Options {
        labels: Labels::from_jsonl(&fs::read_to_string(labels).unwrap()).unwrap(),
        accuracy,
        speed: 500.0,
        loaded: true,
        ..Options::default()
    }
}
