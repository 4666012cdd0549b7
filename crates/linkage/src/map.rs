//! Which column of one list is which of the other.

use rustc_hash::FxHashSet;

use crate::{
    compare::Value,
    dates, headers,
    infer::infer,
    nicknames::Nicknames,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// A proposal: these two columns hold the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// Header in the left list.
    pub left: String,
    /// Header in the right list.
    pub right: String,
    /// How sure, 0 to 1, from headers, types and shared values.
    pub confidence: f64,
}

/// Proposals from the least sure on; each column is in one at most.
const LEAST: f64 = 0.4;

/// Pairs columns of two lists by their names (equal, or known synonyms), types and the values that both have.
pub fn map_columns(left: &Table, right: &Table) -> Vec<Mapping> {
    let (one, two) = (infer(left), infer(right));
    let known = Nicknames::new();
    let keys = |table: &Table, profiles: &[ColumnProfile]| -> Vec<Vec<FxHashSet<Box<str>>>> {
        table
            .columns()
            .iter()
            .zip(profiles)
            .map(|(column, profile)| forms(column, profile, &known))
            .collect()
    };
    let (sets_one, sets_two) = (keys(left, &one), keys(right, &two));
    let mut found = Vec::new();
    for (i, a) in one.iter().enumerate() {
        for (j, b) in two.iter().enumerate() {
            let name = headers::likeness(&a.name, &b.name);
            let kind = f64::from(u8::from(a.kind == b.kind));
            let shared = sets_one[i]
                .iter()
                .flat_map(|x| sets_two[j].iter().map(move |y| overlap(x, y)))
                .fold(0.0, f64::max);
            // Equal names are enough; else values and type have to speak for it. Few values are shared by chance.
            let telling = if a.distinct.min(b.distinct) < 20 {
                0.4
            } else {
                1.0
            };
            let contents = kind * (0.35 + 0.65 * shared.sqrt() * telling);
            let confidence = confidence_of(name, contents);
            let apart =
                name < 0.9 && a.kind != b.kind && a.kind.is_compared() && b.kind.is_compared();
            if confidence >= LEAST && !apart && (name > 0.0 || shared > 0.05) {
                found.push(Mapping {
                    left: a.name.clone(),
                    right: b.name.clone(),
                    confidence,
                });
            }
        }
    }
    found.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then_with(|| (&a.left, &a.right).cmp(&(&b.left, &b.right)))
    });
    let mut out: Vec<Mapping> = Vec::new();
    for mapping in found {
        if !out
            .iter()
            .any(|other| other.left == mapping.left || other.right == mapping.right)
        {
            out.push(mapping);
        }
    }
    out
}

/// How sure a pair of columns is, 0 to 1, from the likeness of their headers and of what they hold (0 to 1 each).
pub(crate) fn confidence_of(name: f64, contents: f64) -> f64 {
    if name >= 1.0 {
        0.9 + 0.1 * contents
    } else {
        1.0 - (1.0 - 0.9 * name) * (1.0 - 0.9 * contents)
    }
}

/// Normalised values of a column; numbers that may be dates in a second form.
fn forms(column: &Column, profile: &ColumnProfile, known: &Nicknames) -> Vec<FxHashSet<Box<str>>> {
    let notation = profile.notation.unwrap_or(dates::Notation::DayFirst);
    let kind = match profile.kind {
        ColumnType::RecordKey => ColumnType::Identifier,
        kind => kind,
    };
    let set = |kind| {
        column
            .values()
            .iter()
            .skip(1)
            .map(|raw| Value::of(kind, raw, notation, known).text)
            .collect()
    };
    vec![set(kind)]
}

/// Share of the smaller set that the other holds.
fn overlap(a: &FxHashSet<Box<str>>, b: &FxHashSet<Box<str>>) -> f64 {
    let (small, large) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    small.iter().filter(|value| large.contains(*value)).count() as f64 / small.len().max(1) as f64
}
