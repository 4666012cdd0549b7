use super::*;
use crate::variables;

fn said(words: &str) -> Result<(), String> {
    let arguments = std::iter::once("midband").chain(words.split_whitespace());
    let root = variables::command();
    let matches = root.clone().try_get_matches_from(arguments).unwrap();
    let (name, of) = matches.subcommand().unwrap();
    let command = root.find_subcommand(name).unwrap();
    check(command, of, of, true).map_err(|error| error.to_string())
}

#[test]
fn a_typed_flag_that_changes_nothing_is_refused_by_name() {
    for (words, named) in [
        ("score x.csv --delta 0.2", "--delta"),
        ("score x.csv --band 0.1..0.2 --goal f1", "--goal"),
        (
            "score x.csv --band 0.1..0.2 --cost-false-match 2",
            "--cost-false-match",
        ),
        (
            "score x.csv --target accuracy=0.9 --min-gain 0.1",
            "--min-gain",
        ),
        (
            "score x.csv --policy gain --max-questions 9",
            "--max-questions",
        ),
        (
            "score x.csv --calibration c.json --features cosine",
            "--features",
        ),
        ("score x.csv --cache-max-size 1GB", "--cache-max-size"),
        ("score x.csv --fresh", "--fresh"),
        (
            "score x.csv --embed-model a --embed-model-dir b",
            "--embed-model",
        ),
        ("score x.csv -o y.csv --provenance", "--provenance"),
        ("score x.jsonl -o y.parquet --bom", "--bom"),
        ("score x.jsonl --bom", "--bom"),
        (
            "score x.jsonl --delimiter ; --no-headers",
            "--no-headers, --delimiter have",
        ),
        ("score x.jsonl y.parquet --quoting off", "--quoting"),
        ("score x.parquet --encoding windows-1252", "--encoding"),
        (
            "score x.csv --judge-url http://h/v1 --ollama http://h",
            "--ollama",
        ),
        (
            "score x.csv --judge openai --judge-url http://h/v1 --pull",
            "--pull",
        ),
        ("score x.csv --llama-server s", "--llama-server"),
        ("calibrate x.csv --models m", "--models"),
        ("calibrate x.csv --compare-modes", "--compare-modes"),
        (
            "calibrate x.csv --compare-modes 3 --judge none",
            "--compare-modes",
        ),
        ("match x.csv --right-id k", "--right-id"),
        ("match x.csv --map a=b", "--map"),
        ("match x.csv y.csv --text a --map a=b", "--map"),
        ("match x.csv --compare text --column a=date", "--column"),
        ("match x.csv --compare columns --top-k 9", "--top-k"),
        ("match x.csv --cluster-threshold 0.4", "--cluster-threshold"),
        ("match x.csv --golden-rule longest", "--golden-rule"),
        ("match x.csv --merges join", "--merges"),
        ("match x.jsonl y.jsonl -o z.jsonl --bom", "--bom"),
        ("match x.jsonl y.parquet --no-headers", "--no-headers"),
        ("report x.jsonl --pairs y.jsonl", "--pairs"),
        ("review x.jsonl --left t", "--left"),
        (
            "bench --pairs x.jsonl --mode standard --workers 3",
            "--workers",
        ),
        (
            "bench --pairs x.jsonl --mode parallel --batch-size 3",
            "--batch-size",
        ),
    ] {
        let error = said(words).expect_err(words);
        assert!(error.starts_with(named), "{words}: {error}");
    }
}

#[test]
fn a_flag_that_does_something_is_taken() {
    for words in [
        "score x.csv --target accuracy=0.9 --delta 0.2",
        "score x.csv --max-questions 9",
        "score x.csv --policy budget --max-questions 9 --min-gain 0.1",
        "score x.csv --cache c --cache-max-size 1GB --fresh",
        "score x.csv -o y.csv --bom --no-headers --delimiter ; --encoding utf-16le",
        "score x.csv -o - --provenance",
        "score x.csv --judge none --models m",
        "score x.jsonl --format csv --delimiter ;",
        "score x.csv --judge local:m.gguf --llama-server s",
        "calibrate x.csv --judge ollama --models m --compare-modes",
        "match x.csv y.csv --right-id k --map a=b",
        "match x.csv y.csv --text a --map a=b --columns a",
        "match x.jsonl y.jsonl -o z.jsonl --clusters c.csv --bom --cluster-threshold 0.4",
        "match x.csv --golden g.csv --golden-rule longest",
        "match x.jsonl y.csv --delimiter ;",
        "match x.csv --known-state s --merges join",
        "report x.jsonl --pairs y.jsonl --include-text --left t",
        "review x.jsonl --pairs y.jsonl --left t",
        "bench --pairs x.jsonl --workers 3 --batch-size 4",
        "cache prune --cache-max-size 1GB",
    ] {
        assert_eq!(said(words), Ok(()), "{words}");
    }
}

/// A rule with a name that no command has could never hold.
#[test]
fn every_flag_of_a_rule_is_one_of_its_commands() {
    let mut root = variables::command();
    root.build();
    let has = |command: &Command, id: &str| {
        command
            .get_arguments()
            .any(|argument| argument.get_id() == id)
    };
    for rule in REFUSED.iter().chain(TOLD) {
        for name in rule.commands {
            let command = root.find_subcommand(name).unwrap();
            assert!(
                rule.flags.iter().any(|id| has(command, id)),
                "{name} {}",
                rule.why
            );
        }
        for id in rule.flags {
            let mut commands = root.get_subcommands();
            assert!(commands.any(|command| has(command, id)), "{id}");
        }
    }
}
