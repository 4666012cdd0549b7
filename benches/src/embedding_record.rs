//! The embedding table of docs/performance.md: midband, plain fastembed and ONNX Runtime from Python, on
//! files of pairs as they come, in one run.
//!
//! `cargo run --release -p midband-benches --bin embedding-record -- FILE… [--pairs N] [--rounds N]`.
//! The Python peers need a `python3` with onnxruntime, tokenizers, numpy and fastembed (`MIDBAND_PYTHON`
//! names another one), candle the program that `cargo build --release` makes in benches/candle_peer (`MIDBAND_CANDLE`) and a folder with
//! the model's safetensors (`MIDBAND_CANDLE_MODEL`); without them their rows say so.

use std::{fs, path::Path, process::Command, time::Instant};

use anyhow::{Context, Result};
use fastembed::{InitOptionsUserDefined, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use midband_core::{Embedder, Pair};
use midband_embed::{
    CachedEmbedder, DEFAULT_MODEL, EmbeddingScorer, ModelFolder, OnnxEmbedder, OnnxOptions,
    onnx_runtime,
};

fn main() -> Result<()> {
    let (mut files, mut most, mut rounds) = (Vec::new(), 1000, 3);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            arguments
                .next()
                .context("a number is missing")?
                .parse()
                .context("not a number")
        };
        match argument.as_str() {
            "--pairs" => most = number()?,
            "--rounds" => rounds = number()?,
            _ => files.push(argument),
        }
    }
    onnx_runtime(None)?;
    let cores = std::thread::available_parallelism()?;
    println!("{cores} cores, median of {rounds} rounds, the first {most} pairs of each file\n");
    println!(
        "| file | distinct texts | method | seconds | texts a second | pairs a second | against plain fastembed |"
    );
    println!("|---|---|---|---|---|---|---|");
    files
        .iter()
        .try_for_each(|file| record(file, most, rounds))?;
    latencies(files.first().context("name a file of pairs")?)
}

fn record(file: &str, most: usize, rounds: usize) -> Result<()> {
    let pairs = pairs(file, most)?;
    let texts: Vec<&str> = pairs
        .iter()
        .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()])
        .collect();
    let mut distinct = texts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let ours = std::sync::Arc::new(embedder()?);
    let mut plain = plain_fastembed()?;
    let (mut own, mut theirs, mut theirs_distinct) = (Vec::new(), Vec::new(), Vec::new());
    let (mut python, mut python_fastembed, mut with_candle) = (Vec::new(), Vec::new(), Vec::new());
    // In turn, so that a machine that drifts slows down all of them.
    for _ in 0..rounds {
        own.push(seconds(|| {
            EmbeddingScorer::new(ours.clone())
                .score(&pairs)
                .map(drop)
                .map_err(Into::into)
        })?);
        theirs.push(seconds(|| {
            plain.embed(&texts, Some(64)).map(drop).map_err(Into::into)
        })?);
        theirs_distinct.push(seconds(|| {
            plain
                .embed(&distinct, Some(64))
                .map(drop)
                .map_err(Into::into)
        })?);
        python.extend(from_python("onnxruntime", file, most));
        python_fastembed.extend(from_python("fastembed", file, most));
        with_candle.extend(candle(file, most));
    }
    let base = median(theirs.clone());
    let name = Path::new(file)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let row = |method: &str, times: Vec<f64>| {
        if times.is_empty() {
            return println!(
                "| {name} | {} | {method} | not measured: it is not set up here | | | |",
                distinct.len()
            );
        }
        let time = median(times);
        println!(
            "| {name} | {} | {method} | {time:.2} | {:.0} | {:.0} | {:.2} |",
            distinct.len(),
            distinct.len() as f64 / time,
            pairs.len() as f64 / time,
            base / time
        );
    };
    row("midband", own);
    row("plain fastembed, batches of 64 in input order", theirs);
    row("plain fastembed, distinct texts only", theirs_distinct);
    row(
        "ONNX Runtime from Python, distinct texts sorted by length",
        python,
    );
    row(
        "fastembed from Python, its defaults, in input order",
        python_fastembed,
    );
    row("candle, distinct texts sorted by length", with_candle);
    Ok(())
}

/// Single pairs, a hundred pairs, and a second run with the cache.
fn latencies(file: &str) -> Result<()> {
    let embedder = std::sync::Arc::new(embedder()?);
    let pairs = pairs(file, 300)?;
    let mut each: Vec<f64> = pairs
        .iter()
        .map(|pair| {
            let pair = std::slice::from_ref(pair);
            seconds(|| {
                EmbeddingScorer::new(embedder.clone())
                    .score(pair)
                    .map(drop)
                    .map_err(Into::into)
            })
        })
        .collect::<Result<_>>()?;
    each.sort_by(f64::total_cmp);
    let at = |share: f64| each[((each.len() as f64 * share) as usize).min(each.len() - 1)] * 1e3;
    println!(
        "\nOne warm pair ({} of {file}): median {:.1} ms, p99 {:.1} ms.",
        each.len(),
        at(0.5),
        at(0.99)
    );
    let hundred = seconds(|| {
        EmbeddingScorer::new(embedder.clone())
            .score(&pairs[..100])
            .map(drop)
            .map_err(Into::into)
    })?;
    println!("100 warm pairs: {hundred:.2} s.");
    let folder = std::env::temp_dir().join(format!("midband-record-{}", std::process::id()));
    let run = || -> Result<f64> {
        let started = Instant::now();
        let scorer = EmbeddingScorer::new(CachedEmbedder::open(self::embedder_cold()?, &folder)?);
        scorer.score(&pairs)?;
        Ok(started.elapsed().as_secs_f64())
    };
    let (first, second) = (run()?, run()?);
    fs::remove_dir_all(&folder)?;
    println!(
        "{} pairs with the cache, from opening the model to the last score: {first:.2} s, then {second:.3} s ({:.0} times faster).",
        pairs.len(),
        first / second
    );
    Ok(())
}

fn pairs(file: &str, most: usize) -> Result<Vec<Pair>> {
    let text = fs::read_to_string(file).with_context(|| format!("{file} can't be read"))?;
    text.lines()
        .take(most)
        .map(|line| {
            let object: serde_json::Value = serde_json::from_str(line)?;
            let field = |name: &str| {
                Ok::<_, anyhow::Error>(object[name].as_str().context("no such field")?.to_owned())
            };
            Ok(Pair::new(field("id")?, field("a")?, field("b")?))
        })
        .collect()
}

fn seconds(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed().as_secs_f64())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn embedder_cold() -> Result<OnnxEmbedder> {
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    Ok(OnnxEmbedder::new(model, OnnxOptions::default()))
}

fn embedder() -> Result<OnnxEmbedder> {
    let embedder = embedder_cold()?;
    embedder.embed(&["warm-up"])?;
    Ok(embedder)
}

fn plain_fastembed() -> Result<TextEmbedding> {
    let folder = ModelFolder::home(DEFAULT_MODEL)?;
    let file = |name: &str| fs::read(folder.join(name));
    let tokenizer = TokenizerFiles {
        tokenizer_file: file("tokenizer.json")?,
        config_file: file("config.json")?,
        special_tokens_map_file: file("special_tokens_map.json")?,
        tokenizer_config_file: file("tokenizer_config.json")?,
    };
    let model = UserDefinedEmbeddingModel::new(file("model.onnx")?, tokenizer)
        .with_pooling(fastembed::Pooling::Mean);
    Ok(TextEmbedding::try_new_from_user_defined(
        model,
        InitOptionsUserDefined::new().with_max_length(256),
    )?)
}

/// Seconds that a peer reports for itself, loading left out; `None` where it can't run.
fn reported(peer: &mut Command) -> Option<f64> {
    let said = String::from_utf8(peer.output().ok()?.stdout).ok()?;
    said.trim().parse().ok()
}

fn from_python(method: &str, file: &str, most: usize) -> Option<f64> {
    let python = std::env::var("MIDBAND_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python_peer.py");
    let model = ModelFolder::home(DEFAULT_MODEL).ok()?;
    let mut peer = Command::new(python);
    reported(
        peer.arg(script)
            .arg(model)
            .args([file, &most.to_string(), method]),
    )
}

fn candle(file: &str, most: usize) -> Option<f64> {
    let (program, model) = (
        std::env::var("MIDBAND_CANDLE").ok()?,
        std::env::var("MIDBAND_CANDLE_MODEL").ok()?,
    );
    reported(Command::new(program).args([&model, file, &most.to_string()]))
}
