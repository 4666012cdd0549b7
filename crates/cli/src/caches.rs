//! `midband cache`: the verdict cache's contents.

use std::process::ExitCode;

use anyhow::Result;
use midband::judge::Cache;

use crate::{
    args::{CacheArgs, CacheCommand},
    exit,
};

pub(crate) fn run(args: &CacheArgs) -> Result<ExitCode> {
    let cache = Cache::open(&args.cache)?;
    match &args.command {
        CacheCommand::Stats { json } => {
            let stats = cache.stats()?;
            if *json {
                outln!("{}", serde_json::to_string_pretty(&stats)?)?;
            } else {
                outln!(
                    "{}: {} verdicts, {} bytes",
                    stats.file.display(),
                    stats.verdicts,
                    stats.bytes
                )?;
                for (model, count) in &stats.models {
                    outln!("  {model}: {count}")?;
                }
            }
        }
        CacheCommand::Clear => outln!("{} verdicts removed", cache.clear()?)?,
        CacheCommand::Forget { id } => {
            let removed = cache.forget(id)?;
            outln!("{removed} verdicts of {id} removed")?;
        }
    }
    Ok(exit::SETTLED)
}
