//! The pilot: the few labels from which the first fit foresees the rest.

use super::order::{drawn, highest_first};
use crate::learner::Learner;

/// Labels of the pilot, within these. Twice as many asked more pairs in all on most of the study's sets.
const PILOT: (usize, usize) = (60, 120);

/// Pairs to a label of the pilot: where few columns are to be fitted, and where many are.
const PILOT_SHARE: (usize, usize) = (40, 16);

/// Columns from which there are many.
const MANY_COLUMNS: usize = 5;

/// The top of the scores from which half of the pilot comes: where matches are rare, a uniform pilot
/// finds too few.
const TOP: usize = 5;

const PILOT_DRAW: u64 = 0x7a10_0000;
const TOP_DRAW: u64 = 0x7a11_0000;

/// The pairs of the pilot, `size` of them where a number is given.
pub(super) fn pilot(learner: &Learner, size: Option<usize>) -> Vec<usize> {
    let n = learner.pairs.len();
    let share = if learner.pairs.columns.len() >= MANY_COLUMNS {
        PILOT_SHARE.1
    } else {
        PILOT_SHARE.0
    };
    let size = size.unwrap_or((n / share).clamp(PILOT.0, PILOT.1)).min(n);
    let all: Vec<usize> = (0..n).collect();
    let mut top = highest_first(learner, &all);
    top.truncate(n.div_ceil(TOP));
    let mut pilot = drawn(learner, TOP_DRAW, top, size / 2);
    let rest: Vec<usize> = (0..n).filter(|pair| !pilot.contains(pair)).collect();
    pilot.extend(drawn(learner, PILOT_DRAW, rest, size - size / 2));
    pilot
}
