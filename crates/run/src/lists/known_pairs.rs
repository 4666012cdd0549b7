//! What somebody is certain of, among the candidates of lists.

use std::collections::HashSet;

use anyhow::Result;
use midband::{Blocked, block::Candidate};

use super::{preconditions::Given, records::Records};
use crate::{Certainty, Known, KnownList, KnownLists, KnownOptions, Notice};

/// What labels and rules say of the lists' pairs; their tables are still there.
pub(super) fn known(given: Given<'_>, left: &Records, right: Option<&Records>) -> Result<Known> {
    let wanted = KnownOptions {
        labels: given.run.labels.clone(),
        same: given.options.same.clone(),
        different: given.options.different.clone(),
    };
    fn list(records: &Records) -> KnownList<'_> {
        KnownList {
            by_id: &records.by_id,
            table: &records.table,
        }
    }
    let joined = right
        .filter(|_| given.within())
        .map(|right| left.ids_with(right));
    let lists = KnownLists {
        left: list(left),
        right: right.map(list),
        joined: joined.as_ref(),
    };
    let known = Known::of(&wanted, lists, &given.linkage())?;
    for line in known.told() {
        given.listener.notice(&Notice::Told(line));
    }
    Ok(known)
}

/// The candidates, and beside them the pairs of which something is certain.
pub(super) fn with_known(mut blocked: Blocked, known: &Known) -> Blocked {
    if known.is_empty() {
        return blocked;
    }
    let there: HashSet<(u32, u32)> = (blocked.candidates.iter())
        .map(|pair| (pair.left, pair.right))
        .collect();
    let more = known.pairs().filter(|pair| !there.contains(pair));
    let more: Vec<Candidate> = more.map(candidate).collect();
    if !more.is_empty() {
        blocked.candidates.extend(more);
        (blocked.candidates).sort_by_key(|pair| (pair.left, pair.right));
    }
    blocked
}

/// What is certain of the candidates.
pub(super) fn certainty(blocked: &Blocked, known: &Known) -> Certainty {
    if known.is_empty() {
        return known.certainty([]);
    }
    let pairs = blocked.candidates.iter();
    known.certainty(pairs.map(|pair| ((pair.left, pair.right), blocked.pair(pair).id)))
}

/// A pair without a cosine.
pub(super) fn candidate((left, right): (u32, u32)) -> Candidate {
    Candidate {
        left,
        right,
        cosine: None,
        words: None,
    }
}
