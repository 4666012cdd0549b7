//! Flags that change nothing: whoever types one expects something else than what the run does.
//!
//! Only typed flags count. A variable or a key of the settings file stands for many commands, and is ignored by those that
//! have no use for it.

mod rules;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{ArgMatches, Command, ValueEnum, parser::ValueSource};
use midband::judge::Protocol;
use midband_io::Format;
use midband_run::{format_of, found};

use crate::args::{JudgeArg, PolicyArg, PolicyHints};

use rules::{REFUSED, Rule, TOLD};

/// What is settled of a command, whoever says it.
struct Given<'a> {
    command: &'a str,
    settled: &'a ArgMatches,
    /// False if the inputs are tables in memory.
    of_files: bool,
}

impl Given<'_> {
    /// True for what is said by a flag, a variable or the settings file.
    fn has(&self, id: &str) -> bool {
        let known = self.settled.try_contains_id(id).unwrap_or(false);
        let no_default = || {
            !matches!(
                self.settled.value_source(id),
                None | Some(ValueSource::DefaultValue)
            )
        };
        known && no_default() && self.text(id).as_deref() != Some("false")
    }

    fn values(&self, id: &str) -> Vec<String> {
        let raw = self.settled.try_get_raw(id).ok().flatten();
        let values = raw.into_iter().flatten();
        values
            .map(|value| value.to_string_lossy().into_owned())
            .collect()
    }

    fn text(&self, id: &str) -> Option<String> {
        self.values(id).into_iter().next()
    }

    fn is(&self, id: &str, word: &str) -> bool {
        self.text(id).as_deref() == Some(word)
    }

    fn paths(&self, id: &str) -> Vec<PathBuf> {
        self.values(id).into_iter().map(PathBuf::from).collect()
    }

    fn policy(&self) -> PolicyArg {
        let named = self.text("policy");
        let hints = PolicyHints {
            target: self.has("target"),
            band: self.has("band") || self.has("band_on"),
            max_questions: self.has("max_questions"),
        };
        hints.policy(named.and_then(|word| PolicyArg::from_str(&word, true).ok()))
    }

    /// The judge that is named; none where that is left to what answers.
    fn judge(&self) -> Option<JudgeArg> {
        self.text("judge")?.parse().ok()
    }

    fn asks_openai(&self) -> bool {
        JudgeArg::protocol(self.judge().as_ref(), self.has("judge_url")) == Protocol::OpenAi
    }

    /// True if the command asks a judge only where one is named, and none is.
    fn names_no_judge(&self) -> bool {
        self.judge().is_none() && !self.has("judge_url")
    }

    fn compares_texts(&self) -> bool {
        let names = [
            "text",
            "candidates",
            "exact",
            "calibration",
            "band",
            "band_on",
        ];
        self.is("compare", "text")
            || !self.is("compare", "columns") && names.iter().any(|id| self.has(id))
    }

    fn benches(&self, modes: &[&str]) -> bool {
        let asked = self.values("mode").join(",");
        asked
            .split(',')
            .any(|mode| mode == "all" || modes.contains(&mode))
    }

    /// The formats of all inputs; none if they are unknown.
    fn input_formats(&self) -> Option<Vec<Format>> {
        let inputs: &[&str] = match self.command {
            "score" => &["inputs"],
            "calibrate" => &["labelled"],
            "match" => &["left", "right", "known"],
            "eval" => &["scored"],
            "report" | "review" => &["scored", "pairs", "lists"],
            "bench" => &["pairs"],
            "profile" => &["list"],
            _ => return None,
        };
        let named: Option<Format> = self.text("format").and_then(|name| name.parse().ok());
        let mut formats = Vec::new();
        for named_path in inputs.iter().flat_map(|id| self.paths(id)) {
            for path in found(&named_path).ok()? {
                formats.push(format_of(named, &path));
            }
        }
        Some(formats).filter(|formats| !formats.is_empty())
    }

    fn reads_only(&self, is: fn(Format) -> bool) -> bool {
        self.of_files
            && self
                .input_formats()
                .is_some_and(|formats| formats.into_iter().all(is))
    }

    fn writes_delimited(&self) -> bool {
        let is_delimited = |format: Format| format.delimiter().is_some();
        let others = ["clusters", "golden"].iter().flat_map(|id| self.paths(id));
        let by_ending = |path: &PathBuf| Format::from_ending(path).is_some_and(is_delimited);
        let named: Option<Format> = self
            .text("output_format")
            .and_then(|name| name.parse().ok());
        let output = self.paths("output").into_iter().next();
        let own = named.or_else(|| Format::from_ending(output.as_deref()?));
        let own = own.or_else(|| self.input_formats()?.into_iter().next());
        // What is unknown may be.
        own.is_none_or(is_delimited) || others.into_iter().any(|path| by_ending(&path))
    }
}

/// Refuses typed flags that change nothing, or says so. `typed` is what the command line says, `settled` what holds.
pub(crate) fn check(
    command: &Command,
    typed: &ArgMatches,
    settled: &ArgMatches,
    of_files: bool,
) -> Result<()> {
    let given = Given {
        command: command.get_name(),
        settled,
        of_files,
    };
    if let Some(said) = idle(command, typed, &given, REFUSED) {
        bail!("{said}: leave it out");
    }
    if let (false, Some(said)) = (
        given.is("quiet", "true"),
        idle(command, typed, &given, TOLD),
    ) {
        noteln!("midband: {said}");
    }
    Ok(())
}

/// The first rule by which typed flags change nothing, in words.
fn idle(
    command: &Command,
    typed: &ArgMatches,
    given: &Given<'_>,
    rules: &[Rule],
) -> Option<String> {
    let is_typed = |id: &str| {
        typed.try_contains_id(id).unwrap_or(false)
            && typed.value_source(id) == Some(ValueSource::CommandLine)
    };
    let name = |id: &str| {
        let argument = command
            .get_arguments()
            .find(|argument| argument.get_id() == id);
        argument
            .and_then(|argument| argument.get_long())
            .map(|long| format!("--{long}"))
    };
    let fits =
        |rule: &&Rule| rule.commands.is_empty() || rule.commands.contains(&command.get_name());
    rules.iter().filter(fits).find_map(|rule| {
        let flags = rule.flags.iter().filter(|id| is_typed(id));
        let names: Vec<String> = flags.filter_map(|id| name(id)).collect();
        if names.is_empty() || !(rule.idle)(given) {
            return None;
        }
        let has = if names.len() == 1 { "has" } else { "have" };
        Some(format!("{} {has} no effect {}", names.join(", "), rule.why))
    })
}

#[cfg(test)]
mod tests;
