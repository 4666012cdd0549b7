//! The priors that are shipped: what stands in for labels, and where a fit starts from.
//!
//! They lie in a small versioned file that `midband-study priors` makes from labelled public sets. For
//! records the weights of the lexical features carry over from one task to the next; for questions and
//! terms they do not, so their prior is the cosine and what clinical names and contradictions say beside it, and
//! what the file adds is how far the weights of such tasks usually depart from it. Narratives have a prior of
//! their own, from invented notes (`midband-study clinical`).

use midband_features::NEIGHBOURS;
use serde::{Deserialize, Serialize};

use crate::{CosineMap, LinearProxy, Scale, TaskKind, learn::Prior};

/// Version of the file that this code reads.
pub const PRIORS_VERSION: u32 = 1;

/// The file itself.
const FILE: &str = include_str!("../priors/all-MiniLM-L6-v2.json");

/// How much more likely than the cosine the prior of records is held to be, once a task is known to
/// compare records, nats. One costs .01 of AUROC on amazon_google at thirty labels; three and five
/// measured nearly alike at 30 to 800.
const LOG_PRIOR_WEIGHT: f64 = 4.0;

/// The same for narratives: a choice between none and that of records, as their prior was made from invented notes.
const LOG_NARRATIVES_WEIGHT: f64 = 2.0;

/// Share of matches in the sets that the prior of records was made from (each set weighs the same).
const RECORDS_PREVALENCE: f64 = 0.12;

/// The priors for one embedding model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Priors {
    /// Version of the file's form.
    pub version: u32,
    /// The embedding model whose cosines they were made with.
    pub embedding_model: String,
    /// Columns that the departures belong to.
    pub columns: Vec<String>,
    /// The cosine's own map for each kind.
    pub maps: Vec<(TaskKind, CosineMap)>,
    /// How far weights depart from the prior on tasks of each kind.
    pub prior_sds: Vec<(TaskKind, Vec<f64>)>,
    /// Records, with the cosine and without.
    pub records: LinearProxy,
    /// The same for pairs that were not embedded.
    pub records_without_cosine: LinearProxy,
    /// What the prior of records achieves on each set when made without it.
    pub left_out: Vec<LeftOut>,
    /// Records of lists that are matched, where the neighbours of each pair are known. A file may have none.
    #[serde(default)]
    pub matched: MatchedPrior,
    /// What clinical features say beside the cosine, on raw columns; for narratives the whole prior. A file may have none.
    #[serde(default)]
    pub clinical: Vec<(TaskKind, LinearProxy)>,
    /// What the clinical priors achieve on each set when made without it.
    #[serde(default)]
    pub clinical_left_out: Vec<ClinicalLeftOut>,
}

/// A set's figures by a clinical prior that was made without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClinicalLeftOut {
    /// The set.
    pub set: String,
    /// AUROC of the cosine.
    pub cosine: f64,
    /// AUROC of the prior.
    pub prior: f64,
}

/// The prior where columns of [`NEIGHBOURS`] are among the features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MatchedPrior {
    /// The proxy.
    pub proxy: LinearProxy,
    /// How far the weights of [`NEIGHBOURS`] depart from it, one each.
    pub prior_sds: Vec<f64>,
}

/// A set's figures by a prior that was made without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The set.
    pub set: String,
    /// AUROC of the cosine.
    pub cosine: f64,
    /// AUROC of the prior.
    pub prior: f64,
    /// AUROC of the prior without the cosine.
    pub without_cosine: f64,
}

/// The priors can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the priors: {0}; use the file of this version, or make it again")]
pub struct PriorsError(String);

impl Priors {
    /// The priors that are built in, for all-MiniLM-L6-v2.
    ///
    /// # Errors
    /// Never with the file as shipped; a test keeps it so.
    pub fn shipped() -> Result<Self, PriorsError> {
        Self::from_json(FILE)
    }

    /// Priors from a file's text.
    ///
    /// # Errors
    /// The text is no such file, or of another version.
    pub fn from_json(text: &str) -> Result<Self, PriorsError> {
        let priors: Self = serde_json::from_str(text).map_err(|e| PriorsError(e.to_string()))?;
        if priors.version != PRIORS_VERSION {
            return Err(PriorsError(format!(
                "version {}, wanted {PRIORS_VERSION}",
                priors.version
            )));
        }
        let lengths = priors
            .prior_sds
            .iter()
            .all(|(_, d)| d.len() == priors.columns.len());
        if lengths
            && priors.records.is_whole()
            && priors.records_without_cosine.is_whole()
            && priors.matched.proxy.is_whole()
            && priors.clinical.iter().all(|(_, proxy)| proxy.is_whole())
        {
            Ok(priors)
        } else {
            Err(PriorsError(
                "weights and columns differ in number".to_owned(),
            ))
        }
    }

    /// Share of matches among the pairs that the kind's prior was trained on; `None` where the prior is the cosine alone,
    /// whose classes overlap too much for [`crate::LabelShift`].
    pub fn prevalence(kind: TaskKind) -> Option<f64> {
        (kind == TaskKind::Records).then_some(RECORDS_PREVALENCE)
    }

    /// The cosine's own map for a kind.
    pub fn map(&self, kind: TaskKind) -> CosineMap {
        let found = self.maps.iter().find(|(of, _)| *of == kind);
        found.map_or_else(|| CosineMap::default_for(kind), |(_, map)| *map)
    }

    /// The priors that a fit on these columns may start from. The last one stands in for labels.
    pub fn for_task(&self, kind: TaskKind, columns: &[String]) -> Vec<Prior> {
        let prior_sds = self
            .prior_sds
            .iter()
            .find(|(of, _)| *of == kind)
            .map(|(_, d)| d);
        let departure_of = |column: &String| {
            if let Some(at) = NEIGHBOURS.iter().position(|name| name == column) {
                return self.matched.prior_sds.get(at).copied();
            }
            let at = self.columns.iter().position(|c| c == column)?;
            prior_sds?.get(at).copied()
        };
        let mut plain = Prior::cosine(self.map(kind), columns);
        plain.prior_sd = columns
            .iter()
            .map(|c| departure_of(c).unwrap_or(1.0))
            .collect();
        if !columns.iter().any(|c| c == "cosine") {
            // Without a cosine its map says nothing; even odds are as good as any.
            plain.proxy.intercept = 0.0;
        }
        let clinical = self.clinical.iter().find(|(of, _)| *of == kind);
        let clinical = clinical.filter(|(_, proxy)| {
            let beside = |c: &&String| *c != "cosine" && columns.contains(c);
            columns.iter().any(|c| c == "cosine") && proxy.columns.iter().any(|c| beside(&c))
        });
        let mut priors = vec![plain];
        if let Some((_, proxy)) = clinical {
            // On columns that are all 0, as those of other texts are, this is the cosine's own map.
            let proxy = LinearProxy {
                scale: Scale::plain(columns.len()),
                ..proxy.on(columns)
            };
            if kind == TaskKind::Narratives {
                priors.push(Prior {
                    proxy,
                    prior_sd: priors[0].prior_sd.clone(),
                    log_prior_weight: LOG_NARRATIVES_WEIGHT,
                });
            } else {
                priors[0].proxy = proxy;
            }
        }
        if kind == TaskKind::Records {
            let embedded = columns.iter().any(|c| c == "cosine");
            let neighbours = columns.iter().any(|c| NEIGHBOURS.contains(&c.as_str()));
            let from = if embedded && neighbours && !self.matched.proxy.columns.is_empty() {
                &self.matched.proxy
            } else if embedded {
                &self.records
            } else {
                &self.records_without_cosine
            };
            priors.push(Prior {
                proxy: from.on(columns),
                prior_sd: priors[0].prior_sd.clone(),
                log_prior_weight: LOG_PRIOR_WEIGHT,
            });
        }
        priors
    }

    /// The proxy that stands in for labels on a task of this kind.
    pub fn proxy(&self, kind: TaskKind, columns: &[String]) -> Option<LinearProxy> {
        self.for_task(kind, columns).pop().map(|prior| prior.proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_reads() {
        let priors = Priors::shipped().unwrap();
        assert!(priors.left_out.len() >= 4);
        for found in &priors.left_out {
            assert!(found.prior > found.cosine, "{}", found.set);
        }
        for kind in TaskKind::ALL {
            let proxy = priors.proxy(kind, &priors.columns).unwrap();
            let likeness = proxy.weights[0];
            assert!(likeness > 0.0, "{kind}: the cosine speaks for a match");
        }
    }

    #[test]
    fn fewer_columns_are_fewer_weights() {
        let priors = Priors::shipped().unwrap();
        let columns = ["cosine", "idf_jaccard", "of mine"].map(str::to_owned);
        let of = |kind| priors.for_task(kind, &columns);
        assert_eq!(of(TaskKind::Terms).len(), 1);
        let records = of(TaskKind::Records);
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].proxy.weights[2], 0.0);
        assert!(
            records[1].proxy.probability(&[0.99, 1.0, 7.0])
                > records[1].proxy.probability(&[0.3, 0.0, 7.0])
        );
    }

    #[test]
    fn another_version_is_refused() {
        let text = FILE.replacen("\"version\": 1", "\"version\": 99", 1);
        assert!(
            Priors::from_json(&text)
                .unwrap_err()
                .to_string()
                .contains("99")
        );
        assert!(Priors::from_json("{}").is_err());
    }
}
