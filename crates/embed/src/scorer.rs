//! Pairs → cosines. The part of midband that a backend can use alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use midband_core::{Cosine, EmbedError, Embedder, Pair};
use ndarray::{Array2, ArrayView1};

use crate::recent::{Recent, RecentVector};

/// Vectors kept between calls: twice this many, about 100 MB each at width 384.
const KEPT_VECTORS: usize = 32_768;

/// How far a vector's length may be from 1. f32 rounding over 4,096 numbers stays below 1e-4.
const UNIT_TOLERANCE: f32 = 1e-3;

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
    /// The model's vector is zero, or not of unit length: it has no direction to compare.
    #[error("the vector of text {0} has no direction")]
    NoDirection(char),
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
        let kept = self.vectors(&texts.list)?;
        // Not asked of the embedder, which may have to load its model to know.
        let width = kept.first().map_or(0, |kept| kept.vector.len());
        let mut matrix = Array2::<f32>::zeros((kept.len(), width));
        for (mut row, kept) in matrix.rows_mut().into_iter().zip(&kept) {
            row.assign(&ArrayView1::from(&kept.vector[..]));
        }
        let faults: Vec<Option<Fault>> = matrix.rows().into_iter().map(fault).collect();
        Ok(pairs
            .iter()
            .zip(places)
            .map(|(pair, place)| match place {
                [Some(a), Some(b)] => Comparison {
                    cosine: match (faults[a], faults[b]) {
                        (Some(fault), _) => Err(fault.of('a')),
                        (_, Some(fault)) => Err(fault.of('b')),
                        _ => Cosine::new(matrix.row(a).dot(&matrix.row(b)))
                            .map_err(|_| NoCosine::NotFinite('a')),
                    },
                    truncated: kept[a].truncated || kept[b].truncated,
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

    /// One kept vector a distinct text.
    fn vectors(&self, texts: &[&str]) -> Result<Vec<RecentVector>, EmbedError> {
        let keys: Vec<[u8; 16]> = texts.iter().map(|text| Recent::key(text)).collect();
        let mut found: Vec<Option<RecentVector>> = {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            keys.iter().map(|&key| recent.get(key)).collect()
        };
        let missing: Vec<usize> = (0..texts.len())
            .filter(|&index| found[index].is_none())
            .collect();
        if !missing.is_empty() {
            let wanted: Vec<&str> = missing.iter().map(|&index| texts[index]).collect();
            let vectors = self.embedder.embed(&wanted)?;
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            for (row, &index) in missing.iter().enumerate() {
                let embedding = vectors.get(row).ok_or_else(|| {
                    EmbedError::Model(format!(
                        "{} rows came back for {} texts",
                        vectors.len(),
                        missing.len()
                    ))
                })?;
                let kept = RecentVector {
                    vector: Arc::from(embedding.vector),
                    truncated: embedding.truncated,
                };
                recent.put(keys[index], kept.clone());
                found[index] = Some(kept);
            }
        }
        Ok(found.into_iter().flatten().collect())
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
}

impl Fault {
    fn of(self, side: char) -> NoCosine {
        match self {
            Self::NotFinite => NoCosine::NotFinite(side),
            Self::NoDirection => NoCosine::NoDirection(side),
        }
    }
}

fn fault(row: ArrayView1<'_, f32>) -> Option<Fault> {
    let length = row.dot(&row).sqrt();
    if !length.is_finite() {
        Some(Fault::NotFinite)
    } else if (length - 1.0).abs() > UNIT_TOLERANCE {
        Some(Fault::NoDirection)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use midband_core::{ModelIdentity, Vectors};

    use super::*;

    /// A text is its own vector: "x y" -> [x, y]. Counts the texts it embeds.
    struct Literal {
        model: ModelIdentity,
        embedded: AtomicUsize,
    }

    impl Literal {
        fn scorer() -> EmbeddingScorer<Self> {
            EmbeddingScorer::new(Self {
                model: ModelIdentity {
                    name: "literal".into(),
                    digest: "none".into(),
                },
                embedded: AtomicUsize::new(0),
            })
        }
    }

    impl Embedder for Literal {
        fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
            self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
            let mut vectors = Vectors::zeros(texts.len(), 2);
            for (row, text) in texts.iter().enumerate() {
                let numbers: Vec<f32> = text.split(' ').map(|n| n.parse().unwrap()).collect();
                vectors.set(row, &numbers, text.len() > 9)?;
            }
            Ok(vectors)
        }
        fn width(&self) -> usize {
            2
        }
        fn max_tokens(&self) -> usize {
            9
        }
        fn model(&self) -> &ModelIdentity {
            &self.model
        }
    }

    #[test]
    fn what_has_no_direction_never_gets_a_number() {
        let scorer = Literal::scorer();
        let pairs = [
            Pair::new("zero", "0 0", "1 0"),
            Pair::new("nan", "1 0", "NaN 0"),
            Pair::new("infinite", "inf 0", "1 0"),
            Pair::new("empty", "1 0", " \n"),
            Pair::new("right", "1 0", "0.6 0.8"),
        ];
        let cosines: Vec<_> = scorer
            .score(&pairs)
            .unwrap()
            .into_iter()
            .map(|c| c.cosine)
            .collect();
        assert_eq!(cosines[0], Err(NoCosine::NoDirection('a')));
        assert_eq!(cosines[1], Err(NoCosine::NotFinite('b')));
        assert_eq!(cosines[2], Err(NoCosine::NotFinite('a')));
        assert_eq!(cosines[3], Err(NoCosine::EmptyText('b')));
        assert_eq!(cosines[4].map(Cosine::get), Ok(0.6));
    }

    #[test]
    fn a_distinct_text_is_embedded_once_within_and_across_calls() {
        let scorer = Literal::scorer();
        let pairs = [
            Pair::new("1", "1 0", "0 1"),
            Pair::new("2", "0 1", "1 0"),
            Pair::new("3", "1 0", "1 0"),
        ];
        let first = scorer.score(&pairs).unwrap();
        assert_eq!(scorer.score(&pairs).unwrap(), first);
        assert_eq!(scorer.embedder().embedded.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn truncation_marks_the_pair() {
        let pairs = [
            Pair::new("1", "1 0", "0.6000000000 0.8"),
            Pair::new("2", "1 0", "0 1"),
        ];
        let marks: Vec<bool> = Literal::scorer()
            .score(&pairs)
            .unwrap()
            .iter()
            .map(|c| c.truncated)
            .collect();
        assert_eq!(marks, [true, false]);
    }
}
