//! What a workbook says of records: those without a match, and the clusters.

use midband::{Blocked, Decision, Record, resolve::clusters};
use midband_io::Sheet;

use serde_json::Value;

use super::{record_columns::Beside, record_values::id_value};
use crate::SeenPair;

/// A record's part in the scored pairs.
#[derive(Clone, Copy, Default)]
struct Seen {
    matched: bool,
    waits: bool,
}

/// Sheets of a run whose pairs got these decisions; clusters are those that were made, else whatever is joined by matches; of two lists also the records without a match, with the columns
/// that the pairs have.
pub(super) fn of(
    blocked: &Blocked,
    seen_pairs: &[SeenPair],
    beside: &Beside,
    clustered: Option<&[u32]>,
) -> Vec<Sheet> {
    let (left, right) = blocked.lists();
    let two = right.is_some();
    let offset = if two { left.len() } else { 0 };
    let right = right.unwrap_or_default();
    let mut seen = vec![Seen::default(); left.len() + right.len()];
    let mut joined = Vec::new();
    for pair in seen_pairs {
        let (ends, decision) = ([pair.a as usize, pair.b as usize], &pair.decision);
        for end in ends {
            seen[end].matched |= *decision == Decision::Match;
            seen[end].waits |= *decision == Decision::Review;
        }
        if *decision == Decision::Match {
            joined.push((ends[0] as u32, ends[1] as u32));
        }
    }
    let mut sheets = Vec::new();
    if two {
        let unmatched =
            |name: &str, list: &[Record], seen: &[Seen], values: &dyn Fn(u32) -> Vec<Value>| {
                let rows = list.iter().zip(seen).enumerate();
                let rows = rows.filter(|(_, (_, seen))| !seen.matched);
                Sheet {
                    name: name.to_owned(),
                    head: ["id", "waits_for_review"]
                        .into_iter()
                        .map(str::to_owned)
                        .chain(beside.plain_names())
                        .collect(),
                    rows: rows
                        .map(|(at, (record, seen))| {
                            let mut row = vec![id_value(&record.id), seen.waits.into()];
                            row.extend(values(at as u32));
                            row
                        })
                        .collect(),
                }
            };
        let (of_left, of_right) = seen.split_at(offset);
        sheets.push(unmatched("unmatched left", left, of_left, &|row| {
            beside.left_values(row)
        }));
        sheets.push(unmatched("unmatched right", right, of_right, &|row| {
            beside.right_values(row)
        }));
    }
    let joined = || clusters(seen.len() as u32, joined);
    let of = clustered.map_or_else(joined, <[u32]>::to_vec);
    let mut sizes = vec![0u32; seen.len()];
    of.iter().for_each(|cluster| sizes[*cluster as usize] += 1);
    let records = left.iter().map(|record| ("left", record));
    let records = records.chain(right.iter().map(|record| ("right", record)));
    let mut rows: Vec<(u32, Vec<Value>)> = records
        .zip(&of)
        .filter(|(_, cluster)| sizes[**cluster as usize] > 1)
        .map(|((list, record), &cluster)| {
            let cells = vec![
                cluster.into(),
                sizes[cluster as usize].into(),
                list.into(),
                id_value(&record.id),
            ];
            (cluster, cells)
        })
        .collect();
    rows.sort_by_key(|(cluster, _)| *cluster);
    sheets.push(Sheet {
        name: "clusters".to_owned(),
        head: ["cluster", "records", "list", "id"]
            .map(str::to_owned)
            .into(),
        rows: rows.into_iter().map(|(_, cells)| cells).collect(),
    });
    sheets
}
