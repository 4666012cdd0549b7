//! What a run says of the lists before it compares them.

use std::fmt::Write;

use midband::{
    Blocked, Record,
    block::{MOST_EQUAL, crowded},
};
use midband_linkage::Plan;

use super::records::Records;
use crate::args::MatchArgs;

/// What was found of the columns, and what the rules cost.
pub(super) fn shown(plan: &Plan, args: &MatchArgs) -> String {
    let mut text = String::new();
    for (list, columns) in [("left", &plan.left), ("right", &plan.right)] {
        let found: Vec<String> = columns
            .iter()
            .map(|column| format!("{} ({})", column.name, column.kind))
            .collect();
        if !found.is_empty() {
            let which = if plan.right.is_empty() { "" } else { list };
            let _ = writeln!(text, "midband: columns {which}: {}", found.join(", "));
        }
    }
    text += &paired(plan, args);
    if plan.every_pair {
        let _ = writeln!(text, "midband: all {} pairs are compared", plan.all_pairs);
    } else {
        let rules: Vec<String> = plan
            .rules
            .iter()
            .map(|found| match &found.dropped {
                None => format!("{} ({} pairs)", found.rule, found.pairs),
                Some(why) => format!("{} (left out: {why})", found.rule),
            })
            .collect();
        let _ = writeln!(text, "midband: blocking rules: {}", rules.join(", "));
    }
    for note in &plan.notes {
        let _ = writeln!(text, "midband: {note}");
    }
    text
}

/// Columns of two lists that are taken for the same under two names, and those that have no partner.
pub(super) fn paired(plan: &Plan, args: &MatchArgs) -> String {
    let mut text = String::new();
    let renamed: Vec<String> = plan
        .mapped
        .iter()
        .filter(|mapping| mapping.left != mapping.right)
        .map(|mapping| {
            let (left, right) = (&mapping.left, &mapping.right);
            if args.map.contains(&format!("{left}={right}")) {
                format!("{left} = {right} (as given)")
            } else {
                format!("{left} = {right} ({:.0} %)", mapping.confidence * 100.0)
            }
        })
        .collect();
    if !renamed.is_empty() {
        let _ = writeln!(
            text,
            "midband: columns taken for the same: {}",
            renamed.join(", ")
        );
    }
    let (left, right) = plan.unpaired();
    if !left.is_empty() || !right.is_empty() {
        let _ = writeln!(
            text,
            "midband: columns without a partner, not compared: left {}; right {}",
            listed(&left),
            listed(&right)
        );
    }
    if plan.shares_little() {
        text += &warning(plan.mapped.len(), plan.left.len(), plan.right.len());
    }
    text
}

/// A warning where two lists that are compared as texts share few headers.
pub(super) fn headers(left: &[String], right: Option<&Records>) -> String {
    let Some(right) = right else {
        return String::new();
    };
    let shared = left
        .iter()
        .filter(|name| right.columns.contains(name))
        .count();
    // One column of text each needs no common name.
    let least = left.len().min(right.columns.len());
    if least > 1 && shared * 2 < least {
        warning(shared, left.len(), right.columns.len())
    } else {
        String::new()
    }
}

fn warning(shared: usize, left: usize, right: usize) -> String {
    format!(
        "midband: WARNING: the lists share {shared} of {left} and {right} columns: are they lists of one kind? `--map LEFT=RIGHT` names \
         columns that hold the same, `--text` those that are compared as text\n"
    )
}

/// Records of which not all equal partners are compared.
pub(super) fn crowd(blocked: &Blocked) -> String {
    fn texts(list: &[Record]) -> Vec<&str> {
        list.iter().map(|record| record.text.as_str()).collect()
    }
    let (left, right) = blocked.lists();
    let crowd = crowded(&texts(left), right.map(texts).as_deref());
    if crowd == 0 {
        return String::new();
    }
    format!(
        "midband: WARNING: {crowd} records have the same text as more than {MOST_EQUAL} others: each is compared with {MOST_EQUAL} of \
         these\n"
    )
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
