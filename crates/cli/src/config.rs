//! Settles every setting once: flag, then `MIDBAND_*` variable, then `midband.toml`, then default; names of the version
//! before are put right on the way (`renamed`).
//!
//! clap knows the first two and the last. What the file says and neither of the first two does is added
//! to the command line and parsed again, so that a value is checked in one place wherever it stood.

mod settings_file;

use std::{ffi::OsString, process::ExitCode};

use anyhow::Result;
use clap::{ArgMatches, Command, FromArgMatches, parser::ValueSource};

use crate::{args::Cli, exit, ineffective_flags, old_names, variables};

/// Why no command runs.
pub(crate) enum Stop {
    /// clap has help, a version or a usage error to show.
    Shown(clap::Error),
    /// The settings file can't be used.
    Config(anyhow::Error),
}

/// A setting, its value and where that came from.
pub(crate) struct Origin {
    name: String,
    value: String,
    from: String,
}

/// What is added to the command line.
struct Added {
    /// The flag as clap knows it.
    id: String,
    argument: OsString,
    from: String,
}

/// Parses the command line and fills in what the settings file says. `of_files` is false if the inputs are tables in memory.
pub(crate) fn resolve(
    mut arguments: Vec<OsString>,
    of_files: bool,
) -> Result<(Cli, Vec<Origin>), Stop> {
    let parse = |arguments: &[OsString]| {
        // Pages and completions are those of the version alone.
        variables::command()
            .long_version(concat!(
                env!("CARGO_PKG_VERSION"),
                " (",
                env!("BUILT_OF"),
                ")"
            ))
            .try_get_matches_from(arguments)
            .map_err(Stop::Shown)
    };
    old_names::arguments(&mut arguments);
    let said = parse(&arguments)?;
    let root = built();
    let (command, typed) = innermost(&root, &said);
    let mut added = from_old_variables(command, typed);
    let is_set = |id: &str| is_said(typed, id) || added.iter().any(|added| added.id == id);
    let in_file = settings_file::said(&said, &root, command, is_set).map_err(Stop::Config)?;
    added.extend(in_file);
    let mut all = arguments;
    let end = all
        .iter()
        .position(|argument| argument == "--")
        .unwrap_or(all.len());
    all.splice(end..end, added.iter().map(|added| added.argument.clone()));
    let matches = parse(&all)?;
    let (command, of) = innermost(&root, &matches);
    old_names::modes(command, of);
    ineffective_flags::check(command, typed, of, of_files).map_err(Stop::Config)?;
    settings_file::keep(of).map_err(Stop::Config)?;
    let origins = origins(&matches, &added);
    let cli = Cli::from_arg_matches(&matches).map_err(Stop::Shown)?;
    Ok((cli, origins))
}

/// Prints every setting with its value and origin.
pub(crate) fn explain(origins: &[Origin]) -> Result<ExitCode> {
    let width = |of: fn(&Origin) -> usize| origins.iter().map(of).max().unwrap_or(0);
    let (names, values) = (width(|o| o.name.len()), width(|o| o.value.len()));
    for Origin { name, value, from } in origins {
        outln!("{name:names$}  {value:values$}  {from}")?;
    }
    Ok(exit::SETTLED)
}

/// The command line, in which a command has the flags that are its parent's too.
fn built() -> Command {
    let mut root = variables::command();
    root.build();
    root
}

/// The command that runs, with its arguments.
fn innermost<'a>(
    mut command: &'a Command,
    mut matches: &'a ArgMatches,
) -> (&'a Command, &'a ArgMatches) {
    while let Some((name, inner)) = matches.subcommand() {
        match command.find_subcommand(name) {
            Some(found) => (command, matches) = (found, inner),
            None => break,
        }
    }
    (command, matches)
}

/// True where a flag or a variable sets it.
fn is_said(matches: &ArgMatches, id: &str) -> bool {
    let stronger = [ValueSource::CommandLine, ValueSource::EnvVariable];
    matches
        .value_source(id)
        .is_some_and(|source| stronger.contains(&source))
}

/// What variables say under old names, where no flag says anything.
fn from_old_variables(command: &Command, matches: &ArgMatches) -> Vec<Added> {
    let said = old_names::variables(command).into_iter();
    said.filter(|said| !is_said(matches, &said.id))
        .map(|said| Added {
            id: said.id,
            argument: said.argument,
            from: format!("variable {}", said.name),
        })
        .collect()
}

fn origins(matches: &ArgMatches, added: &[Added]) -> Vec<Origin> {
    let root = built();
    let (command, matches) = innermost(&root, matches);
    let settings = command.get_arguments().filter_map(|argument| {
        let (id, name) = (argument.get_id().as_str(), argument.get_long()?);
        if ["help", "version", "explain-config"].contains(&name) {
            return None;
        }
        let raw: Option<Vec<String>> = matches.try_get_raw(id).ok()?.map(|values| {
            values
                .map(|value| value.to_string_lossy().into_owned())
                .collect()
        });
        let added = added.iter().find(|added| added.id == id);
        let from = match (added, matches.value_source(id)) {
            (Some(added), _) => added.from.clone(),
            (None, Some(ValueSource::CommandLine)) => "flag".to_owned(),
            (None, Some(ValueSource::EnvVariable)) => {
                format!(
                    "variable {}",
                    argument.get_env().unwrap_or_default().to_string_lossy()
                )
            }
            _ => "default".to_owned(),
        };
        Some(Origin {
            name: name.to_owned(),
            value: raw.map_or_else(|| "(none)".to_owned(), |values| values.join(" ")),
            from,
        })
    });
    settings.collect()
}
