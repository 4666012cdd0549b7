//! How the pairs were found, for the provenance.

use midband::block::Source;
use midband_linkage::Plan;

use super::{
    options::{MatchOptions, Partners},
    prepared::Prepared,
};
use crate::ListSearch;

/// What the provenance says of a run over lists.
pub(super) fn search(options: &MatchOptions, prepared: &Prepared, neighbours: bool) -> ListSearch {
    let common = ListSearch {
        ids: [&options.records.left_id, &options.records.right_id].map(Clone::clone),
        min_proxy: options.min_proxy,
        resolved: options.partners.map(Partners::as_str),
        ..ListSearch::default()
    };
    match &prepared.linked {
        Some(linked) => ListSearch {
            compared: "columns",
            columns: columns(linked.plan()),
            rules: rules(linked.plan()),
            ..common
        },
        None => ListSearch {
            compared: "texts",
            columns: if options.text.is_empty() {
                prepared.left.columns.clone()
            } else {
                options.text.clone()
            },
            rules: options.block_on.iter().map(ToString::to_string).collect(),
            candidates: Some(match options.candidates.unwrap_or_default() {
                Source::Embedding => "embedding",
                Source::Words => "lexical",
                Source::Both => "both",
            }),
            top_k: Some(options.top_k),
            exact: options.exact,
            neighbours,
            ..common
        },
    }
}

fn columns(plan: &Plan) -> Vec<String> {
    let typed = |name: &str| {
        let found = plan.left.iter().find(|column| column.name == name);
        found.map_or(String::new(), |column| format!(" ({})", column.kind))
    };
    if plan.right.is_empty() {
        let all = plan.left.iter();
        return all
            .map(|column| format!("{} ({})", column.name, column.kind))
            .collect();
    }
    let all = plan.mapped.iter();
    all.map(|mapping| {
        let (left, right) = (&mapping.left, &mapping.right);
        if left == right {
            format!("{left}{}", typed(left))
        } else {
            format!("{left} = {right}{}", typed(left))
        }
    })
    .collect()
}

fn rules(plan: &Plan) -> Vec<String> {
    if plan.every_pair {
        return Vec::new();
    }
    let used = plan.rules.iter().filter(|found| found.dropped.is_none());
    used.map(|found| found.rule.to_string()).collect()
}
