//! What the lists of a run are, for its summary and the report.

use std::path::Path;

use midband_linkage::Plan;
use midband_report::{List, ListColumn, Lists};

use super::records;
use crate::args::MatchArgs;

/// The lists by name, and their columns where the linker looked at them.
pub(super) fn of(args: &MatchArgs, lists: &records::Lists, plan: Option<&Plan>) -> Lists {
    let list = |path: &Path, id: &Option<String>, records: usize| List {
        name: path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        ),
        id: id.as_ref().unwrap_or(&args.id).clone(),
        records: records as u64,
    };
    let left = lists.left.records.len();
    let right = lists.right.as_ref().map(|list| list.records.len());
    Lists {
        left: list(&args.left, &args.left_id, left),
        right: args
            .right
            .as_ref()
            .zip(right)
            .map(|(path, records)| list(path, &args.right_id, records)),
        columns: plan.map_or_else(Vec::new, |plan| {
            columns(plan, left as f64, right.unwrap_or(1).max(1) as f64)
        }),
    }
}

fn columns(plan: &Plan, left: f64, right: f64) -> Vec<ListColumn> {
    let mut columns: Vec<ListColumn> = plan
        .left
        .iter()
        .map(|profile| {
            let same = plan.mapped.iter().find(|same| same.left == profile.name);
            let other =
                same.and_then(|same| plan.right.iter().find(|profile| profile.name == same.right));
            ListColumn {
                left: profile.name.clone(),
                right: other.map_or(String::new(), |other| other.name.clone()),
                kind: profile.kind.to_string(),
                left_filled: profile.filled as f64 / left.max(1.0),
                right_filled: other.map_or(0.0, |other| other.filled as f64 / right),
            }
        })
        .collect();
    let alone = plan
        .right
        .iter()
        .filter(|profile| plan.mapped.iter().all(|same| same.right != profile.name));
    columns.extend(alone.map(|profile| ListColumn {
        right: profile.name.clone(),
        kind: profile.kind.to_string(),
        right_filled: profile.filled as f64 / right,
        ..ListColumn::default()
    }));
    columns
}
