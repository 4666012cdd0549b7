//! Lists of records through the library: each text embedded once, each pair scored as if it came alone.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use midband::{
    EmbedError, Embedder, Engine, EngineBuilder, Learning, ModelIdentity, Pair, PairId, Record,
    Status, Vectors,
    block::{Settings, Source},
    router::{GainOptions, Policy},
};

/// A direction for each letter; counts the texts that it embeds.
struct Letters {
    model: ModelIdentity,
    embedded: Arc<AtomicUsize>,
}

impl Embedder for Letters {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
        let mut vectors = Vectors::zeros(texts.len(), 26);
        for (row, text) in texts.iter().enumerate() {
            let mut vector = [0.0f32; 26];
            for letter in text.bytes().filter(u8::is_ascii_lowercase) {
                vector[usize::from(letter - b'a')] += 1.0;
            }
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|x| *x /= length);
            vectors.set(row, &vector, false)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        26
    }
    fn max_tokens(&self) -> usize {
        100
    }
    fn model(&self) -> &ModelIdentity {
        &self.model
    }
}

fn builder() -> (EngineBuilder, Arc<AtomicUsize>) {
    let embedded = Arc::new(AtomicUsize::new(0));
    let letters = Letters {
        model: ModelIdentity {
            name: "letters".into(),
            digest: "none".into(),
        },
        embedded: embedded.clone(),
    };
    (Engine::builder().embedder(letters), embedded)
}

fn engine() -> (Engine, Arc<AtomicUsize>) {
    let (builder, embedded) = builder();
    (builder.by_pair().build().unwrap(), embedded)
}

fn records(texts: &[&str]) -> Arc<[Record]> {
    let all = texts.iter().enumerate();
    all.map(|(at, text)| Record::new(at.to_string(), *text))
        .collect()
}

#[tokio::test]
async fn every_text_is_embedded_once_and_scores_are_those_of_loose_pairs() {
    let (engine, embedded) = engine();
    let left = records(&["asthma", "hip pain", "asthma", "knee pain"]);
    let right = records(&["pain of the hip", "asthma", "gout"]);
    let settings = Settings {
        source: Source::Embedding,
        top_k: 3,
        ..Settings::default()
    };
    let mut matched = engine
        .match_records(left.clone(), Some(right.clone()), settings)
        .await
        .unwrap();
    let mut pairs = Vec::new();
    while let Some(pair) = matched.next().await {
        pairs.push(pair.unwrap());
    }
    // Three partners of three: every pair, once.
    assert_eq!(pairs.len(), 12);
    assert_eq!(embedded.load(Ordering::Relaxed), 5);
    assert_eq!(matched.summary().pairs, 12);
    for pair in &pairs {
        let (a, b) = (
            &left[pair.candidate.left as usize],
            &right[pair.candidate.right as usize],
        );
        assert_eq!(pair.score.id.as_str(), format!("{}|{}", a.id, b.id));
        let loose = Pair::new("x", a.text.as_str(), b.text.as_str());
        let alone = engine.score(vec![loose]).await.unwrap();
        assert_eq!(alone.scores[0].score, pair.score.score);
        assert!((pair.score.cosine.unwrap().get() - pair.candidate.cosine.unwrap()).abs() < 1e-5);
    }
}

#[tokio::test]
async fn a_record_without_text_is_rejected_in_its_pairs_and_never_embedded() {
    let (engine, embedded) = engine();
    let list = records(&["hip pain", " ", "hip pains"]);
    let blocked = engine.block(list, None, Settings::default()).await.unwrap();
    let pairs: Vec<_> = blocked
        .candidates
        .iter()
        .map(|pair| (pair.left, pair.right))
        .collect();
    assert_eq!(pairs, [(0, 2)]);
    assert_eq!(embedded.load(Ordering::Relaxed), 2);
    let pair = blocked.pair(&blocked.candidates[0]);
    let scored = blocked.engine.score(vec![pair]).await.unwrap();
    assert_eq!(scored.scores[0].status, Status::Settled);
    // Nothing was embedded a second time.
    assert_eq!(embedded.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_lists_taught_scores_loose_pairs_by_what_these_show() {
    let words = [
        "asthma",
        "gout",
        "knee pain",
        "hip pain",
        "fever",
        "cough",
        "rash",
        "scurvy",
    ];
    let right = words.map(|word| format!("old {word}"));
    let right: Vec<&str> = right.iter().map(String::as_str).collect();
    let mut learning = Learning::new(Policy::Gain(GainOptions::default()));
    for a in 0..words.len() {
        let gold = (0..words.len()).map(|b| (PairId::new(format!("{a}|{b}")), a == b));
        learning.gold.extend(gold);
    }
    let (builder, _) = builder();
    let engine = builder.learn(learning).build().unwrap();
    let blocked = engine
        .block(records(&words), Some(records(&right)), Settings::default())
        .await
        .unwrap();
    let candidates = blocked.candidates.iter();
    let candidates = candidates
        .map(|candidate| blocked.pair(candidate))
        .collect();
    let learnt = blocked.engine.score(candidates).await.unwrap().fit.unwrap();
    let of_lists = &learnt.calibration.proxy.columns;
    assert!(of_lists.len() > learnt.calibration.features.len());
    let pairs: Vec<Pair> = (words.iter().zip(&right))
        .map(|(a, b)| Pair::new(*a, *a, *b))
        .collect();
    let fitted = engine.fitted(&learnt.calibration);
    let scored = fitted.score(pairs.clone()).await.unwrap().scores;
    assert_eq!(scored.len(), pairs.len());
    for (pair, score) in pairs.iter().zip(&scored) {
        assert_eq!(score.id, pair.id);
        let alone = fitted.score(vec![pair.clone()]).await.unwrap();
        assert_eq!(alone.scores[0].score, score.score);
        assert!(score.score.unwrap() > 0.0);
    }
}
