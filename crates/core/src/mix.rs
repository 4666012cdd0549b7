//! Bits that are spread: the one hash below every choice by a seed and every digest of words, the same on every machine and in
//! every version.

/// The increment of SplitMix64: 2^64 over the golden ratio.
pub const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): near numbers come out far apart, no two the same.
pub const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo), and then [`mix`], because FNV alone leaves short keys close together.
pub fn hash_bytes(bytes: impl IntoIterator<Item = u8>) -> u64 {
    mix(bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_values_come_out() {
        // The first three numbers of SplitMix64 with the seed 1234567, as in its authors' test.
        let seed = |steps: u64| 1_234_567_u64.wrapping_add(GOLDEN.wrapping_mul(steps));
        let first = [1, 2, 3].map(|step| mix(seed(step)));
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
        // FNV-1a of nothing is its basis.
        assert_eq!(hash_bytes([]), mix(0xcbf2_9ce4_8422_2325));
        assert_ne!(hash_bytes(*b"ab"), hash_bytes(*b"ba"));
    }
}
