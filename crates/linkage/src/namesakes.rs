//! What follows from a name or a date: an e-mail or web address, an age.
//!
//! Two people of one name have similar addresses, two branches of one firm the same one, two people born on one day one age. To
//! take that for chance counts the name twice: lists of different people are then full of matches. How similar is seen in pairs
//! that share a name and whose other columns say that they are two.

use crate::{
    classes::{CLASSES, SAME},
    comparison_levels::{self, MISSING, SWAPPED},
    follows::Follows,
    learnt::ln_sum,
    pair_levels::Compared,
    region::Region,
    types::ColumnType,
};

/// How many pairs of namesakes the shipped shares stand for.
const PRIOR_PAIRS: f64 = 10.0;
/// Shipped shares of the levels of an e-mail, of two people who share one name, and both.
const EMAILS: [[f64; 5]; 2] = [
    [1e-4, 0.01, 0.01, 0.02, 0.9599],
    [1e-3, 0.1, 0.1, 0.15, 0.649],
];
/// The same of a code, such as a web address, and of a number that a date tells.
const CODES: [[f64; 4]; 2] = [[1e-3, 0.01, 0.01, 0.979], [1e-2, 0.05, 0.1, 0.84]];
const NUMBERS: [[f64; 4]; 2] = [[0.4, 0.2, 0.2, 0.2], [0.8, 0.1, 0.05, 0.05]];
/// The probability of a match, what follows from the name left out, below which two records are of two people.
const APART: f64 = 0.05;

/// By names in common (one, two): something of each level.
type ByShared<T> = [Vec<T>; 2];

/// Natural logarithms of the u probabilities of the levels of columns that follow from others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namesakes {
    by_field: Vec<Learnt>,
}

#[derive(Clone, Debug)]
struct Learnt {
    follows: Follows,
    ln_u: ByShared<f32>,
}

/// What two records have in common of what a column is made from, up to 2.
fn shared(compared: &Compared, levels: &[u8], from: &[usize]) -> usize {
    let count: usize = from
        .iter()
        .map(|at| match (compared.fields[*at].kind, levels[*at]) {
            (_, MISSING) => 0,
            (ColumnType::GivenName | ColumnType::FamilyName, SWAPPED) => 2,
            (ColumnType::GivenName | ColumnType::FamilyName, 0..=4) => 1,
            (ColumnType::FullName | ColumnType::EntityName, 0..=3) => 2,
            (ColumnType::FullName | ColumnType::EntityName, 4) => 1,
            (ColumnType::Identifier, 0..=1) | (ColumnType::Date, 0) => 2,
            (ColumnType::Date, 1..=4) => 1,
            _ => 0,
        })
        .sum();
    count.min(2)
}

/// Counts of a column's levels by names in common, shipped ones to begin with.
fn shipped(kind: ColumnType) -> ByShared<f64> {
    let counts = |shares: &[f64]| shares.iter().map(|share| share * PRIOR_PAIRS).collect();
    match kind {
        ColumnType::Email => EMAILS.each_ref().map(|shares| counts(shares)),
        ColumnType::Number => NUMBERS.each_ref().map(|shares| counts(shares)),
        _ => CODES.each_ref().map(|shares| counts(shares)),
    }
}

fn width(compared: &Compared, field: usize) -> usize {
    comparison_levels::levels(compared.fields[field].kind).len()
}

impl Namesakes {
    /// What was learnt before; nothing of what does not fit the columns.
    pub(crate) fn resumed(
        compared: &Compared,
        kept: impl IntoIterator<Item = (Follows, ByShared<f32>)>,
    ) -> Self {
        let fits = |one: &Learnt| {
            let levels = width(compared, one.follows.field);
            one.ln_u.iter().all(|ln_u| ln_u.len() == levels)
        };
        let all = kept
            .into_iter()
            .map(|(follows, ln_u)| Learnt { follows, ln_u });
        Self {
            by_field: all.filter(fits).collect(),
        }
    }

    fn field(&self, field: usize) -> Option<&Learnt> {
        self.by_field.iter().find(|one| one.follows.field == field)
    }

    /// What was learnt of a column, and what it follows from.
    pub(crate) fn of(&self, field: usize) -> Option<(&Follows, &ByShared<f32>)> {
        self.field(field).map(|one| (&one.follows, &one.ln_u))
    }

    /// The logarithm of u of a column's level, given the names; none where they say nothing about it.
    pub(crate) fn ln_u(&self, compared: &Compared, levels: &[u8], field: usize) -> Option<f32> {
        let one = self.field(field)?;
        let last = width(compared, field) as u8 - 1;
        let names = shared(compared, levels, &one.follows.from);
        (names > 0 && levels[field] < last).then(|| one.ln_u[names - 1][levels[field] as usize])
    }
}

/// A candidate, and how many it stands for.
pub(crate) struct Weighed<'a> {
    pub(crate) pair: (u32, u32),
    pub(crate) levels: &'a [u8],
    pub(crate) weight: f64,
}

/// What columns that follow from names show of two people who share one: of candidates that other columns brought together.
/// `rules` are sets of columns, `classes` gives the logarithms of a pair's classes by its levels.
pub(crate) fn learnt(
    compared: &Compared,
    follows: &[Follows],
    rules: &[Vec<usize>],
    pairs: &[Weighed<'_>],
    classes: impl Fn(&[u8], (u32, u32)) -> [f64; CLASSES],
) -> Namesakes {
    let of = |one: &Follows| {
        let field = one.field;
        // What follows from the same names says no more than this column does.
        let kin: Vec<usize> = (follows.iter())
            .filter(|other| one.is_kin(other))
            .map(|other| other.field)
            .collect();
        let brings = |at: &usize| kin.contains(at) && !one.from.contains(at);
        let others: Vec<Vec<usize>> = rules
            .iter()
            .filter(|rule| !rule.iter().any(brings))
            .cloned()
            .collect();
        let region = Region::new(&others);
        let mut counts = shipped(compared.fields[field].kind);
        for pair in pairs {
            let found = region
                .as_ref()
                .map_or(rules.is_empty(), |region| region.holds(pair.levels));
            let names = shared(compared, pair.levels, &one.from);
            if !found || names == 0 || pair.levels[field] == MISSING {
                continue;
            }
            let mut rest = pair.levels.to_vec();
            kin.iter().for_each(|at| rest[*at] = MISSING);
            let classes = classes(&rest, pair.pair);
            let matched = (ln_sum(&classes[SAME..2]) - ln_sum(&classes)).exp();
            if matched < APART {
                counts[names - 1][pair.levels[field] as usize] += pair.weight * (1.0 - matched);
            }
        }
        let ln_u = counts.map(|counts| {
            let all: f64 = counts.iter().sum();
            counts
                .iter()
                .map(|count| (count / all).ln() as f32)
                .collect()
        });
        Learnt {
            follows: one.clone(),
            ln_u,
        }
    };
    Namesakes {
        by_field: follows.iter().map(of).collect(),
    }
}
