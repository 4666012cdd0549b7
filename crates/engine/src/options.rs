//! How a run learns.

use std::{collections::HashMap, sync::Arc, time::Duration};

use midband_core::PairId;
use midband_features::{DocumentFrequencies, FeatureSet, Group};
use midband_lexicon::SharedLexicon;
use midband_model::{Calibration, Goal, TaskKind};
use midband_router::Policy;

/// Whether names of a lexicon are written out before texts are embedded: "T2DM (type 2 diabetes)".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpandTerms {
    /// If a fit to at least 50 labelled pairs foretells held-out labels better with them, or the calibration was made so. Never for
    /// records, and not for the pairs of lists.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How a run learns.
#[derive(Clone, Debug)]
pub struct Learning {
    /// Which pairs are asked.
    pub policy: Policy,
    /// What the decisions are to be good at; `None` takes the calibration's, else [`Goal::of_kind`].
    pub goal: Option<Goal>,
    /// What is compared beside the cosine.
    pub features: FeatureSet,
    /// The names behind the clinical features.
    pub lexicon: SharedLexicon,
    /// Whether its names are written out before texts are embedded.
    pub expand_terms: ExpandTerms,
    /// Compare how pairs of lists stand among their neighbours too ([`midband_features::NEIGHBOURS`]).
    pub neighbours: bool,
    /// What the texts are; `None` finds out.
    pub kind: Option<TaskKind>,
    /// Embed only the pairs that their wording leaves unsure, where labels or the kind's prior show that
    /// nothing is lost. A target has every pair embedded: its certificate covers what the router sees.
    pub embed_unsure_only: bool,
    /// Time for asking, from the first question on. Questions come in rounds; what a round took says how many more there is
    /// time for, the best first. What is open when it ends stays unanswered. A target has none.
    pub time_limit: Option<Duration>,
    /// What labels taught before.
    pub calibration: Option<Arc<Calibration>>,
    /// Word counts of further texts of the kind, such as those that nobody labelled: they join those of the pairs.
    pub background: Option<DocumentFrequencies>,
    /// Pairs whose truth is known.
    pub gold: HashMap<PairId, bool>,
}

impl Learning {
    /// All features, nothing known beforehand.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            goal: None,
            features: FeatureSet::all(),
            lexicon: SharedLexicon::default(),
            expand_terms: ExpandTerms::default(),
            neighbours: true,
            kind: None,
            embed_unsure_only: false,
            time_limit: None,
            calibration: None,
            background: None,
            gold: HashMap::new(),
        }
    }

    /// Digest of a lexicon that is not the built-in one, where features depend on it.
    pub fn own_lexicon(&self) -> Option<String> {
        let own = !self.lexicon.is_shipped() && self.features.has(Group::Clinical);
        own.then(|| self.lexicon.digest())
    }

    /// What the decisions on texts of a kind are to be good at.
    pub(crate) fn goal(&self, kind: TaskKind) -> Goal {
        let learnt = self
            .calibration
            .as_ref()
            .map(|calibration| calibration.goal);
        self.goal.or(learnt).unwrap_or_else(|| Goal::of_kind(kind))
    }
}
