//! New records that are linked by a kept fit to a list which is resolved already: no two of the old ones are compared, and
//! nothing is learnt anew.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    classes::{AREA, CHANCE},
    comparison_levels::MISSING,
    context,
    counts::ValueCounts,
    fit::{Task, through},
    frequency::{part_shares, whole_shares},
    learning::{Fit, Learning},
    linker::Linker,
    model::{Model, log_odds, probability},
    saved_fit::{SavedError, SavedFit},
};

/// Records of one cluster that speak for a new record, at most.
const MOST_MATES: usize = 20;

/// The list of which a part is at hand.
#[derive(Clone, Copy, Debug)]
pub struct WholeList<'a> {
    /// Its records, new ones included.
    pub records: usize,
    /// People by value, of every value that is at hand.
    pub counts: &'a ValueCounts,
}

impl Linker {
    /// Scores the candidates by a kept fit. `clusters` holds the cluster of each record that is resolved already, those before
    /// [`fresh_from`](crate::Options::fresh_from); it says how many people have a value, and whose word a record's match
    /// carries. Of a list of which only a part is at hand, `whole` says the rest.
    ///
    /// # Errors
    /// The fit does not fit the columns.
    pub fn resume(
        &mut self,
        saved: &SavedFit,
        clusters: &[u32],
        whole: Option<WholeList<'_>>,
    ) -> Result<&Fit, SavedError> {
        saved.check()?;
        self.candidates();
        let model = self.model_of_part(saved, clusters, whole)?;
        let pairs = through(self.candidates.as_deref().unwrap_or_default(), None);
        let task = Task {
            compared: &self.compared,
            pairs: &pairs,
            levels: &self.levels,
            rules: &[],
            split: None,
            seed: self.options.seed,
            threads: self.options.threads,
        };
        self.scores = task.scores(&model);
        let (all, scores) = self.with_mates(&model, pairs, clusters);
        self.context = context::third_record(&self.compared, &model, &all, &scores);
        let known = clusters.len() as u32;
        // What is resolved stays so.
        self.context.retain(|(_, later), _| *later >= known);
        let found = self.scores.iter();
        let found = found.map(|score| probability(*score)).sum();
        let learning = Learning {
            matches: found,
            found,
            objective: Vec::new(),
        };
        Ok(&self.fitted.insert((model, Fit::Learnt(learning))).1)
    }

    fn model_of_part(
        &self,
        saved: &SavedFit,
        clusters: &[u32],
        whole: Option<WholeList<'_>>,
    ) -> Result<Model, SavedError> {
        let compared = &self.compared;
        let ln_share = match whole {
            Some(whole) => part_shares(compared, whole.counts),
            None => whole_shares(compared, &person_shares(clusters, compared.rows)),
        };
        // Matches grow with the records, chance with their square.
        let records = whole.map_or(compared.rows, |whole| whole.records);
        let grown = records as f64 / saved.records.max(1) as f64;
        let pairs = std::array::from_fn(|class| match class {
            CHANCE | AREA => saved.pairs[class] * grown * grown,
            _ => saved.pairs[class] * grown,
        });
        saved.model(compared, ln_share, pairs)
    }

    /// The pairs with their scores, and those of clusters that a new record may match: what one of its records says of the
    /// new one, the others may say too.
    fn with_mates(
        &self,
        model: &Model,
        mut pairs: Vec<(u32, u32)>,
        clusters: &[u32],
    ) -> (Vec<(u32, u32)>, Vec<f64>) {
        let mut scores = self.scores.clone();
        let touched: FxHashSet<u32> = pairs
            .iter()
            .zip(&scores)
            .filter(|(_, score)| **score >= 0.0)
            .filter_map(|((a, _), _)| clusters.get(*a as usize).copied())
            .collect();
        let mut mates: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (row, cluster) in clusters
            .iter()
            .enumerate()
            .filter(|(_, of)| touched.contains(of))
        {
            mates.entry(*cluster).or_default().push(row as u32);
        }
        let mut groups: Vec<Vec<u32>> = mates.into_values().collect();
        groups.sort_unstable();
        let mut levels = vec![MISSING; self.compared.width()];
        for group in groups {
            let group = &group[..group.len().min(MOST_MATES)];
            for (at, a) in group.iter().enumerate() {
                for b in &group[at + 1..] {
                    self.compared.levels(*a, *b, &mut levels);
                    let score = log_odds(&model.classes(&self.compared, &levels, *a, *b));
                    pairs.push((*a, *b));
                    // They are one, whatever their own columns say.
                    scores.push(score.max(0.0));
                }
            }
        }
        (pairs, scores)
    }
}

/// The share of a person that each record stands for; new records are alone.
fn person_shares(clusters: &[u32], rows: usize) -> Vec<f64> {
    let mut size: FxHashMap<u32, f64> = FxHashMap::default();
    clusters
        .iter()
        .for_each(|cluster| *size.entry(*cluster).or_default() += 1.0);
    let mut person: Vec<f64> = clusters.iter().map(|cluster| 1.0 / size[cluster]).collect();
    person.resize(rows, 1.0);
    person
}
