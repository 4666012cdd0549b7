//! Blocking keys: only records that agree in a key are compared.

use std::collections::HashMap;

/// The keys of two lists: for each record and each key field a hash, `None` where the record lacks the value. A
/// missing value agrees with nothing, as in SQL.
pub(crate) struct Keys<'a> {
    left: &'a [Vec<Option<u64>>],
    right: &'a [Vec<Option<u64>>],
    groups: Vec<HashMap<u64, Vec<u32>>>,
}

impl<'a> Keys<'a> {
    pub(crate) fn new(left: &'a [Vec<Option<u64>>], right: &'a [Vec<Option<u64>>]) -> Self {
        let fields = right.iter().map(Vec::len).max().unwrap_or(0);
        let mut groups = vec![HashMap::<u64, Vec<u32>>::new(); fields];
        for (row, keys) in right.iter().enumerate() {
            for (group, key) in groups.iter_mut().zip(keys) {
                if let Some(key) = key {
                    group.entry(*key).or_default().push(row as u32);
                }
            }
        }
        Self {
            left,
            right,
            groups,
        }
    }

    /// True where any key of the two records agrees.
    pub(crate) fn agree(&self, left: u32, right: u32) -> bool {
        let (a, b) = (&self.left[left as usize], &self.right[right as usize]);
        a.iter().zip(b).any(|(x, y)| x.is_some() && x == y)
    }

    /// The right records that agree with a left one, ascending.
    pub(crate) fn partners(&self, left: u32) -> Vec<u32> {
        let keys = self.left[left as usize].iter().zip(&self.groups);
        let mut rows: Vec<u32> = keys
            .filter_map(|(key, group)| group.get(&(*key)?))
            .flatten()
            .copied()
            .collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}
