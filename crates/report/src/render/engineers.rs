//! Routes, policies and provenance: what whoever runs midband wants to know.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Block;
use crate::{
    Report, charts,
    tables::counts,
    words::{count, percent},
};

pub(super) fn section(report: &Report) -> Vec<Block<'_>> {
    let mut blocks = vec![
        Block::Heading("For engineers: routes, policy, provenance"),
        Block::Facts(facts(report)),
        Block::Table(counts(report)),
        Block::Figures(charts::engineers(report)),
    ];
    if let Some(provenance) = &report.provenance {
        blocks.push(Block::Heading("Provenance"));
        blocks.push(Block::Facts(provenance_facts(provenance)));
    }
    blocks
}

fn of(counts: &BTreeMap<String, u64>, word: &str) -> u64 {
    counts.get(word).copied().unwrap_or(0)
}

fn facts(report: &Report) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let share = |pairs: u64| {
        let share = percent(pairs as f64 / report.pairs.max(1) as f64);
        format!("{} ({share})", count(pairs))
    };
    let judged = of(&report.decided_by, "judge") + of(&report.decided_by, "cache");
    let mut facts = vec![
        fact("Scored", report.source.clone()),
        fact("Report made", report.made.clone()),
        fact("Pairs", count(report.pairs as u64)),
        fact("Matches", share(of(&report.decisions, "match"))),
        fact("For review", share(of(&report.decisions, "review"))),
    ];
    facts.push(match judged {
        0 => fact(
            "Asked",
            "nobody: no verdict stands behind any score".to_owned(),
        ),
        judged => fact(
            "Asked",
            format!(
                "{} by route; {} with a verdict",
                share(of(&report.routes, "ask")),
                share(judged)
            ),
        ),
    });
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
