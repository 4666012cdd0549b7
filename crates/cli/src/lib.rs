//! The command `midband`, as a library: its program is [`main`] alone, and another front end runs the same commands over
//! [`tables`].
//!
//! Parsing comes first and resolves every setting once (`config`); a command then runs on settled values.
//! Nothing is written to stdout but what was asked for.

#![deny(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod print;

mod args;
mod bench;
mod caches;
mod calibrate;
mod compare_models;
mod compare_modes;
mod compare_runs;
mod config;
mod doctor;
mod dry_run;
mod eval;
mod exit;
mod ineffective_flags;
mod judging;
mod learning;
mod lexicon;
mod matching;
mod models;
mod no_column;
mod old_names;
mod profile;
mod progress;
mod reports;
mod run_options;
mod score;
mod serve;
mod summary;
pub mod tables;
mod variables;

use std::{ffi::OsString, path::Path, process::ExitCode};

use anyhow::Context;
use args::{Command, LogArg};

/// A page for the program and one for each command.
fn man_pages(folder: &Path) -> anyhow::Result<ExitCode> {
    let failed = || format!("cannot write the pages to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(variables::command(), folder).with_context(failed)?;
    Ok(exit::SETTLED)
}

/// Runs a command line, the program's name first, and says how it ended.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let (mut cli, origins) = match config::resolve(arguments, true) {
        Ok(resolved) => resolved,
        Err(config::Stop::Shown(error)) => return exit::shown(&error),
        Err(config::Stop::Config(error)) => return exit::failed(&error),
    };
    if let Command::Score(args) = &mut cli.command {
        args.run.writing.settle();
    } else if let Command::Match(args) = &mut cli.command {
        args.run.writing.settle();
    }
    let log = match &cli.command {
        Command::Score(args) => args.run.log,
        Command::Match(args) => args.run.log,
        Command::Calibrate(args) => args.log,
        _ => LogArg::Text,
    };
    print::speak_json(log == LogArg::Json);
    let set = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    for said in variables::unknown(set) {
        noteln!("midband: {said}");
    }
    let done = match cli.command {
        Command::Score(args) if args.explain_config => config::explain(&origins),
        Command::Score(args) if args.dry_run => dry_run::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Match(args) if args.explain_config => config::explain(&origins),
        Command::Match(args) => matching::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Compare(args) => compare_runs::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Report(args) => reports::report(&args),
        Command::Review(args) => reports::review(&args),
        Command::Models(args) => models::run(&args),
        Command::Lexicon(args) => lexicon::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Cache(args) => caches::run(&args),
        Command::Man { folder } => man_pages(&folder),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut variables::command(), "midband", &mut script);
            out!("{}", String::from_utf8_lossy(&script))
                .map(|()| exit::SETTLED)
                .map_err(anyhow::Error::from)
        }
    };
    done.unwrap_or_else(|error| exit::failed(&error))
}
