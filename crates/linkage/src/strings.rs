//! Distances of short strings, with cheap bounds before the dear part.

/// One bit for each letter and digit that a text holds; other characters share the rest of the bits.
pub(crate) fn mask(text: &str) -> u64 {
    text.chars().fold(0, |mask, c| {
        mask | match c {
            'a'..='z' => 1 << (c as u32 - 'a' as u32),
            '0'..='9' => 1 << (26 + c as u32 - '0' as u32),
            c => 1 << (36 + c as u32 % 28),
        }
    })
}

/// Optimal string alignment distance (edits and swaps of neighbours) where it is at most `most`, else none.
pub(crate) fn edits(a: &str, b: &str, mask_a: u64, mask_b: u64, most: usize) -> Option<usize> {
    // An edit changes at most two of the bits.
    if (mask_a ^ mask_b).count_ones() as usize > 2 * most || a.len().abs_diff(b.len()) > most * 4 {
        return None;
    }
    if !a.is_ascii() || !b.is_ascii() {
        return Some(strsim::osa_distance(a, b)).filter(|edits| *edits <= most);
    }
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) {
        if x != y {
            break;
        }
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b) {
        if x != y {
            break;
        }
        (a, b) = (rest_a, rest_b);
    }
    if a.is_empty() || b.is_empty() {
        return Some(a.len().max(b.len())).filter(|edits| *edits <= most);
    }
    if most == 1 || a.len() == 1 && b.len() == 1 {
        let one =
            a.len() == 1 && b.len() == 1 || matches!((a, b), ([w, x], [y, z]) if w == z && x == y);
        return one.then_some(1);
    }
    table(a, b).filter(|edits| *edits <= most)
}

const LONGEST: usize = 64;

/// The whole table of distances, for texts of at most [`LONGEST`] bytes.
fn table(a: &[u8], b: &[u8]) -> Option<usize> {
    if b.len() >= LONGEST || a.len() >= LONGEST {
        return None;
    }
    let mut before = [0_u8; LONGEST];
    let mut last = [0_u8; LONGEST];
    let mut now = [0_u8; LONGEST];
    for (at, cell) in last.iter_mut().enumerate().take(b.len() + 1) {
        *cell = at as u8;
    }
    for i in 0..a.len() {
        now[0] = i as u8 + 1;
        for j in 0..b.len() {
            let same = u8::from(a[i] != b[j]);
            let mut cell = (last[j] + same).min(last[j + 1] + 1).min(now[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                cell = cell.min(before[j - 1] + 1);
            }
            now[j + 1] = cell;
        }
        (before, last, now) = (last, now, before);
    }
    Some(last[b.len()] as usize)
}

/// Characters of a text.
pub(crate) fn letters(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

/// Whether the Jaro-Winkler similarity (Winkler 1990) is at least `least` (0 to 1).
pub(crate) fn jaro_winkler_at_least(
    a: &str,
    b: &str,
    mask_a: u64,
    mask_b: u64,
    least: f64,
) -> bool {
    let (long_a, long_b) = (letters(a) as f64, letters(b) as f64);
    // At least one character is left without a partner for each bit that the other text lacks.
    let common = (long_a - f64::from((mask_a & !mask_b).count_ones()))
        .min(long_b - f64::from((mask_b & !mask_a).count_ones()));
    let jaro = (common / long_a + common / long_b + 1.0) / 3.0;
    let prefix = a
        .chars()
        .zip(b.chars())
        .take(4)
        .take_while(|(x, y)| x == y)
        .count() as f64;
    jaro + 0.1 * prefix * (1.0 - jaro) >= least && strsim::jaro_winkler(a, b) >= least
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_count_not_bytes() {
        let (a, b) = (" ", " é");
        assert!(jaro_winkler_at_least(a, b, mask(a), mask(b), 0.85));
    }

    proptest! {
        #[test]
        fn bounds_lose_nothing(a in "[a-c1-2 é]{0,9}", b in "[a-c1-2 é]{0,9}", most in 0_usize..4) {
            let whole = strsim::osa_distance(&a, &b);
            let (x, y) = (mask(&a), mask(&b));
            prop_assert_eq!(edits(&a, &b, x, y, most), (whole <= most).then_some(whole));
            if !a.is_empty() && !b.is_empty() {
                prop_assert_eq!(jaro_winkler_at_least(&a, &b, x, y, 0.85), strsim::jaro_winkler(&a, &b) >= 0.85);
            }
        }
    }
}
