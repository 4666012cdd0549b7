//! A kept fit, applied to pairs of records of which only some are at hand: on another machine than it was learned on.

use rustc_hash::FxHashMap;

use crate::{
    ColumnType,
    comparison_levels::MISSING,
    context,
    counts::{ColumnCounts, ValueCounts},
    frequency::part_shares,
    model::{BESIDE, Model, log_odds},
    nicknames::Nicknames,
    pair_levels::Compared,
    record_keys::FieldReader,
    saved_fit::{SavedError, SavedFit},
    score::Link,
    table::Table,
};

/// Records that are at hand, and what is known of the lists that they are of.
#[derive(Clone, Copy, Debug)]
pub struct AtHand<'a> {
    /// Records of the left list, or of the only one.
    pub left: &'a Table,
    /// Records of the right list, numbered after those of the left one.
    pub right: Option<&'a Table>,
    /// How many people have each record's values: by record, one count for each of [`SavedFit::lookups`], 0 where nobody does.
    pub people: &'a [f64],
    /// By column of the fit, the counts of all values of the lists.
    pub counts: &'a [ColumnCounts],
}

/// A fit at work on some records.
#[derive(Debug)]
pub struct Applied {
    compared: Compared,
    model: Model,
}

impl SavedFit {
    /// What to count people of, for each record: the column of the value, and the column in which it is looked up. That is each
    /// column by itself, and the given and the family name in each other's, which may be swapped.
    pub fn lookups(&self) -> Vec<(usize, usize)> {
        let kinds: Vec<ColumnType> = self.columns_of(false).map(|column| column.kind).collect();
        let only = |kind| {
            let mut found = (0..kinds.len()).filter(|at| kinds[*at] == kind);
            found.next().filter(|_| found.next().is_none())
        };
        let names = only(ColumnType::GivenName).zip(only(ColumnType::FamilyName));
        let swapped = names.map(|(given, family)| [(given, family), (family, given)]);
        let own = (0..kinds.len()).map(|at| (at, at));
        own.chain(swapped.into_iter().flatten()).collect()
    }

    /// Names of what [`Applied::features`] gives: those of [`Linker::feature_names`](crate::Linker::feature_names).
    pub fn feature_names(&self) -> Vec<String> {
        let columns = self.columns_of(false).map(|column| column.name.to_owned());
        columns.chain(BESIDE.map(str::to_owned)).collect()
    }

    /// Reads the records, to score pairs of them. A column that they lack has no value.
    ///
    /// # Errors
    /// The fit is of another version, or its columns have types that this one does not know.
    pub fn apply(&self, at_hand: AtHand<'_>) -> Result<Applied, SavedError> {
        self.check()?;
        let nicknames = Nicknames::new();
        let left = self.columns_of(false);
        let columns = left.zip(self.columns_of(true)).map(|(left, right)| {
            let mut field = FieldReader::new(left.name, left.kind, &nicknames);
            field.add_list(at_hand.left, &left);
            if let Some(table) = at_hand.right {
                field.add_list(table, &right);
            }
            field.finish()
        });
        let fields: Vec<_> = columns.collect();
        let rows = at_hand.left.len() + at_hand.right.map_or(0, Table::len);
        let lookups = self.lookups();
        let names = fields.iter().map(|field| field.name.clone());
        let mut counts = ValueCounts::new(names.zip(at_hand.counts.iter().copied()).collect());
        let people = at_hand.people.chunks(lookups.len().max(1));
        for (row, people) in people.take(rows).enumerate() {
            for ((from, into), people) in lookups.iter().zip(people) {
                let field = &fields[*from];
                let code = field.codes[row];
                if code != 0 && *people > 0.0 {
                    counts.found(*into, &field.values[code as usize].text, *people);
                }
            }
        }
        let compared = Compared::new(fields, rows);
        let ln_share = part_shares(&compared, &counts);
        // In a sample all classes of pairs are as frequent, among all pairs, as in the lists.
        let model = self.model(&compared, ln_share, self.pairs)?;
        Ok(Applied { compared, model })
    }
}

impl Applied {
    /// Natural log odds of each pair of records by their columns; none for a record that is not at hand. In one list, and
    /// through both of two, records are numbered from 0.
    pub fn scores(&self, pairs: &[(u32, u32)]) -> Vec<Option<f64>> {
        let mut levels = vec![MISSING; self.compared.width()];
        let score = |pair: &(u32, u32)| {
            let (a, b) = self.here(*pair)?;
            self.compared.levels(a, b, &mut levels);
            let classes = self.model.classes(&self.compared, &levels, a, b);
            Some(log_odds(&classes))
        };
        pairs.iter().map(score).collect()
    }

    /// Match weights (log2) of each pair, one behind another as [`SavedFit::feature_names`] has them; zeros for a record that is
    /// not at hand.
    pub fn features(&self, pairs: &[(u32, u32)]) -> Vec<f64> {
        let width = self.compared.width();
        let mut levels = vec![MISSING; width];
        let mut all = Vec::with_capacity(pairs.len() * (width + BESIDE.len()));
        for pair in pairs {
            match self.here(*pair) {
                Some(pair) => {
                    self.compared.levels(pair.0, pair.1, &mut levels);
                    (self.model).features(&self.compared, &levels, pair, &mut all);
                }
                None => all.resize(all.len() + width + BESIDE.len(), 0.0),
            }
        }
        all
    }

    /// The pair with its smaller record first, where both are at hand.
    fn here(&self, (a, b): (u32, u32)) -> Option<(u32, u32)> {
        let (a, b) = (a.min(b), a.max(b));
        (a != b && (b as usize) < self.compared.rows).then_some((a, b))
    }

    /// The pairs of one list of which a third record says more than their own columns do, with their log odds then; they may be
    /// others than those that are given. `links` are all pairs of whole connected components with log odds of 0 or more, the
    /// smaller record first.
    pub fn by_third_record(&self, links: &[Link]) -> Vec<Link> {
        let is_here = |link: &&Link| (link.right as usize) < self.compared.rows;
        let links = links.iter().filter(is_here);
        let (pairs, scores): (Vec<(u32, u32)>, Vec<f64>) = links
            .map(|link| ((link.left, link.right), link.log_odds))
            .unzip();
        let known: FxHashMap<(u32, u32), f64> =
            pairs.iter().copied().zip(scores.iter().copied()).collect();
        let more = context::third_record(&self.compared, &self.model, &pairs, &scores);
        let own = |pair: (u32, u32)| {
            let known = known.get(&pair).copied();
            known.or_else(|| self.scores(&[pair])[0])
        };
        let mut found: Vec<Link> = (more.into_iter())
            .filter_map(|(pair, more)| {
                Some(Link {
                    left: pair.0,
                    right: pair.1,
                    log_odds: own(pair)? + more,
                })
            })
            .collect();
        found.sort_unstable_by_key(|link| (link.left, link.right));
        found
    }
}
