//! Files by name, by pattern or by folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use midband_io::{Format, Partition};

/// The file of this name, or the files that it stands for as a pattern or as a folder.
///
/// # Errors
/// The pattern is none, or matches nothing; or the folder holds no file of a known ending.
pub fn found(named: &Path) -> Result<Vec<PathBuf>> {
    if named.is_dir() {
        let mut files = Vec::new();
        within(named, &mut files)
            .with_context(|| format!("cannot list the folder {}", named.display()))?;
        if files.is_empty() {
            bail!(
                "the folder {} has no JSONL, CSV, TSV or Parquet file",
                named.display()
            );
        }
        files.sort();
        Ok(files)
    } else if is_pattern(named) && !named.exists() {
        matching(named)
    } else {
        Ok(vec![named.to_path_buf()])
    }
}

/// What a run writes beside its output.
const BESIDE: [&str; 3] = [".rejected.jsonl", ".provenance.json", ".summary.json"];

/// Every file below a folder whose ending names a form. Names that begin with a dot or an underscore are not data: Spark's
/// `_SUCCESS`, a run's unfinished part. Nor are the files that a run writes beside its output.
fn within(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['.', '_']) || BESIDE.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        if path.is_dir() {
            // A link to a folder may lead in circles.
            if !entry.file_type()?.is_symlink() {
                within(&path, files)?;
            }
        } else if Format::from_ending(&path).is_some() {
            files.push(path);
        }
    }
    Ok(())
}

/// Refuses outputs that the next run over the same folder or pattern would read.
///
/// # Errors
/// An output is in a folder that is an input, or fits a pattern that is one.
pub fn none_found_later<'o, 'n>(
    outputs: impl IntoIterator<Item = &'o Path>,
    named: impl IntoIterator<Item = &'n Path>,
) -> Result<()> {
    let named: Vec<&Path> = named.into_iter().collect();
    for output in outputs {
        if let Some(input) = named.iter().find(|input| would_find(input, output)) {
            bail!(
                "{} would be one of the files of the input {} in the next run: name an output outside of it",
                output.display(),
                input.display()
            );
        }
    }
    Ok(())
}

/// True if the folder or the pattern will hold this file.
fn would_find(named: &Path, output: &Path) -> bool {
    if named.is_dir() {
        let folder = output.parent().filter(|dir| !dir.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        let within = match (folder, named.canonicalize()) {
            (Ok(folder), Ok(named)) => folder.starts_with(named),
            _ => false,
        };
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        within && !name.starts_with(['.', '_']) && Format::from_ending(output).is_some()
    } else {
        let options = glob::MatchOptions {
            require_literal_separator: true,
            ..glob::MatchOptions::default()
        };
        let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_path_buf();
        is_pattern(named)
            && !named.exists()
            && glob::Pattern::new(&plain(named).to_string_lossy())
                .is_ok_and(|pattern| pattern.matches_path_with(&plain(output), options))
    }
}

/// The form of an output by its name alone: what lies there already says nothing of it.
pub(crate) fn output_form(path: &Path) -> Format {
    Format::from_ending(path).unwrap_or(Format::Jsonl)
}

/// The columns that the folders of a file name, where it was found by a pattern or in a folder.
pub fn partitions(named: &Path, found: &Path) -> Vec<Partition> {
    if named == found {
        Vec::new()
    } else {
        Partition::of(found)
    }
}

/// As named, else by the file itself, else JSONL.
pub fn format_of(named: Option<Format>, path: &Path) -> Format {
    named
        .or_else(|| midband_io::form_of(path))
        .unwrap_or(Format::Jsonl)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let named = || format!("{} is not a valid pattern", pattern.display());
    let found = glob::glob(&pattern.to_string_lossy()).with_context(named)?;
    let mut paths = found
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("cannot search {}", pattern.display()))?;
    paths.retain(|path| path.is_file());
    paths.sort();
    if paths.is_empty() {
        bail!("no file matches {}", pattern.display());
    }
    Ok(paths)
}
