//! From fields to the rules that are used, the user's or those that the columns suggest.

use crate::{
    block::{Keys, MOST_RULES},
    choose,
    options::{LinkError, Options, WholeLists},
    plan::RulePlan,
    prepare::Field,
    record_keys,
    rules::BlockingRule,
};

/// Pairs a record that a user's rule may propose before another column is added to it.
const USER_PAIRS: u64 = 300;

pub(crate) type Blocking = (Keys, Vec<Vec<usize>>, Vec<RulePlan>, bool);

pub(crate) fn blocking(
    fields: &[Field],
    split: Option<usize>,
    rows: usize,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Blocking, LinkError> {
    let mut atoms = choose::atoms(fields);
    let mut user: Vec<Vec<usize>> = Vec::new();
    for rule in &options.rules {
        let mut own = Vec::new();
        for atom in record_keys::atoms(rule, fields)? {
            own.push(
                atoms
                    .iter()
                    .position(|other| *other == atom)
                    .unwrap_or_else(|| {
                        atoms.push(atom);
                        atoms.len() - 1
                    }),
            );
        }
        user.push(own);
    }
    let fresh = options
        .fresh_from
        .filter(|from| split.is_none() && *from <= rows);
    let here = split.map_or((rows, None), |split| (split, Some(rows - split)));
    let grown = options
        .whole
        .map_or(1.0, |whole| whole.grown(here.0, here.1));
    let rows_of_whole = options.whole.map_or(rows, WholeLists::records);
    let keys = Keys::new(atoms, fields, split, rows)
        .fresh_from(fresh)
        .grown_by(grown);
    let name = |rule: &[usize]| BlockingRule {
        keys: rule
            .iter()
            .map(|atom| keys.atoms[*atom].name(fields))
            .collect(),
    };
    let budget = choose::budget(rows_of_whole, options.pairs_a_record);
    let every =
        (user.is_empty() || fresh.is_some()) && !options.by_rules && keys.all_pairs() <= budget;
    let looked = if user.is_empty() {
        choose::choose(&keys, fields, budget)
    } else {
        of_user(&keys, user, rows_of_whole, notes, &name)
    };
    let mut plans: Vec<RulePlan> = Vec::new();
    let mut rules = Vec::new();
    let (used, dropped): (Vec<_>, Vec<_>) =
        looked.into_iter().partition(|one| one.dropped.is_none());
    for one in used.into_iter().chain(dropped) {
        plans.push(RulePlan {
            rule: name(&one.rule),
            pairs: one.pairs,
            dropped: one.dropped.clone(),
        });
        if one.dropped.is_none() {
            rules.push(one.rule);
        }
    }
    rules.truncate(MOST_RULES);
    if rules.is_empty() && !options.rules.is_empty() && !every {
        notes.push("every rule that was given is left out: no pair is compared".to_owned());
    }
    Ok((keys, rules, plans, every))
}

/// The user's rules; those that explode get the next column that tames them.
fn of_user(
    keys: &Keys,
    user: Vec<Vec<usize>>,
    rows: usize,
    notes: &mut Vec<String>,
    name: &dyn Fn(&[usize]) -> BlockingRule,
) -> Vec<choose::Looked> {
    let most = (rows as u64 * USER_PAIRS).max(1_000_000);
    user.into_iter()
        .map(|mut rule| {
            let mut pairs = keys.count(&rule);
            let as_written = name(&rule);
            while pairs > most {
                let fits = |atom: &usize| {
                    keys.atoms[*atom].fields.iter().all(|field| {
                        !rule
                            .iter()
                            .any(|one| keys.atoms[*one].fields.contains(field))
                    })
                };
                let widest = (0..keys.atoms.len())
                    .filter(fits)
                    .map(|atom| [rule.as_slice(), &[atom]].concat());
                let mut counted: Vec<(u64, Vec<usize>)> = widest
                    .map(|rule| (keys.count(&rule), rule))
                    .filter(|(pairs, _)| *pairs > 0)
                    .collect();
                counted.sort_by_cached_key(|(pairs, rule)| {
                    (
                        *pairs > most,
                        if *pairs > most { *pairs } else { most - *pairs },
                        name(rule),
                    )
                });
                let Some((fewer, finer)) = counted.into_iter().next() else {
                    break;
                };
                notes.push(format!(
                    "{as_written}: {pairs} pairs, more than {most}; used as {} with {fewer}",
                    name(&finer)
                ));
                (pairs, rule) = (fewer, finer);
            }
            if pairs == 0 {
                notes.push(format!("{as_written}: no two records agree on it"));
            }
            let dropped = (pairs > most).then(|| format!("more than {most} pairs"));
            choose::Looked {
                rule,
                pairs,
                dropped,
            }
        })
        .collect()
}
