//! Where a run begins: anew, or where an earlier one of the same settings was broken off.
//!
//! Scores are written to `.OUTPUT.partial`; beside it stands what the run was told and when it began. A run that goes on
//! keeps the whole rows of that file, and takes verdicts that the cache has had since then for its own, so that the final
//! file is the one that an undisturbed run would have written.

use std::{
    fmt::Debug,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use midband::{
    DEFAULT_CHUNK, DecidedBy, Decision, Route, Summary, embed::CachedEmbeddings, judge::Cache,
};
use midband_io::{Format, Recovered, Unfinished, is_special, recovered_rows, unfinished};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{RunError, RunOptions, output_paths};

/// A run's beginning.
#[derive(Default)]
pub struct Begun {
    /// Milliseconds since 1970.
    pub since: u64,
    /// What is there of the output.
    pub kept: Recovered,
    /// Counts of the rows that are there.
    pub counts: Summary,
    /// The output, where it is a file: it can be resumed.
    pub unfinished: Option<Unfinished>,
    /// True where what is embedded together must follow from the input alone.
    pub whole_chunks: bool,
}

/// What the unfinished output belongs to.
#[derive(PartialEq, Serialize, Deserialize)]
struct Told {
    version: String,
    settings: String,
    /// Path, bytes and time of change.
    inputs: Vec<(PathBuf, u64, u64)>,
}

#[derive(Serialize, Deserialize)]
struct State {
    since: u64,
    told: Told,
}

impl Begun {
    /// Begins a run. `settings` is all that shapes its output beside its inputs; `learns` says whether a policy sees all pairs
    /// at once.
    ///
    /// # Errors
    /// The output can't be written, is one of the inputs, or belongs to another run.
    pub fn new(
        args: &RunOptions,
        format: Format,
        settings: &dyn Debug,
        learns: bool,
        inputs: &[&Path],
    ) -> Result<Self> {
        let Some(output) = &args.writing.output else {
            if args.resume {
                bail!(RunError::ResumeNeedsOutput);
            }
            return Ok(Self {
                since: now(),
                ..Self::default()
            });
        };
        output_paths::not_compressed(output)?;
        let failed = || format!("cannot write {}", output.display());
        let calibration = args.calibration.as_deref();
        if is_special(output) {
            if args.resume {
                bail!(
                    "{} is not a regular file: a run that writes to it cannot be resumed",
                    output.display()
                );
            }
            return Ok(Self {
                since: now(),
                ..Self::default()
            });
        }
        let outputs = output_paths::outputs_of_run(output);
        let caches = args.embedding.cache.as_deref().map(|folder| {
            let files = [CachedEmbeddings::file_in(folder), Cache::file_in(folder)];
            files.to_vec()
        });
        let caches = caches.unwrap_or_default();
        let read = inputs.iter().copied().chain(calibration);
        let read = read.chain(caches.iter().map(PathBuf::as_path));
        output_paths::apart(outputs.iter().map(PathBuf::as_path), read)?;
        let unfinished = Unfinished::of(output).with_context(failed)?;
        let state = state(output);
        let inputs = inputs.iter().copied().chain(calibration);
        let told = Told {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: format!("{settings:?}"),
            inputs: inputs.map(identity).collect::<Result<_>>()?,
        };
        let mut begun = Self {
            since: now(),
            whole_chunks: !learns,
            ..Self::default()
        };
        let rows = unfinished.file();
        let empty = rows.metadata().with_context(failed)?.len() == 0;
        let earlier = match args.resume.then(|| earlier(&state, output)) {
            // Verdicts may be there before the first row is.
            Some(Ok(earlier)) if earlier.told == told => Some(earlier),
            Some(Ok(_)) if !empty => bail!(RunError::OtherSettings(output.clone())),
            Some(Err(unknown)) if !empty => return Err(unknown),
            _ => None,
        };
        if let Some(earlier) = earlier {
            begun.since = earlier.since;
            let mut counts = Summary::default();
            // What is embedded together must be what an undisturbed run embeds together, for the last bit of a score. A run
            // that learns sees all pairs anew in any case.
            let group = if learns {
                u64::MAX
            } else {
                DEFAULT_CHUNK as u64
            };
            begun.kept = recovered_rows(rows, format, group, &mut |row| count(&mut counts, row))
                .with_context(|| format!("cannot read the unfinished {}", output.display()))?;
            begun.counts = counts;
        } else {
            // Rows of an earlier run go before this one's settings stand beside them.
            rows.set_len(0).with_context(failed)?;
            let written = serde_json::to_vec(&State {
                since: begun.since,
                told,
            })?;
            whole(&state, &written).with_context(|| format!("cannot write {}", state.display()))?;
        }
        begun.unfinished = Some(unfinished);
        Ok(begun)
    }
}

/// What an earlier run was told.
fn earlier(state: &Path, output: &Path) -> Result<State> {
    let read = fs::read(state).map_err(anyhow::Error::from);
    let state = read.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
    state.map_err(|source: anyhow::Error| {
        let output = output.to_path_buf();
        RunError::UnknownSettings { output, source }.into()
    })
}

/// Writes a file that is whole or not there, also if this process is killed. Only the holder of the output does.
fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// The cache of a run that is to be resumed and names none: it stands beside the output until the run is finished.
pub fn own_cache(args: &mut RunOptions) {
    if let (true, None, Some(output)) = (args.resume, &args.embedding.cache, &args.writing.output) {
        args.embedding.cache = Some(cache(output));
    }
}

fn cache(output: &Path) -> PathBuf {
    let mut name = unfinished(output).into_os_string();
    name.push(".cache");
    name.into()
}

/// Where the run's own settings stand while it is unfinished.
fn state(output: &Path) -> PathBuf {
    let mut name = unfinished(output).into_os_string();
    name.push(".json");
    name.into()
}

/// The run is finished: there is nothing to resume.
pub(crate) fn ended(output: &Path) {
    // A state or a cache without its output is never read.
    let _ = fs::remove_file(state(output));
    let _ = fs::remove_dir_all(cache(output));
}

fn identity(path: &Path) -> Result<(PathBuf, u64, u64)> {
    if path == Path::new("-") {
        return Ok((path.to_path_buf(), 0, 0));
    }
    let about = fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?;
    let changed = about.modified().ok();
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = changed.map_or(0, |since| since.as_nanos() as u64);
    Ok((path.to_path_buf(), about.len(), nanoseconds))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as u64
}

/// Counts a row as the engine counted its score.
fn count(counts: &mut Summary, row: &Map<String, Value>) {
    let word = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    counts.pairs += 1;
    for route in [Route::Accept, Route::Ask, Route::Reject] {
        if word("route") == route.as_str() {
            *counts.routes.entry(route.as_str()).or_default() += 1;
        }
    }
    for decision in [Decision::Match, Decision::NoMatch, Decision::Review] {
        if word("decision") == decision.as_str() {
            *counts.decisions.entry(decision.as_str()).or_default() += 1;
        }
    }
    for by in DecidedBy::ALL {
        if word("decided_by") == by.as_str() {
            *counts.decided_by.entry(by.as_str()).or_default() += 1;
        }
    }
    let reason = |kind: &str| {
        let rest = word("status").strip_prefix(kind)?.strip_prefix('(')?;
        rest.strip_suffix(')').map(str::to_owned)
    };
    if let Some(reason) = reason("unanswered") {
        *counts.unanswered.entry(reason).or_default() += 1;
    }
    if let Some(reason) = reason("rejected") {
        *counts.rejected.entry(reason).or_default() += 1;
    }
    let truncated = row.get("truncated");
    if truncated == Some(&Value::Bool(true)) || word("truncated") == "true" {
        counts.truncated += 1;
    }
}
