//! Vectors of texts seen a short while ago, so that a stream embeds a recurring text once.

use std::{collections::HashMap, sync::Arc};

/// A text's vector, and whether the text was truncated.
#[derive(Clone)]
pub(crate) struct RecentVector {
    pub(crate) vector: Arc<[f32]>,
    pub(crate) truncated: bool,
}

/// Two generations of kept vectors. When the young one is full it becomes the old one and the old one
/// goes: memory is bounded, and what is still in use survives, without a list to keep in order.
pub(crate) struct Recent {
    capacity: usize,
    young: HashMap<[u8; 16], RecentVector>,
    old: HashMap<[u8; 16], RecentVector>,
}

impl Recent {
    /// Keeps up to twice `capacity` vectors.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// 128 bits of BLAKE3: texts are told apart by it, and are not kept themselves.
    pub(crate) fn key(text: &str) -> [u8; 16] {
        let mut key = [0; 16];
        key.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        key
    }

    pub(crate) fn get(&mut self, key: [u8; 16]) -> Option<RecentVector> {
        if let Some(kept) = self.young.get(&key) {
            return Some(kept.clone());
        }
        let kept = self.old.remove(&key)?;
        self.put(key, kept.clone());
        Some(kept)
    }

    pub(crate) fn put(&mut self, key: [u8; 16], kept: RecentVector) {
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_used_survives() {
        let kept = RecentVector {
            vector: Arc::from([1.0f32]),
            truncated: false,
        };
        let mut recent = Recent::new(10);
        let hot = Recent::key("hot");
        recent.put(hot, kept.clone());
        for index in 0..1000 {
            recent.put(Recent::key(&index.to_string()), kept.clone());
            assert!(recent.get(hot).is_some(), "lost at {index}");
            assert!(recent.young.len() + recent.old.len() <= 20);
        }
        assert!(recent.get(Recent::key("0")).is_none());
    }
}
