//! The linker: plan, candidates, fit, scores.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::{
    block::{CandidatePair, Keys, MOST_RULES},
    choose, context,
    fit::{Evidence, Fit, Model, Task, through},
    levels::Compared,
    map::{Mapping, map_columns},
    nicknames::Nicknames,
    plan::{Plan, RulePlan},
    prepare::Field,
    rules::{Atom, BlockingRule, RuleError},
    normalise,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType, infer},
};

/// Columns that are compared at most; the first by name stay.
const MOST_COLUMNS: usize = 64;
/// Pairs a record that a user's rule may propose before another column is added to it.
const USER_PAIRS: u64 = 300;

/// How to link. The default needs nothing.
#[derive(Clone, Debug)]
pub struct Options {
    /// Types of columns, by header (of either list), where the inferred ones are not right.
    pub types: BTreeMap<String, ColumnType>,
    /// Blocking rules; none for those that the columns suggest.
    pub rules: Vec<BlockingRule>,
    /// Headers that are left out, a record's own number for instance.
    pub ignore: Vec<String>,
    /// Pairs of headers (left, right) that hold the same; columns not named here are paired by [`map_columns`].
    pub map: Vec<(String, String)>,
    /// Whether a record has one partner at most; by default where both of two lists look clean.
    pub one_to_one: Option<bool>,
    /// Candidate pairs a record, as the most that the suggested rules propose (a million pairs are always free).
    pub pairs_a_record: u32,
    /// Seed of the random pairs.
    pub seed: u64,
    /// Threads; the result is the same for any number.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            types: BTreeMap::new(),
            rules: Vec::new(),
            ignore: Vec::new(),
            map: Vec::new(),
            one_to_one: None,
            pairs_a_record: 30,
            seed: 0,
            threads,
        }
    }
}

/// Why lists cannot be linked as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A rule that cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// An option names a column that no list has.
    #[error("no column {0:?}")]
    NoColumn(String),
    /// More records than numbers for them.
    #[error("{0} records; at most four billion can be linked")]
    TooMany(usize),
}

/// Links the records of one list, or of two.
#[derive(Debug)]
pub struct Linker {
    pub(crate) compared: Compared,
    pub(crate) split: Option<usize>,
    pub(crate) options: Options,
    plan: Plan,
    keys: Keys,
    rules: Vec<Vec<usize>>,
    pub(crate) candidates: Option<Vec<CandidatePair>>,
    pub(crate) levels: Vec<u8>,
    pub(crate) fitted: Option<(Model, Fit)>,
    /// Log odds of the candidates by their columns, in their order.
    pub(crate) scores: Vec<f64>,
    /// What other records add to the log odds of a pair.
    pub(crate) context: FxHashMap<(u32, u32), f64>,
}

impl Linker {
    /// Looks at the lists: types, columns that belong together, blocking rules.
    pub fn new(left: Table, right: Option<Table>, options: Options) -> Result<Self, LinkError> {
        let rows = left.len() + right.as_ref().map_or(0, Table::len);
        if u32::try_from(rows).is_err() {
            return Err(LinkError::TooMany(rows));
        }
        let has = |name: &str| left.column(name).is_some() || right.as_ref().is_some_and(|right| right.column(name).is_some());
        let named = options.types.keys().chain(&options.ignore).chain(options.map.iter().flat_map(|(a, b)| [a, b]));
        if let Some(name) = named.into_iter().find(|name| !has(name)) {
            return Err(LinkError::NoColumn(name.clone()));
        }
        let profiles = |table: &Table| -> Vec<ColumnProfile> {
            let mut profiles = infer(table);
            for profile in &mut profiles {
                if let Some(kind) = options.types.get(&profile.name) {
                    profile.kind = *kind;
                    "as given".clone_into(&mut profile.why);
                }
            }
            profiles
        };
        let (one, two) = (profiles(&left), right.as_ref().map_or_else(Vec::new, profiles));
        let mut notes = Vec::new();
        let mapped = right.as_ref().map_or_else(Vec::new, |right| mappings(&left, right, &options, &mut notes));
        let (fields, free_text) = fields(&left, right.as_ref(), (&one, &two), &mapped, &options, &mut notes);
        let split = right.as_ref().map(|_| left.len());
        drop((left, right));
        let (keys, rules, looked, every) = blocking(&fields, split, rows, &options, &mut notes)?;
        let all_pairs = split.map_or((rows as u64 * (rows as u64).saturating_sub(1)) / 2, |split| split as u64 * (rows - split) as u64);
        let plan = Plan {
            left: one,
            right: two,
            mapped,
            compared: fields.iter().map(|field| field.name.clone()).collect(),
            free_text,
            rules: looked,
            all_pairs,
            every_pair: every,
            notes,
        };
        Ok(Self {
            compared: Compared::new(fields, rows),
            split,
            options,
            plan,
            keys,
            rules,
            candidates: None,
            levels: Vec::new(),
            fitted: None,
            scores: Vec::new(),
            context: FxHashMap::default(),
        })
    }

    /// What was found and what a run would cost.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the typed columns can tell records apart well enough to link by them: names of people, dates,
    /// identifiers, phones, e-mails or addresses that together single out a record. Lists of products or
    /// citations are told apart by their words and are not.
    pub fn informative(&self) -> bool {
        let telling = |field: &&Field| {
            matches!(
                field.kind,
                ColumnType::GivenName | ColumnType::FamilyName | ColumnType::FullName | ColumnType::Date | ColumnType::Email
                    | ColumnType::Phone | ColumnType::Identifier | ColumnType::Street
            )
        };
        // Bits that agreement by chance costs: a record in n needs about log2 n of them, and a margin for errors.
        let bits: f64 = self.compared.fields.iter().map(|field| entropy(field) * filled(field)).sum();
        let kinds: std::collections::BTreeSet<ColumnType> =
            self.compared.fields.iter().filter(telling).filter(|field| entropy(field) * filled(field) > 2.0).map(|field| field.kind).collect();
        let person = kinds.iter().any(|kind| {
            matches!(kind, ColumnType::GivenName | ColumnType::FamilyName | ColumnType::FullName | ColumnType::Email | ColumnType::Phone)
        });
        kinds.len() >= 2 && person && bits > (self.compared.rows.max(2) as f64).log2() + 5.0
    }

    /// The pairs that the rules propose, by left and right record, each once.
    pub fn candidates(&mut self) -> &[CandidatePair] {
        if self.candidates.is_none() {
            let found = if self.plan.every_pair { self.keys.every_pair() } else { self.keys.candidates(&self.rules) };
            self.levels = self.compared.all_levels(&through(&found, self.split), self.options.threads);
            self.keys.by_atom.clear();
            self.candidates = Some(found);
        }
        self.candidates.as_deref().unwrap_or_default()
    }

    /// Learns the weights. `evidence` are labels and verdicts; none are needed.
    pub fn fit(&mut self, evidence: &[Evidence]) -> Result<&Fit, LinkError> {
        self.candidates();
        let pairs = through(self.candidates.as_deref().unwrap_or_default(), self.split);
        let shift = self.split.unwrap_or(0) as u32;
        let said: Vec<((u32, u32), f64)> = evidence
            .iter()
            .map(|one| {
                let (a, b) = (one.pair.0, one.pair.1 + shift);
                ((a.min(b), a.max(b)), one.p_match)
            })
            .filter(|((a, b), _)| a != b && (*b as usize) < self.compared.rows)
            .collect();
        let rules: Vec<Vec<usize>> = if self.plan.every_pair {
            Vec::new()
        } else {
            self.rules.iter().map(|rule| rule.iter().flat_map(|atom| self.keys.atoms[*atom].fields.clone()).collect()).collect()
        };
        let task = Task {
            compared: &self.compared,
            pairs: &pairs,
            levels: &self.levels,
            rules: &rules,
            split: self.split,
            seed: self.options.seed,
            threads: self.options.threads,
        };
        let (model, fit) = task.run(&said);
        self.scores = task.scores(&model);
        self.context = match (&fit, self.split) {
            (Fit::Unidentified(_), _) => FxHashMap::default(),
            (_, Some(split)) => {
                let clean = self.options.one_to_one.unwrap_or_else(|| context::looks_clean(&pairs, &self.scores));
                let smaller = split.min(self.compared.rows - split) as f64;
                if clean { context::rivals(&pairs, &self.scores, smaller) } else { FxHashMap::default() }
            }
            (_, None) => context::third_record(&self.compared, &model, &pairs, &self.scores),
        };
        let (_, fit) = self.fitted.insert((model, fit));
        Ok(fit)
    }
}

/// Whether two columns have values in common that are not only counted from some number on.
fn shares_keys(a: &Column, b: &Column) -> bool {
    let of_a: rustc_hash::FxHashSet<String> = a.values().iter().skip(1).map(|raw| normalise::code(raw)).collect();
    let shared = b.values().iter().skip(1).filter(|raw| of_a.contains(&normalise::code(raw))).count();
    let numbers: Vec<u64> = of_a.iter().filter_map(|code| code.parse().ok()).collect();
    let span = numbers.iter().max().zip(numbers.iter().min()).map_or(0, |(most, least)| most - least);
    let counted = numbers.len() == of_a.len() && span < 2 * of_a.len() as u64;
    !counted && shared * 20 > of_a.len().min(b.values().len())
}

fn filled(field: &Field) -> f64 {
    field.codes.iter().filter(|code| **code != 0).count() as f64 / field.codes.len().max(1) as f64
}

/// Collision entropy of a column's values in bits.
fn entropy(field: &Field) -> f64 {
    let mut counts = vec![0.0_f64; field.values.len()];
    for code in &field.codes {
        counts[*code as usize] += 1.0;
    }
    let all: f64 = counts.iter().skip(1).sum::<f64>().max(1.0);
    let agree: f64 = counts.iter().skip(1).map(|count| (count / all).powi(2)).sum();
    if agree > 0.0 { -agree.log2() } else { 0.0 }
}

fn mappings(left: &Table, right: &Table, options: &Options, notes: &mut Vec<String>) -> Vec<Mapping> {
    let given = |(left, right): &(String, String)| Mapping { left: left.clone(), right: right.clone(), confidence: 1.0 };
    let mut mapped: Vec<Mapping> = options.map.iter().map(given).collect();
    for found in map_columns(left, right) {
        if !mapped.iter().any(|one| one.left == found.left || one.right == found.right) {
            mapped.push(found);
        }
    }
    if mapped.len() * 2 < left.columns().len().min(right.columns().len()) {
        notes.push(format!("the lists share {} of {} and {} columns", mapped.len(), left.columns().len(), right.columns().len()));
    }
    mapped
}

fn fields(
    left: &Table,
    right: Option<&Table>,
    (one, two): (&[ColumnProfile], &[ColumnProfile]),
    mapped: &[Mapping],
    options: &Options,
    notes: &mut Vec<String>,
) -> (Vec<Field>, Vec<String>) {
    let known = Nicknames::new();
    let mut fields: Vec<Field> = Vec::new();
    let mut free = Vec::new();
    for (column, profile) in left.columns().iter().zip(one) {
        let mut parts = vec![(column, profile)];
        let mut kind = profile.kind;
        if let Some(right) = right {
            let partner = mapped.iter().find(|mapping| mapping.left == column.name).and_then(|mapping| {
                right.columns().iter().zip(two).find(|(column, _)| column.name == mapping.right)
            });
            let Some((column, profile)) = partner else { continue };
            // Where the lists disagree, the type that compares words decides; keys on both sides are identifiers.
            kind = match (kind, profile.kind) {
                // Each list's own number, unless both lists use the same ones.
                (ColumnType::RecordKey, ColumnType::RecordKey) if shares_keys(parts[0].0, column) => ColumnType::Identifier,
                (ColumnType::RecordKey, other) | (other, ColumnType::RecordKey) => other,
                (ColumnType::FreeText, _) | (_, ColumnType::FreeText) => ColumnType::FreeText,
                (a, _) => options.types.get(&column.name).copied().unwrap_or(a),
            };
            parts.push((column, profile));
        }
        if options.ignore.contains(&column.name) {
            continue;
        }
        match kind {
            ColumnType::FreeText => free.push(column.name.clone()),
            ColumnType::RecordKey => notes.push(format!("{}: another value in every record, not compared", column.name)),
            kind => {
                let field = Field::new(&column.name, kind, &parts, &known);
                if field.placeholders > 0 {
                    notes.push(format!("{}: {} values stand for \"missing\"", column.name, field.placeholders));
                }
                match field.values.len() {
                    ..=1 => notes.push(format!("{}: no values, not compared", column.name)),
                    2 => notes.push(format!("{}: one value throughout, not compared", column.name)),
                    _ => fields.push(field),
                }
            }
        }
    }
    let has = |kind| fields.iter().any(|field: &Field| field.kind == kind);
    if has(ColumnType::GivenName) && has(ColumnType::FamilyName) && has(ColumnType::FullName) {
        fields.retain(|field| field.kind != ColumnType::FullName);
        notes.push("the full name is left out: its parts have columns of their own".to_owned());
    }
    if fields.len() > MOST_COLUMNS {
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        notes.push(format!("{} columns are compared of {}", MOST_COLUMNS, fields.len()));
        fields.truncate(MOST_COLUMNS);
    }
    (fields, free)
}

type Blocking = (Keys, Vec<Vec<usize>>, Vec<RulePlan>, bool);

fn blocking(fields: &[Field], split: Option<usize>, rows: usize, options: &Options, notes: &mut Vec<String>) -> Result<Blocking, LinkError> {
    let mut atoms = choose::atoms(fields);
    let mut user: Vec<Vec<usize>> = Vec::new();
    for rule in &options.rules {
        let mut own = Vec::new();
        for key in &rule.keys {
            let columns = key.columns.iter().map(|column| {
                fields.iter().position(|field| field.name == *column).ok_or_else(|| RuleError::Column {
                    rule: rule.to_string(),
                    column: column.clone(),
                    known: fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", "),
                })
            });
            let atom = Atom { form: key.form, fields: columns.collect::<Result<_, _>>()? };
            own.push(atoms.iter().position(|other| *other == atom).unwrap_or_else(|| {
                atoms.push(atom);
                atoms.len() - 1
            }));
        }
        user.push(own);
    }
    let keys = Keys::new(atoms, fields, split, rows);
    let name = |rule: &[usize]| BlockingRule { keys: rule.iter().map(|atom| keys.atoms[*atom].name(fields)).collect() };
    let all = split.map_or(rows * rows.saturating_sub(1) / 2, |split| split * (rows - split)) as u64;
    let budget = choose::budget(rows, options.pairs_a_record);
    let every = user.is_empty() && all <= budget;
    let looked = if user.is_empty() { choose::choose(&keys, fields, budget) } else { of_user(&keys, user, rows, notes, &name) };
    let mut plans: Vec<RulePlan> = Vec::new();
    let mut rules = Vec::new();
    let (used, dropped): (Vec<_>, Vec<_>) = looked.into_iter().partition(|one| one.dropped.is_none());
    for one in used.into_iter().chain(dropped) {
        plans.push(RulePlan { rule: name(&one.rule), pairs: one.pairs, dropped: one.dropped.clone() });
        if one.dropped.is_none() {
            rules.push(one.rule);
        }
    }
    rules.truncate(MOST_RULES);
    Ok((keys, rules, plans, every))
}

/// The user's rules; those that explode get the next column that tames them.
fn of_user(keys: &Keys, user: Vec<Vec<usize>>, rows: usize, notes: &mut Vec<String>, name: &dyn Fn(&[usize]) -> BlockingRule) -> Vec<choose::Looked> {
    let most = (rows as u64 * USER_PAIRS).max(1_000_000);
    user.into_iter()
        .map(|mut rule| {
            let mut pairs = keys.count(&rule);
            let as_written = name(&rule);
            while pairs > most {
                let fits = |atom: &usize| keys.atoms[*atom].fields.iter().all(|field| !rule.iter().any(|one| keys.atoms[*one].fields.contains(field)));
                let widest = (0..keys.atoms.len()).filter(fits).map(|atom| [rule.as_slice(), &[atom]].concat());
                let mut counted: Vec<(u64, Vec<usize>)> = widest.map(|rule| (keys.count(&rule), rule)).filter(|(pairs, _)| *pairs > 0).collect();
                counted.sort_by_cached_key(|(pairs, rule)| (*pairs > most, if *pairs > most { *pairs } else { most - *pairs }, name(rule)));
                let Some((fewer, finer)) = counted.into_iter().next() else { break };
                notes.push(format!("{as_written}: {pairs} pairs, more than {most}; used as {} with {fewer}", name(&finer)));
                (pairs, rule) = (fewer, finer);
            }
            let dropped = (pairs > most).then(|| format!("more than {most} pairs"));
            choose::Looked { rule, pairs, dropped }
        })
        .collect()
}

