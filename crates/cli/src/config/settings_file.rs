//! What the settings file says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use midband_io::same_file;

use super::Added;
use crate::old_names;

/// Read where no other file is named.
const FILE: &str = "midband.toml";

/// For each key that nothing stronger sets (`is_set` knows flags by their ids), the argument that says the same.
pub(super) fn said(
    said: &ArgMatches,
    root: &Command,
    command: &Command,
    is_set: impl Fn(&str) -> bool,
) -> Result<Vec<Added>> {
    let named = said.get_one::<PathBuf>("config");
    let path = named.cloned().unwrap_or_else(|| FILE.into());
    // What is there and can't be read is no reason to go by nothing.
    if named.is_none() && fs::symlink_metadata(&path).is_err() {
        return Ok(Vec::new());
    }
    let table = read(&path)?;
    let mut added = Vec::new();
    for (key, value) in &table {
        let key = match old_names::key(key) {
            Some(new) => {
                old_names::warn(&format!("{key} in {}", path.display()), new);
                new
            }
            None => key,
        };
        let Some(argument) = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(key))
            .filter(|_| !NO_KEYS.contains(&key))
        else {
            if is_known(root, key) && !NO_KEYS.contains(&key) {
                continue;
            }
            bail!(
                "{}: there is no flag {key:?}; keys are flag names without dashes",
                path.display()
            );
        };
        let id = argument.get_id().as_str();
        let texts = said_by(argument, value).with_context(|| {
            format!(
                "{}: {key} does not take a value of type {}",
                path.display(),
                value.type_str()
            )
        })?;
        if is_set(id) {
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
pub(super) const NO_KEYS: [&str; 3] = ["help", "version", "config"];

/// The arguments that say what a key does: several for a list, where the flag takes one. None where the flag takes no such value.
pub(super) fn said_by(argument: &Arg, value: &toml::Value) -> Option<Vec<String>> {
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
pub(super) fn keep(matches: &ArgMatches) -> Result<()> {
    let named = matches.try_get_one::<PathBuf>("config").ok().flatten();
    let settings = named.cloned().unwrap_or_else(|| FILE.into());
    for output in ["output", "clusters"] {
        let Ok(Some(mut values)) = matches.try_get_raw(output) else {
            continue;
        };
        if values.any(|value| same_file(Path::new(value), &settings)) && settings.is_file() {
            bail!(
                "{} would overwrite the settings file: name another output",
                settings.display()
            );
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<toml::Table> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
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

#[cfg(test)]
mod tests {
    use super::{super::built, *};

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
