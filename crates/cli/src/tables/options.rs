//! The options of a command, for functions that take them by name.

use clap::ArgAction;

use crate::variables;

/// An option as it can be said.
#[derive(Clone, Debug)]
pub struct OptionInfo {
    /// The flag without its dashes.
    pub name: String,
    /// `flag`, `whole`, `number`, `path` or `text`.
    pub kind: &'static str,
    /// It may be said several times.
    pub several: bool,
    /// The words that it takes, where they are few.
    pub words: Vec<String>,
    /// As it is where nothing is said.
    pub default: Option<String>,
    /// What it does.
    pub help: String,
}

/// The options of a command.
pub fn options(command: &str) -> Vec<OptionInfo> {
    let root = variables::command();
    let Some(found) = root.find_subcommand(command) else {
        return Vec::new();
    };
    let named = found.get_arguments().filter_map(|argument| {
        let name = argument.get_long()?;
        if argument.is_hide_set() || name == "help" || name == "version" {
            return None;
        }
        let of = argument.get_value_parser().type_id();
        let is = |id: std::any::TypeId| of == id;
        let kind = if !argument.get_action().takes_values() {
            "flag"
        } else if is(std::any::TypeId::of::<f64>()) {
            "number"
        } else if is(std::any::TypeId::of::<usize>())
            || is(std::any::TypeId::of::<u64>())
            || is(std::any::TypeId::of::<u32>())
        {
            "whole"
        } else if is(std::any::TypeId::of::<std::path::PathBuf>()) {
            "path"
        } else {
            "text"
        };
        let words = argument.get_possible_values().into_iter();
        let words = words.filter(|word| kind != "flag" && !word.is_hide_set());
        let default = argument.get_default_values().first();
        Some(OptionInfo {
            name: name.to_owned(),
            kind,
            several: matches!(argument.get_action(), ArgAction::Append),
            words: words.map(|word| word.get_name().to_owned()).collect(),
            default: default
                .filter(|_| kind != "flag")
                .map(|value| value.to_string_lossy().into_owned()),
            help: argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default(),
        })
    });
    named.collect()
}
