//! The page on which a person labels pairs, filled with the pairs.

mod choice;

use midband_lexicon::{Lexicon, contradictions};
use serde_json::{Value, json};

pub use choice::Purpose;
use choice::chosen;

use crate::{Lists, ReportError, ResultRow, pair::sides};

/// The page: its style, its body, and the script in three parts.
const PAGE: &str = include_str!("review.html");
const STYLE: &str = include_str!("review.css");
const DIFFERENCES: &str = include_str!("review_differences.js");
const LABELS: &str = include_str!("review_labels.js");
const SCRIPT: &str = include_str!("review.js");

/// Where the pairs go.
const PLACE: &str = r#"<script type="application/json" id="review-data">null</script>"#;

/// Which pairs a person is shown, and how.
#[derive(Clone, Debug)]
pub struct Review<'a> {
    /// What was scored, for people.
    pub source: &'a str,
    /// What the labels are for.
    pub purpose: Purpose,
    /// Pairs at most.
    pub most: usize,
    /// Seed of what is drawn at random.
    pub seed: u64,
    /// The lists that the pairs came from, where that is known: their columns are shown side by side.
    pub lists: Option<&'a Lists>,
    /// Where answers are sent as they are given, a path of the server that the page came from; `None` keeps them in the
    /// browser.
    pub save_to: Option<&'static str>,
}

/// The review page: one self-contained HTML file. With no rows at all it asks for a file; otherwise at most `most` pairs that
/// wait for a person, the most informative first, or where none waits some at random. Each needs its texts.
/// Pairs that a person or a rule has settled are left out.
///
/// # Errors
/// A row has no texts.
pub fn review_page(source: &str, rows: &[ResultRow], most: usize) -> Result<String, ReportError> {
    review_page_for(
        rows,
        &Review {
            source,
            purpose: Purpose::Decide,
            most,
            seed: 0,
            lists: None,
            save_to: None,
        },
    )
}

/// The same, for a purpose.
///
/// # Errors
/// A row has no texts.
pub fn review_page_for(rows: &[ResultRow], review: &Review<'_>) -> Result<String, ReportError> {
    let page = whole(review.save_to);
    if rows.is_empty() {
        return Ok(page);
    }
    let chosen = chosen(rows, review.purpose, review.most, review.seed);
    if chosen.rows.is_empty() {
        return Err(ReportError::Empty(
            "no pair has a score: there is nothing to review",
        ));
    }
    // A page made again from the same pairs finds its answers.
    let mut identity = blake3::Hasher::new();
    let mut pairs = Vec::with_capacity(chosen.rows.len());
    for row in &chosen.rows {
        let (Some(a), Some(b)) = (&row.a, &row.b) else {
            return Err(ReportError::NoTexts);
        };
        for text in [row.id.as_str(), a, b] {
            identity.update(text.as_bytes()).update(&[0]);
        }
        let columns: Vec<Value> = sides(row, review.lists)
            .into_iter()
            .map(|side| json!([side.name, side.left, side.right, side.kind]))
            .collect();
        // Columns side by side show it themselves.
        let found = match &row.contradictions {
            Some(found) => found.clone(),
            None if columns.len() > 1 => Vec::new(),
            None => contradictions(Lexicon::clinical(), a, b),
        };
        pairs.push(json!({
            "contradictions": found,
            "id": row.id, "left_id": row.left_id, "right_id": row.right_id, "a": a, "b": b,
            "columns": if columns.len() > 1 { Value::from(columns) } else { Value::Null },
            "score": row.score, "proxy_score": row.proxy_score, "cosine": row.cosine,
            "judge_score": row.judge_score, "decision": row.decision, "decided_by": row.decided_by,
            "reason": row.reason, "parts": row.parts,
        }));
    }
    let digest = identity.finalize().to_hex();
    let data = json!({
        "version": 2, "source": review.source, "digest": &digest[..32], "chosen": chosen.how,
        "drawn_from": chosen.of, "of": rows.len(), "pairs": pairs,
    });
    // A text must not end the element that it stands in.
    let data = data.to_string().replace('<', "\\u003c");
    let filled = format!(r#"<script type="application/json" id="review-data">{data}</script>"#);
    Ok(page.replacen(PLACE, &filled, 1))
}

/// The page without pairs. Only a page that sends answers back may speak to its own server.
fn whole(save_to: Option<&'static str>) -> String {
    let connect = if save_to.is_some() {
        "connect-src 'self'; "
    } else {
        ""
    };
    let sends = save_to.map_or(String::new(), |path| format!(r#" data-save-to="{path}""#));
    PAGE.replacen(
        r#"<main id="main">"#,
        &format!(r#"<main id="main"{sends}>"#),
        1,
    )
    .replacen("/*STYLE*/", STYLE, 1)
    .replacen("/*DIFFERENCES*/", DIFFERENCES, 1)
    .replacen("/*LABELS*/", LABELS, 1)
    .replacen("/*SCRIPT*/", SCRIPT, 1)
    .replacen("img-src data:;", &format!("{connect}img-src data:;"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, score: f64, decision: &str) -> ResultRow {
        ResultRow {
            id: id.into(),
            score: Some(score),
            decision: decision.into(),
            a: Some("</script><b>x".to_owned()),
            b: Some("y".to_owned()),
            ..ResultRow::default()
        }
    }

    fn data(page: &str) -> Value {
        let data = page.split(r#"id="review-data">"#).nth(1).unwrap();
        serde_json::from_str(data.split("</script>").next().unwrap()).unwrap()
    }

    #[test]
    fn the_page_has_one_place_for_everything() {
        for place in [
            PLACE,
            "/*STYLE*/",
            "/*DIFFERENCES*/",
            "/*LABELS*/",
            "/*SCRIPT*/",
        ] {
            assert_eq!(PAGE.matches(place).count(), 1, "{place}");
        }
        let page = review_page("x", &[], 9).unwrap();
        assert!(page.contains(PLACE) && !page.contains("/*S"));
        assert!(!page.contains("connect-src"));
    }

    #[test]
    fn only_what_waits_for_a_person_is_shown_and_no_text_ends_the_script() {
        let rows = [
            row("sure", 0.99, "match"),
            row("far", 0.9, "review"),
            row("near", 0.55, "review"),
        ];
        let page = data(&review_page("x", &rows, 9).unwrap());
        let ids: Vec<&str> = page["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["near", "far"]);
        assert_eq!((&page["chosen"], &page["of"]), (&json!("value"), &json!(3)));
        assert_eq!(page["pairs"][0]["a"], "</script><b>x");
    }

    #[test]
    fn the_page_says_where_two_notes_contradict_each_other() {
        let note = |own: Option<Vec<String>>| ResultRow {
            a: Some("71F, T2DM, left TKR 2011".to_owned()),
            b: Some("Lady of 71 with diabetes; right knee replaced in 2011".to_owned()),
            contradictions: own,
            ..row("1", 0.5, "review")
        };
        let shown = |own| {
            let page = data(&review_page("x", &[note(own)], 9).unwrap());
            page["pairs"][0]["contradictions"].to_string()
        };
        assert!(shown(None).contains("left / right"), "{}", shown(None));
        assert_eq!(shown(Some(vec!["mine".to_owned()])), "[\"mine\"]");
    }

    #[test]
    fn a_random_draw_is_the_same_in_any_order_and_another_by_another_seed() {
        let rows: Vec<ResultRow> = (0..50)
            .map(|at| row(&at.to_string(), 0.9, "match"))
            .collect();
        let drawn = |rows: &[ResultRow], seed| {
            let review = Review {
                source: "x",
                purpose: Purpose::Calibrate,
                most: 10,
                seed,
                lists: None,
                save_to: None,
            };
            let page = data(&review_page_for(rows, &review).unwrap());
            assert_eq!(
                (&page["chosen"], &page["drawn_from"]),
                (&json!("random"), &json!(50))
            );
            page["pairs"].to_string()
        };
        let mut turned = rows.clone();
        turned.reverse();
        assert_eq!(drawn(&rows, 1), drawn(&turned, 1));
        assert_ne!(drawn(&rows, 1), drawn(&rows, 2));
        // Where none waits, some are drawn to be looked at.
        assert_eq!(
            data(&review_page("x", &rows, 500).unwrap())["chosen"],
            "random"
        );
    }

    #[test]
    fn what_a_person_settled_is_not_shown_again() {
        let settled = ResultRow {
            decided_by: "person".into(),
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
