//! Pairs whose log odds come from their records' columns: nothing is embedded, and what is asked and learnt is decided
//! as for any other pair.

use std::time::Instant;

use midband_core::{DecidedBy, Pair};
use midband_features::DocumentFrequencies;
use midband_model::{Goal, LinearProxy, PairKey, Scale, TaskKind, learn::Prior};
use midband_router::{Pairs, Policy};

use crate::{
    Engine, EngineError, Scored, Summary, corpus::CorpusStats, featured::Featured,
    knowledge::Start, learning, progress::Tally,
};

/// The column that holds a linker's log odds of a match.
pub const MATCH_WEIGHT: &str = "match_weight";

/// How far the weight of one column is expected to depart from the linker's, in log odds a standard deviation.
const COLUMN_SD: f64 = 0.5;
/// The linker's own log odds are recalibrated by the two numbers that every fit has, and not by a third.
const WEIGHT_SD: f64 = 1e-3;

/// Pairs with what a linker says of them.
#[derive(Clone, Debug, Default)]
pub struct LinkedPairs {
    /// The pairs; their texts are what a judge is shown.
    pub pairs: Vec<Pair>,
    /// Names of the columns beside the log odds.
    pub columns: Vec<String>,
    /// Row-major, one row a pair: natural log odds of a match, then a match weight for each column.
    pub values: Vec<f64>,
    /// What the decisions are to be good at if nobody says it. A linker's scores are nearly all far from one half, so that
    /// accuracy and F1 want the same cut.
    pub goal: Goal,
}

impl Engine {
    /// Scores pairs of records by a linker's log odds: asks where asking pays, and learns from the verdicts. Nothing is
    /// embedded; every cosine is `None`.
    ///
    /// # Errors
    /// The rows are not whole, or a target is set and there is no judge.
    pub async fn score_linked(&self, linked: LinkedPairs) -> Result<Scored, EngineError> {
        let started = Instant::now();
        let parts = self.parts();
        let learning = parts.learning();
        if matches!(learning.policy, Policy::Target(_)) && parts.cascade.judge.is_none() {
            return Err(EngineError::TargetNeedsJudge);
        }
        let tally = Tally::new(parts.on_progress.clone());
        let mut summary = Summary::default();
        tally.read_all(linked.pairs.len());
        tally.compared(linked.pairs.len());
        let goal = linked.goal;
        let featured = featured(linked);
        let run = learning::Run {
            learning: &learning,
            task: &parts.task,
            seed: parts.seed,
            start: Start::Linked {
                prior: prior(&featured.rows.columns),
                goal,
            },
            deadline: None,
            lists: true,
        };
        let (scores, report) =
            learning::run(&parts.cascade, featured, run, &tally, &mut summary).await?;
        scores.iter().for_each(|score| summary.count(score));
        tally.finished(scores.len());
        summary.seconds.total = started.elapsed().as_secs_f64();
        Ok(Scored {
            scores,
            summary,
            fit: Some(report),
        })
    }
}

pub(crate) fn featured(linked: LinkedPairs) -> Featured {
    let LinkedPairs {
        pairs,
        columns,
        values,
        goal: _,
    } = linked;
    Featured {
        rejected: vec![None; pairs.len()],
        places: (0..pairs.len()).collect(),
        rows: Pairs {
            keys: pairs.iter().map(|pair| PairKey::from(&pair.id)).collect(),
            columns: std::iter::once(MATCH_WEIGHT.to_owned())
                .chain(columns)
                .collect(),
            values,
        },
        cosines: vec![None; pairs.len()],
        truncated: vec![false; pairs.len()],
        corpus: CorpusStats {
            kind: TaskKind::Records,
            frequencies: DocumentFrequencies::default(),
            unread_language: None,
        },
        pairs,
        decided_by: DecidedBy::Columns,
    }
}

/// The linker's own log odds, from which verdicts may move a column's weight.
pub(crate) fn prior(columns: &[String]) -> Prior {
    let (mut weights, mut prior_sd) = (vec![0.0; columns.len()], vec![COLUMN_SD; columns.len()]);
    weights[0] = 1.0;
    prior_sd[0] = WEIGHT_SD;
    Prior {
        proxy: LinearProxy {
            columns: columns.to_vec(),
            scale: Scale::plain(columns.len()),
            intercept: 0.0,
            weights,
            correction: None,
        },
        prior_sd,
        log_prior_weight: 0.0,
    }
}
