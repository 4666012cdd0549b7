//! Which combinations of agreement occur, as in Splink's comparison viewer.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;

use crate::ResultRow;

/// Combinations that are shown.
const SHOWN: usize = 30;
/// Pairs that stand for one.
const EXAMPLES: usize = 6;
/// Of these, the pairs that open on the page.
const OPENED: usize = 2;

/// How often each combination of comparison levels occurs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Patterns {
    /// The columns, in the order in which they are compared.
    pub columns: Vec<String>,
    /// The most frequent combinations first.
    pub found: Vec<Pattern>,
    /// Combinations in all.
    pub all: usize,
}

/// A combination of comparison levels.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Pattern {
    /// The level of each column; empty where a pair has none.
    pub levels: Vec<String>,
    /// Pairs.
    pub pairs: u64,
    /// Mean final score, 0..=1.
    pub mean_score: f64,
    /// Pairs by decision.
    pub decisions: BTreeMap<String, u64>,
    /// Ids of some.
    pub examples: Vec<String>,
}

/// The column and the level of a part's name.
pub(crate) fn level(name: &str) -> Option<(&str, &str)> {
    name.split_once(": ")
}

/// `None` where the scored file does not say what the columns gave.
pub(crate) fn patterns(rows: &[ResultRow]) -> Option<Patterns> {
    let by_columns = |row: &&ResultRow| row.parts.is_some() && is_linked(row);
    let mut columns: Vec<String> = Vec::new();
    let mut found: BTreeMap<Vec<&str>, Pattern> = BTreeMap::new();
    for row in rows.iter().filter(by_columns) {
        let mut levels: Vec<&str> = vec![""; columns.len()];
        for (column, level) in row
            .parts
            .iter()
            .flatten()
            .filter_map(|(name, _)| level(name))
        {
            let at = columns.iter().position(|known| known == column);
            let at = at.unwrap_or_else(|| {
                columns.push(column.to_owned());
                levels.push("");
                columns.len() - 1
            });
            levels[at] = level;
        }
        // Columns that came later are empty in earlier pairs too.
        while levels.last() == Some(&"") {
            levels.pop();
        }
        let pattern = found.entry(levels).or_default();
        pattern.pairs += 1;
        pattern.mean_score += row.score.unwrap_or(0.0);
        *pattern.decisions.entry(row.decision.clone()).or_default() += 1;
        if pattern.examples.len() < EXAMPLES {
            pattern.examples.push(row.id.clone());
        }
    }
    if found.is_empty() || columns.is_empty() {
        return None;
    }
    let all = found.len();
    let mut found: Vec<Pattern> = found
        .into_iter()
        .map(|(levels, pattern)| Pattern {
            levels: (0..columns.len())
                .map(|at| levels.get(at).copied().unwrap_or("").to_owned())
                .collect(),
            mean_score: pattern.mean_score / pattern.pairs as f64,
            ..pattern
        })
        .collect();
    // Stable: equally frequent ones keep the order of their levels.
    found.sort_by_key(|pattern| std::cmp::Reverse(pattern.pairs));
    found.truncate(SHOWN);
    Some(Patterns {
        columns,
        found,
        all,
    })
}

/// Some pairs of each combination, in the order of the combinations.
pub(crate) fn examples<'a>(rows: &'a [ResultRow], patterns: &Patterns) -> Vec<Vec<&'a ResultRow>> {
    let named = patterns.found.iter().enumerate();
    let places: HashMap<&str, usize> = named
        .flat_map(|(at, pattern)| {
            let ids = pattern.examples.iter().take(OPENED);
            ids.map(move |id| (id.as_str(), at))
        })
        .collect();
    let mut found = vec![Vec::new(); patterns.found.len()];
    for row in rows {
        if let Some(at) = places.get(row.id.as_str()) {
            found[*at].push(row);
        }
    }
    found
}

/// True where the parts are comparison levels of columns.
fn is_linked(row: &ResultRow) -> bool {
    let judged = row.is_judged() || row.decided_by == "fallback";
    let named =
        |parts: &serde_json::Map<String, Value>| parts.keys().any(|name| level(name).is_some());
    (row.decided_by == "columns" || judged) && row.parts.as_ref().is_some_and(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_combinations_are_one_and_a_column_that_came_late_is_empty_before() {
        let row = |id: &str, parts: Value, decision: &str| ResultRow {
            id: id.to_owned(),
            decision: decision.to_owned(),
            decided_by: "columns".to_owned(),
            score: Some(0.5),
            parts: parts.as_object().cloned(),
            ..ResultRow::default()
        };
        let rows = [
            row("1", json!({"prior": -1.0, "name: exact": 2.0}), "match"),
            row(
                "2",
                json!({"prior": -1.0, "name: exact": 2.1, "born: exact": 1.0}),
                "match",
            ),
            row("3", json!({"prior": -2.0, "name: exact": 2.2}), "review"),
            row("4", json!({"prior": -2.0, "word overlap": 2.2}), "review"),
        ];
        let found = patterns(&rows).unwrap();
        assert_eq!(found.columns, ["name", "born"]);
        assert_eq!(found.all, 2);
        let first = &found.found[0];
        assert_eq!(
            (first.levels.join("|"), first.pairs),
            ("exact|".to_owned(), 2)
        );
        assert_eq!(first.examples, ["1", "3"]);
        assert_eq!(first.decisions.len(), 2);
        let opened: Vec<Vec<&str>> = examples(&rows, &found)
            .iter()
            .map(|rows| rows.iter().map(|row| row.id.as_str()).collect())
            .collect();
        assert_eq!(opened, [vec!["1", "3"], vec!["2"]]);
        assert_eq!(patterns(&rows[3..]), None);
    }
}
