//! Rules found from the columns and their data.

use crate::{
    block::{Keys, MOST_RULES},
    prepare::Field,
    rules::{Atom, KeyForm},
    types::ColumnType,
};

/// Candidate rules with fewer pairs than this are never a burden, however short the lists.
const FREE_PAIRS: u64 = 1_000_000;
/// Atoms that rules are combined from, at most; the most selective stay.
const MOST_ATOMS: usize = 18;

/// A rule that was looked at: atoms, pairs that it proposes, and whether it is used or why not.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) rule: Vec<usize>,
    pub(crate) pairs: u64,
    pub(crate) dropped: Option<String>,
}

/// Keys that rules may be made of.
pub(crate) fn atoms(fields: &[Field]) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let mut names = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let mut add = |form| {
            atoms.push(Atom {
                form,
                fields: vec![at],
            })
        };
        match field.kind {
            ColumnType::FreeText | ColumnType::RecordKey => continue,
            ColumnType::FullName | ColumnType::EntityName => {
                add(KeyForm::Words);
                add(KeyForm::Prefix(4));
            }
            ColumnType::GivenName | ColumnType::FamilyName => {
                add(KeyForm::Value);
                add(KeyForm::Soundex);
                names.push(at);
            }
            ColumnType::Date => {
                add(KeyForm::Value);
                add(KeyForm::Year);
                add(KeyForm::MonthDay);
            }
            ColumnType::Email => {
                add(KeyForm::Value);
                add(KeyForm::Prefix(4));
            }
            ColumnType::Phone | ColumnType::Identifier => {
                add(KeyForm::Value);
                add(KeyForm::Prefix(4));
                add(KeyForm::Last(4));
            }
            _ => add(KeyForm::Value),
        }
    }
    if names.len() == 2 {
        atoms.push(Atom {
            form: KeyForm::Words,
            fields: names,
        });
    }
    atoms
}

/// The most pairs that all rules together may propose: about 30 a record, and a million at least.
pub(crate) fn budget(rows: usize, a_record: u32) -> u64 {
    (rows as u64 * u64::from(a_record)).max(FREE_PAIRS)
}

/// Rules by themselves: every single key, every two and then every three of them that cost little enough,
/// cheapest first. Two of all columns in agreement find nearly every true pair, whichever columns are wrong.
pub(crate) fn choose(keys: &Keys, fields: &[Field], budget: u64) -> Vec<Looked> {
    let count = keys.atoms.len();
    let mut single: Vec<(u64, usize)> =
        (0..count).map(|atom| (keys.count(&[atom]), atom)).collect();
    // The order of columns must not matter: ties go by name.
    single.sort_by_cached_key(|(pairs, atom)| (*pairs, keys.atoms[*atom].name(fields)));
    let mut looked: Vec<Looked> = Vec::new();
    let mut spent = 0;
    let mut take = |looked: &mut Vec<Looked>,
                    found: Vec<(u64, Vec<usize>)>,
                    each: u64,
                    all: u64,
                    say: bool| {
        for (pairs, rule) in found {
            let used = looked.iter().filter(|one| one.dropped.is_none());
            if pairs == 0 || used.clone().any(|one| covers(&one.rule, &rule, keys)) {
                continue;
            }
            let dropped = if pairs > each {
                Some(format!(
                    "more than {each} pairs; used with other columns only"
                ))
            } else if spent + pairs > all {
                Some(format!("all rules together stay below {budget} pairs"))
            } else if used.count() >= MOST_RULES {
                Some(format!("there are {MOST_RULES} rules already"))
            } else {
                None
            };
            if dropped.is_none() {
                spent += pairs;
            }
            if dropped.is_none() || say {
                looked.push(Looked {
                    rule,
                    pairs,
                    dropped,
                });
            }
        }
    };
    let whole = |atom: usize| keys.atoms[atom].form == KeyForm::Value;
    let alone = single.iter().filter(|(_, atom)| {
        !matches!(
            keys.atoms[*atom].form,
            KeyForm::Prefix(_) | KeyForm::Last(_)
        )
    });
    take(
        &mut looked,
        alone.map(|(pairs, atom)| (*pairs, vec![*atom])).collect(),
        budget / 6,
        budget / 2,
        true,
    );
    let kept: Vec<usize> = single
        .iter()
        .map(|(_, atom)| *atom)
        .take(MOST_ATOMS)
        .collect();
    let fits = |rule: &[usize]| {
        let of = |atom: &usize| &keys.atoms[*atom];
        let area = rule
            .iter()
            .filter(|atom| {
                of(atom)
                    .fields
                    .iter()
                    .all(|field| fields[*field].kind.is_area())
            })
            .count();
        let few = rule
            .iter()
            .filter(|atom| {
                of(atom)
                    .fields
                    .iter()
                    .all(|field| fields[*field].kind == ColumnType::Category)
            })
            .count();
        // Parts of one column, or of one place, agree together and narrow nothing.
        let apart = rule.iter().enumerate().all(|(at, one)| {
            rule[at + 1..].iter().all(|two| {
                of(one)
                    .fields
                    .iter()
                    .all(|field| !of(two).fields.contains(field))
            })
        });
        apart && area < 2 && few < rule.len()
    };
    let covered = |looked: &[Looked], rule: &[usize]| {
        looked
            .iter()
            .any(|one| one.dropped.is_none() && covers(&one.rule, rule, keys))
    };
    let counted = |looked: &[Looked], rules: Vec<Vec<usize>>| {
        let open = rules
            .into_iter()
            .filter(|rule| fits(rule) && !covered(looked, rule));
        let mut counted: Vec<(u64, Vec<usize>)> =
            open.map(|rule| (keys.count(&rule), rule)).collect();
        counted.sort_by_cached_key(|(pairs, rule)| {
            (
                *pairs,
                rule.iter()
                    .map(|atom| keys.atoms[*atom].name(fields))
                    .collect::<Vec<_>>(),
            )
        });
        counted
    };
    let two: Vec<Vec<usize>> = kept
        .iter()
        .enumerate()
        .flat_map(|(at, a)| kept[at + 1..].iter().map(move |b| vec![*a, *b]))
        .collect();
    let (plain, coarse): (Vec<_>, Vec<_>) = two
        .into_iter()
        .partition(|rule| rule.iter().all(|atom| whole(*atom)));
    let found = counted(&looked, plain);
    take(&mut looked, found, budget / 6, budget * 7 / 10, false);
    let found = counted(&looked, coarse);
    take(&mut looked, found, budget / 10, budget * 9 / 10, false);
    let fine: Vec<usize> = kept
        .iter()
        .copied()
        .filter(|atom| whole(*atom))
        .take(10)
        .collect();
    let mut three = Vec::new();
    for (i, a) in fine.iter().enumerate() {
        for (j, b) in fine.iter().enumerate().skip(i + 1) {
            three.extend(fine[j + 1..].iter().map(|c| vec![*a, *b, *c]));
        }
    }
    let found = counted(&looked, three);
    take(&mut looked, found, budget / 10, budget, false);
    looked
}

/// Whether every pair of rule `b` is one of rule `a`: each key of `a` follows from a key of `b`.
fn covers(a: &[usize], b: &[usize], keys: &Keys) -> bool {
    let follows = |wide: &Atom, narrow: &Atom| {
        wide == narrow || (narrow.form == KeyForm::Value && wide.fields == narrow.fields)
    };
    a.iter().all(|wide| {
        let wide = &keys.atoms[*wide];
        b.iter().any(|narrow| follows(wide, &keys.atoms[*narrow]))
            || (wide.form == KeyForm::Words
                && wide.fields.iter().all(|field| {
                    b.iter().any(|narrow| {
                        keys.atoms[*narrow].form == KeyForm::Value
                            && keys.atoms[*narrow].fields == [*field]
                    })
                }))
    })
}
