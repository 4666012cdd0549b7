//! `midband-sim`: the simulator on the command line.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use midband_sim::{
    Api, FaultRate, Labels, Manner, OpenAiServer, Options, Profile, SimModel, Simulator,
};

/// A simulator of LLM servers: Ollama's API, and OpenAI's under /v1. Every figure that comes from it is SIMULATED.
#[derive(Parser)]
#[command(name = "midband-sim", version)]
struct Args {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:11434")]
    listen: SocketAddr,
    /// Generation whose answers it imitates: 0.24 or 0.33.
    #[arg(long, default_value = "0.33")]
    api: Api,
    /// Server that its OpenAI API behaves as: llama.cpp, vllm, llama-cpp-python or bare.
    #[arg(long, default_value = "llama.cpp")]
    openai: OpenAiServer,
    /// Machine whose times it takes: m3pro or cores2.
    #[arg(long, default_value = "m3pro")]
    profile: Profile,
    /// Labelled pairs (JSONL: id, a, b, label); others are judged by the words they share.
    #[arg(long)]
    labels: Option<PathBuf>,
    /// Share of labelled pairs that it gets right.
    #[arg(long, default_value_t = 0.8)]
    accuracy: f64,
    /// How it answers where that is not by what it knows: all-yes, all-no, constant, random, inverted or position.
    #[arg(long, default_value_t)]
    manner: Manner,
    /// How much more often it is wrong about difficult pairs: 0 not at all, 1 in proportion.
    #[arg(long, default_value_t = 0.0)]
    difficulty: f64,
    /// Seed of errors, confidences, thoughts and faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much faster than in reality the clock runs.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// A fault and its rate, such as hang=0.05; may be repeated.
    #[arg(long, value_name = "KIND=RATE")]
    fault: Vec<FaultRate>,
    /// A model that it has, with thoughts; may be repeated.
    #[arg(long, default_value = "medgemma:1.5-4b-q4")]
    model: Vec<String>,
    /// A model without thoughts (family gemma3) that it has; may be repeated.
    #[arg(long, default_value = "gemma3:4b")]
    plain_model: Vec<String>,
    /// Thoughts come without their tokens, as some GGUF files have it.
    #[arg(long)]
    bare_thoughts: bool,
    /// Its Ollama API ignores schemas and gives no alternatives of tokens.
    #[arg(long)]
    ignores_schemas: bool,
    /// Requests answered at once.
    #[arg(long)]
    parallel: Option<usize>,
    /// The first model is in memory from the start.
    #[arg(long)]
    loaded: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let fraction = |name: &str, value: f64| {
        anyhow::ensure!(
            (0.0..=1.0).contains(&value),
            "--{name} lies in 0..=1, got {value}"
        );
        Ok(())
    };
    fraction("accuracy", args.accuracy)?;
    fraction("difficulty", args.difficulty)?;
    anyhow::ensure!(
        args.speed > 0.0 && args.speed.is_finite(),
        "--speed is above 0"
    );
    let total: f64 = args.fault.iter().map(|fault| fault.rate).sum();
    anyhow::ensure!(
        total <= 1.0 + 1e-9,
        "the rates of all --fault add up to {total}, more than 1"
    );
    let labels = match &args.labels {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Labels::from_jsonl(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?
        }
        None => Labels::default(),
    };
    let known = labels.len();
    let models = args.model.iter().map(|name| SimModel::medgemma(name));
    let options = Options {
        manner: args.manner,
        listen: args.listen,
        api: args.api,
        openai: args.openai,
        profile: args.profile,
        labels,
        accuracy: args.accuracy,
        difficulty: args.difficulty,
        bare_thoughts: args.bare_thoughts,
        ignores_schemas: args.ignores_schemas,
        seed: args.seed,
        speed: args.speed,
        faults: args.fault,
        models: models
            .chain(
                args.plain_model
                    .iter()
                    .map(|name| SimModel::plain(name, "gemma3")),
            )
            .collect(),
        loaded: args.loaded,
        parallel: args.parallel,
        ..Options::default()
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let (api, speed) = (options.api, options.speed);
        let simulator = Simulator::start(options)
            .await
            .context("the address can't be had")?;
        println!(
            "SIMULATED Ollama {api} at {} ({known} labeled pairs, speed {speed})",
            simulator.url()
        );
        tokio::select! {
            ended = simulator.wait() => ended.context("the simulator ended"),
            interrupted = tokio::signal::ctrl_c() => interrupted.context("no signal handler"),
        }
    })
}
