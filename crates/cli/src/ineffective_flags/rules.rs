//! The flags that change nothing, and when.

use std::path::Path;

use midband_io::Format;

use super::Given;
use crate::args::{JudgeArg, PolicyArg};

/// When flags change nothing.
pub(super) struct Rule {
    /// As clap knows them.
    pub(super) flags: &'static [&'static str],
    /// The commands that the rule is for; none means every command that has the flag.
    pub(super) commands: &'static [&'static str],
    /// True if the flags change nothing.
    pub(super) idle: fn(&Given<'_>) -> bool,
    /// Follows "has no effect".
    pub(super) why: &'static str,
}

/// Everything that says how a judge is asked.
const ASKING: &[&str] = &[
    "models",
    "ollama",
    "judge_url",
    "llama_server",
    "num_ctx",
    "keep_alive",
    "allow_remote_judge",
    "request_timeout",
    "pull",
    "mode",
    "batch_size",
    "in_flight",
    "second_look",
    "explain",
    "fresh",
    "max_calls",
    "max_judge_time",
    "deadline",
    "min_gain",
    "max_questions",
    "time_limit",
];

const RUNS: &[&str] = &["score", "match"];

/// Typed flags that are refused if they change nothing.
pub(super) const REFUSED: &[Rule] = &[
    Rule {
        flags: &["delta"],
        commands: RUNS,
        idle: |given| given.policy() != PolicyArg::Target,
        why: "without --target",
    },
    Rule {
        flags: &["min_gain"],
        commands: RUNS,
        idle: |given| matches!(given.policy(), PolicyArg::Band | PolicyArg::Target),
        why: "with a fixed band or a target",
    },
    Rule {
        flags: &["max_questions"],
        commands: RUNS,
        idle: |given| given.policy() != PolicyArg::Budget,
        why: "with this policy: it belongs to `--policy budget`",
    },
    Rule {
        flags: &[
            "sample",
            "features",
            "expand_terms",
            "goal",
            "false_match",
            "missed_match",
            "cost_review",
            "no_neighbours",
        ],
        commands: RUNS,
        idle: |given| given.policy() == PolicyArg::Band,
        why: "with a fixed band",
    },
    Rule {
        flags: &["features"],
        commands: RUNS,
        idle: |given| given.has("calibration"),
        why: "with --calibration, which has its own features",
    },
    Rule {
        flags: &["embed_model"],
        commands: &[],
        idle: |given| given.has("embed_model_dir"),
        why: "with --embed-model-dir",
    },
    Rule {
        flags: &["cache_max_size"],
        commands: &["score", "match", "calibrate", "doctor", "bench"],
        idle: |given| !given.has("cache"),
        why: "without --cache",
    },
    Rule {
        flags: &["fresh"],
        commands: &["score", "match", "calibrate"],
        idle: |given| !given.has("cache") && !given.has("resume"),
        why: "without --cache",
    },
    Rule {
        flags: &["provenance"],
        commands: RUNS,
        idle: |given| {
            given
                .paths("output")
                .iter()
                .any(|path| path != Path::new("-"))
        },
        why: "with --output: OUTPUT.provenance.json holds the provenance",
    },
    Rule {
        flags: &["bom"],
        commands: RUNS,
        idle: |given| !given.writes_delimited(),
        why: "if no output is CSV or TSV",
    },
    Rule {
        flags: &["no_headers", "delimiter", "quoting"],
        commands: &[],
        idle: |given| given.reads_only(|format| format.delimiter().is_none()),
        why: "if no input is CSV or TSV",
    },
    Rule {
        flags: &["encoding"],
        commands: &[],
        idle: |given| given.reads_only(|format| format == Format::Parquet),
        why: "with Parquet, whose text is UTF-8",
    },
    Rule {
        flags: &["ollama"],
        commands: &[],
        idle: |given| given.asks_openai(),
        why: "with --judge-url or `--judge openai|local`",
    },
    Rule {
        flags: &["pull", "keep_alive"],
        commands: &[],
        idle: |given| given.asks_openai(),
        why: "with --judge-url or `--judge openai|local`: only Ollama knows it",
    },
    Rule {
        flags: &["llama_server"],
        commands: &[],
        idle: |given| !matches!(given.judge(), Some(JudgeArg::Local(_))),
        why: "without `--judge local`",
    },
    Rule {
        flags: ASKING,
        commands: &["calibrate"],
        idle: |given| given.names_no_judge(),
        why: "without --judge: calibrate asks a judge only if one is named",
    },
    Rule {
        flags: &["compare_modes"],
        commands: &["calibrate"],
        idle: |given| given.judge() == Some(JudgeArg::None) || given.names_no_judge(),
        why: "without a judge: name one with --judge",
    },
    Rule {
        flags: &["right_id"],
        commands: &["match"],
        idle: |given| !given.has("right"),
        why: "with one list; --id names the column of its ids",
    },
    Rule {
        flags: &["map"],
        commands: &["match"],
        idle: |given| !given.has("right"),
        why: "with one list",
    },
    Rule {
        flags: &["map"],
        commands: &["match"],
        // It also joins columns in the output and in rules of certainty.
        idle: |given| {
            given.compares_texts()
                && !["columns", "golden", "same", "different"]
                    .iter()
                    .any(|id| given.has(id))
        },
        why: "if records are compared as texts; name the columns of both lists with --text",
    },
    Rule {
        flags: &["column"],
        commands: &["match"],
        idle: |given| given.compares_texts(),
        why: "if records are compared as texts",
    },
    Rule {
        flags: &["top_k", "no_neighbours", "expand_terms"],
        commands: &["match"],
        idle: |given| given.is("compare", "columns"),
        why: "with `--compare columns`",
    },
    Rule {
        flags: &["cluster_threshold"],
        commands: &["match"],
        idle: |given| {
            !["clusters", "golden", "known_state"]
                .iter()
                .any(|id| given.has(id))
        },
        why: "without --clusters, --golden or --known-state",
    },
    Rule {
        flags: &["golden_rule"],
        commands: &["match"],
        idle: |given| !given.has("golden"),
        why: "without --golden",
    },
    Rule {
        flags: &["merges"],
        commands: &["match"],
        idle: |given| !given.has("known") && !given.has("known_state"),
        why: "without --known or --known-state",
    },
    Rule {
        flags: &["pairs", "lists"],
        commands: &["report"],
        idle: |given| !given.has("include_text"),
        why: "without --include-text: the report shows texts only then",
    },
    Rule {
        flags: &["id", "left", "right"],
        commands: &["report", "review"],
        idle: |given| given.of_files && !given.has("pairs"),
        why: "without --pairs",
    },
    Rule {
        flags: &["workers"],
        commands: &["bench"],
        idle: |given| !given.benches(&["parallel"]),
        why: "without the mode parallel",
    },
    Rule {
        flags: &["batch_size"],
        commands: &["bench"],
        idle: |given| !given.benches(&["batched"]),
        why: "without the mode batched",
    },
];

/// Typed flags that are told if they change nothing: `--judge none` is often put before a line that names a judge.
pub(super) const TOLD: &[Rule] = &[Rule {
    flags: ASKING,
    commands: &[],
    idle: |given| given.judge() == Some(JudgeArg::None) || given.is("reference", "gold"),
    why: "if no judge is asked",
}];
