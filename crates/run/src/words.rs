//! Numbers as people read them.

/// A number with its noun, which takes an s except after one.
pub fn number_of(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_s() {
        let said = [0, 1, 2].map(|number| number_of(number, "pair"));
        assert_eq!(said, ["0 pairs", "1 pair", "2 pairs"]);
    }
}
