//! Which combinations of agreement occur, as in Splink's comparison viewer.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{Parts, ResultRow, counts::add, parts::level};

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

/// `None` where the scored file does not say what the columns gave.
pub(crate) fn patterns(rows: &[ResultRow]) -> Option<Patterns> {
    let combinations = Combinations::of(rows);
    if combinations.by_levels.is_empty() || combinations.columns.is_empty() {
        return None;
    }
    let Combinations {
        columns,
        by_names,
        by_levels,
        pairs,
    } = combinations;
    let all = by_levels.len();
    // Equally frequent ones come in the order of their levels.
    let mut order: Vec<(Vec<&str>, usize)> = by_levels.into_iter().collect();
    order.sort_by(|(x, at), (y, other)| pairs[*other].cmp(&pairs[*at]).then_with(|| x.cmp(y)));
    order.truncate(SHOWN);
    let mut found: Vec<Pattern> = Vec::with_capacity(order.len());
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (levels, at) in order {
        places.insert(at, found.len());
        found.push(Pattern {
            levels: (0..columns.len())
                .map(|column| levels.get(column).copied().unwrap_or("").to_owned())
                .collect(),
            pairs: pairs[at],
            ..Pattern::default()
        });
    }
    for (names, row) in rows.iter().filter_map(linked) {
        let place = by_names.get(names).and_then(|at| places.get(at));
        let Some(pattern) = place.and_then(|place| found.get_mut(*place)) else {
            continue;
        };
        pattern.mean_score += row.score.unwrap_or(0.0);
        add(&mut pattern.decisions, &row.decision);
        if pattern.examples.len() < EXAMPLES {
            pattern.examples.push(row.id.to_string());
        }
    }
    for pattern in &mut found {
        pattern.mean_score /= pattern.pairs as f64;
    }
    Some(Patterns {
        columns,
        found,
        all,
    })
}

/// All combinations of levels, numbered in the order in which they come.
#[derive(Default)]
struct Combinations<'a> {
    /// In the order in which they come.
    columns: Vec<String>,
    /// Rows whose parts have the same names are of one combination.
    by_names: HashMap<&'a str, usize>,
    by_levels: HashMap<Vec<&'a str>, usize>,
    /// How many have it.
    pairs: Vec<u64>,
}

impl<'a> Combinations<'a> {
    fn of(rows: &'a [ResultRow]) -> Self {
        let mut all = Self::default();
        for (names, row) in rows.iter().filter_map(linked) {
            let known = all.by_names.get(names).copied();
            let at = known.unwrap_or_else(|| all.add(names, row));
            all.pairs[at] += 1;
        }
        all
    }

    fn add(&mut self, names: &'a str, row: &'a ResultRow) -> usize {
        let mut levels: Vec<&str> = vec![""; self.columns.len()];
        let parts = row.parts.iter().flat_map(Parts::iter);
        for (column, level) in parts.filter_map(|(name, _)| level(name)) {
            let at = self.columns.iter().position(|known| known == column);
            let at = at.unwrap_or_else(|| {
                self.columns.push(column.to_owned());
                levels.push("");
                self.columns.len() - 1
            });
            levels[at] = level;
        }
        // Columns that came later are empty in earlier pairs too.
        while levels.last() == Some(&"") {
            levels.pop();
        }
        let next = self.pairs.len();
        let at = *self.by_levels.entry(levels).or_insert(next);
        if at == next {
            self.pairs.push(0);
        }
        self.by_names.insert(names, at);
        at
    }
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

/// The names of a row's parts with the row, where they are comparison levels of columns.
fn linked(row: &ResultRow) -> Option<(&str, &ResultRow)> {
    let judged = row.is_judged() || row.decided_by == "fallback";
    let parts = row.parts.as_ref().filter(|parts| parts.have_levels())?;
    (row.decided_by == "columns" || judged).then_some((parts.names(), row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_combinations_are_one_and_a_column_that_came_late_is_empty_before() {
        let row = |id: &str, parts: &[(&'static str, f64)], decision: &str| ResultRow {
            id: id.into(),
            decision: decision.into(),
            decided_by: "columns".into(),
            score: Some(0.5),
            parts: Some(parts.iter().copied().collect()),
            ..ResultRow::default()
        };
        let rows = [
            row("1", &[("prior", -1.0), ("name: exact", 2.0)], "match"),
            row(
                "2",
                &[("prior", -1.0), ("name: exact", 2.1), ("born: exact", 1.0)],
                "match",
            ),
            row("3", &[("prior", -2.0), ("name: exact", 2.2)], "review"),
            row("4", &[("prior", -2.0), ("word overlap", 2.2)], "review"),
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
