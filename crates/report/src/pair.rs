//! One pair, as a card of the page shows it.

use crate::{Lists, ResultRow, drawing::Figure, waterfall::waterfall, words::named};

/// What a column holds on both sides.
pub(crate) struct Sides {
    pub(crate) name: String,
    pub(crate) left: String,
    pub(crate) right: String,
    /// The column's type, where it is known.
    pub(crate) kind: String,
}

/// A pair for a person to look at.
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) decision: String,
    pub(crate) says: String,
    /// The judge's own words, where they may be shown.
    pub(crate) reason: Option<String>,
    /// Texts side by side, where they may be shown.
    pub(crate) sides: Vec<Sides>,
    pub(crate) figure: Option<Figure>,
}

impl Card {
    pub(crate) fn of(row: &ResultRow, lists: Option<&Lists>) -> Self {
        Self {
            id: row.id.clone(),
            decision: named(&row.decision).to_owned(),
            says: says(row),
            reason: row.reason.clone(),
            sides: sides(row, lists),
            figure: waterfall(row),
        }
    }
}

/// Who said what of a pair.
pub(crate) fn says(row: &ResultRow) -> String {
    let Some(score) = row.score else {
        return "It has no score.".to_owned();
    };
    let word = |share: f64| if share >= 0.5 { "yes" } else { "no" };
    let without = match row.decided_by.as_str() {
        "columns" => "the columns",
        _ if row
            .parts
            .iter()
            .flatten()
            .any(|(name, _)| name.contains(": ")) =>
        {
            "the columns"
        }
        _ => "the texts",
    };
    let mut said = format!("Score {score:.2}.");
    if let Some(judge) = row.judge_score {
        said += &format!(" The language model said {} ({judge:.2})", word(judge));
        if let Some(proxy) = row.proxy_score {
            let joint = if word(judge) == word(proxy) {
                " and"
            } else {
                ";"
            };
            said += &format!("{joint} {without} said {} ({proxy:.2})", word(proxy));
        }
        said.push('.');
        if row.is_overruled() {
            said += " The language model was overruled.";
        }
    } else if !row.decided_by.is_empty() {
        said += &format!(" Decided by {without}; no language model was asked.");
    }
    if let Some(found) = row
        .contradictions
        .as_ref()
        .filter(|found| !found.is_empty())
    {
        said += &format!(" The texts contradict each other: {}.", found.join("; "));
    }
    said
}

/// The columns of "name: value; name: value", or nothing where the text does not read so.
fn columns(text: &str) -> Vec<(&str, &str)> {
    let parts = text.split([';', '\n']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let found: Vec<(&str, &str)> = parts
        .iter()
        .filter_map(|part| part.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, _)| !name.is_empty() && name.len() <= 40)
        .collect();
    if parts.len() >= 2 && found.len() == parts.len() {
        found
    } else {
        Vec::new()
    }
}

pub(crate) fn sides(row: &ResultRow, lists: Option<&Lists>) -> Vec<Sides> {
    let (Some(a), Some(b)) = (&row.a, &row.b) else {
        return Vec::new();
    };
    let (left, right) = (columns(a), columns(b));
    if left.is_empty() || right.is_empty() {
        return vec![Sides {
            name: "text".to_owned(),
            left: a.clone(),
            right: b.clone(),
            kind: String::new(),
        }];
    }
    let known = lists.map_or(&[][..], |lists| &lists.columns);
    let mut rest = right;
    let mut rows: Vec<Sides> = left
        .into_iter()
        .map(|(name, value)| {
            let column = known.iter().find(|column| column.left == name);
            let other = column
                .map(|column| column.right.as_str())
                .filter(|other| !other.is_empty())
                .unwrap_or(name);
            let at = rest.iter().position(|(name, _)| *name == other);
            Sides {
                name: name.to_owned(),
                left: value.to_owned(),
                right: at.map_or(String::new(), |at| rest.remove(at).1.to_owned()),
                kind: column.map_or(String::new(), |column| column.kind.clone()),
            }
        })
        .collect();
    rows.extend(rest.into_iter().map(|(name, value)| {
        Sides {
            // The left record has no value: it is known by the left list's name all the same.
            name: known
                .iter()
                .find(|column| column.right == name && !column.left.is_empty())
                .map_or(name, |column| column.left.as_str())
                .to_owned(),
            left: String::new(),
            right: value.to_owned(),
            kind: known
                .iter()
                .find(|column| column.right == name)
                .map_or(String::new(), |column| column.kind.clone()),
        }
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ListColumn;

    #[test]
    fn columns_of_two_lists_stand_in_one_row() {
        let row = ResultRow {
            a: Some("surname: Ash; dob: 1977-02-12; sex: F".to_owned()),
            b: Some("last_name: ASH; birth_date: 12/02/1977".to_owned()),
            ..ResultRow::default()
        };
        let column = |left: &str, right: &str| ListColumn {
            left: left.to_owned(),
            right: right.to_owned(),
            ..ListColumn::default()
        };
        let lists = Lists {
            columns: vec![column("surname", "last_name"), column("dob", "birth_date")],
            ..Lists::default()
        };
        let shown: Vec<String> = sides(&row, Some(&lists))
            .iter()
            .map(|side| format!("{} {}={}", side.name, side.left, side.right))
            .collect();
        assert_eq!(
            shown,
            ["surname Ash=ASH", "dob 1977-02-12=12/02/1977", "sex F="]
        );
        let note = ResultRow {
            a: Some("no fields".to_owned()),
            b: Some("here".to_owned()),
            ..ResultRow::default()
        };
        assert_eq!(sides(&note, None).len(), 1);
    }

    #[test]
    fn contradictions_are_named() {
        let row = ResultRow {
            score: Some(0.2),
            contradictions: Some(vec!["sex: male / female".to_owned()]),
            ..ResultRow::default()
        };
        assert!(says(&row).ends_with("contradict each other: sex: male / female."));
    }

    #[test]
    fn a_verdict_that_was_overruled_is_explained() {
        let row = ResultRow {
            score: Some(0.93),
            judge_score: Some(0.04),
            proxy_score: Some(0.99),
            decision: "match".to_owned(),
            decided_by: "judge".to_owned(),
            ..ResultRow::default()
        };
        let said = says(&row);
        assert!(
            said.contains("said no (0.04); the texts said yes (0.99)"),
            "{said}"
        );
        assert!(said.ends_with("overruled."), "{said}");
    }
}
