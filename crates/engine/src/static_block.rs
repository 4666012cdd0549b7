//! Records found by static embeddings, so that the model embeds only the pairs that they and the wording leave unsure.
//!
//! A static cosine costs microseconds. Brought to the scale of the model's by a line through a few pairs that both compare,
//! it stands in for it wherever it settles a pair with the wording.

use std::{collections::HashSet, sync::Arc};

use midband_block::{Candidate, Settings, Source, find};
use midband_core::Embedder;
use midband_embed::StaticEmbedder;
use midband_model::{PairKey, TaskKind};
use midband_router::Policy;
use tokio::task;

use crate::{
    Blocked, Engine, EngineError, Learning,
    cascade::Cascade,
    corpus::kind_of_lists,
    engine::Parts,
    neighbours::Neighbours,
    progress::Tally,
    records::{Columns, Record, pair, texts},
    static_tier::{CosineScale, RecordLists, StaticTier},
};

/// Records in all from which on [`Engine::static_pays`]: below, the model embeds all of them in half a minute of CPU.
pub const STATIC_FROM: usize = 2_000;

/// Pairs that both embeddings compare: some 5 s of CPU.
const COMPARED: usize = 150;

impl Engine {
    /// True where the candidates of such lists are better found by static embeddings: records, many of them, in a run that
    /// asks nobody and embeds no more pairs than it must. Other texts are embedded in any case; and a judge is asked about
    /// so many pairs that, with their rivals, nearly every record is.
    pub fn static_pays(&self, left: &[Record], right: Option<&[Record]>, source: Source) -> bool {
        let records = left.len() + right.map_or(0, <[Record]>::len);
        let Parts {
            cascade, learning, ..
        } = self.parts();
        let Some(learning) = learning.as_deref().filter(|_| cascade.judge.is_none()) else {
            return false;
        };
        records >= STATIC_FROM
            && source != Source::Words
            && embeds_unsure_only(learning)
            && kind_of_lists(learning, left, right) == TaskKind::Records
    }

    /// [`Engine::block`] by static embeddings that are fitted to the lists. The same lists give the same candidates and
    /// scores; the model embeds a few of the pairs here, and later those that are unsure.
    ///
    /// # Errors
    /// As [`Engine::block`].
    pub async fn block_by_static(
        &self,
        embedder: Arc<StaticEmbedder>,
        left: Arc<[Record]>,
        right: Option<Arc<[Record]>>,
        settings: Settings,
    ) -> Result<Blocked, EngineError> {
        let Parts {
            cascade,
            on_progress,
            ..
        } = self.parts().clone();
        let found = task::spawn_blocking(move || {
            let tally = Tally::new(on_progress);
            let lists = RecordLists { left, right };
            let (candidates, neighbours) = searched(&cascade, &embedder, &lists, settings, &tally)?;
            Ok::<_, EngineError>((candidates, neighbours, lists))
        });
        let (candidates, neighbours, lists) = found
            .await
            .map_err(|death| EngineError::Stage(death.to_string()))??;
        let engine = self.knowing(None, neighbours);
        Ok(Blocked::of(candidates, engine, lists.left, lists.right))
    }
}

fn embeds_unsure_only(learning: &Learning) -> bool {
    let calibrated = learning.calibration.as_deref();
    learning.embed_unsure_only
        && learning.neighbours
        && !matches!(learning.policy, Policy::Target(_))
        && learning.features.needs_cosine()
        && calibrated.is_none()
}

fn searched(
    cascade: &Cascade,
    embedder: &StaticEmbedder,
    lists: &RecordLists,
    settings: Settings,
    tally: &Tally,
) -> Result<(Vec<Candidate>, Neighbours), EngineError> {
    let (left, right) = (&lists.left, lists.right.as_ref());
    let all = || [Some(left), right].into_iter().flatten();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut distinct: Vec<&str> = Vec::new();
    for record in all().flat_map(|list| list.iter()) {
        let text = record.text.as_str();
        if seen.insert(text) {
            distinct.push(text);
        }
    }
    tally.read_all(distinct.len());
    let fitted = embedder.for_texts(&distinct);
    let left_texts = texts(left);
    let right_texts = right.map(|list| texts(list));
    let a = Columns::with(Some(fitted.embed(&left_texts)?), left);
    let b = match (right, &right_texts) {
        (Some(list), Some(texts)) => Some(Columns::with(Some(fitted.embed(texts)?), list)),
        _ => None,
    };
    tally.compared(distinct.len());
    let other_list = (b.as_ref().zip(right_texts.as_ref())).map(|(b, texts)| b.list(texts));
    let (candidates, ranks) = find(&a.list(&left_texts), other_list.as_ref(), &settings)?;
    let partners = right.unwrap_or(left);
    let other = b.as_ref().unwrap_or(&a);
    let cosines: Vec<f32> = candidates
        .iter()
        .map(|pair| cosine(&a, pair.left, other, pair.right))
        .collect();
    let pair = |candidate: &Candidate| pair(left, partners, candidate);
    let step = candidates.len().div_ceil(COMPARED).max(1);
    let both: Vec<usize> = (0..candidates.len()).step_by(step).collect();
    let pairs: Vec<_> = both.iter().map(|&at| pair(&candidates[at])).collect();
    let compared = cascade.embeddings.score(&pairs)?;
    let compared = both.iter().zip(&compared);
    let points: Vec<(f32, f32)> = compared
        .filter_map(|(&at, model)| Some((cosines[at], model.cosine.ok()?.get())))
        .collect();
    let neighbours = Neighbours::of(&ranks, &candidates, |candidate| {
        PairKey::from(&pair(candidate).id)
    });
    let scale = CosineScale::fit(&points);
    let tier = StaticTier::new(lists.clone(), candidates.clone(), &cosines, scale);
    Ok((candidates, neighbours.by_static(tier)))
}

fn cosine(a: &Columns, left: u32, b: &Columns, right: u32) -> f32 {
    let a = a.vectors.as_ref().and_then(|all| all.get(left as usize));
    let b = b.vectors.as_ref().and_then(|all| all.get(right as usize));
    a.zip(b).map_or(0.0, |(a, b)| {
        let products = a.vector.iter().zip(b.vector);
        products.map(|(x, y)| x * y).sum()
    })
}
