//! Pairs that are scored by themselves, with nothing learnt.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use midband::{
    Decision, EmbedError, Embedder, Engine, EngineError, ModelIdentity, Pair, Record, Vectors,
    block::Settings,
};

/// Nearly one vector for all texts, by their length: what is told apart is told by words.
struct Blind(ModelIdentity);

impl Embedder for Blind {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut vectors = Vectors::zeros(texts.len(), 2);
        for (row, text) in texts.iter().enumerate() {
            let angle = text.len() as f32 / 20.0;
            vectors.set(row, &[angle.cos(), angle.sin()], false)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        2
    }
    fn max_tokens(&self) -> usize {
        256
    }
    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}

fn engine() -> Engine {
    let identity = ModelIdentity {
        name: "blind".into(),
        digest: "none".into(),
    };
    let builder = Engine::builder().embedder(Blind(identity));
    builder.without_learning().build().unwrap()
}

fn pairs() -> Vec<Pair> {
    let record = |name: &str, maker: &str, price: &str| {
        format!("name: {name}; manufacturer: {maker}; price: {price}")
    };
    vec![
        Pair::new(
            "same",
            record("kettle wk7280 brushed steel", "zanfora", "39.90"),
            record("the wk7280 kettle steel brushed", "zanfora", "41.00"),
        ),
        Pair::new(
            "other",
            record("kettle wk7280 brushed steel", "zanfora", "39.90"),
            record("toaster bt300 with four slots", "morvex", "25.50"),
        ),
        Pair::new(
            "prose",
            "the kettle is of brushed steel",
            "a kettle of steel",
        ),
    ]
}

#[tokio::test]
async fn records_alone_are_told_apart_by_their_words() {
    let scored = engine().score(pairs()).await.unwrap();
    assert!(scored.fit.is_none());
    let score = |at: usize| scored.scores[at].score.unwrap();
    assert!(
        score(0) > 0.8 && score(1) < 0.05,
        "{} {}",
        score(0),
        score(1)
    );
    let decisions: Vec<_> = scored.scores.iter().map(|score| score.decision).collect();
    // Nothing vouches for the cosine of prose.
    assert_eq!(
        decisions,
        [Decision::Match, Decision::NoMatch, Decision::Review]
    );
}

#[tokio::test]
async fn company_changes_no_score() {
    let together = engine().score(pairs()).await.unwrap().scores;
    for (pair, score) in pairs().into_iter().zip(&together) {
        let alone = engine().score(vec![pair]).await.unwrap().scores;
        assert_eq!(&alone[0], score);
    }
    let streamed: Vec<_> = engine().stream(stream::iter(pairs())).collect().await;
    let streamed: Vec<_> = streamed
        .into_iter()
        .map(|score| score.unwrap().id)
        .collect();
    assert_eq!(streamed.len(), together.len());
}

/// Promises two numbers per text and returns other rows.
struct Misshapen {
    model: ModelIdentity,
    /// Rows that are left out.
    lacks: usize,
    width: usize,
}

impl Embedder for Misshapen {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let rows = texts.len() - self.lacks;
        let mut vectors = Vectors::zeros(rows, self.width);
        let mut vector = vec![0.0; self.width];
        vector[0] = 1.0;
        for row in 0..rows {
            vectors.set(row, &vector, false)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        2
    }
    fn max_tokens(&self) -> usize {
        256
    }
    fn model(&self) -> &ModelIdentity {
        &self.model
    }
}

#[tokio::test]
async fn vectors_of_another_shape_than_promised_are_an_error() {
    let is_shape = |error: &EngineError| {
        matches!(
            error,
            EngineError::Embedding(EmbedError::Shape { promised: 2, .. })
        )
    };
    for (lacks, width) in [(0, 3), (0, 1), (1, 2)] {
        let embedder = Misshapen {
            model: ModelIdentity {
                name: "misshapen".into(),
                digest: "none".into(),
            },
            lacks,
            width,
        };
        let builder = Engine::builder().embedder(embedder);
        let engine = builder.without_learning().build().unwrap();
        let prose = || vec![pairs().remove(2)];
        let error = engine.score(prose()).await.unwrap_err();
        assert!(is_shape(&error), "{error}");
        let limit = Duration::from_secs(60);
        let error = engine.score_within(prose(), limit).await.unwrap_err();
        assert!(is_shape(&error), "{error}");
        let list: Arc<[Record]> = ["hip pain", "knee pain", "gout"]
            .iter()
            .enumerate()
            .map(|(at, text)| Record::new(at.to_string(), *text))
            .collect();
        let matched = engine.match_records(list, None, Settings::default()).await;
        assert!(is_shape(&matched.err().unwrap()));
    }
}
