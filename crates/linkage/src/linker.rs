//! The linker: plan, candidates, fit, scores.

use rustc_hash::FxHashMap;

use crate::{
    arrange::blocking,
    assemble::{Profiled, entropy, fields, filled, mappings, paired_twice},
    block::{CandidatePair, Keys},
    context,
    fit::{Task, through},
    infer::infer,
    learning::{Evidence, Fit},
    model::Model,
    options::{LinkError, Options},
    pair_levels::Compared,
    plan::Plan,
    prepare::Field,
    split_columns::{self, Added},
    spread_labels::Told,
    table::Table,
    types::{ColumnProfile, ColumnType},
};

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
    one_to_one: bool,
}

impl Linker {
    /// Looks at the lists: types, columns that belong together, blocking rules.
    pub fn new(
        mut left: Table,
        mut right: Option<Table>,
        options: Options,
    ) -> Result<Self, LinkError> {
        let rows = left.len() + right.as_ref().map_or(0, Table::len);
        if u32::try_from(rows).is_err() {
            return Err(LinkError::TooMany(rows));
        }
        let has = |name: &str| {
            left.column(name).is_some()
                || right
                    .as_ref()
                    .is_some_and(|right| right.column(name).is_some())
        };
        let named = options
            .types
            .keys()
            .chain(&options.ignore)
            .chain(options.map.iter().flat_map(|(a, b)| [a, b]));
        if let Some(name) = named.into_iter().find(|name| !has(name)) {
            return Err(LinkError::NoColumn(name.clone()));
        }
        if let Some(name) = paired_twice(&options.map) {
            return Err(LinkError::PairedTwice(name.to_owned()));
        }
        let added = match &mut right {
            Some(right) => split_columns::add(&mut left, right, &options),
            None => Added::default(),
        };
        let profiles = |table: &Table| -> Vec<ColumnProfile> {
            let mut profiles = infer(table);
            for profile in &mut profiles {
                if let Some((_, kind)) = added.kinds.iter().find(|(name, _)| *name == profile.name)
                {
                    profile.kind = *kind;
                }
                if let Some(kind) = options.types.get(&profile.name) {
                    profile.kind = *kind;
                    "as given".clone_into(&mut profile.why);
                }
            }
            profiles
        };
        let (one, two) = (
            profiles(&left),
            right.as_ref().map_or_else(Vec::new, profiles),
        );
        let mut notes = added.notes;
        let mapped = right.as_ref().map_or_else(Vec::new, |right| {
            mappings(&left, right, &options, &added.mapped)
        });
        let (fields, free_text) = fields(
            Profiled {
                table: &left,
                profiles: &one,
            },
            right.as_ref().map(|table| Profiled {
                table,
                profiles: &two,
            }),
            &mapped,
            &options,
            &mut notes,
        );
        let split = right.as_ref().map(|_| left.len());
        let split = split.filter(|_| !options.within);
        drop((left, right));
        let (keys, rules, looked, every) = blocking(&fields, split, rows, &options, &mut notes)?;
        let all_pairs = keys.all_pairs();
        let plan = Plan {
            left: one,
            right: two,
            mapped,
            sources: added.sources,
            made: added.kinds.into_iter().map(|(name, _)| name).collect(),
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
            one_to_one: false,
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
                ColumnType::GivenName
                    | ColumnType::FamilyName
                    | ColumnType::FullName
                    | ColumnType::EntityName
                    | ColumnType::Date
                    | ColumnType::Email
                    | ColumnType::Phone
                    | ColumnType::Identifier
                    | ColumnType::Street
            )
        };
        // Bits that agreement by chance costs: a record in n needs about log2 n of them, and a margin for errors.
        let typed = |field: &&Field| !self.plan.free_text.contains(&field.name);
        let bits: f64 = self
            .compared
            .fields
            .iter()
            .filter(typed)
            .map(|field| entropy(field) * filled(field))
            .sum();
        let kinds: std::collections::BTreeSet<ColumnType> = self
            .compared
            .fields
            .iter()
            .filter(|field| typed(field) && telling(field))
            .filter(|field| entropy(field) * filled(field) > 2.0)
            .map(|field| field.kind)
            .collect();
        let person = kinds.iter().any(|kind| {
            matches!(
                kind,
                ColumnType::GivenName
                    | ColumnType::FamilyName
                    | ColumnType::FullName
                    | ColumnType::EntityName
                    | ColumnType::Email
                    | ColumnType::Phone
            )
        });
        kinds.len() >= 2 && person && bits > (self.compared.rows.max(2) as f64).log2() + 5.0
    }

    /// Whether the fit found two clean lists (or was told so), so that a record has one partner at most and the
    /// odds of a pair stand against those of its rivals.
    pub fn one_to_one(&self) -> bool {
        self.one_to_one
    }

    /// The pairs that the rules propose, by left and right record, each once.
    pub fn candidates(&mut self) -> &[CandidatePair] {
        if self.candidates.is_none() {
            let found = if self.plan.every_pair {
                self.keys.every_pair()
            } else {
                self.keys.candidates(&self.rules)
            };
            self.levels = self
                .compared
                .all_levels(&through(&found, self.split), self.options.threads);
            self.keys.by_atom.clear();
            self.candidates = Some(found);
        }
        self.candidates.as_deref().unwrap_or_default()
    }

    /// Learns the weights. `evidence` are labels and verdicts; none are needed. What names a record that does
    /// not exist, or holds no probability, is passed over. What is certain (a probability of 0 or 1) also counts where other
    /// pairs of its records are weighed: the pair's own score stays that of its columns. Where the lists do not say what a match is, scores are
    /// those of the shipped weights and decide nothing.
    pub fn fit(&mut self, evidence: &[Evidence]) -> &Fit {
        self.candidates();
        let pairs = through(self.candidates.as_deref().unwrap_or_default(), self.split);
        let shift = self.split.unwrap_or(0) as u32;
        let said: Vec<((u32, u32), f64)> = evidence
            .iter()
            .filter_map(|one| {
                let (a, b) = (one.pair.0, one.pair.1.checked_add(shift)?);
                let there = self.split.is_none_or(|split| (a as usize) < split)
                    && a != b
                    && (a.max(b) as usize) < self.compared.rows
                    && (0.0..=1.0).contains(&one.p_match);
                there.then_some(((a.min(b), a.max(b)), one.p_match))
            })
            .collect();
        let rules: Vec<Vec<usize>> = if self.plan.every_pair {
            Vec::new()
        } else {
            self.rules
                .iter()
                .map(|rule| {
                    rule.iter()
                        .flat_map(|atom| self.keys.atoms[*atom].fields.clone())
                        .collect()
                })
                .collect()
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
        let told = Told::of(&pairs, &self.scores, &said);
        self.context = match (&fit, self.split) {
            (Fit::Unidentified(_), _) => FxHashMap::default(),
            (_, Some(split)) => {
                let clean = self
                    .options
                    .one_to_one
                    .unwrap_or_else(|| context::looks_clean(&told.pairs, &told.scores));
                let smaller = split.min(self.compared.rows - split) as f64;
                self.one_to_one = clean;
                if clean {
                    context::rivals(&told.pairs, &told.scores, smaller)
                } else {
                    FxHashMap::default()
                }
            }
            (_, None) => context::third_record(&self.compared, &model, &told.pairs, &told.scores),
        };
        // These need no other record's word.
        told.certain.iter().for_each(|pair| {
            self.context.remove(pair);
        });
        &self.fitted.insert((model, fit)).1
    }
}
