//! Numbers as people read them.

/// A number with its noun, which takes an s except after one.
pub fn number_of(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The same with its verb, for one and for more.
pub fn number_that(number: u64, noun: &str, [one, more]: [&str; 2]) -> String {
    let verb = if number == 1 { one } else { more };
    format!("{} {verb}", number_of(number, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_s() {
        let said = [0, 1, 2].map(|number| number_of(number, "pair"));
        assert_eq!(said, ["0 pairs", "1 pair", "2 pairs"]);
        let said = [1, 2].map(|number| number_that(number, "label", ["fits", "fit"]));
        assert_eq!(said, ["1 label fits", "2 labels fit"]);
    }
}
