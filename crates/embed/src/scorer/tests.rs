//! What the scorer makes of vectors.

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
        Pair::new("long", "1 0", "6 8"),
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
    assert_eq!(cosines[5], Err(NoCosine::NotUnit('b')));
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
fn what_the_deadline_cuts_off_is_late_and_what_is_known_is_not() {
    let scorer = Literal::scorer();
    let pairs = [
        Pair::new("1", "1 0", "0 1"),
        Pair::new("2", "0 1", "0.6 0.8"),
    ];
    let soon = Instant::now() + std::time::Duration::from_secs(60);
    assert!(
        scorer.score_until(&pairs[..1], soon).unwrap()[0]
            .cosine
            .is_ok()
    );
    let found = scorer.score_until(&pairs, Instant::now()).unwrap();
    assert!(found[0].cosine.is_ok());
    assert_eq!(found[1].cosine, Err(NoCosine::Late));
    assert_eq!(scorer.embedder().embedded.load(Ordering::Relaxed), 2);
    assert!(scorer.score(&pairs).unwrap()[1].cosine.is_ok());
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
