//! The page on which a person labels pairs, filled with the pairs.

use serde_json::json;

use crate::{ReportError, ResultRow};

const PAGE: &str = include_str!("review.html");

/// Where the pairs go.
const PLACE: &str = r#"<script type="application/json" id="review-data">null</script>"#;

/// The review page: one self-contained HTML file. `source` names what was scored, for people. With no rows at all it
/// asks for a file; otherwise at most `most` pairs, the most informative first, each with its texts. Pairs that a person or
/// a rule has settled are left out.
///
/// # Errors
/// A row has no texts.
pub fn review_page(source: &str, rows: &[ResultRow], most: usize) -> Result<String, ReportError> {
    if rows.is_empty() {
        return Ok(PAGE.to_owned());
    }
    let mut order: Vec<(f64, &ResultRow)> = rows
        .iter()
        .filter(|row| row.score.is_some() && !row.is_certain())
        .map(|row| (row.priority(), row))
        .collect();
    // Stable: equally informative pairs keep the input's order.
    order.sort_by(|x, y| y.0.total_cmp(&x.0));
    order.truncate(most);
    if order.is_empty() {
        return Err(ReportError::Empty(
            "no pair has a score: there is nothing to review",
        ));
    }
    // A page made again from the same pairs finds its answers.
    let mut identity = blake3::Hasher::new();
    let mut pairs = Vec::with_capacity(order.len());
    for (_, row) in order {
        let (Some(a), Some(b)) = (&row.a, &row.b) else {
            return Err(ReportError::NoTexts);
        };
        for text in [&row.id, a, b] {
            identity.update(text.as_bytes()).update(&[0]);
        }
        pairs.push(json!({
            "id": row.id, "left_id": row.left_id, "right_id": row.right_id, "a": a, "b": b,
            "score": row.score, "proxy_score": row.proxy_score, "cosine": row.cosine,
            "judge_score": row.judge_score, "decision": row.decision, "decided_by": row.decided_by,
            "reason": row.reason, "parts": row.parts,
        }));
    }
    let digest = identity.finalize().to_hex();
    let data = json!({"version": 1, "source": source, "digest": &digest[..32], "pairs": pairs});
    // A text must not end the element that it stands in.
    let data = data.to_string().replace('<', "\\u003c");
    let filled = format!(r#"<script type="application/json" id="review-data">{data}</script>"#);
    Ok(PAGE.replacen(PLACE, &filled, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, score: f64, decision: &str) -> ResultRow {
        ResultRow {
            id: id.to_owned(),
            score: Some(score),
            decision: decision.to_owned(),
            a: Some("</script><b>x".to_owned()),
            b: Some("y".to_owned()),
            ..ResultRow::default()
        }
    }

    #[test]
    fn the_page_has_one_place_for_pairs() {
        assert_eq!(PAGE.matches(PLACE).count(), 1);
        assert_eq!(review_page("x", &[], 9).unwrap(), PAGE);
    }

    #[test]
    fn the_most_informative_pairs_come_first_and_no_text_ends_the_script() {
        let rows = [
            row("sure", 0.99, "match"),
            row("unsure", 0.55, "match"),
            row("review", 0.7, "review"),
        ];
        let page = review_page("x", &rows, 2).unwrap();
        let data = page.split(r#"id="review-data">"#).nth(1).unwrap();
        let data = data.split("</script>").next().unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["pairs"][0]["id"], "review");
        assert_eq!(data["pairs"][1]["id"], "unsure");
        assert_eq!(data["pairs"].as_array().unwrap().len(), 2);
        assert_eq!(data["pairs"][0]["a"], "</script><b>x");
    }

    #[test]
    fn what_a_person_settled_is_not_shown_again() {
        let settled = ResultRow {
            decided_by: "person".to_owned(),
            ..row("settled", 0.5, "match")
        };
        let page = review_page("x", &[settled, row("open", 0.9, "match")], 9).unwrap();
        assert!(page.contains("\"open\"") && !page.contains("\"settled\""));
    }

    #[test]
    fn a_file_without_texts_is_refused() {
        let rows = [ResultRow {
            a: None,
            ..row("1", 0.5, "review")
        }];
        let error = review_page("x", &rows, 9).unwrap_err();
        assert!(matches!(error, ReportError::NoTexts), "{error}");
    }
}
