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
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, parser::ValueSource};
use midband_io::same_file;

use crate::{args::Cli, effects, exit, renamed, variables};

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
    renamed::arguments(&mut arguments);
    let said = parse(&arguments)?;
    let root = built();
    let (command, typed) = innermost(&root, &said);
    let mut added = from_old_variables(command, typed);
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
    effects::check(command, typed, of, of_files).map_err(Stop::Config)?;
    keep_settings(of).map_err(Stop::Config)?;
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
    let root = built();
    let (command, matches) = innermost(&root, said);
    let named = said.get_one::<PathBuf>("config");
    let path = named.cloned().unwrap_or_else(|| FILE.into());
    // What is there and can't be read is no reason to go by nothing.
    if named.is_none() && fs::symlink_metadata(&path).is_err() {
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
            .filter(|_| !NO_KEYS.contains(&key))
        else {
            if is_known(&root, key) && !NO_KEYS.contains(&key) {
                continue;
            }
            bail!(
                "{}: no flag is called {key:?}; keys are flags without their dashes",
                path.display()
            );
        };
        let id = argument.get_id().as_str();
        let texts = said_by(argument, value)
            .with_context(|| format!("{}: {key} can't be {}", path.display(), value.type_str()))?;
        if is_said(matches, id) || stronger.iter().any(|added| added.id == id) {
            continue;
        }
        added.extend(texts.into_iter().map(|text| Added {
            id: id.to_owned(),
            argument: text.into(),
            from: path.display().to_string(),
        }));
    }
    Ok(added)
}

/// Flags that say nothing in a settings file.
const NO_KEYS: [&str; 3] = ["help", "version", "config"];

/// The arguments that say what a key does: several for a list, where the flag takes one. None where the flag takes no such value.
fn said_by(argument: &Arg, value: &toml::Value) -> Option<Vec<String>> {
    let key = argument.get_long()?;
    let takes_value = argument.get_action().takes_values();
    let one = |value: &toml::Value| match (value, takes_value) {
        (toml::Value::String(text), true) => Some(format!("--{key}={text}")),
        (toml::Value::Integer(number), true) => Some(format!("--{key}={number}")),
        (toml::Value::Float(number), true) => Some(format!("--{key}={number}")),
        _ => None,
    };
    match value {
        toml::Value::Boolean(true) if !takes_value => Some(vec![format!("--{key}")]),
        toml::Value::Boolean(false) if !takes_value => Some(Vec::new()),
        toml::Value::Array(values) if matches!(argument.get_action(), ArgAction::Append) => {
            values.iter().map(one).collect()
        }
        _ => one(value).map(|text| vec![text]),
    }
}

/// Refuses an output in the place of the settings file.
fn keep_settings(matches: &ArgMatches) -> Result<()> {
    let named = matches.try_get_one::<PathBuf>("config").ok().flatten();
    let settings = named.cloned().unwrap_or_else(|| FILE.into());
    for output in ["output", "clusters"] {
        let Ok(Some(mut values)) = matches.try_get_raw(output) else {
            continue;
        };
        if values.any(|value| same_file(Path::new(value), &settings)) && settings.is_file() {
            bail!(
                "{} would be written over the settings file: name another output",
                settings.display()
            );
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every flag of every command can be set by its key, as README says.
    #[test]
    fn every_flag_of_every_command_has_its_key() {
        fn check(command: &Command, checked: &mut usize) {
            let flags = command.get_arguments();
            for argument in flags.filter(|argument| argument.get_long().is_some()) {
                let key = argument.get_long().unwrap_or_default();
                if NO_KEYS.contains(&key) {
                    continue;
                }
                let value = if argument.get_action().takes_values() {
                    toml::Value::String("x".to_owned())
                } else {
                    toml::Value::Boolean(true)
                };
                let name = command.get_name();
                assert!(said_by(argument, &value).is_some(), "{name} --{key}");
                let table = toml::Value::Table(toml::Table::new());
                assert!(said_by(argument, &table).is_none(), "{name} --{key}");
                *checked += 1;
            }
            command
                .get_subcommands()
                .for_each(|inner| check(inner, checked));
        }
        let mut checked = 0;
        check(&built(), &mut checked);
        assert!(checked > 200, "{checked}");
        // A flag of the parent's is one of its commands'.
        let root = built();
        let stats = root
            .find_subcommand("cache")
            .and_then(|cache| cache.find_subcommand("stats"));
        let mut flags = stats.into_iter().flat_map(Command::get_arguments);
        assert!(flags.any(|argument| argument.get_long() == Some("cache")));
    }

    #[test]
    fn lists_are_said_one_by_one() {
        let root = built();
        let score = root.find_subcommand("score").unwrap();
        let said = |key: &str, value: toml::Value| {
            let mut flags = score.get_arguments();
            said_by(
                flags.find(|flag| flag.get_long() == Some(key)).unwrap(),
                &value,
            )
        };
        let list = || toml::Value::Array(vec!["match".into(), "review".into()]);
        assert_eq!(
            said("only", list()).unwrap(),
            ["--only=match", "--only=review"]
        );
        assert_eq!(said("seed", list()), None);
        assert_eq!(said("quiet", "yes".into()), None);
        assert_eq!(said("resume", 1.into()), None);
        assert_eq!(said("quiet", false.into()).unwrap(), [""; 0]);
    }
}
