//! `midband cache`: what the caches of verdicts and embeddings hold.

use std::{
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, bail};
use midband::{embed::CachedEmbeddings, judge::Cache};
use midband_run::number_of;
use serde_json::{Value, json};

use crate::{
    args::{CacheArgs, CacheCommand},
    exit, judging,
};

pub(crate) fn run(args: &CacheArgs) -> Result<ExitCode> {
    let folder = &args.cache;
    // What is only looked at is not made.
    let verdicts = || Cache::existing(folder);
    match &args.command {
        CacheCommand::Stats { json } => {
            let stats = verdicts()?.map(|cache| cache.stats()).transpose()?;
            let vectors = CachedEmbeddings::of(folder)?;
            if *json {
                let mut shown = match &stats {
                    Some(stats) => serde_json::to_value(stats)?,
                    None => json!({"verdicts": 0, "bytes": 0}),
                };
                shown["embeddings"] = vectors.map_or(Value::Null, |vectors| {
                    json!({"file": vectors.file, "vectors": vectors.vectors, "bytes": vectors.bytes})
                });
                outln!("{}", serde_json::to_string_pretty(&shown)?)?;
                return Ok(exit::SETTLED);
            }
            if let Some(stats) = &stats {
                let file = stats.file.display();
                let verdicts = number_of(stats.verdicts, "verdict");
                outln!("{file}: {verdicts}, {} bytes", stats.bytes)?;
                for (model, count) in &stats.models {
                    outln!("  {model}: {count}")?;
                }
            }
            if let Some(vectors) = &vectors {
                outln!(
                    "{}: {}, {} bytes",
                    vectors.file.display(),
                    number_of(vectors.vectors, "embedding"),
                    vectors.bytes
                )?;
            }
            if stats.is_none() && vectors.is_none() {
                outln!("{}: no cache", folder.display())?;
            }
        }
        CacheCommand::Clear => {
            let removed = verdicts()?.map_or(Ok(0), |cache| cache.clear())?;
            let vectors = CachedEmbeddings::of(folder)?;
            let vectors = vectors.map_or(Ok(0), CachedEmbeddings::remove)?;
            outln!("{}", removed_line(removed, vectors))?;
        }
        CacheCommand::Prune {
            older_than,
            cache_max_size,
        } => {
            let age = older_than.as_deref().map(judging::duration).transpose()?;
            let (verdicts, vectors) = prune(folder, age, *cache_max_size)?;
            outln!("{}", removed_line(verdicts, vectors))?;
        }
        CacheCommand::Forget { id } => {
            let Some(cache) = verdicts()? else {
                bail!("{}: there is no verdict cache", folder.display());
            };
            let removed = cache.forget(id)?;
            outln!("{} of {id} removed", number_of(removed, "verdict"))?;
        }
    }
    Ok(exit::SETTLED)
}

fn removed_line(verdicts: u64, vectors: u64) -> String {
    let [verdicts, vectors] = [(verdicts, "verdict"), (vectors, "embedding")]
        .map(|(number, noun)| number_of(number, noun));
    format!("{verdicts} and {vectors} removed")
}

/// Removes what is older than an age, then the oldest until both files have at most so many bytes. Returns how many verdicts and
/// embeddings went.
fn prune(folder: &Path, age: Option<Duration>, most: Option<u64>) -> Result<(u64, u64)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let before = age.map(|age| now.unwrap_or_default().saturating_sub(age));
    let moment = before.map(|before| before.as_millis() as u64);
    let day = before.map(|before| (before.as_secs() / 86_400) as u32);
    let mut verdicts = Cache::prune(folder, None, moment)?;
    // Verdicts were paid for: embeddings go first.
    let of_verdicts = fs::metadata(Cache::file_in(folder)).map_or(0, |about| about.len());
    let room = most.map(|most| most.saturating_sub(of_verdicts));
    let vectors = CachedEmbeddings::of(folder)?;
    let vectors = vectors.map_or(Ok(0), |vectors| vectors.prune(room, day))?;
    if let Some(most) = most {
        verdicts += Cache::prune(folder, Some(most), None)?;
    }
    Ok((verdicts, vectors))
}
