//! How the pairs were found, for the provenance.

use midband::block::Source;
use midband_linkage::Plan;
use midband_run::ListSearch;

use super::{linking::Linked, records::Records};
use crate::args::MatchArgs;

/// What the provenance says of a run over lists.
pub(super) fn search(args: &MatchArgs, left: &Records, linked: Option<&Linked>) -> ListSearch {
    let ids = [&args.left_id, &args.right_id];
    let resolved = match (args.one_to_one, args.many_to_one) {
        (true, _) => Some("one_to_one"),
        (_, true) => Some("many_to_one"),
        _ => None,
    };
    let common = ListSearch {
        ids: ids.map(|id| id.as_ref().unwrap_or(&args.id).clone()),
        min_proxy: args.min_proxy,
        resolved,
        ..ListSearch::default()
    };
    match linked {
        Some(linked) => ListSearch {
            compared: "columns",
            columns: columns(linked.plan()),
            rules: rules(linked.plan()),
            ..common
        },
        None => ListSearch {
            compared: "texts",
            columns: if args.text.is_empty() {
                left.columns.clone()
            } else {
                args.text.clone()
            },
            rules: args.block_on.clone(),
            candidates: Some(match args.candidates.unwrap_or_default() {
                Source::Embedding => "embedding",
                Source::Words => "lexical",
                Source::Both => "both",
            }),
            top_k: Some(args.top_k as usize),
            exact: args.exact,
            neighbours: !args.no_neighbours,
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
