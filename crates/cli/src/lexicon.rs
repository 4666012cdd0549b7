//! `midband lexicon`: lexicons made of what the user has a licence for.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use midband::lexicon::Imported;

use crate::{
    args::{LexiconArgs, LexiconCommand},
    exit,
};

pub(crate) fn run(args: &LexiconArgs) -> Result<ExitCode> {
    match &args.command {
        LexiconCommand::Import {
            release,
            output,
            language,
            quiet,
        } => {
            let imported = midband_run::import_release(release, language)?;
            write(&imported, output)
                .with_context(|| format!("cannot write {}", output.display()))?;
            if !quiet {
                noteln!(
                    "{} names of {} concepts: use them with --lexicon {}",
                    imported.len(),
                    imported.concepts(),
                    output.display()
                );
            }
            Ok(exit::SETTLED)
        }
    }
}

/// Whole or not at all.
fn write(imported: &Imported, output: &Path) -> Result<()> {
    let mut partial = output.as_os_str().to_owned();
    partial.push(".partial");
    let mut file = BufWriter::new(File::create(&partial)?);
    imported.write(&mut file)?;
    file.flush()?;
    fs::rename(&partial, output)?;
    Ok(())
}
