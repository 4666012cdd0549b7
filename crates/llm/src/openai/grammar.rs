//! The three schemas of answers as grammars in GBNF, for servers of llama.cpp that take no schema.

use serde_json::Value;

/// An integer of 0..=100, as JSON writes it.
const SCORE: &str = r#"("100" | [1-9] [0-9]? | "0")"#;

/// The grammar of a schema of ours; `None` for any other.
pub(crate) fn gbnf(schema: &Value) -> Option<String> {
    let root = match schema.get("type")?.as_str()? {
        "string" => {
            let pattern = schema.get("pattern")?.as_str()?;
            let count = pattern.strip_prefix("^[0-9]{")?.strip_suffix("}$")?;
            count.parse::<usize>().ok()?;
            format!(r#""\"" [0-9]{{{count}}} "\"""#)
        }
        "array" => {
            let count = schema.get("minItems")?.as_u64()?;
            let scores = vec!["score"; usize::try_from(count).ok()?];
            format!(r#""[" {} "]""#, scores.join(r#" "," "#))
        }
        "object" => {
            let keys = schema.get("properties")?.as_object()?.keys();
            let members: Vec<String> = keys.map(|key| format!(r#""\"{key}\":" score"#)).collect();
            format!(r#""{{" {} "}}""#, members.join(r#" "," "#))
        }
        _ => return None,
    };
    Some(format!("root ::= {root}\nscore ::= {SCORE}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshots::Kind;

    #[test]
    fn every_schema_of_ours_has_a_grammar() {
        for (kind, root) in [
            (Kind::Digits, r#"root ::= "\"" [0-9]{2} "\"""#),
            (Kind::Array, r#"root ::= "[" score "," score "]""#),
            (
                Kind::Keyed,
                r#"root ::= "{" "\"p01\":" score "," "\"p02\":" score "}""#,
            ),
        ] {
            let grammar = gbnf(&kind.schema().unwrap()).unwrap();
            assert_eq!(grammar.lines().next(), Some(root));
        }
        assert_eq!(gbnf(&serde_json::json!({"type": "number"})), None);
    }
}
