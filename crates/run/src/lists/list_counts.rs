//! What the lists of a run are, for its summary and the report.

use midband_linkage::Plan;
use midband_report::{List, ListColumn, Lists};

use super::{options::ListInput, records::Records};

/// Steps of a probability.
const HUNDREDTHS: usize = 100;

/// A list of a run.
pub(super) struct Named<'a> {
    /// Its file's name, or which one it is.
    pub(super) name: String,
    /// The name of its column of ids.
    pub(super) id: &'a str,
    pub(super) records: &'a Records,
}

/// What people call a list: its file's name, or which one it is.
pub(super) fn name(input: &ListInput, which: &str) -> String {
    let file = match input {
        ListInput::File(path) => path.file_name().or(Some(path.as_os_str())),
        ListInput::Rows(_) => None,
    };
    file.map_or_else(
        || which.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The lists by name, and their columns where the linker looked at them.
pub(super) fn of(left: Named<'_>, right: Option<Named<'_>>, plan: Option<&Plan>) -> Lists {
    let size = |list: &Named<'_>| list.records.records.len() as f64;
    let of_left = size(&left);
    let of_right = right.as_ref().map_or(1.0, size).max(1.0);
    let list = |list: Named<'_>| List {
        name: list.name,
        id: list.id.to_owned(),
        records: list.records.records.len() as u64,
        copies: Vec::new(),
    };
    Lists {
        left: list(left),
        right: right.map(list),
        columns: plan.map_or_else(Vec::new, |plan| columns(plan, of_left, of_right)),
    }
}

/// Puts beside the lists what an exact copy of each record would score, the left list's records first.
pub(super) fn add_copies(lists: &mut Lists, scores: &[f64]) {
    let mut rest = scores;
    for list in std::iter::once(&mut lists.left).chain(&mut lists.right) {
        let (own, others) = rest.split_at((list.records as usize).min(rest.len()));
        rest = others;
        if own.is_empty() {
            continue;
        }
        list.copies = vec![0; HUNDREDTHS + 1];
        for score in own {
            // A score of .57 is 56.99… hundredths.
            let at = (score * HUNDREDTHS as f64 + 1e-9) as usize;
            list.copies[at.min(HUNDREDTHS)] += 1;
        }
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
