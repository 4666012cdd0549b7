//! `midband cache`: what the caches of verdicts and embeddings hold.

use std::process::ExitCode;

use anyhow::{Result, bail};
use midband::{embed::CachedEmbeddings, judge::Cache};
use serde_json::{Value, json};

use crate::{
    args::{CacheArgs, CacheCommand},
    exit,
};

pub(crate) fn run(args: &CacheArgs) -> Result<ExitCode> {
    let folder = &args.cache;
    // What is only looked at is not made.
    let verdicts = Cache::is_in(folder)
        .then(|| Cache::open(folder))
        .transpose()?;
    match &args.command {
        CacheCommand::Stats { json } => {
            let stats = verdicts.map(|cache| cache.stats()).transpose()?;
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
                outln!("{file}: {} verdicts, {} bytes", stats.verdicts, stats.bytes)?;
                for (model, count) in &stats.models {
                    outln!("  {model}: {count}")?;
                }
            }
            if let Some(vectors) = &vectors {
                outln!(
                    "{}: {} embeddings, {} bytes",
                    vectors.file.display(),
                    vectors.vectors,
                    vectors.bytes
                )?;
            }
            if stats.is_none() && vectors.is_none() {
                outln!("{}: no cache", folder.display())?;
            }
        }
        CacheCommand::Clear => {
            let removed = verdicts.map_or(Ok(0), |cache| cache.clear())?;
            let vectors = CachedEmbeddings::of(folder)?;
            let vectors = vectors.map_or(Ok(0), CachedEmbeddings::remove)?;
            outln!("{removed} verdicts and {vectors} embeddings removed")?;
        }
        CacheCommand::Forget { id } => {
            let Some(cache) = verdicts else {
                bail!("{}: no cache of verdicts", folder.display());
            };
            let removed = cache.forget(id)?;
            outln!("{removed} verdicts of {id} removed")?;
        }
    }
    Ok(exit::SETTLED)
}
