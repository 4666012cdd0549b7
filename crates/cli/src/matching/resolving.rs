//! What the scored pairs say together: one partner a record, and clusters.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use midband::{Blocked, Decision, FinalScore, Summary};
use midband_io::{Output, Sheet};
use midband_resolve::{Matched, Resolved, clusters, many_to_one, one_to_one};
use midband_run::{OutputRow, Resolver, format_of};
use serde_json::{Map, Value};

use super::{rows::Beside, sheets};

/// The field that says why a pair is no match although its score is that of one.
pub(super) const FIELD: &str = "resolved";

/// Below it a pair in a cluster contradicts it: where a judge that is right four times in five changes no decision.
const CLEAR: f64 = midband::DEFAULT_BAND_ON_PROXY.0;

/// How many partners a record may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Partners {
    OneToOne,
    ManyToOne,
}

impl Partners {
    fn word(self) -> &'static str {
        match self {
            Self::OneToOne => "one_to_one",
            Self::ManyToOne => "many_to_one",
        }
    }
}

/// Holds what must be known of all pairs before the first is written.
pub(super) struct Resolving {
    blocked: Arc<Blocked>,
    partners: Option<Partners>,
    clusters: Option<PathBuf>,
    /// Pairs of a smaller proxy score are not written.
    min_proxy: Option<f64>,
    quiet: bool,
    /// What a workbook shows of the records; none where no workbook is written.
    beside: Option<Arc<Beside>>,
    /// Rows, where their decisions may still change; none where a row is not written.
    held: Vec<Option<OutputRow>>,
    /// Decisions and scores of all candidates so far.
    seen: Vec<(Decision, Option<f64>)>,
}

impl Resolving {
    pub(super) fn new(
        blocked: Arc<Blocked>,
        partners: Option<Partners>,
        clusters: Option<PathBuf>,
        (min_proxy, quiet): (Option<f64>, bool),
    ) -> Self {
        Self {
            blocked,
            partners,
            clusters,
            min_proxy,
            quiet,
            beside: None,
            held: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// A workbook is written, with sheets of the records.
    pub(super) fn with_sheets(mut self, beside: Arc<Beside>) -> Self {
        self.beside = Some(beside);
        self
    }

    /// Decides which matches stay.
    fn choose(&mut self, partners: Partners, counts: &mut Summary) {
        let logit = |score: f64| {
            let score = score.clamp(1e-9, 1.0 - 1e-9);
            (score / (1.0 - score)).ln()
        };
        let places: Vec<usize> = (0..self.seen.len())
            .filter(|&place| self.seen[place].0 == Decision::Match)
            .collect();
        let scores = places
            .iter()
            .map(|&place| logit(self.seen[place].1.unwrap_or(0.5)));
        // What a policy calls a match may begin below one half.
        let least = scores.clone().fold(0.0, f64::min);
        let matched: Vec<Matched> = places
            .iter()
            .zip(scores)
            .map(|(&place, score)| Matched {
                left: self.blocked.candidates[place].left,
                right: self.blocked.candidates[place].right,
                weight: score - least,
            })
            .collect();
        let Resolved { stays, approximate } = match partners {
            Partners::OneToOne => one_to_one(&matched),
            Partners::ManyToOne => many_to_one(&matched),
        };
        let mut lost = 0;
        for (&place, stays) in places.iter().zip(stays) {
            if stays {
                continue;
            }
            lost += 1;
            self.seen[place].0 = Decision::NoMatch;
            if let Some(row) = &mut self.held[place] {
                row.score.decision = Decision::NoMatch;
                row.extra.insert(FIELD.to_owned(), partners.word().into());
            }
        }
        *counts
            .decisions
            .entry(Decision::NoMatch.as_str())
            .or_default() += lost;
        if let Some(matches) = counts.decisions.get_mut(Decision::Match.as_str()) {
            *matches -= lost;
        }
        if !self.quiet {
            noteln!(
                "midband: {} of {} matches stay ({})",
                matched.len() as u64 - lost,
                matched.len(),
                partners.word()
            );
            if approximate > 0 {
                noteln!(
                    "midband: {approximate} groups of records were too large for the best assignment; their best pairs were taken first"
                );
            }
        }
    }

    fn write_clusters(&self, path: &Path) -> Result<()> {
        let failed = || format!("{} can't be written", path.display());
        let (left, right) = self.blocked.lists();
        let right = right.unwrap_or_default();
        // Records of the right list are numbered after those of the left.
        let offset = if right.is_empty() {
            0
        } else {
            left.len() as u32
        };
        let ends = |place: usize| {
            let pair = &self.blocked.candidates[place];
            (pair.left, offset + pair.right)
        };
        let matches = (0..self.seen.len()).filter(|&place| self.seen[place].0 == Decision::Match);
        let numbers = clusters((left.len() + right.len()) as u32, matches.map(ends));
        let mut contradicted = vec![false; numbers.len()];
        for (place, (decision, score)) in self.seen.iter().enumerate() {
            let (a, b) = ends(place);
            let (a, b) = (numbers[a as usize], numbers[b as usize]);
            let is_clear =
                *decision == Decision::NoMatch && score.is_some_and(|score| score < CLEAR);
            if a == b && is_clear {
                contradicted[a as usize] = true;
            }
        }
        let format = format_of(None, path);
        let mut output = Output::file(path, format).with_context(failed)?;
        let records = left.iter().map(|record| ("left", record));
        let records = records.chain(right.iter().map(|record| ("right", record)));
        let mut rows: Vec<Map<String, Value>> = Vec::new();
        for ((list, record), &cluster) in records.zip(&numbers) {
            rows.push(Map::from_iter([
                ("cluster".to_owned(), cluster.into()),
                ("list".to_owned(), list.into()),
                ("id".to_owned(), super::rows::id_value(&record.id)),
                (
                    "contradicted".to_owned(),
                    contradicted[cluster as usize].into(),
                ),
            ]));
        }
        midband_io::write_objects(&mut output, format, &rows).with_context(failed)?;
        output.finish().with_context(failed)?;
        if !self.quiet {
            let all = numbers.iter().max().map_or(0, |last| last + 1);
            let mut sizes = vec![0u32; all as usize];
            numbers
                .iter()
                .for_each(|&cluster| sizes[cluster as usize] += 1);
            let several = sizes.iter().filter(|size| **size > 1).count();
            noteln!(
                "midband: {all} clusters, {several} of more than one record, in {}",
                path.display()
            );
            let doubtful = contradicted.iter().filter(|doubtful| **doubtful).count();
            if doubtful > 0 {
                noteln!(
                    "midband: {doubtful} clusters hold a pair that was scored as a clear non-match (below {CLEAR}): contradicted = true"
                );
            }
        }
        Ok(())
    }
}

impl Resolver for Resolving {
    fn take(&mut self, mut row: OutputRow) -> Option<OutputRow> {
        let FinalScore {
            decision, score, ..
        } = &row.score;
        self.seen.push((*decision, *score));
        let proxy = row.score.proxy_score.map(|proxy| proxy.get());
        // A pair without a score is written whatever is asked for: somebody must look at it.
        let is_written = match (self.min_proxy, proxy) {
            (Some(least), Some(proxy)) => proxy >= least,
            _ => true,
        };
        if self.partners.is_none() {
            return is_written.then_some(row);
        }
        row.extra.insert(FIELD.to_owned(), Value::Null);
        self.held.push(is_written.then_some(row));
        None
    }

    fn finish(&mut self, counts: &mut Summary) -> Result<Vec<OutputRow>> {
        if let Some(partners) = self.partners {
            self.choose(partners, counts);
        }
        if let Some(path) = &self.clusters {
            self.write_clusters(path)?;
        }
        Ok(std::mem::take(&mut self.held)
            .into_iter()
            .flatten()
            .collect())
    }

    fn sheets(&self) -> Vec<Sheet> {
        let decisions: Vec<Decision> = self.seen.iter().map(|(decision, _)| *decision).collect();
        self.beside.as_ref().map_or_else(Vec::new, |beside| {
            sheets::of(&self.blocked, &decisions, beside)
        })
    }
}
