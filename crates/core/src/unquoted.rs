//! Messages of parsers, which quote what they read: it may be a file of texts that was named by mistake.

/// A parser's message up to the first value that it quotes, with the place if it names one. The name of a field that is missing and
/// the signs that were expected are the parser's own words, and stay.
///
/// ```
/// use midband_core::without_values;
///
/// let said = without_values("invalid type: string \"Jane Roe\", expected u32 at line 1 column 30");
/// assert_eq!(said, "invalid type: string at line 1 column 30");
/// ```
pub fn without_values(message: &str) -> String {
    let (what, place) = match message.rfind(" at line ") {
        Some(at) if is_place(&message[at..]) => message.split_at(at),
        _ => (message, ""),
    };
    let is_own = ["missing field", "expected `"]
        .iter()
        .any(|own| what.starts_with(own));
    let end = what.find(['"', '`']).filter(|_| !is_own);
    let what = what[..end.unwrap_or(what.len())].trim_end();
    let what = what.strip_suffix("expected").unwrap_or(what);
    let what = what.trim_end_matches([',', ' ']);
    format!("{what}{place}")
}

fn is_place(text: &str) -> bool {
    let words = text.split_whitespace();
    words.into_iter().all(|word| {
        ["at", "line", "column"].contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_quotes_is_left_out() {
        for (message, left) in [
            (
                "missing field `version` at line 1 column 2",
                "missing field `version` at line 1 column 2",
            ),
            (
                "unknown variant `Roe`, expected `a` or `b` at line 3 column 9",
                "unknown variant at line 3 column 9",
            ),
            (
                "invalid type: string \"Roe at line 5\", expected a map",
                "invalid type: string",
            ),
            (
                "expected value at line 1 column 1",
                "expected value at line 1 column 1",
            ),
            (
                "expected `,` or `}` at line 1 column 9",
                "expected `,` or `}` at line 1 column 9",
            ),
            ("key with no value, expected `=`", "key with no value"),
            ("", ""),
        ] {
            assert_eq!(without_values(message), left);
        }
    }
}
