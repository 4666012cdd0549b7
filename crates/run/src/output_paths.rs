//! Outputs that are no inputs.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use midband_io::{is_special, same_file};

use crate::files::{PROVENANCE, SUMMARY, beside};

/// The files that a run writes, of which the scores are this one.
pub fn outputs_of_run(output: &Path) -> Vec<PathBuf> {
    let endings = [PROVENANCE, SUMMARY, "rejected.jsonl"];
    let others = endings.map(|ending| beside(output, ending));
    std::iter::once(output.to_path_buf())
        .chain(others)
        .collect()
}

/// Refuses standard input, or a pipe, in two places: what one of them reads the other does not get.
///
/// # Errors
/// An input that can be read once only is named twice.
pub fn once_each(inputs: &[&Path]) -> Result<()> {
    for (at, input) in inputs.iter().enumerate() {
        let once = *input == Path::new("-") || is_special(input);
        if once && inputs[..at].contains(input) {
            bail!(
                "{} is named twice but can be read only once",
                input.display()
            );
        }
    }
    Ok(())
}

/// Refuses the name of a compressed file, which would hold something else.
///
/// # Errors
/// The name ends as one of a compressed file.
pub(crate) fn not_compressed(output: &Path) -> Result<()> {
    let ending = output.extension().and_then(|ending| ending.to_str());
    let packed = ["gz", "zst", "zstd", "bz2", "xz", "zip"];
    if ending.is_some_and(|ending| packed.iter().any(|name| ending.eq_ignore_ascii_case(name))) {
        bail!(
            "{}: midband cannot write compressed files; drop the extension and compress the file afterward",
            output.display()
        );
    }
    Ok(())
}

/// Refuses an output that is one file with an input or with another output, by whatever name, one that is a folder, and an
/// input that can be read once only and is named twice: before any work is done.
///
/// # Errors
/// Two of them are one file, or an output is a folder or has the name of a compressed file.
pub fn apart<'o, 'i>(
    outputs: impl IntoIterator<Item = &'o Path>,
    inputs: impl IntoIterator<Item = &'i Path>,
) -> Result<()> {
    let inputs: Vec<&Path> = inputs.into_iter().collect();
    let mut earlier: Vec<&Path> = Vec::new();
    once_each(&inputs)?;
    for output in outputs {
        not_compressed(output)?;
        if output == Path::new("-") {
            bail!("`-` (standard output) works for scores only: name a file");
        }
        if output.is_dir() {
            bail!("{} is a folder: name a file in it", output.display());
        }
        if let Ok(to) = output.read_link() {
            let target = output.parent().unwrap_or(Path::new("")).join(to);
            let folder = target.parent().unwrap_or(Path::new("/"));
            let here = folder.as_os_str().is_empty();
            if !here && !folder.is_dir() {
                bail!(
                    "{} is a link to {}, whose folder does not exist",
                    output.display(),
                    target.display()
                );
            }
        }
        if let Some(input) = inputs.iter().find(|input| same_file(input, output)) {
            bail!(
                "{} would overwrite the input {}: name another output",
                output.display(),
                input.display()
            );
        }
        if let Some(other) = earlier.iter().find(|other| same_file(other, output)) {
            bail!(
                "{} and {} are the same file: each output needs its own name",
                other.display(),
                output.display()
            );
        }
        earlier.push(output);
    }
    Ok(())
}
