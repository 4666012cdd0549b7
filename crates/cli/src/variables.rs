//! Settings as environment variables: every flag has one, and one that no flag has is said to be none.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};

use crate::args::Cli;

/// Variables that are no flags: a key that must not stand among arguments, folders, and those of tests and builds.
const OTHERS: [&str; 13] = [
    "MIDBAND_JUDGE_API_KEY",
    "MIDBAND_DATA_DIR",
    "MIDBAND_OFFLINE",
    "MIDBAND_SHARED",
    "MIDBAND_KILLS",
    "MIDBAND_BINARY",
    "MIDBAND_CHROMIUM",
    "MIDBAND_PARSER_CASES",
    "MIDBAND_PYTHON",
    "MIDBAND_REQUIRE_BROWSER",
    "MIDBAND_TEST_CACHE",
    "MIDBAND_CANDLE",
    "MIDBAND_COMMIT",
];

/// The command line, each of its flags with a variable.
pub(crate) fn command() -> Command {
    with_variables(Cli::command())
}

fn with_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| match argument.get_long() {
        Some(flag) if argument.get_env().is_none() => {
            let name = variable(flag);
            // A name a flag, as long as the process runs.
            argument.env(&*Box::leak(name.into_boxed_str()))
        }
        _ => argument,
    });
    command.mut_subcommands(with_variables)
}

fn variable(flag: &str) -> String {
    format!("MIDBAND_{}", flag.replace('-', "_").to_ascii_uppercase())
}

fn known(command: &Command, names: &mut BTreeSet<String>) {
    let variables = command
        .get_arguments()
        .filter_map(|argument| argument.get_env());
    names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    command
        .get_subcommands()
        .for_each(|inner| known(inner, names));
}

/// Says which of these variables set nothing, each with the nearest that does.
pub(crate) fn unknown(set: impl Iterator<Item = String>) -> Vec<String> {
    let mut names = BTreeSet::from(OTHERS.map(str::to_owned));
    known(&command(), &mut names);
    let ours = set.filter(|name| name.starts_with("MIDBAND_") && !name.starts_with("MIDBAND_LIVE"));
    ours.filter(|name| !names.contains(name))
        .map(|name| {
            let nearest = names
                .iter()
                .map(|known| (distance(&name, known), known))
                .min();
            match nearest {
                Some((far, known)) if far <= 3 => {
                    format!("unknown variable {name}; did you mean {known}?")
                }
                _ => format!("unknown variable {name}"),
            }
        })
        .collect()
}

/// Letters to add, remove or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_of_every_command_has_its_variable() {
        fn check(command: &Command) {
            for argument in command.get_arguments() {
                let Some(flag) = argument.get_long() else {
                    continue;
                };
                assert!(
                    argument.get_env().is_some() || ["help", "version"].contains(&flag),
                    "{} --{flag}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(check);
        }
        let mut command = command();
        command.build();
        check(&command);
    }

    #[test]
    fn a_variable_that_sets_nothing_is_named_with_the_nearest() {
        let set = [
            "MIDBAND_POLCY",
            "MIDBAND_SEED",
            "MIDBAND_LIVE_URL",
            "PATH",
            "MIDBAND_ZZZZZZZZ",
        ];
        let said = unknown(set.into_iter().map(str::to_owned));
        assert_eq!(
            said,
            [
                "unknown variable MIDBAND_POLCY; did you mean MIDBAND_POLICY?",
                "unknown variable MIDBAND_ZZZZZZZZ"
            ]
        );
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
