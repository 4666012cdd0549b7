//! `midband models compare`: which embedding model tells the user's own pairs apart, how fast, and in how much memory.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::{Result, bail};
use midband::{Embedder, LabelledPair, Pair, embed::EmbeddingScorer};
use midband_metrics::{Labelled, auroc, auroc_standard_error};
use midband_run::{EmbeddingOptions, Silent, Stop, embedder, number_of, read_labelled};
use serde_json::json;

use crate::{args::CompareModelsArgs, calibrate::both_kinds, exit};

/// What one model came to.
struct Measured {
    model: String,
    auroc: f64,
    /// One standard error of the AUROC.
    error: f64,
    loading: f64,
    embedding: f64,
    texts_per_second: f64,
    /// Peak of the process while the model ran, MB; `None` where the system does not say.
    memory: Option<u64>,
    width: usize,
}

pub(crate) fn run(args: &CompareModelsArgs) -> Result<ExitCode> {
    let paths = [args.pairs.clone()];
    let labelled = read_labelled(&paths, &args.reading.options(), None, &Silent)?;
    both_kinds(&labelled)?;
    let gold = labelled.gold;
    let matches = gold.iter().filter(|gold| gold.is_match).count();
    let mut all = Vec::new();
    for model in &args.models {
        match measure(args, model, &gold) {
            Ok(measured) => all.push(measured),
            Err(error) if args.models.len() > 1 => {
                noteln!("midband: skipped {model}: {error:#}")
            }
            Err(error) => return Err(error),
        }
    }
    if all.is_empty() {
        bail!("no model can be used");
    }
    all.sort_by(|x, y| y.auroc.total_cmp(&x.auroc));
    if !args.json {
        let pairs = number_of(gold.len() as u64, "pair");
        outln!("{pairs}, {matches} of them matches")?;
        outln!(
            "{:36} {:>5} {:>15} {:>8} {:>10} {:>8} {:>8}",
            "model",
            "width",
            "AUROC",
            "load s",
            "embed s",
            "texts/s",
            "peak MB"
        )?;
    }
    for one in &all {
        if args.json {
            outln!(
                "{}",
                json!({
                    "model": one.model, "width": one.width, "auroc": one.auroc, "auroc_standard_error": one.error,
                    "load_seconds": one.loading, "embed_seconds": one.embedding,
                    "texts_per_second": one.texts_per_second, "peak_mb": one.memory,
                })
            )?;
            continue;
        }
        let memory = one.memory.map_or("-".to_owned(), |mb| mb.to_string());
        outln!(
            "{:36} {:>5} {:>7.3} ± {:.3} {:>8.1} {:>10.1} {:>8.0} {memory:>8}",
            one.model,
            one.width,
            one.auroc,
            one.error,
            one.loading,
            one.embedding,
            one.texts_per_second
        )?;
    }
    Ok(exit::SETTLED)
}

fn measure(args: &CompareModelsArgs, model: &str, gold: &[LabelledPair]) -> Result<Measured> {
    let folder = Path::new(model);
    let options = EmbeddingOptions {
        embed_model: model.to_owned(),
        embed_model_dir: folder.is_dir().then(|| PathBuf::from(model)),
        allow_batch_dependent: args.allow_batch_dependent,
        onnxruntime: args.onnxruntime.clone(),
        threads: args.threads,
        ..EmbeddingOptions::default()
    };
    forget_peak();
    let begin = Instant::now();
    let embedder: Arc<dyn Embedder> =
        embedder(&options, &Stop::default(), &(Arc::new(Silent) as _))?;
    embedder.warm_up()?;
    let loading = begin.elapsed().as_secs_f64();
    let width = embedder.width();
    let pairs: Vec<Pair> = gold.iter().map(|gold| gold.pair.clone()).collect();
    let texts: HashSet<&str> = (pairs.iter())
        .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()])
        .collect();
    let begin = Instant::now();
    let compared = EmbeddingScorer::new(embedder).score(&pairs)?;
    let embedding = begin.elapsed().as_secs_f64();
    let scored: Vec<Labelled> = (compared.iter().zip(gold))
        .map(|(compared, gold)| {
            // A pair that can't be compared is as if it said nothing.
            let score = compared.cosine;
            let score = score.map_or(0.0, |cosine| f64::from(cosine.get()));
            Labelled::new(score, gold.is_match)
        })
        .collect();
    let matches = gold.iter().filter(|gold| gold.is_match).count();
    let auroc = auroc(&scored).unwrap_or(0.5);
    Ok(Measured {
        model: model.to_owned(),
        auroc,
        error: auroc_standard_error(auroc, matches, gold.len() - matches),
        loading,
        embedding,
        texts_per_second: texts.len() as f64 / embedding.max(1e-9),
        memory: peak(),
        width,
    })
}

/// Has Linux begin the peak of this process's memory anew; elsewhere nothing.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The peak since then, MB.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1000)
}
