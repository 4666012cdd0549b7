//! What a run knows before its first question: priors, labels, and how far they are to be believed.

use midband_model::{Calibration, Goal, JudgeModel, LabelShift, Priors, TaskKind, learn::Prior};
use midband_router::{GainOptions, GoldLabel, Knowledge, Policy};

use crate::{error::EngineError, featured::Featured, options::Learning};

/// Log odds by which a judge's verdicts on other pairs may move what a linker says of one: it learnt from all pairs of the
/// lists, and a judge that is wrong about some kind of pair must not undo that.
const MOST_DEPARTURE: f64 = 2.0;

/// Where a run starts from before any label of its own.
pub(crate) enum Start {
    /// The shipped prior of the texts' kind.
    Shipped,
    /// The same for pairs that wording left unsure.
    Prefiltered {
        /// How often matches occur, as found among all pairs.
        shift: Option<LabelShift>,
        /// Probabilities of the pairs that wording settled.
        settled: Vec<f64>,
    },
    /// A linker's log odds.
    Linked {
        /// Of the log odds and what each column says beside them.
        prior: Prior,
        /// What the decisions are to be good at if nobody says it.
        goal: Goal,
    },
}

/// What the router knows before its first question.
pub(crate) fn knowledge(
    featured: &Featured,
    learning: &Learning,
    start: &Start,
    judge: JudgeModel,
    seed: u64,
) -> Result<Knowledge, EngineError> {
    let (mut priors, trained_prevalence, label_shift) = match start {
        Start::Linked { prior, .. } => (vec![prior.clone()], None, None),
        Start::Shipped | Start::Prefiltered { .. } => {
            let shipped = Priors::shipped()?;
            let kind = featured.corpus.kind;
            let priors = shipped.for_task(kind, &featured.rows.columns);
            match start {
                Start::Prefiltered { shift, .. } => (priors, None, *shift),
                _ => {
                    // Labelled pairs were chosen by somebody: how often they match says little of the others.
                    let trained =
                        Priors::prevalence(kind).filter(|_| learning.calibration.is_none());
                    (priors, trained, None)
                }
            }
        }
    };
    if let Some(calibration) = &learning.calibration {
        // The last prior stands in for labels: what labels taught before goes first.
        priors.push(calibration.prior());
    }
    let gold = featured
        .places
        .iter()
        .enumerate()
        .filter_map(|(row, &place)| {
            let is_match = *learning.gold.get(&featured.pairs[place].id)?;
            Some(GoldLabel {
                pair: row,
                is_match,
            })
        });
    Ok(Knowledge {
        judge: learning
            .calibration
            .as_ref()
            .map_or(judge, |calibration| calibration.judge),
        trained_prevalence,
        label_shift,
        vouched: start.vouches(featured, learning),
        of_kind: featured.corpus.kind != TaskKind::General,
        most_departure: match start {
            Start::Linked { .. } => MOST_DEPARTURE,
            _ => f64::INFINITY,
        },
        gold: gold.collect(),
        // Whoever labelled a pair does not want to hear what a judge says of it.
        judge_gold: false,
        goal: start.goal(featured.corpus.kind, learning),
        settled: start.settled(),
        seed,
        ..Knowledge::of_priors(priors)
    })
}

impl Start {
    /// What the decisions are to be good at.
    pub(crate) fn goal(&self, kind: TaskKind, learning: &Learning) -> Goal {
        match self {
            Self::Linked { goal, .. } => learning.goal.unwrap_or(*goal),
            _ => learning.goal(kind),
        }
    }

    fn settled(&self) -> Vec<f64> {
        match self {
            Self::Prefiltered { settled, .. } => settled.clone(),
            Self::Shipped | Self::Linked { .. } => Vec::new(),
        }
    }

    /// True where labels, a prior of the kind or a linker vouch for the probabilities before any verdict.
    pub(crate) fn vouches(&self, featured: &Featured, learning: &Learning) -> bool {
        matches!(self, Self::Linked { .. })
            || has_labels(learning)
            || Priors::prevalence(featured.corpus.kind).is_some()
    }
}

/// True where labels say what the prior would otherwise have to. Those of a run's own pairs vouch for a proxy once a fit to
/// them was taken.
fn has_labels(learning: &Learning) -> bool {
    let calibration = learning.calibration.as_ref();
    calibration.is_some_and(|calibration| calibration.labels >= Calibration::ENOUGH_LABELS)
}

/// Share of the first round that is added at random where neither labels nor the kind of the texts vouch for
/// the prior. On clinical narratives the general prior is far off; a random round finds that out.
const EXPLORE_UNKNOWN: f64 = 3.0;

/// The policy, with a first round that doubts a prior that nothing vouches for.
pub(crate) fn explored(learning: &Learning, featured: &Featured) -> Policy {
    // The prior of narratives was made from invented notes: it is doubted as none is.
    let doubted = [TaskKind::General, TaskKind::Narratives];
    let estimate = !doubted.contains(&featured.corpus.kind) || has_labels(learning);
    match &learning.policy {
        Policy::Gain(options) if !estimate => Policy::Gain(GainOptions {
            explore: options.explore.max(EXPLORE_UNKNOWN),
            ..*options
        }),
        policy => policy.clone(),
    }
}
