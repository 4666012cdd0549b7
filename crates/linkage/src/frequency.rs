//! What agrees by chance: u probabilities and the frequency of each value, every person counted once.

use crate::{
    comparison_levels,
    counts::{ColumnCounts, ValueCounts},
    namesakes::Namesakes,
    pair_levels::Compared,
    prepare::Field,
};

/// Share of records whose given and family name may stand in each other's column.
const SWAPPED_SHARE: f32 = 0.1;

/// What two records of two people show.
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    /// By field and level: the u probability, of pairs with a value on both sides.
    pub(crate) u: Vec<Vec<f64>>,
    /// Natural logarithms of these.
    ln_level: Vec<Vec<f32>>,
    /// By field and code: natural logarithm of the value's share among people.
    pub(crate) ln_share: Vec<Vec<f32>>,
    /// By field: the probability that both sides have a value.
    pub(crate) present: Vec<f64>,
    /// What columns that follow from others show of two who share what these are made from.
    pub(crate) namesakes: Namesakes,
    /// The share of a person that each record was counted for; empty of what was learnt before.
    pub(crate) person: Vec<f64>,
}

impl Chance {
    /// From random pairs with the probability of each to be of two people, and the share of a person that each
    /// record stands for (1 where it is alone).
    pub(crate) fn new(
        compared: &Compared,
        levels: &[u8],
        apart: &[f64],
        person: &[f64],
        split: Option<usize>,
    ) -> Self {
        let width = compared.width();
        let mut u: Vec<Vec<f64>> = compared
            .fields
            .iter()
            .map(|field| vec![0.0; comparison_levels::levels(field.kind).len()])
            .collect();
        for (row, apart) in levels.chunks(width.max(1)).zip(apart) {
            for (u, level) in u.iter_mut().zip(row) {
                if let Some(count) = u.get_mut(*level as usize) {
                    *count += apart;
                }
            }
        }
        let mut ln_share: Vec<Vec<f32>> = Vec::with_capacity(width);
        let mut present = Vec::with_capacity(width);
        for (field, u) in compared.fields.iter().zip(&mut u) {
            let people = people(field, person);
            let all: f64 = people.iter().sum::<f64>().max(2.0);
            let agreeing: f64 = people
                .iter()
                .map(|count| (count * (count - 1.0)).max(0.0))
                .sum();
            let exact = ((agreeing + 1.0) / (all * (all - 1.0) + 1.0)).min(0.999_999);
            let drawn: f64 = u.iter().skip(1).sum::<f64>() + 0.5 * u.len() as f64;
            for count in u.iter_mut().skip(1) {
                *count = (*count + 0.5) / drawn * (1.0 - exact);
            }
            u[0] = exact;
            let rest: f64 = u.iter().sum();
            u.iter_mut().for_each(|u| *u /= rest);
            ln_share.push(shares(&people));
            let filled = |codes: &[u32]| {
                codes.iter().filter(|code| **code != 0).count() as f64 / codes.len().max(1) as f64
            };
            present.push(match split {
                Some(split) => filled(&field.codes[..split]) * filled(&field.codes[split..]),
                None => filled(&field.codes).powi(2),
            });
        }
        swapped(compared, &mut ln_share);
        Self {
            ln_level: logarithms(&u),
            u,
            ln_share,
            present,
            namesakes: Namesakes::default(),
            person: person.to_vec(),
        }
    }

    /// What was learnt before, with the shares of the values that are there now.
    pub(crate) fn resumed(
        u: Vec<Vec<f64>>,
        present: Vec<f64>,
        namesakes: Namesakes,
        ln_share: Vec<Vec<f32>>,
    ) -> Self {
        Self {
            ln_level: logarithms(&u),
            u,
            ln_share,
            present,
            namesakes,
            person: Vec::new(),
        }
    }

    /// Natural logarithm of the u probability of a field's level in a row of levels, for these two records.
    pub(crate) fn ln_u(
        &self,
        compared: &Compared,
        levels: &[u8],
        field: usize,
        (a, b): (u32, u32),
    ) -> f32 {
        let level = levels[field];
        let alone = self.ln_alone(compared, field, level, a, b);
        match self.namesakes.ln_u(compared, levels, field) {
            Some(among) => alone.max(among),
            None => alone,
        }
    }

    /// The same, whatever the other fields show.
    fn ln_alone(&self, compared: &Compared, field: usize, level: u8, a: u32, b: u32) -> f32 {
        let of = &compared.fields[field];
        let share = &self.ln_share[field];
        let (a, b) = (of.codes[a as usize] as usize, of.codes[b as usize] as usize);
        if level == comparison_levels::EXACT {
            return share[a];
        }
        let u = self.ln_level[field][level as usize];
        if comparison_levels::levels(of.kind)[level as usize].by_frequency {
            // Half as much in logarithms as for exact agreement: the true value is one of the two.
            let usual = self.ln_level[field][0];
            u + 0.5 * (share[a].max(share[b]) - usual).clamp(-3.0, 3.0)
        } else {
            u
        }
    }
}

/// Natural logarithm of the share of each field's values, of all records that are at hand.
pub(crate) fn whole_shares(compared: &Compared, person: &[f64]) -> Vec<Vec<f32>> {
    let fields = compared.fields.iter();
    let mut ln_share: Vec<Vec<f32>> = fields.map(|field| shares(&people(field, person))).collect();
    swapped(compared, &mut ln_share);
    ln_share
}

/// The same of a list of which a part is at hand, by the counts of all of it.
pub(crate) fn part_shares(compared: &Compared, counts: &ValueCounts) -> Vec<Vec<f32>> {
    let columns: Vec<(Option<usize>, Discount)> = (compared.fields.iter())
        .map(|field| {
            let column = counts.column(&field.name);
            let of = column.map(|column| counts.columns()[column].1);
            (column, of.unwrap_or_default().into())
        })
        .collect();
    let people = |field: usize, text: &str| {
        let column = columns[field].0;
        column.map_or(0.0, |column| counts.people(column, text))
    };
    let mut ln_share: Vec<Vec<f32>> = (compared.fields.iter().enumerate())
        .map(|(at, field)| {
            let values = field.values.iter();
            values
                .map(|value| columns[at].1.ln_share(people(at, &value.text)))
                .collect()
        })
        .collect();
    if let Some([(given, _), (family, _)]) = &compared.twins {
        let mix = |own: usize, other: usize| -> Vec<f32> {
            let values = compared.fields[own].values.iter().zip(&ln_share[own]);
            values
                .map(|(value, share)| match people(other, &value.text) {
                    0.0 => *share,
                    there => mixed(*share, columns[other].1.ln_share(there)),
                })
                .collect()
        };
        let (one, two) = (mix(*given, *family), mix(*family, *given));
        (ln_share[*given], ln_share[*family]) = (one, two);
    }
    ln_share
}

/// People by code of a field's value.
fn people(field: &Field, person: &[f64]) -> Vec<f64> {
    let mut people = vec![0.0_f64; field.values.len()];
    for (code, person) in field.codes.iter().zip(person) {
        people[*code as usize] += person;
    }
    people[0] = 0.0;
    people
}

/// Absolute discounting (Ney, Essen, Kneser 1994): values seen once among people stand for more than themselves in a
/// column of many values, and for next to none where each has its own.
struct Discount {
    all: f64,
    kept: f64,
}

impl From<ColumnCounts> for Discount {
    fn from(of: ColumnCounts) -> Self {
        Self {
            all: of.people.max(2.0),
            kept: (2.0 * of.twice + 1.0) / (of.once + 2.0 * of.twice + 1.0),
        }
    }
}

impl Discount {
    /// Natural logarithm of the share of a value that so many people have.
    fn ln_share(&self, people: f64) -> f32 {
        let floor = 1.0 / (self.all * self.all);
        ((people.max(1.0) - 1.0 + self.kept) / self.all)
            .max(floor)
            .min(1.0)
            .ln() as f32
    }
}

/// Natural logarithm of each value's share among people.
fn shares(people: &[f64]) -> Vec<f32> {
    let discount = Discount::from(ColumnCounts::of(people.iter().skip(1).copied()));
    people
        .iter()
        .map(|count| discount.ln_share(*count))
        .collect()
}

/// Adds, to the shares of given and family names, those that stand in each other's column.
fn swapped(compared: &Compared, ln_share: &mut [Vec<f32>]) {
    if let Some([(given, as_family), (family, as_given)]) = &compared.twins {
        // Two records that are both swapped agree on what is rare only because it stands in the wrong column.
        let add = |own: &[f32], other: &[f32], twins: &[u32]| -> Vec<f32> {
            let shares = own.iter().zip(twins).map(|(own, twin)| match *twin {
                0 => *own,
                twin => mixed(*own, other[twin as usize]),
            });
            shares.collect()
        };
        let one = add(&ln_share[*given], &ln_share[*family], as_family);
        let two = add(&ln_share[*family], &ln_share[*given], as_given);
        (ln_share[*given], ln_share[*family]) = (one, two);
    }
}

/// Logarithm of a name's share, some of which stands in the other name's column.
fn mixed(own: f32, other: f32) -> f32 {
    (own.exp() + SWAPPED_SHARE * other.exp()).min(1.0).ln()
}

fn logarithms(u: &[Vec<f64>]) -> Vec<Vec<f32>> {
    let of = |u: &Vec<f64>| u.iter().map(|u| u.ln() as f32).collect();
    u.iter().map(of).collect()
}
