//! Names of the version before. They are taken for one version more, each use with one warning on standard error:
//! on the command line, as a `MIDBAND_*` variable and as a key of the settings file.

use std::ffi::OsString;

use clap::{ArgMatches, Command};

/// Flags without their dashes, old and new.
const FLAGS: [(&str, &str); 1] = [("price", "min-gain")];
/// The same of one command: another one has a flag of the old name that means something else.
const OF_COMMANDS: [(&str, &str, &str); 2] = [
    ("bench", "gold-pairs", "gold-sample"),
    ("calibrate", "compare", "compare-modes"),
];

/// What a variable called by its old name adds to the command line, and that name.
pub(crate) struct FromVariable {
    /// The flag as clap knows it.
    pub(crate) id: String,
    pub(crate) argument: OsString,
    pub(crate) name: String,
}

/// Puts the new flags in the place of old ones.
pub(crate) fn arguments(given: &mut [OsString]) {
    let command = (given
        .iter()
        .skip(1)
        .filter_map(|argument| argument.to_str()))
    .find(|argument| !argument.starts_with('-'))
    .unwrap_or_default()
    .to_owned();
    for argument in given {
        let Some(flag) = argument.to_str().and_then(|text| text.strip_prefix("--")) else {
            continue;
        };
        if flag.is_empty() {
            // What follows are no flags.
            return;
        }
        let name = flag.split('=').next().unwrap_or_default();
        let of_command = OF_COMMANDS
            .iter()
            .find(|(of, old, _)| *of == command && *old == name);
        if let Some(new) = key(name).or(of_command.map(|(_, _, new)| *new)) {
            warn(&format!("--{name}"), &format!("--{new}"));
            *argument = format!("--{new}{}", &flag[name.len()..]).into();
        }
    }
}

/// What old variables say of flags that this command has. A variable of the new name wins.
pub(crate) fn variables(command: &Command) -> Vec<FromVariable> {
    let said = FLAGS.iter().filter_map(|(old, new)| {
        let flag = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(new))?;
        let (old, new) = (variable(old), variable(new));
        let value = std::env::var(&old).ok()?;
        if std::env::var_os(&new).is_some() {
            return None;
        }
        warn(&old, &new);
        let name = flag.get_long()?;
        let argument = match (flag.get_action().takes_values(), value.as_str()) {
            (true, value) => format!("--{name}={value}"),
            (false, "" | "0" | "false" | "no" | "off") => return None,
            (false, _) => format!("--{name}"),
        };
        Some(FromVariable {
            id: flag.get_id().to_string(),
            argument: argument.into(),
            name: old,
        })
    });
    said.collect()
}

fn variable(flag: &str) -> String {
    format!("MIDBAND_{}", flag.replace('-', "_").to_uppercase())
}

/// The new name of a key of the settings file, or of a flag without its dashes.
pub(crate) fn key(old: &str) -> Option<&'static str> {
    FLAGS
        .iter()
        .find(|(name, _)| *name == old)
        .map(|(_, new)| *new)
}

/// Warns of prompting modes that are called by their old names; what they mean is `args::asking`'s to know.
pub(crate) fn modes(command: &Command, matches: &ArgMatches) {
    let said = |id: &str| -> Vec<String> {
        let raw = matches.try_get_raw(id).ok().flatten();
        raw.into_iter()
            .flatten()
            .map(|value| value.to_string_lossy().into_owned())
            .collect()
    };
    let has_forms = command
        .get_arguments()
        .any(|flag| flag.get_id() == "answer_format");
    let form = said("answer_format").pop();
    for mode in said("mode") {
        let new = match (mode.as_str(), &form) {
            ("glance", _) => "yes-no",
            ("constrained", Some(form)) => form,
            // The bench never knew forms: there it was always an object.
            ("constrained", None) if !has_forms => "keyed",
            ("constrained", None) => "digits",
            _ => continue,
        };
        warn(&format!("--mode {mode}"), &format!("--mode {new}"));
    }
    if form.is_some() {
        warn("--answer-format", "part of --mode");
    }
}

/// Tells of an old name.
pub(crate) fn warn(old: &str, new: &str) {
    noteln!("midband: {old} is now {new}; the next version drops the old name");
}
