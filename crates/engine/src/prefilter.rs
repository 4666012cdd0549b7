//! The embedding as a tier: pairs that their wording settles are never embedded.
//!
//! Features without the cosine cost microseconds, an embedding milliseconds. On records the wording alone
//! nearly reaches the full proxy, and only the pairs that it leaves unsure need a cosine. Where no fit and no
//! prior shows that, every pair is embedded.

use std::sync::Arc;

use midband_core::{DecidedBy, FinalScore, Pair, PairId, Part, Route};
use midband_features::{DocumentFrequencies, FeatureRows};
use midband_lexicon::SharedLexicon;
use midband_model::{
    Calibration, DecisionRule, LabelShift, LexicalTier, LinearProxy, PairKey, Priors,
    numeric::sigmoid,
};
use midband_router::EmbedPlan;

use crate::{
    assembly::Unjudged,
    corpus::CorpusStats,
    neighbours::{Neighbours, columns},
    options::Learning,
};

/// Log odds from which on wording and static cosine settle a pair where nobody is asked. With the pairs below scored by the
/// model, F1 of `match` stays within .005 of embedding everything on the shared sets (docs/performance.md).
const STATIC_SETTLES: f64 = 0.5;

/// Tells pairs that their wording settles from those that want a cosine.
pub(crate) struct LexicalPrefilter {
    rows: FeatureRows,
    neighbours: Option<Arc<Neighbours>>,
    proxy: LinearProxy,
    settles: Settles,
    /// Share of matches where the proxy was trained, for a shift to be looked for.
    trained: Option<f64>,
    /// True where a judge may be asked about what is left.
    judged: bool,
}

enum Settles {
    /// Pairs whose log odds are at least this large.
    From(f64),
    /// All but a share of the pairs at hand; the log odds of those settled are at least this large.
    AllBut(EmbedPlan, f64),
}

/// A pair that its wording settles; which way, the rule of the run says.
struct Settled {
    id: PairId,
    probability: f64,
    parts: Option<Vec<Part>>,
}

/// What a look at their wording settles of some pairs.
pub(crate) struct Prefiltered {
    /// By place; `None` for a pair that wants a cosine.
    settled: Vec<Option<Settled>>,
    /// What settled them.
    pub(crate) tier: LexicalTier,
    /// How often matches were found to occur, where that differs from what the proxy was trained at.
    pub(crate) shift: Option<LabelShift>,
}

impl LexicalPrefilter {
    /// For a run: by what labels taught, or by the kind's prior with the share that its plan embeds. `None` where every
    /// pair wants a cosine, or has one already.
    pub(crate) fn of_run(
        learning: &Learning,
        judged: bool,
        corpus: &CorpusStats,
        neighbours: Option<&Arc<Neighbours>>,
    ) -> Option<Self> {
        let plan = EmbedPlan::without_labels(corpus.kind, judged);
        if let Some(calibration) = &learning.calibration {
            let tier = calibration.lexical.as_ref()?;
            // Few labels make wording look surer than it is: what could be asked about is never less than without them.
            let settles = Settles::AllBut(plan, tier.settled_from);
            let (counts, lexicon) = (&corpus.frequencies, &learning.lexicon);
            return Self::by_tier(calibration, counts, lexicon, neighbours, settles);
        }
        if plan == EmbedPlan::ALL || !learning.features.needs_cosine() {
            return None;
        }
        // A static cosine stands where the model's would.
        let by_static = neighbours.is_some_and(|lists| lists.are_static());
        let features = if by_static {
            learning.features.clone()
        } else {
            learning.features.without_cosine()
        };
        let settles = if by_static {
            Settles::From(STATIC_SETTLES)
        } else {
            Settles::AllBut(plan, 0.0)
        };
        let rows =
            FeatureRows::new(features, corpus.frequencies.clone()).with_lexicon(&learning.lexicon);
        let priors = Priors::shipped().ok()?;
        let proxy = |columns: &[String]| priors.proxy(corpus.kind, columns);
        let trained = Priors::prevalence(corpus.kind);
        Some(Self {
            trained,
            judged,
            ..Self::new(rows, neighbours, proxy, settles)?
        })
    }

    /// For whatever comes, by a calibration that has such a tier.
    pub(crate) fn of_calibration(
        calibration: &Calibration,
        neighbours: Option<&Arc<Neighbours>>,
        lexicon: &SharedLexicon,
    ) -> Option<Self> {
        let tier = calibration.lexical.as_ref()?;
        let settles = Settles::From(tier.settled_from);
        let counts = &calibration.frequencies;
        Self::by_tier(calibration, counts, lexicon, neighbours, settles)
    }

    fn by_tier(
        calibration: &Calibration,
        frequencies: &DocumentFrequencies,
        lexicon: &SharedLexicon,
        neighbours: Option<&Arc<Neighbours>>,
        settles: Settles,
    ) -> Option<Self> {
        let tier = calibration.lexical.as_ref()?;
        let with_cosine = tier.proxy.columns.iter().any(|name| name == "cosine");
        if with_cosine && !neighbours.is_some_and(|lists| lists.are_static()) {
            return None;
        }
        let features = if with_cosine {
            calibration.features.clone()
        } else {
            calibration.features.without_cosine()
        };
        let rows = FeatureRows::new(features, frequencies.clone()).with_lexicon(lexicon);
        let proxy = |columns: &[String]| Some(tier.proxy.on(columns));
        Self::new(rows, neighbours, proxy, settles)
    }

    fn new(
        rows: FeatureRows,
        neighbours: Option<&Arc<Neighbours>>,
        proxy: impl Fn(&[String]) -> Option<LinearProxy>,
        settles: Settles,
    ) -> Option<Self> {
        if rows.set().is_empty() || neighbours.is_some_and(|lists| lists.embedded()) {
            return None;
        }
        let columns = columns(&rows, neighbours);
        Some(Self {
            proxy: proxy(&columns)?,
            rows,
            neighbours: neighbours.cloned(),
            settles,
            trained: None,
            judged: false,
        })
    }

    /// CPU work: a few microseconds for each hundred bytes of text. Pairs that are `wanted` are never settled.
    /// Returns the pairs that want a cosine, in order, and what is settled beside them.
    pub(crate) fn split(
        &self,
        pairs: Vec<Pair>,
        wanted: impl Fn(&PairId) -> bool,
        explains: bool,
    ) -> (Vec<Pair>, Prefiltered) {
        let keys: Vec<PairKey> = pairs.iter().map(|pair| PairKey::from(&pair.id)).collect();
        let lists = self.neighbours.as_deref();
        let texts: Vec<_> = (pairs.iter().zip(&keys))
            .map(|(pair, key)| {
                let cosine = lists.and_then(|lists| lists.static_cosine(*key));
                (pair.a.as_str(), pair.b.as_str(), cosine)
            })
            .collect();
        let mut table = self.rows.table(&texts);
        if let Some(neighbours) = lists {
            table = neighbours.beside_static(&table, self.rows.set().len(), &keys);
        }
        let rows = || table.chunks_exact(self.proxy.columns.len().max(1));
        let mut proxy = self.proxy.clone();
        let mut logits: Vec<f64> = rows().map(|row| proxy.logit(row)).collect();
        let shift = self.trained.and_then(|trained| match self.judged {
            true => LabelShift::estimate(&logits, trained),
            false => LabelShift::of_unjudged(&logits, trained),
        });
        if let Some(shift) = shift {
            shift.apply(&mut proxy);
            logits = logits.iter().map(|logit| shift.applied(*logit)).collect();
        }
        let settled_from = match self.settles {
            Settles::From(logit) => logit,
            // A plan that embeds all is one that nothing was measured for: the fit's own threshold says more.
            Settles::AllBut(EmbedPlan::ALL, least) => least,
            Settles::AllBut(plan, least) => plan.threshold(&logits).max(least),
        };
        let (mut unsure, mut settled) = (Vec::new(), Vec::with_capacity(pairs.len()));
        for ((pair, logit), row) in pairs.into_iter().zip(&logits).zip(rows()) {
            // A pair with an empty side has no score of any kind: the embedding path says so.
            let blank = pair.a.is_blank() || pair.b.is_blank();
            let sure =
                logit.is_finite() && logit.abs() >= settled_from && !blank && !wanted(&pair.id);
            if sure {
                settled.push(Some(Settled {
                    id: pair.id,
                    probability: sigmoid(*logit),
                    parts: explains.then(|| proxy.explain(row).parts),
                }));
            } else {
                settled.push(None);
                unsure.push(pair);
            }
        }
        let tier = LexicalTier {
            proxy,
            settled_from,
        };
        (
            unsure,
            Prefiltered {
                settled,
                tier,
                shift,
            },
        )
    }
}

impl Prefiltered {
    /// Pairs that are settled.
    pub(crate) fn count(&self) -> usize {
        self.settled.iter().flatten().count()
    }

    /// Probabilities of the pairs that are settled.
    pub(crate) fn probabilities(&self) -> Vec<f64> {
        let settled = self.settled.iter().flatten();
        settled.map(|pair| pair.probability).collect()
    }

    /// A score a pair in the order of all, with those of the unsure ones; the rule decides those that are settled.
    pub(crate) fn woven(self, rule: &DecisionRule, of_unsure: Vec<FinalScore>) -> Vec<FinalScore> {
        let mut of_unsure = of_unsure.into_iter();
        let all = self.settled.into_iter();
        all.filter_map(|settled| match settled {
            Some(settled) => Some(settled.score(rule)),
            None => of_unsure.next(),
        })
        .collect()
    }
}

impl Settled {
    fn score(self, rule: &DecisionRule) -> FinalScore {
        let unjudged = Unjudged {
            id: self.id,
            cosine: None,
            proxy: self.probability,
            route: if self.probability >= rule.cut {
                Route::Accept
            } else {
                Route::Reject
            },
            decision: rule.decide(self.probability),
            decided_by: DecidedBy::Embedding,
            truncated: false,
            indistinct: false,
            parts: self.parts,
        };
        unjudged.score()
    }
}
