//! The report in words: one list of blocks that page and PDF both show, so that they can't differ.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Evaluation, Report, charts,
    figure::Figure,
    tables::{Table, confusion, counts, groups, measures, review},
    words::percent,
};

/// Parts of a score that are shown one by one.
const PARTS: usize = 12;

/// A piece of the report.
pub(crate) enum Block {
    Heading(&'static str),
    /// A warning or a caveat.
    Note(String),
    Text(String),
    /// Names with values.
    Facts(Vec<(String, String)>),
    Table(Table),
    Figures(Vec<Figure>),
}

/// The whole report.
pub(crate) fn document(report: &Report) -> Vec<Block> {
    let mut blocks = Vec::new();
    if report.simulated {
        blocks.push(Block::Note(
            "SIMULATED: a simulator stood in for the judge. Its verdicts and times are no model's."
                .to_owned(),
        ));
    }
    blocks.push(Block::Facts(facts(report)));
    blocks.extend(reasons(report));
    blocks.push(Block::Heading("Routes, decisions, cost"));
    blocks.push(Block::Table(counts(report)));
    blocks.push(Block::Facts(cost(report)));
    blocks.push(Block::Heading("Charts"));
    blocks.push(Block::Figures(charts::figures(report)));
    if let Some(evaluation) = &report.evaluation {
        blocks.push(Block::Heading("Against labels"));
        blocks.push(Block::Facts(against(evaluation)));
        blocks.push(Block::Table(measures(evaluation)));
        if let Some(all) = &evaluation.decisions {
            blocks.push(Block::Table(confusion(all)));
            blocks.push(Block::Table(groups(evaluation, all)));
        }
    }
    blocks.push(Block::Heading("For review, by priority"));
    blocks.push(Block::Text(format!(
        "{} of {} pairs have the decision review. The {} that a look is worth most, whatever their decision:",
        report.to_review,
        report.pairs,
        report.review.len()
    )));
    blocks.push(Block::Table(review(report)));
    blocks.extend(parts(report));
    if let Some(provenance) = &report.provenance {
        blocks.push(Block::Heading("Provenance"));
        blocks.push(Block::Facts(provenance_facts(provenance)));
    }
    blocks
}

/// What the scores of the pairs for review are made of, where the scored file says it.
fn parts(report: &Report) -> Vec<Block> {
    let known = report.review.iter().filter_map(|item| {
        let weights = item.row.weights(PARTS);
        let shown: Vec<String> = weights
            .iter()
            .map(|(name, weight)| format!("{name} {weight:+.1}"))
            .collect();
        (!shown.is_empty()).then(|| (item.row.id.clone(), shown.join(", ")))
    });
    let facts: Vec<(String, String)> = known.collect();
    if facts.is_empty() {
        return Vec::new();
    }
    vec![
        Block::Heading("Why these scores"),
        Block::Text(
            "Match weights (log2 of the odds) that add up to a pair's score: +1 doubles the odds of a match, -1 halves them."
                .to_owned(),
        ),
        Block::Facts(facts),
    ]
}

fn share(count: u64, pairs: usize) -> String {
    format!("{count} ({})", percent(count as f64 / pairs.max(1) as f64))
}

fn fact(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn of(counts: &BTreeMap<String, u64>, word: &str) -> u64 {
    counts.get(word).copied().unwrap_or(0)
}

fn facts(report: &Report) -> Vec<(String, String)> {
    let pairs = report.pairs;
    let mut facts = vec![
        fact("Scored", report.source.clone()),
        fact("Report made", report.made.clone()),
        fact("Pairs", pairs.to_string()),
        fact("Matches", share(of(&report.decisions, "match"), pairs)),
        fact("For review", share(of(&report.decisions, "review"), pairs)),
        fact("Asked", share(of(&report.routes, "ask"), pairs)),
    ];
    if let Some(accuracy) = report
        .evaluation
        .as_ref()
        .and_then(|found| found.decisions.as_ref()?.accuracy)
    {
        facts.push(fact("Accuracy against labels", percent(accuracy)));
    }
    facts
}

fn reasons(report: &Report) -> Vec<Block> {
    let mut notes = Vec::new();
    for (reason, count) in &report.unanswered {
        notes.push(format!(
            "{count} pairs wanted the judge and got no answer ({reason}): each keeps its proxy score and is left for review."
        ));
    }
    for (reason, count) in &report.rejected {
        notes.push(format!("{count} pairs have no score: {reason}."));
    }
    let rows = report.run.as_ref().map_or(0, |run| run.rejected_rows);
    if rows > 0 {
        notes.push(format!("{rows} rows of the input were no pairs."));
    }
    if report.truncated > 0 {
        notes.push(format!(
            "{} pairs were compared on truncated text.",
            report.truncated
        ));
    }
    notes.into_iter().map(Block::Note).collect()
}

fn cost(report: &Report) -> Vec<(String, String)> {
    let Some(run) = &report.run else {
        return vec![fact(
            "Cost",
            "not known: the run's summary is not beside the scored file",
        )];
    };
    let mut facts = vec![fact(
        "Time of the run",
        format!(
            "{:.2} s (embedding {:.2} s, waiting for the judge {:.2} s)",
            run.seconds.total, run.seconds.embedding, run.seconds.judging
        ),
    )];
    let Some(judge) = &run.judge else {
        facts.push(fact("Judge", "none"));
        return facts;
    };
    facts.push(fact(
        "Calls to the judge",
        format!("{} ({} asked again)", judge.calls, judge.retries),
    ));
    facts.push(fact(
        "Answers",
        format!("{} ({} from the cache)", judge.answered, judge.cached),
    ));
    facts.push(fact(
        "Tokens",
        format!(
            "{} read, {} written ({} of thoughts)",
            judge.tokens_in, judge.tokens_out, judge.thought_tokens
        ),
    ));
    if let Some(saved) = &report.saved {
        facts.push(fact(
            "Saved against asking about every pair",
            format!(
                "{:.1} of {:.1} minutes, at the judge's {:.2} s a pair",
                saved.minutes, saved.all_asked_minutes, saved.seconds_a_pair
            ),
        ));
    }
    facts
}

fn against(evaluation: &Evaluation) -> Vec<(String, String)> {
    let mut facts = vec![fact(
        "Labelled",
        match evaluation.matches {
            Some(matches) => format!("{} pairs, {matches} of them matches", evaluation.labelled),
            None => format!("{} pairs with graded gold", evaluation.labelled),
        },
    )];
    if let (Some(asked), Some(clairvoyant)) = (evaluation.asked, evaluation.clairvoyant) {
        facts.push(fact(
            "Asked",
            format!(
                "{}; hindsight with a perfect judge would have asked {} for the same accuracy",
                percent(asked),
                percent(clairvoyant)
            ),
        ));
    }
    if let Some(cost) = &evaluation.cost {
        facts.push(fact(
            "Cost of wrong decisions",
            format!("{:.1}, {:.4} a pair", cost.total, cost.a_pair),
        ));
    }
    facts
}

fn provenance_facts(provenance: &Value) -> Vec<(String, String)> {
    let Some(object) = provenance.as_object() else {
        return Vec::new();
    };
    object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let shown = match value {
                Value::String(text) => text.clone(),
                Value::Object(fields) => fields
                    .values()
                    .map(|value| {
                        value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned)
                    })
                    .collect::<Vec<_>>()
                    .join(", "),
                Value::Array(values) => values
                    .iter()
                    .map(Value::to_string)
                    .collect::<Vec<_>>()
                    .join(" to "),
                other => other.to_string(),
            };
            (name.replace('_', " "), shown)
        })
        .collect()
}
