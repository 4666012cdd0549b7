//! What a run says of the lists before it compares them.

use midband::{
    Blocked, Record,
    block::{MOST_EQUAL, crowded, pairs_completeness, reduction_ratio},
};
use midband_linkage::Plan;

use super::{
    gold::Gold, linking::LEAST_PROBABLE, options::MatchOptions, preconditions::Given,
    records::Records, resolved::Resolved,
};
use crate::{Notice, words::number_of};

/// What was found of the columns, and what the rules cost.
pub(super) fn plan(plan: &Plan, options: &MatchOptions) -> Vec<Notice> {
    let mut said = Vec::new();
    for (list, columns) in [("left", &plan.left), ("right", &plan.right)] {
        let found: Vec<String> = columns
            .iter()
            .map(|column| format!("{} ({})", column.name, column.kind))
            .collect();
        if !found.is_empty() {
            let which = match plan.right.is_empty() {
                true => "columns".to_owned(),
                false => format!("columns of the {list} list"),
            };
            said.push(told(format!("{which}: {}", found.join(", "))));
        }
    }
    said.extend(paired(plan, options));
    if plan.every_pair {
        said.push(told(format!(
            "comparing all {}",
            number_of(plan.all_pairs, "pair")
        )));
    } else {
        let rules: Vec<String> = plan
            .rules
            .iter()
            .map(|found| match &found.dropped {
                None => {
                    format!("{} ({})", found.rule, number_of(found.pairs, "pair"))
                }
                Some(why) => format!("{} (left out: {why})", found.rule),
            })
            .collect();
        said.push(told(format!("blocking rules: {}", rules.join(", "))));
    }
    said.extend(plan.notes.iter().cloned().map(told));
    said
}

/// Which pairs of two lists are looked for, where nobody said.
pub(super) fn link_type(given: Given<'_>) -> Option<Notice> {
    (given.two && given.options.link_type.is_none())
        .then(|| told("finding pairs between the lists, none within a list (link_only)".to_owned()))
}

/// Columns of two lists that are taken for the same under two names, and those that have no partner.
pub(super) fn paired(plan: &Plan, options: &MatchOptions) -> Vec<Notice> {
    let mut said = Vec::new();
    let renamed: Vec<String> = plan
        .mapped
        .iter()
        .filter(|mapping| mapping.left != mapping.right)
        .map(|mapping| {
            let (left, right) = (&mapping.left, &mapping.right);
            if options
                .map
                .iter()
                .any(|given| (&given.0, &given.1) == (left, right))
            {
                format!("{left} = {right} (as given)")
            } else {
                format!("{left} = {right} ({:.0} %)", mapping.confidence * 100.0)
            }
        })
        .collect();
    if !renamed.is_empty() {
        said.push(told(format!("paired columns: {}", renamed.join(", "))));
    }
    let (left, right) = plan.unpaired();
    if !left.is_empty() || !right.is_empty() {
        said.push(told(format!(
            "columns without a counterpart, not compared: left {}; right {}",
            listed(&left),
            listed(&right)
        )));
    }
    if plan.shares_little() {
        said.push(Notice::ShareLittle {
            shared: plan.mapped.len(),
            left: plan.left.len(),
            right: plan.right.len(),
        });
    }
    said
}

/// A warning where two lists that are compared as texts share few headers.
pub(super) fn headers(left: &[String], right: Option<&Records>) -> Option<Notice> {
    let right = right?;
    let shared = left
        .iter()
        .filter(|name| right.columns.contains(name))
        .count();
    // One column of text each needs no common name.
    let least = left.len().min(right.columns.len());
    (least > 1 && shared * 2 < least).then_some(Notice::ShareLittle {
        shared,
        left: left.len(),
        right: right.columns.len(),
    })
}

/// How many new records there are, and how many known ones.
pub(super) fn fresh(blocked: &Blocked, known: &Resolved) -> Notice {
    let (near, all) = (known.clusters.len(), known.records());
    let fresh = blocked.lists().0.len() - near;
    told(match near == all {
        true => {
            format!(
                "{fresh} new records and {all} known ones, which are not compared with each other"
            )
        }
        false => format!(
            "{fresh} new records; {near} of {all} known ones share a key with them, or a cluster with one that does"
        ),
    })
}

/// How many candidates there are, of which `compared` were compared by columns, and how many known matches are among them.
pub(super) fn blocked(
    blocked: &Blocked,
    compared: Option<usize>,
    options: &MatchOptions,
    gold: Option<&Gold>,
) -> Vec<Notice> {
    let pairs = &blocked.candidates;
    let (left, right) = blocked.lists();
    let (left, right) = (left.len(), right.map(<[_]>::len));
    let lists = match right {
        Some(right) => format!("{left} x {right} records"),
        None => number_of(left as u64, "record"),
    };
    let all = compared.unwrap_or(pairs.len());
    let mut said = vec![told(format!(
        "{lists}: {}, reduction ratio {:.4}",
        number_of(all as u64, "candidate pair"),
        reduction_ratio(all, left, right)
    ))];
    if compared.is_some() {
        said.push(told(format!(
            "candidate pairs with a match probability of {} or more: {}; the others are not written",
            options.min_proxy.unwrap_or(LEAST_PROBABLE),
            pairs.len()
        )));
    } else {
        said.extend(crowd(blocked));
    }
    let found = gold.and_then(|gold| {
        pairs_completeness(pairs.iter().map(|pair| (pair.left, pair.right)), gold)
    });
    if let (Some(found), Some(gold)) = (found, gold) {
        said.push(told(format!(
            "pairs completeness {found:.4}: the share of the {} known matches among the candidates",
            gold.len()
        )));
    }
    said
}

/// Records of which not all equal partners are compared.
fn crowd(blocked: &Blocked) -> Option<Notice> {
    fn texts(list: &[Record]) -> Vec<&str> {
        list.iter().map(|record| record.text.as_str()).collect()
    }
    let (left, right) = blocked.lists();
    let records = crowded(&texts(left), right.map(texts).as_deref());
    (records > 0).then_some(Notice::Crowded {
        records,
        most: MOST_EQUAL,
    })
}

fn told(fact: String) -> Notice {
    Notice::Told(fact)
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        let shown = |name: &&str| match name.trim() {
            "" => "(a column without a name)".to_owned(),
            name => name.to_owned(),
        };
        names.iter().map(shown).collect::<Vec<_>>().join(", ")
    }
}
