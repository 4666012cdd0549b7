//! Connected components by union and find.

/// Sets of numbers from 0 on that were joined.
#[derive(Clone, Debug)]
pub struct Sets(Vec<u32>);

impl Sets {
    /// As many sets of one.
    pub fn new(count: u32) -> Self {
        Self((0..count).collect())
    }

    /// The smallest number of the set that this one is in.
    pub fn first(&mut self, of: u32) -> u32 {
        let mut root = of;
        while self.0[root as usize] != root {
            root = self.0[root as usize];
        }
        // Later look-ups take one step.
        let mut at = of;
        while self.0[at as usize] != root {
            at = std::mem::replace(&mut self.0[at as usize], root);
        }
        root
    }

    /// Makes one set of two.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b) as usize] = a.min(b);
    }

    /// Numbers from 0 on, one a set, in the order of the sets' first members.
    pub(crate) fn numbers(&mut self) -> Vec<u32> {
        let mut numbers = vec![u32::MAX; self.0.len()];
        let mut next = 0;
        (0..self.0.len() as u32)
            .map(|member| {
                let first = self.first(member) as usize;
                if numbers[first] == u32::MAX {
                    numbers[first] = next;
                    next += 1;
                }
                numbers[first]
            })
            .collect()
    }
}

/// The cluster of each record: numbers from 0 on, in the order of the clusters' first records. Records that no pair
/// joins are clusters of one.
pub fn clusters(records: u32, joined: impl IntoIterator<Item = (u32, u32)>) -> Vec<u32> {
    let mut sets = Sets::new(records);
    for (a, b) in joined {
        sets.join(a, b);
    }
    sets.numbers()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chains_are_one_cluster_and_numbers_follow_the_records() {
        assert_eq!(clusters(6, [(4, 2), (2, 5), (1, 3)]), [0, 1, 2, 1, 2, 2]);
        assert_eq!(clusters(0, []), [0u32; 0]);
    }

    proptest! {
        /// Two records share a cluster exactly where a path of pairs leads from one to the other.
        #[test]
        fn clusters_are_the_connected_components(pairs in prop::collection::vec((0u32..12, 0u32..12), 0..20)) {
            let found = clusters(12, pairs.iter().copied());
            let mut reached = vec![vec![false; 12]; 12];
            (0..12).for_each(|at| reached[at][at] = true);
            for &(a, b) in &pairs {
                reached[a as usize][b as usize] = true;
                reached[b as usize][a as usize] = true;
            }
            for middle in 0..12 {
                for from in 0..12 {
                    for to in 0..12 {
                        reached[from][to] |= reached[from][middle] && reached[middle][to];
                    }
                }
            }
            for from in 0..12 {
                for to in 0..12 {
                    prop_assert_eq!(found[from] == found[to], reached[from][to]);
                }
            }
        }
    }
}
