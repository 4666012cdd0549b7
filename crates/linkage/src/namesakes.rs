//! What follows from a name: an e-mail address that is made of it.
//!
//! Two people of one name have similar addresses, and to take that for chance counts the name twice: lists of
//! different people are then full of matches. How similar is seen in pairs that share a name and whose other
//! columns say that they are two people.

use crate::{
    classes::{CLASSES, SAME},
    comparison_levels::{self, MISSING, SWAPPED},
    learnt::ln_sum,
    pair_levels::Compared,
    region::Region,
    types::ColumnType,
};

/// How many pairs of namesakes the shipped shares stand for.
const PRIOR_PAIRS: f64 = 10.0;
/// Shipped shares of the levels of an e-mail, of two people who share one name, and both.
const SHIPPED: [[f64; 5]; 2] = [
    [1e-4, 0.01, 0.01, 0.02, 0.9599],
    [1e-3, 0.1, 0.1, 0.15, 0.649],
];
/// The probability of a match, the e-mail left out, below which two records are of two people.
const APART: f64 = 0.05;

/// By field and by names in common (one, two): natural logarithms of the u probabilities of an e-mail's levels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namesakes {
    by_field: Vec<(usize, [Vec<f32>; 2])>,
}

/// Names that two records have in common, up to 2.
fn shared(compared: &Compared, levels: &[u8]) -> usize {
    let names = compared.fields.iter().zip(levels);
    let count: usize = names
        .map(|(field, level)| match (field.kind, *level) {
            (_, MISSING) => 0,
            (ColumnType::GivenName | ColumnType::FamilyName, SWAPPED) => 2,
            (ColumnType::GivenName | ColumnType::FamilyName, 0..=4) => 1,
            (ColumnType::FullName, 0..=3) => 2,
            (ColumnType::FullName, 4) => 1,
            _ => 0,
        })
        .sum();
    count.min(2)
}

impl Namesakes {
    /// The e-mails among the fields.
    fn fields(compared: &Compared) -> Vec<usize> {
        (0..compared.width())
            .filter(|field| compared.fields[*field].kind == ColumnType::Email)
            .collect()
    }

    /// Counts of a field's levels by names in common, shipped ones to begin with.
    fn shipped() -> [[f64; 5]; 2] {
        SHIPPED.map(|shares| shares.map(|share| share * PRIOR_PAIRS))
    }

    /// Counts a pair, where its other columns say that it is of two people. `classes` are logarithms of its
    /// classes, the field left out.
    fn count(
        counts: &mut [[f64; 5]; 2],
        compared: &Compared,
        levels: &[u8],
        field: usize,
        classes: &[f64; CLASSES],
        weight: f64,
    ) {
        let names = shared(compared, levels);
        let matched = (ln_sum(&classes[SAME..2]) - ln_sum(classes)).exp();
        if names > 0 && matched < APART {
            counts[names - 1][levels[field] as usize] += weight * (1.0 - matched);
        }
    }

    /// Keeps what was counted of a field.
    fn learn(&mut self, field: usize, counts: &[[f64; 5]; 2]) {
        let ln = counts.map(|counts| {
            let all: f64 = counts.iter().sum();
            counts.map(|count| (count / all).ln() as f32).to_vec()
        });
        self.by_field.push((field, ln));
    }

    /// What was learnt before, by field.
    pub(crate) fn resumed(by_field: Vec<(usize, [Vec<f32>; 2])>) -> Self {
        let levels = comparison_levels::levels(ColumnType::Email).len();
        let whole = |(_, ln): &(usize, [Vec<f32>; 2])| ln.iter().all(|ln| ln.len() == levels);
        Self {
            by_field: by_field.into_iter().filter(whole).collect(),
        }
    }

    /// What was learnt of a field.
    pub(crate) fn of(&self, field: usize) -> Option<&[Vec<f32>; 2]> {
        let found = self.by_field.iter().find(|(of, _)| *of == field);
        found.map(|(_, ln)| ln)
    }

    /// The logarithm of u of a field's level, given the names; none where they say nothing about it.
    pub(crate) fn ln_u(&self, compared: &Compared, levels: &[u8], field: usize) -> Option<f32> {
        let (_, ln) = self.by_field.iter().find(|(of, _)| *of == field)?;
        let last = comparison_levels::levels(ColumnType::Email).len() as u8 - 1;
        let names = shared(compared, levels);
        (names > 0 && levels[field] < last).then(|| ln[names - 1][levels[field] as usize])
    }
}

/// A candidate, and how many it stands for.
pub(crate) struct Weighed<'a> {
    pub(crate) pair: (u32, u32),
    pub(crate) levels: &'a [u8],
    pub(crate) weight: f64,
}

/// What e-mails show of two people who share a name: of candidates that other columns brought together. `rules` are sets of
/// columns, `classes` gives the logarithms of a pair's classes by its levels.
pub(crate) fn learnt(
    compared: &Compared,
    rules: &[Vec<usize>],
    pairs: &[Weighed<'_>],
    classes: impl Fn(&[u8], (u32, u32)) -> [f64; CLASSES],
) -> Namesakes {
    let mut out = Namesakes::default();
    for field in Namesakes::fields(compared) {
        let others: Vec<Vec<usize>> = rules
            .iter()
            .filter(|rule| !rule.contains(&field))
            .cloned()
            .collect();
        let region = Region::new(&others);
        let mut counts = Namesakes::shipped();
        for one in pairs {
            let found = region
                .as_ref()
                .map_or(rules.is_empty(), |region| region.holds(one.levels));
            if found && one.levels[field] != MISSING {
                let mut rest = one.levels.to_vec();
                rest[field] = MISSING;
                let classes = classes(&rest, one.pair);
                Namesakes::count(
                    &mut counts,
                    compared,
                    one.levels,
                    field,
                    &classes,
                    one.weight,
                );
            }
        }
        out.learn(field, &counts);
    }
    out
}
