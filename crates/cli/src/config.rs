//! Settles every setting once: flag, then `MIDBAND_*` variable, then `midband.toml`, then default; names of the version
//! before are put right on the way (`renamed`).
//!
//! clap knows the first two and the last. What the file says and neither of the first two does is added
//! to the command line and parsed again, so that a value is checked in one place wherever it stood.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::{ArgMatches, Command, FromArgMatches, parser::ValueSource};

use crate::{args::Cli, exit, renamed, variables};

/// Read where no other file is named.
const FILE: &str = "midband.toml";

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

/// Parses the command line and fills in what the settings file says.
pub(crate) fn resolve(mut arguments: Vec<OsString>) -> Result<(Cli, Vec<Origin>), Stop> {
    let parse = |arguments: &[OsString]| {
        variables::command()
            .try_get_matches_from(arguments)
            .map_err(Stop::Shown)
    };
    renamed::arguments(&mut arguments);
    let said = parse(&arguments)?;
    let root = variables::command();
    let (command, of) = innermost(&root, &said);
    let mut added = from_old_variables(command, of);
    added.extend(from_file(&said, &added).map_err(Stop::Config)?);
    let mut all = arguments;
    let end = all
        .iter()
        .position(|argument| argument == "--")
        .unwrap_or(all.len());
    all.splice(end..end, added.iter().map(|added| added.argument.clone()));
    let matches = parse(&all)?;
    let (command, of) = innermost(&root, &matches);
    renamed::modes(command, of);
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
    let said = renamed::variables(command).into_iter();
    said.filter(|said| !is_said(matches, &said.id))
        .map(|said| Added {
            id: said.id,
            argument: said.argument,
            from: format!("variable {}", said.name),
        })
        .collect()
}

/// For each key of the settings file that nothing stronger sets, the argument that says the same.
fn from_file(said: &ArgMatches, stronger: &[Added]) -> Result<Vec<Added>> {
    let root = variables::command();
    let (command, matches) = innermost(&root, said);
    let named = said.get_one::<PathBuf>("config");
    let path = named.cloned().unwrap_or_else(|| FILE.into());
    if named.is_none() && !path.is_file() {
        return Ok(Vec::new());
    }
    let table = read(&path)?;
    let mut added = Vec::new();
    for (key, value) in &table {
        let key = match renamed::key(key) {
            Some(new) => {
                renamed::warn(&format!("{key} in {}", path.display()), new);
                new
            }
            None => key,
        };
        let Some(argument) = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(key))
        else {
            if is_known(&root, key) {
                continue;
            }
            bail!(
                "{}: no flag is called {key:?}; keys are flags without their dashes",
                path.display()
            );
        };
        let id = argument.get_id().as_str();
        if is_said(matches, id) || stronger.iter().any(|added| added.id == id) {
            continue;
        }
        let takes_value = argument.get_action().takes_values();
        let text = match (value, takes_value) {
            (toml::Value::Boolean(true), false) => format!("--{key}"),
            (toml::Value::Boolean(false), false) => continue,
            (toml::Value::String(text), true) => format!("--{key}={text}"),
            (toml::Value::Integer(number), true) => format!("--{key}={number}"),
            (toml::Value::Float(number), true) => format!("--{key}={number}"),
            _ => bail!("{}: {key} can't be {}", path.display(), value.type_str()),
        };
        added.push(Added {
            id: id.to_owned(),
            argument: text.into(),
            from: path.display().to_string(),
        });
    }
    Ok(added)
}

fn read(path: &Path) -> Result<toml::Table> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    text.parse()
        .map_err(|error| anyhow!("{} is not valid TOML: {error}", path.display()))
}

/// True where any command has that flag: one file serves them all.
fn is_known(command: &Command, key: &str) -> bool {
    command
        .get_arguments()
        .any(|argument| argument.get_long() == Some(key))
        || command.get_subcommands().any(|inner| is_known(inner, key))
}

fn origins(matches: &ArgMatches, added: &[Added]) -> Vec<Origin> {
    let root = variables::command();
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
