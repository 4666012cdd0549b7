//! Pairs → cosines. The part of midband that a backend can use alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use midband_core::{Cosine, EmbedError, Embedder, Pair, Reached};
use ndarray::{Array2, ArrayView1};

use crate::recent_vectors::{Recent, RecentVector};

/// Vectors kept between calls: twice this many, about 100 MB each at width 384.
const KEPT_VECTORS: usize = 32_768;

/// How far a vector's length may be from 1. f32 rounding over 4,096 numbers stays below 1e-4.
const UNIT_TOLERANCE: f32 = 1e-3;

/// Texts between two looks at the clock.
const GROUP: usize = 64;

/// Why a pair has no cosine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCosine {
    /// A text is empty or nothing but white space.
    #[error("text {0} is empty")]
    EmptyText(char),
    /// The model's vector holds NaN or infinity.
    #[error("the vector of text {0} is not finite")]
    NotFinite(char),
    /// The model's vector is zero: it has no direction to compare.
    #[error("the vector of text {0} has no direction")]
    NoDirection(char),
    /// The model's vector is not of unit length, as [`Embedder::embed`] promises it.
    #[error("the vector of text {0} is not of unit length")]
    NotUnit(char),
    /// The deadline came before one of the texts was embedded.
    #[error("the deadline came before it was embedded")]
    Late,
}

/// What the embeddings say of one pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The cosine, or why there is none.
    pub cosine: Result<Cosine, NoCosine>,
    /// True where at least one text was longer than the model reads.
    pub truncated: bool,
}

/// Compares pairs by the cosine of their embeddings.
///
/// Every distinct text of a call is embedded once, and so is a text that recurs within the last tens of
/// thousands. A score depends on its pair alone, within 1e-5.
pub struct EmbeddingScorer<E> {
    embedder: E,
    recent: Mutex<Recent>,
}

impl<E: Embedder> EmbeddingScorer<E> {
    /// A scorer over an embedder.
    pub fn new(embedder: E) -> Self {
        Self {
            embedder,
            recent: Mutex::new(Recent::new(KEPT_VECTORS)),
        }
    }

    /// The embedder below.
    pub fn embedder(&self) -> &E {
        &self.embedder
    }

    /// One comparison a pair, in the order given.
    ///
    /// # Errors
    /// The embedder failed as a whole. A pair that has no cosine is not an error: see
    /// [`Comparison::cosine`].
    pub fn score(&self, pairs: &[Pair]) -> Result<Vec<Comparison>, EmbedError> {
        self.score_by(pairs, None)
    }

    /// The same until a point in time: the first pairs come first, and those that were not reached are
    /// [`NoCosine::Late`]. How punctual it is follows from [`Embedder::embed_until`].
    ///
    /// # Errors
    /// As [`EmbeddingScorer::score`].
    pub fn score_until(
        &self,
        pairs: &[Pair],
        deadline: Instant,
    ) -> Result<Vec<Comparison>, EmbedError> {
        self.score_by(pairs, Some(deadline))
    }

    fn score_by(
        &self,
        pairs: &[Pair],
        deadline: Option<Instant>,
    ) -> Result<Vec<Comparison>, EmbedError> {
        let mut texts = Distinct::default();
        let places: Vec<[Option<usize>; 2]> = pairs
            .iter()
            .map(|pair| {
                // A pair with an empty side needs no vector for the other one.
                if pair.a.is_blank() || pair.b.is_blank() {
                    [None, None]
                } else {
                    [
                        Some(texts.place(pair.a.as_str())),
                        Some(texts.place(pair.b.as_str())),
                    ]
                }
            })
            .collect();
        let kept = self.vectors(&texts.list, deadline)?;
        // Not asked of the embedder, which may have to load its model to know.
        let width = (kept.iter().flatten().next()).map_or(0, |kept| kept.vector.len());
        let mut matrix = Array2::<f32>::zeros((kept.len(), width));
        for (mut row, kept) in matrix.rows_mut().into_iter().zip(&kept) {
            if let Some(kept) = kept {
                row.assign(&ArrayView1::from(&kept.vector[..]));
            }
        }
        let faults: Vec<Option<Fault>> = matrix.rows().into_iter().map(fault).collect();
        Ok(pairs
            .iter()
            .zip(places)
            .map(|(pair, place)| match place {
                [Some(a), Some(b)] => match (&kept[a], &kept[b]) {
                    (Some(left), Some(right)) => Comparison {
                        cosine: match (faults[a], faults[b]) {
                            (Some(fault), _) => Err(fault.of('a')),
                            (_, Some(fault)) => Err(fault.of('b')),
                            _ => Cosine::new(matrix.row(a).dot(&matrix.row(b)))
                                .map_err(|_| NoCosine::NotFinite('a')),
                        },
                        truncated: left.truncated || right.truncated,
                    },
                    _ => Comparison {
                        cosine: Err(NoCosine::Late),
                        truncated: false,
                    },
                },
                _ => Comparison {
                    cosine: Err(NoCosine::EmptyText(if pair.a.is_blank() {
                        'a'
                    } else {
                        'b'
                    })),
                    truncated: false,
                },
            })
            .collect())
    }

    /// One kept vector a distinct text; `None` for those that the deadline cut off.
    fn vectors(
        &self,
        texts: &[&str],
        deadline: Option<Instant>,
    ) -> Result<Vec<Option<RecentVector>>, EmbedError> {
        let keys: Vec<[u8; 16]> = texts.iter().map(|text| Recent::key(text)).collect();
        let mut found: Vec<Option<RecentVector>> = {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            keys.iter().map(|&key| recent.get(key)).collect()
        };
        let missing: Vec<usize> = (0..texts.len())
            .filter(|&index| found[index].is_none())
            .collect();
        let group = deadline.map_or(missing.len(), |_| GROUP).max(1);
        for places in missing.chunks(group) {
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
            let wanted: Vec<&str> = places.iter().map(|&index| texts[index]).collect();
            let Reached { vectors, reached } = match deadline {
                None => self.embedder.embed(&wanted)?.into(),
                Some(deadline) => self.embedder.embed_until(&wanted, deadline)?,
            };
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            for (row, &index) in places.iter().enumerate() {
                let (Some(embedding), Some(&reached)) = (vectors.get(row), reached.get(row)) else {
                    return Err(EmbedError::Model(format!(
                        "{} rows came back for {} texts",
                        vectors.len(),
                        places.len()
                    )));
                };
                if reached {
                    let kept = RecentVector {
                        vector: Arc::from(embedding.vector),
                        truncated: embedding.truncated,
                    };
                    recent.put(keys[index], kept.clone());
                    found[index] = Some(kept);
                }
            }
        }
        Ok(found)
    }
}

#[derive(Default)]
struct Distinct<'a> {
    list: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Distinct<'a> {
    fn place(&mut self, text: &'a str) -> usize {
        *self.places.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() - 1
        })
    }
}

#[derive(Clone, Copy)]
enum Fault {
    NotFinite,
    NoDirection,
    NotUnit,
}

impl Fault {
    fn of(self, side: char) -> NoCosine {
        match self {
            Self::NotFinite => NoCosine::NotFinite(side),
            Self::NoDirection => NoCosine::NoDirection(side),
            Self::NotUnit => NoCosine::NotUnit(side),
        }
    }
}

fn fault(row: ArrayView1<'_, f32>) -> Option<Fault> {
    let length = row.dot(&row).sqrt();
    if !length.is_finite() {
        Some(Fault::NotFinite)
    } else if length <= UNIT_TOLERANCE {
        Some(Fault::NoDirection)
    } else if (length - 1.0).abs() > UNIT_TOLERANCE {
        Some(Fault::NotUnit)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
