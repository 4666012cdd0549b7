//! What the scored pairs say together: one partner a record, and clusters.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use midband::{Blocked, DecidedBy, Decision, Summary};
use midband_io::{Output, Sheet};
use serde_json::{Map, Value};

use super::{
    gold::Gold,
    options::{GoldenOptions, MatchOptions, Partners},
    partners,
    record_columns::Beside,
    sheets,
    state::{NewRecord, Pending, Update},
};
use crate::{
    ClusterOptions, Clusters, GoldenColumn, GoldenList, GoldenSource, Listener, Notice, OutputRow,
    Resolver, SeenPair, found::output_form, golden_records, unknown_trusted,
};

/// The field that says why a pair is no match although its score is that of one.
pub(super) const FIELD: &str = "resolved";

/// What clusters and golden records are made of beside the scored pairs.
pub(super) struct ListFacts {
    /// The records' columns were compared, not their texts.
    pub(super) by_columns: bool,
    /// Pairs that are known to match.
    pub(super) gold: Option<Arc<Gold>>,
    /// The columns of the golden records, where these are wanted.
    pub(super) golden: Option<Vec<GoldenColumn>>,
    pub(super) beside: Arc<Beside>,
    /// Takes what is to be kept of the list, where it is.
    pub(super) pending: Option<Pending>,
    /// Where two lists are one: the first record of the right list.
    pub(super) second: Option<usize>,
}

/// Which clusters are wanted.
struct ClustersWanted {
    path: Option<PathBuf>,
    golden: Option<GoldenOptions>,
    threshold: f64,
    facts: ListFacts,
}

/// The word in [`FIELD`] of a match whose records are in two clusters.
const APART: &str = "clusters";

/// Holds what must be known of all pairs before the first is written.
pub(super) struct Resolving {
    blocked: Arc<Blocked>,
    partners: Option<Partners>,
    clusters: Option<ClustersWanted>,
    /// What the clusters came to.
    came_to: Map<String, Value>,
    /// The cluster of each record, once they are made.
    clustered: Option<Vec<u32>>,
    /// What a workbook shows of the records; none where no workbook is written.
    workbook: Option<Arc<Beside>>,
    /// Pairs of a smaller proxy score are not written.
    min_proxy: Option<f64>,
    /// CSV and TSV are written for Excel.
    for_excel: bool,
    listener: Arc<dyn Listener>,
    /// Rows, where their decisions may still change; none where a row is not written.
    held: Vec<Option<OutputRow>>,
    /// All candidates so far.
    seen: Vec<SeenPair>,
}

impl Resolving {
    pub(super) fn new(
        blocked: Arc<Blocked>,
        options: &MatchOptions,
        facts: ListFacts,
        listener: Arc<dyn Listener>,
    ) -> Self {
        let clusters = options.clusters().then(|| ClustersWanted {
            path: options.clusters.clone(),
            golden: options.golden.clone(),
            threshold: options.cluster_threshold,
            facts,
        });
        Self {
            blocked,
            partners: options.partners,
            clusters,
            came_to: Map::new(),
            clustered: None,
            workbook: None,
            min_proxy: options.min_proxy,
            for_excel: false,
            listener,
            held: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// A workbook is written, with sheets of the records.
    pub(super) fn with_sheets(mut self, beside: Arc<Beside>) -> Self {
        self.workbook = Some(beside);
        self
    }

    pub(super) fn for_excel(mut self, for_excel: bool) -> Self {
        self.for_excel = for_excel;
        self
    }

    fn tell(&self, fact: String) {
        self.listener.notice(&Notice::Told(fact));
    }

    /// Decides which matches stay.
    fn choose(&mut self, by: Partners, counts: &mut Summary) {
        let chosen = partners::choose(&self.seen, &self.blocked.candidates, by);
        self.lose(&chosen.beaten, by.as_str(), counts);
        self.tell(format!(
            "kept {} of {} matches ({})",
            chosen.matches - chosen.beaten.len(),
            chosen.matches,
            by.as_str()
        ));
        if chosen.approximate > 0 {
            self.tell(format!(
                "{} groups of records were too large for an exact assignment; midband took their best pairs first",
                chosen.approximate
            ));
        }
    }

    /// Makes non-matches of matches, and says why.
    fn lose(&mut self, places: &[usize], why: &str, counts: &mut Summary) {
        for &place in places {
            self.seen[place].decision = Decision::NoMatch;
            if let Some(row) = &mut self.held[place] {
                row.score.decision = Decision::NoMatch;
                row.extra.insert(FIELD.to_owned(), why.into());
            }
        }
        let lost = places.len() as u64;
        if let Some(matches) = counts.decisions.get_mut(Decision::Match.as_str()) {
            *matches -= lost;
        }
        *counts
            .decisions
            .entry(Decision::NoMatch.as_str())
            .or_default() += lost;
    }

    /// Finds the clusters and writes them; matches between two of them are none.
    fn cluster(&mut self, wanted: &ClustersWanted, counts: &mut Summary) -> Result<()> {
        let (left, right) = self.blocked.lists();
        let options = ClusterOptions {
            left: left.len() as u32,
            right: right.map(|right| right.len() as u32),
            threshold: wanted.threshold,
            by_columns: wanted.facts.by_columns,
        };
        let found = Clusters::of(&self.seen, options);
        let offset = right.map_or(0, |_| left.len() as u32);
        let gold = wanted.facts.gold.as_ref().and_then(|gold| {
            found.quality(gold.iter().map(|&(left, right)| (left, offset + right)))
        });
        let mut came_to = found.counts(gold.as_ref());
        let (of_left, of_right) = match wanted.facts.second {
            Some(second) => left.split_at(second),
            None => (left, right.unwrap_or_default()),
        };
        if let Some(path) = &wanted.path {
            self.write(path, &found.rows(of_left, of_right, &self.seen))?;
            came_to["file"] = path.display().to_string().into();
        }
        if let (Some(golden), Some(columns)) = (&wanted.golden, &wanted.facts.golden) {
            let (left_values, right_values) = wanted.facts.beside.values();
            let list = |records, values| GoldenList { records, values };
            let source = GoldenSource {
                columns,
                left: list(left, left_values),
                right: right.map(|right| list(right, right_values)),
            };
            for said in unknown_trusted(source, &golden.rules) {
                self.listener.notice(&Notice::UnusedLabels(said));
            }
            let records = golden_records(source, &found, &golden.rules);
            self.write(&golden.path, &records)?;
            let told = golden.rules.told(columns);
            came_to["golden"] =
                serde_json::json!({"file": golden.path.display().to_string(), "rules": told});
        }
        self.came_to.insert("clusters".to_owned(), came_to);
        if let Some(pending) = &wanted.facts.pending {
            let of = left.iter().zip(found.of_records());
            pending.put(Update {
                records: (of.map(|(record, cluster)| NewRecord {
                    id: record.id.clone(),
                    cluster: *cluster,
                }))
                .collect(),
                values: wanted.facts.beside.values().0.to_vec(),
                contradicted: found.contradicted().collect(),
                ..Update::default()
            });
        }
        let apart: Vec<usize> = (0..self.seen.len())
            .filter(|&place| {
                let pair = &self.seen[place];
                pair.decision == Decision::Match && !found.together(pair.a, pair.b)
            })
            .collect();
        self.lose(&apart, APART, counts);
        self.clustered = Some(found.of_records().to_vec());
        for line in found.told(gold.as_ref()) {
            self.tell(line);
        }
        if !apart.is_empty() {
            self.tell(format!(
                "dropped {} matches between different clusters: resolved = {APART}",
                apart.len()
            ));
        }
        if let Some(path) = &wanted.path {
            self.tell(format!("clusters are in {}", path.display()));
        }
        if let Some(golden) = &wanted.golden {
            self.tell(format!("golden records are in {}", golden.path.display()));
        }
        Ok(())
    }

    fn write(&self, path: &Path, rows: &[Map<String, Value>]) -> Result<()> {
        let failed = || format!("cannot write {}", path.display());
        let format = output_form(path);
        let mut output = Output::file(path, format).with_context(failed)?;
        midband_io::write_objects(&mut output, format, rows, self.for_excel)
            .with_context(failed)?;
        output.finish().with_context(failed)
    }
}

impl Resolver for Resolving {
    fn take(&mut self, mut row: OutputRow) -> Option<OutputRow> {
        let candidate = &self.blocked.candidates[self.seen.len()];
        let (left, right) = self.blocked.lists();
        // Records of the right list are numbered after those of the left.
        let offset = right.map_or(0, |_| left.len() as u32);
        self.seen.push(SeenPair {
            a: candidate.left,
            b: offset + candidate.right,
            decision: row.score.decision,
            score: row.score.score,
            decided_by: row.score.decided_by,
        });
        let proxy = row.score.proxy_score.map(|proxy| proxy.get());
        // A pair without a score is written whatever is asked for: somebody must look at it. So is one that somebody settled.
        let certain = row.score.decided_by.is_some_and(DecidedBy::is_certain);
        let is_written = match (self.min_proxy, proxy) {
            (Some(least), Some(proxy)) => certain || proxy >= least,
            _ => true,
        };
        if self.partners.is_none() && self.clusters.is_none() {
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
        if let Some(wanted) = self.clusters.take() {
            self.cluster(&wanted, counts)?;
        }
        Ok(std::mem::take(&mut self.held)
            .into_iter()
            .flatten()
            .collect())
    }

    fn came_to(&self) -> Map<String, Value> {
        self.came_to.clone()
    }

    fn sheets(&self) -> Vec<Sheet> {
        self.workbook.as_ref().map_or_else(Vec::new, |beside| {
            sheets::of(&self.blocked, &self.seen, beside, self.clustered.as_deref())
        })
    }
}
