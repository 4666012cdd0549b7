//! What a label says.

/// The number of a label that is a text: a number, or one of the words for 1 and 0, in any case. `None` where it is
/// neither.
pub fn truth(label: &str) -> Option<f64> {
    let label = label.trim().to_ascii_lowercase();
    match label.as_str() {
        "true" | "t" | "yes" | "y" | "match" => Some(1.0),
        "false" | "f" | "no" | "n" | "no_match" | "no match" | "nonmatch" | "non-match"
        | "non_match" => Some(0.0),
        number => number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite()),
    }
}

/// True for a label by which a person says that they cannot tell, in any case.
pub fn is_unsure(label: &str) -> bool {
    let label = label.trim();
    ["unsure", "review", "unknown"]
        .iter()
        .any(|word| label.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_read() {
        for yes in ["1", "1.0", " Y", "yes", "TRUE", "t", "match", "+1"] {
            assert_eq!(truth(yes), Some(1.0), "{yes}");
        }
        for no in ["0", "0.0", "n", "No", "false", "F", "no_match", "non-match"] {
            assert_eq!(truth(no), Some(0.0), "{no}");
        }
        assert_eq!(truth("0.5"), Some(0.5));
        assert!(is_unsure(" Unsure") && is_unsure("review") && !is_unsure("match"));
        for neither in ["", "unsure", "maybe", "NaN", "inf", "1,0"] {
            assert_eq!(truth(neither), None, "{neither}");
        }
    }
}
