//! A row of a scored file, as far as it is measured or shown.

use std::{collections::HashSet, f64::consts::LN_2};

use compact_str::CompactString;
use serde::Serialize;

use crate::{Labels, Parts, ReportError};

/// A scored pair as it stands in a file that midband wrote (JSONL, CSV, TSV or Parquet), or in an answer of its server. Short texts
/// are kept within the row: a report holds millions of them.
///
/// `Debug` is left out on purpose: the texts may be about a patient.
#[derive(Clone, Default, Serialize)]
pub struct ResultRow {
    /// The pair's id.
    pub id: CompactString,
    /// The left record's id, where the pair came from lists.
    pub left_id: Option<CompactString>,
    /// The right record's id, where the pair came from lists.
    pub right_id: Option<CompactString>,
    /// Raw similarity, -1..=1.
    pub cosine: Option<f64>,
    /// Probability of a match before any judge, 0..=1.
    pub proxy_score: Option<f64>,
    /// The judge's graded answer, 0..=1.
    pub judge_score: Option<f64>,
    /// Final probability of a match, 0..=1.
    pub score: Option<f64>,
    /// `accept`, `ask` or `reject`; empty where the pair was rejected before routing.
    pub route: CompactString,
    /// `match`, `no_match` or `review`.
    pub decision: CompactString,
    /// `embedding`, `columns`, `judge`, `cache`, `fallback`, `person` or `rule`; empty where the pair has no score.
    pub decided_by: CompactString,
    /// `settled`, `unanswered(…)` or `rejected(…)`.
    pub status: CompactString,
    /// The judge's own words, or why the pair has no score.
    pub reason: Option<String>,
    /// A text was longer than the embedding model reads.
    pub truncated: bool,
    /// Time the judge took, milliseconds; 0 where it was not asked.
    pub latency_ms: f64,
    /// What is known to be true, 0..=1.
    pub gold: Option<f64>,
    /// The label's pair was drawn at random.
    #[serde(skip)]
    pub drawn: bool,
    /// The left text, where the file has it.
    pub a: Option<String>,
    /// The right text, where the file has it.
    pub b: Option<String>,
    /// Where the score came from, where the file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Where its texts contradict each other, in words; `None` if the file does not say.
    pub contradictions: Option<Vec<String>>,
}

impl ResultRow {
    /// True where a judge's answer stands behind the score.
    pub fn is_judged(&self) -> bool {
        self.decided_by == "judge" || self.decided_by == "cache"
    }

    /// True where a person or a rule of the user has settled it for good.
    pub fn is_certain(&self) -> bool {
        self.decided_by == "person" || self.decided_by == "rule"
    }

    /// True where the final decision went against the judge's answer.
    pub fn is_overruled(&self) -> bool {
        match (self.judge_score, self.decision.as_str()) {
            (Some(said), "match") => said < 0.5,
            (Some(said), "no_match") => said > 0.5,
            _ => false,
        }
    }

    /// Gives the row the label that a person gave its pair, where one did.
    pub fn take_label(&mut self, labels: &Labels) {
        let (left, right) = (self.left_id.as_deref(), self.right_id.as_deref());
        if let Some(label) = labels.of(&self.id, left, right) {
            self.gold = label;
            self.drawn = labels.drawn(&self.id, left, right);
        }
    }

    /// Match weights of the score's parts, log2 of their odds, in the order in which they stand there; those beyond the
    /// `most` greatest are one.
    pub fn weights(&self, most: usize) -> Vec<(String, f64)> {
        let parts = self.parts.iter().flat_map(Parts::iter);
        let all: Vec<(String, f64)> = parts
            .map(|(name, log_odds)| (name.to_owned(), log_odds / LN_2))
            .collect();
        let mut sizes: Vec<f64> = all.iter().map(|(_, weight)| weight.abs()).collect();
        sizes.sort_by(|a, b| b.total_cmp(a));
        let least = sizes.get(most).copied().unwrap_or(-1.0);
        let (mut shown, rest): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, weight)| weight.abs() > least);
        if !rest.is_empty() {
            let sum = rest.iter().map(|(_, weight)| weight).sum();
            shown.push((format!("{} others", rest.len()), sum));
        }
        shown
    }

    /// How much a person's look at the pair is worth, 0..=1: pairs left for review first, then those whose
    /// score is nearest to one half, then those where judge and proxy disagree. A pair without a score comes
    /// before them all.
    pub fn priority(&self) -> f64 {
        let Some(score) = self.score else { return 1.0 };
        let unsure = 1.0 - 2.0 * (score - 0.5).abs();
        let conflict = match (self.judge_score, self.proxy_score) {
            (Some(judge), Some(proxy)) => (judge - proxy).abs(),
            _ => 0.0,
        };
        let wanted = f64::from(u8::from(self.decision == "review"));
        (0.5 * wanted + 0.35 * unsure + 0.15 * conflict).clamp(0.0, 1.0)
    }
}

/// Refuses rows of which two are about one pair.
///
/// # Errors
/// An id stands there twice.
pub fn each_once(rows: &[ResultRow]) -> Result<(), ReportError> {
    let mut seen = HashSet::new();
    match rows.iter().find(|row| !seen.insert(row.id.as_str())) {
        Some(row) => Err(ReportError::Doubled(row.id.to_string())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<ResultRow, ReportError> {
        ResultRow::read(value.as_object().unwrap(), None)
    }

    #[test]
    fn a_row_of_a_delimited_file_reads_like_one_of_json() {
        let lines = read(json!({"id": 7, "score": 0.25, "decision": "no_match", "truncated": true, "label": 1, "latency_ms": 12})).unwrap();
        let cells = read(json!({"id": "7", "score": "0.25", "decision": "no_match", "truncated": "true", "label": "1", "latency_ms": "12"})).unwrap();
        for row in [lines, cells] {
            assert_eq!(
                (row.id.as_str(), row.score, row.gold),
                ("7", Some(0.25), Some(1.0))
            );
            assert!(row.truncated && row.latency_ms == 12.0);
        }
    }

    #[test]
    fn parts_are_match_weights_whatever_the_file() {
        let parts = json!({"prior": -LN_2, "born: exact": 3.0 * LN_2, "city: typo": 0.1, "name: similar": -0.2});
        for written in [parts.clone(), parts.to_string().into()] {
            let row = read(json!({"id": 7, "decision": "match", "parts": written})).unwrap();
            let weights = row.weights(2);
            let names: Vec<&str> = weights.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["prior", "born: exact", "2 others"]);
            let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
            assert!((sum - (2.0 - 0.1 / LN_2)).abs() < 1e-9, "{weights:?}");
            assert_eq!(row.weights(9).len(), 4);
        }
        let without = read(json!({"id": 7, "decision": "match", "parts": "no JSON"})).unwrap();
        assert!(without.weights(9).is_empty());
    }

    #[test]
    fn what_is_no_scored_row_says_so() {
        assert!(matches!(read(json!({"id": "x"})), Err(ReportError::NotScored(id)) if id == "x"));
        assert!(matches!(
            read(json!({"decision": "match"})),
            Err(ReportError::NoId)
        ));
        for (field, value) in [
            ("label", json!(2)),
            ("label", json!("perhaps")),
            ("label", json!([1])),
            ("score", json!(-0.1)),
            ("score", json!("abc")),
            ("score", json!("NaN")),
            ("score", json!([0.5])),
            ("proxy_score", json!(7)),
            ("judge_score", json!("0,5")),
            ("cosine", json!(5)),
            ("decision", json!("perhaps")),
            ("decision", Value::Null),
        ] {
            let mut row = json!({"id": "x", "decision": "match"});
            row[field] = value;
            let error = read(row.clone()).err().unwrap_or_else(|| panic!("{row}"));
            let said = error.to_string();
            assert!(said.contains(field) && !said.contains("perhaps"), "{said}");
        }
        for (field, value) in [
            ("label", json!("unsure")),
            ("score", json!("")),
            ("cosine", json!(1.0000002)),
        ] {
            let mut row = json!({"id": "x", "decision": "review"});
            row[field] = value;
            assert!(read(row).is_ok());
        }
    }

    #[test]
    fn a_pair_stands_once() {
        let row = |id: &str| read(json!({"id": id, "decision": "match"})).unwrap();
        assert!(each_once(&[row("1"), row("2")]).is_ok());
        let error = each_once(&[row("1"), row("2"), row("1")]).unwrap_err();
        assert!(matches!(error, ReportError::Doubled(id) if id == "1"));
    }

    #[test]
    fn pairs_for_review_come_first_and_then_the_unsure_ones() {
        let of = |decision: &str, score: f64| {
            read(json!({"id": "x", "decision": decision, "score": score}))
                .unwrap()
                .priority()
        };
        assert!(of("review", 0.9) > of("match", 0.51));
        assert!(of("review", 0.5) > of("review", 0.9));
        assert!(of("match", 0.6) > of("match", 0.99));
        assert_eq!(
            read(json!({"id": "x", "decision": "review"}))
                .unwrap()
                .priority(),
            1.0
        );
    }
}
