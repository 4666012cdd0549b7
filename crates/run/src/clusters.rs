//! Which records of the lists are one, by all scored pairs together.

use midband::{
    DecidedBy, Decision, Record, pair_id,
    resolve::{Clustering, Link, Linking, Word, average_link, clusters},
};
use midband_metrics::ClusterQuality;
use serde_json::{Map, Value};

/// Below it a pair in a cluster contradicts it: where a judge that is right four times in five changes no decision.
pub(crate) const CLEAR: f64 = midband::DEFAULT_BAND_ON_PROXY.0;

/// What a pair counts that the columns made so unlikely that it is not among those that were scored: log odds of one in a
/// hundred.
const UNLIKELY: f64 = -4.6;

/// The least that a decision counts where its score says nothing of it.
const LEAST: f64 = 1e-3;

/// A scored pair of two records. Those of a second list are numbered after those of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenPair {
    /// The left record.
    pub a: u32,
    /// The right record.
    pub b: u32,
    /// What was decided.
    pub decision: Decision,
    /// Probability of a match.
    pub score: Option<f64>,
    /// Whose word that is.
    pub decided_by: Option<DecidedBy>,
}

/// How clusters are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusterOptions {
    /// Records of the left list, or of the only one.
    pub left: u32,
    /// Records of the right list.
    pub right: Option<u32>,
    /// Probability that two parts of a cluster have on average at least.
    pub threshold: f64,
    /// True where the records' columns were compared: every pair was then looked at, and a pair for review counts by its
    /// score. Of texts nobody knows what was not proposed, and nothing vouches for a score.
    pub by_columns: bool,
}

impl ClusterOptions {
    fn records(&self) -> u32 {
        self.left + self.right.unwrap_or(0)
    }
}

/// Clusters of the records of one list, or of two.
#[derive(Clone, Debug)]
pub struct Clusters {
    options: ClusterOptions,
    found: Clustering,
    sizes: Vec<u32>,
    /// By cluster: it holds a pair that was scored as a clear non-match.
    contradicted: Vec<bool>,
    /// By cluster: without its pairs for review it would fall apart.
    review: Vec<bool>,
    /// By record: the place of the pair that says most for its being there.
    strongest: Vec<Option<usize>>,
}

impl Clusters {
    /// Clusters by average link over the pairs' log odds, against those of the least match.
    pub fn of(pairs: &[SeenPair], options: ClusterOptions) -> Self {
        let least = pairs
            .iter()
            .filter(|pair| pair.decision == Decision::Match)
            .filter_map(|pair| pair.score.map(logit))
            .fold(0.0, f64::min);
        Self::above(pairs, options, least)
    }

    /// The same of some connected components of the records, against the log odds of the least match of all of them.
    pub fn above(pairs: &[SeenPair], options: ClusterOptions, least: f64) -> Self {
        let link = |pair: &SeenPair| {
            let odds = pair.score.map(|score| logit(score) - least);
            let weight = match pair.decision {
                Decision::Match => odds.unwrap_or(LEAST).max(LEAST),
                Decision::NoMatch => odds.unwrap_or(-LEAST).min(-LEAST),
                Decision::Review => odds.filter(|_| options.by_columns)?,
            };
            let certain = pair.decided_by.is_some_and(DecidedBy::is_certain);
            Some(Link {
                a: pair.a,
                b: pair.b,
                weight,
                word: match pair.decision {
                    Decision::Match if certain => Word::Same,
                    Decision::NoMatch if certain => Word::Different,
                    _ => Word::Odds,
                },
            })
        };
        let links: Vec<Link> = pairs.iter().filter_map(link).collect();
        let linking = Linking {
            threshold: logit(options.threshold),
            absent: options.by_columns.then_some(UNLIKELY),
            split: options.right.map(|_| options.left),
        };
        let found = average_link(options.records(), &links, &linking);
        let mut this = Self {
            options,
            sizes: vec![0; found.confidence.len()],
            contradicted: vec![false; found.confidence.len()],
            review: vec![false; found.confidence.len()],
            strongest: vec![None; found.of.len()],
            found,
        };
        for cluster in &this.found.of {
            this.sizes[*cluster as usize] += 1;
        }
        this.look_at(pairs);
        this.find_weak(pairs);
        this
    }

    /// Finds the clusters whose matches alone do not hold all of their records together.
    fn find_weak(&mut self, pairs: &[SeenPair]) {
        let matches = pairs
            .iter()
            .filter(|pair| pair.decision == Decision::Match && self.together(pair.a, pair.b));
        let by_matches = clusters(self.options.records(), matches.map(|pair| (pair.a, pair.b)));
        let mut first: Vec<Option<u32>> = vec![None; self.sizes.len()];
        for (cluster, part) in self.found.of.iter().zip(by_matches) {
            let cluster = *cluster as usize;
            let known = *first[cluster].get_or_insert(part);
            self.review[cluster] |= known != part;
        }
    }

    fn look_at(&mut self, pairs: &[SeenPair]) {
        let rank = |pair: &SeenPair| {
            let certain = pair.decided_by.is_some_and(DecidedBy::is_certain);
            (certain, pair.score.unwrap_or(0.0))
        };
        for (place, pair) in pairs.iter().enumerate() {
            if !self.together(pair.a, pair.b) {
                continue;
            }
            let clear = pair.score.is_some_and(|score| score < CLEAR);
            if pair.decision == Decision::NoMatch && clear {
                self.contradicted[self.found.of[pair.a as usize] as usize] = true;
            }
            for record in [pair.a, pair.b] {
                let strongest = &mut self.strongest[record as usize];
                if strongest.is_none_or(|known| rank(pair) > rank(&pairs[known])) {
                    *strongest = Some(place);
                }
            }
        }
    }

    /// True where two records are one.
    pub fn together(&self, a: u32, b: u32) -> bool {
        let of = |record: u32| self.found.of.get(record as usize);
        of(a).is_some() && of(a) == of(b)
    }

    /// The cluster of each record.
    pub fn of_records(&self) -> &[u32] {
        &self.found.of
    }

    /// Clusters that hold a pair which was scored as a clear non-match.
    pub fn contradicted(&self) -> impl Iterator<Item = u32> + '_ {
        let clusters = self.contradicted.iter().enumerate();
        clusters.filter_map(|(at, contradicted)| contradicted.then_some(at as u32))
    }

    /// By cluster: the probability that its weakest join is right; none for a record alone.
    pub fn confidence(&self) -> &[Option<f64>] {
        &self.found.confidence
    }

    /// By cluster: whether it holds together only by pairs for review.
    pub fn for_review(&self) -> &[bool] {
        &self.review
    }

    /// A row for each record: its cluster, how sure that is, and the pair that says most for it.
    pub fn rows(
        &self,
        left: &[Record],
        right: &[Record],
        pairs: &[SeenPair],
    ) -> Vec<Map<String, Value>> {
        let left = left.iter().map(|record| ("left", record));
        let records: Vec<(&str, &Record)> = left
            .chain(right.iter().map(|record| ("right", record)))
            .collect();
        let row = |(at, (list, record)): (usize, &(&str, &Record))| {
            let cluster = self.found.of[at] as usize;
            let strongest = self.strongest[at].map(|place| &pairs[place]);
            let id = strongest.map(|pair| {
                let id = |record: u32| records[record as usize].1.id.as_str();
                pair_id(id(pair.a), id(pair.b))
            });
            let by = strongest.and_then(|pair| pair.decided_by);
            Map::from_iter([
                ("cluster".to_owned(), cluster.into()),
                ("list".to_owned(), (*list).into()),
                (
                    "id".to_owned(),
                    serde_json::to_value(&record.id).unwrap_or_else(|_| record.id.as_str().into()),
                ),
                ("size".to_owned(), self.sizes[cluster].into()),
                (
                    "confidence".to_owned(),
                    self.found.confidence[cluster].into(),
                ),
                ("contradicted".to_owned(), self.contradicted[cluster].into()),
                ("review".to_owned(), self.review[cluster].into()),
                ("by_pair".to_owned(), id.into()),
                (
                    "by_score".to_owned(),
                    strongest.and_then(|pair| pair.score).into(),
                ),
                ("decided_by".to_owned(), by.map(DecidedBy::as_str).into()),
            ])
        };
        records.iter().enumerate().map(row).collect()
    }

    /// What they come to, as it is written beside the output.
    pub fn counts(&self, quality: Option<&ClusterQuality>) -> Value {
        let several = self.sizes.iter().filter(|size| **size > 1).count();
        let contradicted = self.contradicted.iter().filter(|doubtful| **doubtful);
        serde_json::json!({
            "clusters": self.sizes.len(),
            "of_several_records": several,
            "largest": self.sizes.iter().max(),
            "threshold": self.options.threshold,
            "contradicted": contradicted.count(),
            "for_review": self.review.iter().filter(|weak| **weak).count(),
            "contradictory_words": self.found.contradictions.len(),
            "pairwise_precision": quality.and_then(|found| found.pairs.precision()),
            "pairwise_recall": quality.and_then(|found| found.pairs.recall()),
            "pairwise_f1": quality.and_then(|found| found.pairs.f1()),
            "b_cubed_precision": quality.map(|found| found.b_cubed_precision),
            "b_cubed_recall": quality.map(|found| found.b_cubed_recall),
            "b_cubed_f1": quality.map(ClusterQuality::b_cubed_f1),
        })
    }

    /// Against the clusters that known matches join. Of two lists, records of one list count too: they are one where both
    /// match a third record.
    pub fn quality(&self, gold: impl IntoIterator<Item = (u32, u32)>) -> Option<ClusterQuality> {
        ClusterQuality::of(&self.found.of, &clusters(self.options.records(), gold))
    }

    /// The same in words, a line each.
    pub fn told(&self, quality: Option<&ClusterQuality>) -> Vec<String> {
        let several = self.sizes.iter().filter(|size| **size > 1).count();
        let mut lines = vec![format!(
            "{}, {several} of more than one record, the largest of {}",
            crate::number_of(self.sizes.len() as u64, "cluster"),
            self.sizes.iter().max().unwrap_or(&0)
        )];
        let doubtful = self.contradicted.iter().filter(|doubtful| **doubtful);
        let doubtful = doubtful.count();
        if doubtful > 0 {
            lines.push(format!(
                "{doubtful} clusters hold a pair that was scored as a clear non-match (below {CLEAR}): contradicted = true"
            ));
        }
        let weak = self.review.iter().filter(|weak| **weak).count();
        if weak > 0 {
            lines.push(format!(
                "{weak} clusters hold together only by pairs for review: review = true"
            ));
        }
        let words = self.found.contradictions.len();
        if words > 0 {
            lines.push(format!(
                "{words} pairs are different by a label or a rule, and the same by others: they stay in one cluster"
            ));
        }
        if let Some(found) = quality {
            let of = |share: Option<f64>| share.unwrap_or(0.0);
            lines.push(format!(
                "clusters against the known matches: pairwise precision {:.4}, recall {:.4}, F1 {:.4}; B-cubed precision {:.4}, recall {:.4}, F1 {:.4}",
                of(found.pairs.precision()),
                of(found.pairs.recall()),
                of(found.pairs.f1()),
                found.b_cubed_precision,
                found.b_cubed_recall,
                found.b_cubed_f1()
            ));
        }
        lines
    }
}

/// Log odds of a probability.
fn logit(probability: f64) -> f64 {
    let p = probability.clamp(1e-9, 1.0 - 1e-9);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests;
