//! Which matches stay where a record has one partner at most.

use std::collections::HashSet;

use midband::{
    DecidedBy, Decision,
    block::Candidate,
    resolve::{Matched, Resolved, many_to_one, one_to_one},
};

use super::options::Partners;
use crate::SeenPair;

/// What the choice of partners comes to.
pub(super) struct Chosen {
    /// Matches there were.
    pub(super) matches: usize,
    /// Places of those that stay none.
    pub(super) beaten: Vec<usize>,
    /// Groups of records that were too large for the best assignment.
    pub(super) approximate: usize,
}

/// Decides which matches stay: the largest sum of log odds.
pub(super) fn choose(seen: &[SeenPair], candidates: &[Candidate], partners: Partners) -> Chosen {
    let logit = |score: f64| {
        let score = score.clamp(1e-9, 1.0 - 1e-9);
        (score / (1.0 - score)).ln()
    };
    let places: Vec<usize> = (0..seen.len())
        .filter(|&place| seen[place].decision == Decision::Match)
        .collect();
    let matches = places.len();
    let Rivals {
        open: places,
        mut beaten,
    } = beside_certain(seen, places, partners);
    let scores = places
        .iter()
        .map(|&place| logit(seen[place].score.unwrap_or(0.5)));
    // What a policy calls a match may begin below one half.
    let least = scores.clone().fold(0.0, f64::min);
    let matched: Vec<Matched> = places
        .iter()
        .zip(scores)
        .map(|(&place, score)| Matched {
            left: candidates[place].left,
            right: candidates[place].right,
            weight: score - least,
        })
        .collect();
    let Resolved { stays, approximate } = match partners {
        Partners::OneToOne => one_to_one(&matched),
        Partners::ManyToOne => many_to_one(&matched),
    };
    let loses = (places.iter().zip(stays)).filter(|(_, stays)| !stays);
    beaten.extend(loses.map(|(&place, _)| place));
    Chosen {
        matches,
        beaten,
        approximate,
    }
}

/// Matches beside certain ones.
struct Rivals {
    /// They compete with no certain one.
    open: Vec<usize>,
    /// They lose against one.
    beaten: Vec<usize>,
}

/// What is certain stays.
fn beside_certain(seen: &[SeenPair], places: Vec<usize>, partners: Partners) -> Rivals {
    let certain = |place: &usize| {
        let by = seen[*place].decided_by;
        by.is_some_and(DecidedBy::is_certain)
    };
    let (mut left, mut right) = (HashSet::new(), HashSet::new());
    for place in places.iter().filter(|place| certain(place)) {
        left.insert(seen[*place].a);
        right.insert(seen[*place].b);
    }
    let rivals = places.into_iter().filter(|place| !certain(place));
    let (open, beaten) = rivals.partition(|place| {
        let pair = &seen[*place];
        let taken = partners == Partners::OneToOne && right.contains(&pair.b);
        !taken && !left.contains(&pair.a)
    });
    Rivals { open, beaten }
}
