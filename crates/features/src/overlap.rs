//! Overlap of two sets of weighted words, the measure under most of the features.

/// A word with its rarity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) hash: u64,
    pub(crate) rarity: f64,
    pub(crate) is_number: bool,
    /// One bit for each pair of neighbouring letters.
    pub(crate) signature: u64,
    /// Bits in it.
    pub(crate) pairs: u32,
}

/// What two sets share and what each has alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Overlap {
    pub(crate) shared: f64,
    pub(crate) only_a: f64,
    pub(crate) only_b: f64,
    pub(crate) shared_count: usize,
    pub(crate) only_a_count: usize,
    pub(crate) only_b_count: usize,
    pub(crate) rarest_shared: f64,
    pub(crate) rarest_only_a: f64,
    pub(crate) rarest_only_b: f64,
}

impl Overlap {
    /// Compares two lists sorted by hash, each word once.
    pub(crate) fn of(a: &[Word], b: &[Word]) -> Self {
        let mut out = Self::default();
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) if x.hash == y.hash => {
                    out.shared += x.rarity;
                    out.shared_count += 1;
                    out.rarest_shared = out.rarest_shared.max(x.rarity);
                    (i, j) = (i + 1, j + 1);
                }
                (Some(x), y) if y.is_none_or(|y| x.hash < y.hash) => {
                    out.only_a += x.rarity;
                    out.only_a_count += 1;
                    out.rarest_only_a = out.rarest_only_a.max(x.rarity);
                    i += 1;
                }
                (_, Some(y)) => {
                    out.only_b += y.rarity;
                    out.only_b_count += 1;
                    out.rarest_only_b = out.rarest_only_b.max(y.rarity);
                    j += 1;
                }
                _ => break,
            }
        }
        out
    }

    /// Weight of the intersection over weight of the union, 0..=1; 0 where both are empty.
    pub(crate) fn jaccard(&self) -> f64 {
        // The sides are added first: the result must not depend on their order.
        ratio(self.shared, self.shared + (self.only_a + self.only_b))
    }

    /// Weight of the intersection over that of the lighter set.
    pub(crate) fn contained_in_smaller(&self) -> f64 {
        ratio(self.shared, self.shared + self.only_a.min(self.only_b))
    }

    /// Weight of the intersection over that of the heavier set.
    pub(crate) fn contained_in_larger(&self) -> f64 {
        ratio(self.shared, self.shared + self.only_a.max(self.only_b))
    }
}

/// A share; 0 where there is nothing to share.
pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
