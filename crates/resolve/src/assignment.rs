//! One partner a record, chosen for the largest sum of weights.

use std::collections::{BTreeMap, HashMap, HashSet};

use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};

use crate::{Matched, Sets};

/// Largest component, in records of its smaller side, that is solved exactly. A larger one would take minutes (time grows with
/// the cube): there the heaviest pairs are taken first, which gives at least half of the best sum (Preis, 1999).
pub const DENSE: usize = 1_000;

/// Weights become whole numbers: a millionth of a log odd decides nothing.
const SCALE: f64 = 1e6;

/// What stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// For each pair given, whether it stays.
    pub stays: Vec<bool>,
    /// Components that were too large to be solved exactly.
    pub approximate: usize,
}

/// Each record of either list in at most one pair, the sum of weights the largest there is (Kuhn, 1955; Munkres, 1957),
/// component by component. Equal sums are decided by the order of the records, never by that of the pairs.
pub fn one_to_one(pairs: &[Matched]) -> Resolved {
    let mut resolved = Resolved {
        stays: vec![false; pairs.len()],
        approximate: 0,
    };
    for component in components(pairs) {
        let left = numbered(component.iter().map(|&place| pairs[place].left));
        let right = numbered(component.iter().map(|&place| pairs[place].right));
        let kept = if component.len() == 1 {
            component
        } else if left.len().min(right.len()) <= DENSE {
            exact(pairs, &component, &left, &right)
        } else {
            resolved.approximate += 1;
            heaviest_first(pairs, component)
        };
        kept.into_iter()
            .for_each(|place| resolved.stays[place] = true);
    }
    resolved
}

/// Each left record in at most one pair, its heaviest; right records may be in many. Of equal weights the first right
/// record is taken.
pub fn many_to_one(pairs: &[Matched]) -> Resolved {
    let mut best: HashMap<u32, usize> = HashMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        best.entry(pair.left)
            .and_modify(|known| {
                let other = &pairs[*known];
                let order = pair.weight.total_cmp(&other.weight);
                if order.then(other.right.cmp(&pair.right)).is_gt() {
                    *known = place;
                }
            })
            .or_insert(place);
    }
    let mut stays = vec![false; pairs.len()];
    best.into_values().for_each(|place| stays[place] = true);
    Resolved {
        stays,
        approximate: 0,
    }
}

/// Places of the pairs of each connected component, in the order of the components' first left records.
fn components(pairs: &[Matched]) -> Vec<Vec<usize>> {
    let left = numbered(pairs.iter().map(|pair| pair.left));
    let right = numbered(pairs.iter().map(|pair| pair.right));
    let offset = left.len() as u32;
    let mut sets = Sets::new(offset + right.len() as u32);
    for pair in pairs {
        sets.join(left[&pair.left], offset + right[&pair.right]);
    }
    let mut components: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        let first = sets.first(left[&pair.left]);
        components.entry(first).or_default().push(place);
    }
    components.into_values().collect()
}

/// Numbers from 0 on, in the order of the rows.
fn numbered(rows: impl Iterator<Item = u32>) -> HashMap<u32, u32> {
    let mut rows: Vec<u32> = rows.collect();
    rows.sort_unstable();
    rows.dedup();
    rows.into_iter().zip(0..).collect()
}

fn exact(
    pairs: &[Matched],
    component: &[usize],
    left: &HashMap<u32, u32>,
    right: &HashMap<u32, u32>,
) -> Vec<usize> {
    // The solver wants no more rows than columns.
    let turned = left.len() > right.len();
    let (rows, columns) = if turned {
        (right.len(), left.len())
    } else {
        (left.len(), right.len())
    };
    let mut weights = Matrix::new(rows, columns, 0i64);
    let mut places: HashMap<(usize, usize), usize> = HashMap::new();
    for &place in component {
        let pair = &pairs[place];
        let (l, r) = (left[&pair.left] as usize, right[&pair.right] as usize);
        let at = if turned { (r, l) } else { (l, r) };
        // A pair that just is a match is better than none.
        let weight = (pair.weight.clamp(0.0, 1e6) * SCALE) as i64 + 1;
        if weight > weights[at] {
            weights[at] = weight;
            places.insert(at, place);
        }
    }
    let (_, chosen) = kuhn_munkres(&weights);
    chosen
        .into_iter()
        .enumerate()
        .filter_map(|at| places.get(&at).copied())
        .collect()
}

fn heaviest_first(pairs: &[Matched], mut component: Vec<usize>) -> Vec<usize> {
    component.sort_by(|&x, &y| {
        let (x, y) = (&pairs[x], &pairs[y]);
        let order = y.weight.total_cmp(&x.weight);
        order.then(x.left.cmp(&y.left)).then(x.right.cmp(&y.right))
    });
    let (mut left, mut right) = (HashSet::new(), HashSet::new());
    component.retain(|&place| {
        let pair = &pairs[place];
        let free = !left.contains(&pair.left) && !right.contains(&pair.right);
        if free {
            left.insert(pair.left);
            right.insert(pair.right);
        }
        free
    });
    component
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matched(pairs: &[(u32, u32, f64)]) -> Vec<Matched> {
        pairs
            .iter()
            .map(|&(left, right, weight)| Matched {
                left,
                right,
                weight,
            })
            .collect()
    }

    #[test]
    fn the_best_sum_wins_over_the_best_pair() {
        // The heaviest pair would leave the other two records alone.
        let pairs = matched(&[(0, 0, 5.0), (0, 1, 4.0), (1, 0, 4.0)]);
        assert_eq!(one_to_one(&pairs).stays, [false, true, true]);
        assert_eq!(many_to_one(&pairs).stays, [true, false, true]);
    }

    #[test]
    fn a_pair_of_no_weight_is_still_a_match() {
        assert_eq!(one_to_one(&matched(&[(7, 9, 0.0)])).stays, [true]);
        assert_eq!(
            one_to_one(&matched(&[(0, 0, 0.0), (0, 1, 0.0)]))
                .stays
                .iter()
                .filter(|stays| **stays)
                .count(),
            1
        );
    }

    /// The largest sum by trying everything.
    fn best(pairs: &[Matched], from: usize, left: u32, right: u32) -> f64 {
        let Some(pair) = pairs.get(from) else {
            return 0.0;
        };
        let without = best(pairs, from + 1, left, right);
        let (l, r) = (1 << pair.left, 1 << pair.right);
        if left & l != 0 || right & r != 0 {
            return without;
        }
        without.max(pair.weight + best(pairs, from + 1, left | l, right | r))
    }

    fn few() -> impl Strategy<Value = Vec<Matched>> {
        prop::collection::btree_map((0u32..6, 0u32..6), 0u32..20, 0..14).prop_map(|pairs| {
            let pairs: Vec<_> = pairs
                .into_iter()
                .map(|((l, r), w)| (l, r, f64::from(w) / 4.0))
                .collect();
            matched(&pairs)
        })
    }

    proptest! {
        #[test]
        fn no_record_is_in_two_pairs_and_no_sum_is_larger(pairs in few()) {
            let stays = one_to_one(&pairs).stays;
            let kept: Vec<&Matched> = pairs.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(pair, _)| pair).collect();
            for (at, one) in kept.iter().enumerate() {
                for other in &kept[at + 1..] {
                    prop_assert!(one.left != other.left && one.right != other.right);
                }
            }
            let sum: f64 = kept.iter().map(|pair| pair.weight).sum();
            prop_assert!((sum - best(&pairs, 0, 0, 0)).abs() < 1e-4);
        }

        #[test]
        fn the_order_of_the_pairs_changes_nothing(pairs in few()) {
            let turned: Vec<Matched> = pairs.iter().rev().copied().collect();
            let mut again = one_to_one(&turned).stays;
            again.reverse();
            prop_assert_eq!(one_to_one(&pairs).stays, again);
        }

        #[test]
        fn taking_the_heaviest_first_gives_half_of_the_best_sum(pairs in few()) {
            let kept = heaviest_first(&pairs, (0..pairs.len()).collect());
            let sum: f64 = kept.iter().map(|&place| pairs[place].weight).sum();
            prop_assert!(2.0 * sum >= best(&pairs, 0, 0, 0) - 1e-9);
        }
    }
}
