//! What a request asks: its pairs, its form of answer, its tokens.

use serde_json::Value;

/// The form of answer that a request is held to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    Free,
    /// `format: "json"`: any object.
    Json,
    Keys(Vec<String>),
    Array(usize),
    Digits(usize),
}

/// Why a format can't be honoured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BadFormat {
    /// Neither `"json"` nor an object; holds it as JSON.
    NoSchema(String),
    /// A schema that can't become a grammar; names the property and the type.
    NoGrammar(String, String),
}

impl Form {
    pub(crate) fn of(format: Option<&Value>) -> Result<Self, BadFormat> {
        let schema = match format {
            None | Some(Value::Null) => return Ok(Self::Free),
            Some(Value::String(word)) if word.is_empty() => return Ok(Self::Free),
            Some(Value::String(word)) if word == "json" => return Ok(Self::Json),
            Some(Value::Object(schema)) => schema,
            Some(other) => return Err(BadFormat::NoSchema(other.to_string())),
        };
        let kind = schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("object");
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let kind = property
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or("string");
                if ![
                    "integer", "number", "string", "boolean", "null", "array", "object",
                ]
                .contains(&kind)
                {
                    return Err(BadFormat::NoGrammar(
                        format!("/properties/{name}"),
                        kind.to_owned(),
                    ));
                }
            }
            return Ok(Self::Keys(properties.keys().cloned().collect()));
        }
        match kind {
            "array" => {
                let length = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
                Ok(Self::Array(usize::try_from(length).unwrap_or(1).min(256)))
            }
            "string" => {
                let pattern = schema.get("pattern").and_then(Value::as_str).unwrap_or("");
                let count = pattern
                    .split_once('{')
                    .and_then(|(_, rest)| rest.split_once('}'));
                Ok(Self::Digits(
                    count
                        .and_then(|(count, _)| count.parse().ok())
                        .unwrap_or(1)
                        .min(256),
                ))
            }
            "object" => Ok(Self::Json),
            other => Err(BadFormat::NoGrammar(String::new(), other.to_owned())),
        }
    }
}

/// The pairs of a prompt, found by their lines: `pNN`, `A: …`, `B: …`. Without such keys the last
/// pair alone is asked; those before it are examples.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pairs {
    pub(crate) texts: Vec<(String, String)>,
    /// True where `pNN` stood before each.
    pub(crate) keyed: bool,
    /// True where a score follows the last pair: its reason is asked for.
    pub(crate) wants_reason: bool,
}

impl Pairs {
    pub(crate) fn of(prompt: &str) -> Self {
        // Only the user's turn: a prefilled answer is no text of a pair.
        let prompt = prompt
            .rsplit_once("<end_of_turn>")
            .map_or(prompt, |(user, _)| user);
        let mut found: Vec<(bool, String, String)> = Vec::new();
        let mut key_before = false;
        let mut reason = false;
        let mut open: Option<char> = None;
        for line in prompt.lines() {
            let is_key = line.len() == 3
                && line.starts_with('p')
                && line[1..].bytes().all(|b| b.is_ascii_digit());
            if is_key {
                (key_before, open) = (true, None);
            } else if let Some(text) = line.strip_prefix("A: ") {
                found.push((key_before, text.to_owned(), String::new()));
                (key_before, reason, open) = (false, false, Some('A'));
            } else if let (Some(text), Some(last)) = (line.strip_prefix("B: "), found.last_mut()) {
                last.2 = text.to_owned();
                open = Some('B');
            } else if let (Some((name, a, b)), true) = (
                columns(line),
                key_before || open != Some('A') && open != Some('B'),
            ) {
                // A record's fields, value beside value; the first of them begins a pair.
                if open != Some('|') {
                    found.push((key_before, String::new(), String::new()));
                }
                (key_before, reason, open) = (false, false, Some('|'));
                if let Some(last) = found.last_mut() {
                    for (text, value) in [(&mut last.1, a), (&mut last.2, b)] {
                        if value != "-" {
                            let between = if text.is_empty() { "" } else { "; " };
                            *text += &format!("{between}{name}: {value}");
                        }
                    }
                }
            } else if line.starts_with("Score: ") || line.is_empty() || line.starts_with("Same:") {
                reason |= line.starts_with("Score: ") && matches!(open, Some('B' | '|'));
                open = None;
            } else if let (Some(side), Some(last)) = (open, found.last_mut()) {
                let text = if side == 'A' {
                    &mut last.1
                } else {
                    &mut last.2
                };
                text.push(' ');
                text.push_str(line);
            }
        }
        let keyed = found.iter().any(|(keyed, ..)| *keyed);
        let texts: Vec<(String, String)> = if keyed {
            found
                .into_iter()
                .filter(|(keyed, ..)| *keyed)
                .map(|(_, a, b)| (a, b))
                .collect()
        } else {
            found
                .into_iter()
                .next_back()
                .map(|(_, a, b)| (a, b))
                .into_iter()
                .collect()
        };
        Self {
            wants_reason: reason && !keyed && !texts.is_empty(),
            texts,
            keyed,
        }
    }
}

/// Name and both values of a line `name: a | b`.
fn columns(line: &str) -> Option<(&str, &str, &str)> {
    let (name, values) = line.split_once(": ")?;
    let (a, b) = values.split_once(" | ")?;
    (!name.is_empty()).then_some((name, a, b))
}

/// A text as tokens, roughly as Gemma's tokenizer cuts it: a word with the space before it, each
/// digit, each mark, each control token.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first);
        tokens.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    tokens
}

const CONTROL: [&str; 6] = [
    "<start_of_turn>",
    "<end_of_turn>",
    "<unused94>",
    "<unused95>",
    "<eos>",
    "<pad>",
];

fn token_length(rest: &str, first: char) -> usize {
    if let Some(token) = CONTROL.iter().find(|token| rest.starts_with(**token)) {
        return token.len();
    }
    let lead = if first == ' ' { 1 } else { 0 };
    let word = rest[lead..]
        .bytes()
        .take_while(u8::is_ascii_alphabetic)
        .count();
    if word > 0 {
        // Ten letters: few words take more than one token, and none of those is long.
        return lead + word.min(10);
    }
    if first.is_whitespace() {
        return rest
            .bytes()
            .take_while(|byte| *byte == first as u8)
            .count()
            .max(first.len_utf8());
    }
    first.len_utf8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_in_every_layout() {
        let pairs = Pairs::of(
            "Rate.\n\nExample\nA: e\nB: f\nScore: 3\n\np01\nA: x\nB: y\n\np02\nA: z\nB: w w\n<end_of_turn>\n<start_of_turn>model\n",
        );
        assert!(pairs.keyed && !pairs.wants_reason);
        assert_eq!(
            pairs.texts,
            [("x".into(), "y".into()), ("z".into(), "w w".into())]
        );
        let single = Pairs::of("Same?\n\nA: e\nB: f\nSame: yes\n\nA: x\nB: y\nSame:");
        assert_eq!(single.texts, [("x".into(), "y".into())]);
        assert!(Pairs::of("Why?\nA: x\nB: y\nScore: 90\n").wants_reason);
        assert!(Pairs::of("Once upon a time").texts.is_empty());
    }

    #[test]
    fn formats_are_told_apart() {
        let schema = serde_json::json!({"type": "string", "pattern": "^[0-9]{4}$"});
        assert_eq!(Form::of(Some(&schema)), Ok(Form::Digits(4)));
        assert!(matches!(
            Form::of(Some(&"xml".into())),
            Err(BadFormat::NoSchema(_))
        ));
        let schema =
            serde_json::json!({"type": "object", "properties": {"a": {"type": "nonsense"}}});
        assert!(matches!(
            Form::of(Some(&schema)),
            Err(BadFormat::NoGrammar(..))
        ));
    }

    #[test]
    fn tokens_give_the_text_back() {
        let text = "<start_of_turn>user\n  {\"p01\": 42}\n\n word é😀";
        assert_eq!(tokens(text).concat(), text);
        assert_eq!(tokens("\"1000\"").len(), 6);
    }
}
