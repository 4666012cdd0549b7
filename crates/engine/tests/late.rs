//! What a deadline cuts off: pairs that the embedding did not reach.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use futures_util::stream;
use midband::{
    DecidedBy, Decision, EmbedError, Embedder, Engine, EngineError, Learning, ModelIdentity, Pair,
    Record, Status, Vectors,
    router::{Budget, GainOptions, Policy},
};

/// Takes its time for each text, and finds all of them alike.
struct Slow(ModelIdentity, Duration);

impl Slow {
    fn new(text: Duration) -> Self {
        let model = ModelIdentity {
            name: "slow".into(),
            digest: "none".into(),
        };
        Self(model, text)
    }
}

impl Embedder for Slow {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        thread::sleep(self.1 * texts.len() as u32);
        let mut vectors = Vectors::zeros(texts.len(), 2);
        for row in 0..texts.len() {
            vectors.set(row, &[0.8, 0.6], false)?;
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
        &self.0
    }
}

fn records(count: usize) -> Vec<Pair> {
    let record = |id: usize, surname: &str| {
        format!(
            "name: Ann {surname}{id}; born: 19{:02}-05-1{}; city: Leeds; phone: 0113 496 0{id:03}",
            id % 90,
            id % 10
        )
    };
    (0..count)
        .map(|id| {
            let other = if id.is_multiple_of(2) { id } else { id + 1 };
            Pair::new(id.to_string(), record(id, "Miller"), record(other, "Miler"))
        })
        .collect()
}

fn prose(count: usize) -> Vec<Pair> {
    (0..count)
        .map(|id| {
            Pair::new(
                id.to_string(),
                format!("the left knee hurts since day {id}"),
                format!("day {id}: knee"),
            )
        })
        .collect()
}

/// All 1,200 texts take 12 s.
const TEXT: Duration = Duration::from_millis(10);

const LIMIT: Duration = Duration::from_secs(2);

/// What was begun in time (64 texts) ends after it; the rest is for features on a busy machine.
const OVERRUN: Duration = Duration::from_secs(6);

fn engine(learning: Option<Learning>) -> Engine {
    let builder = Engine::builder().embedder(Slow::new(TEXT));
    match learning {
        Some(learning) => builder.learn(learning).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

async fn within(engine: &Engine, pairs: Vec<Pair>) -> Vec<midband::FinalScore> {
    let count = pairs.len();
    let begin = Instant::now();
    let scored = engine.score_within(pairs, LIMIT).await.unwrap();
    assert!(begin.elapsed() < LIMIT + OVERRUN, "{:?}", begin.elapsed());
    assert_eq!(scored.scores.len(), count);
    let late = scored
        .scores
        .iter()
        .filter(|score| score.status == Status::Late);
    assert_eq!(scored.summary.late, late.count() as u64);
    assert!(scored.summary.late > 0 && (scored.summary.late as usize) < count);
    assert!(!scored.summary.all_settled());
    for score in scored
        .scores
        .iter()
        .filter(|score| score.status == Status::Late)
    {
        assert_eq!(
            (score.cosine, score.route, score.decision),
            (None, None, Decision::Review)
        );
        assert_eq!(score.score, score.proxy_score.map(|proxy| proxy.get()));
        assert_eq!(score.decided_by, score.score.map(|_| DecidedBy::Fallback));
    }
    scored.scores
}

#[tokio::test]
async fn late_records_have_the_score_of_their_wording_and_late_prose_has_none() {
    let gain = Learning::new(Policy::Gain(GainOptions::default()));
    for learning in [None, Some(gain)] {
        let engine = engine(learning);
        let scores = within(&engine, records(600)).await;
        let late: Vec<_> = scores
            .iter()
            .filter(|score| score.status == Status::Late)
            .collect();
        assert!(late.iter().all(|score| score.score.is_some()));
        let (mut same, mut other) = (Vec::new(), Vec::new());
        for score in &late {
            let id: usize = score.id.as_str().parse().unwrap();
            let side = if id.is_multiple_of(2) {
                &mut same
            } else {
                &mut other
            };
            side.push(score.score.unwrap());
        }
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        assert!(
            mean(&same) > mean(&other),
            "{} {}",
            mean(&same),
            mean(&other)
        );
        // The first pairs come first.
        assert_ne!(scores[0].status, Status::Late);

        let scores = within(&engine, prose(600)).await;
        let late = scores.iter().filter(|score| score.status == Status::Late);
        assert!(late.map(|score| score.score).all(|score| score.is_none()));
    }
}

#[tokio::test]
async fn without_time_every_pair_is_late_and_a_stream_is_no_other() {
    let engine = engine(None);
    let scored = engine
        .score_within(prose(10), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(scored.summary.late, 10);
    let mut stream = engine.stream_within(stream::iter(records(600)), LIMIT);
    let begin = Instant::now();
    let mut late = 0;
    while let Some(score) = stream.next().await {
        late += u64::from(score.unwrap().status == Status::Late);
    }
    assert!(begin.elapsed() < LIMIT + OVERRUN, "{:?}", begin.elapsed());
    assert_eq!(stream.summary().late, late);
    assert!(late > 0 && late < 600);
    // Without a deadline the same pairs are all compared.
    let scored = engine.score(prose(10)).await.unwrap();
    assert_eq!(scored.summary.late, 0);
}

/// Counts the texts that it is given, up to which it can't be loaded.
struct Loading {
    slow: Slow,
    texts: Arc<AtomicUsize>,
    fails: usize,
}

impl Embedder for Loading {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let before = self.texts.fetch_add(texts.len(), Ordering::SeqCst);
        if before < self.fails {
            return Err(EmbedError::Model("no memory".to_owned()));
        }
        self.slow.embed(texts)
    }
    fn width(&self) -> usize {
        self.slow.width()
    }
    fn max_tokens(&self) -> usize {
        self.slow.max_tokens()
    }
    fn model(&self) -> &ModelIdentity {
        self.slow.model()
    }
}

#[tokio::test]
async fn an_engine_warms_up_by_loading_the_model_or_says_why_it_can_not() {
    fn shared<T: Send + Sync + 'static>() {}
    fn moved<T: Send + 'static>() {}
    shared::<Engine>();
    shared::<midband::EngineBuilder>();
    shared::<midband::Scored>();
    shared::<midband::EngineError>();
    shared::<midband::embed::EmbeddingScorer<Arc<dyn midband::Embedder>>>();
    #[cfg(feature = "judge")]
    shared::<midband::judge::LlmJudge>();
    moved::<midband::ScoreStream>();
    moved::<midband::MatchStream>();
    let texts = Arc::new(AtomicUsize::new(0));
    let embedder = Loading {
        slow: Slow::new(Duration::ZERO),
        texts: texts.clone(),
        fails: 1,
    };
    let engine = Engine::builder().embedder(embedder).build().unwrap();
    assert_eq!(texts.load(Ordering::SeqCst), 0, "nothing is loaded before");
    let failed = engine.warm_up().await;
    assert!(
        matches!(&failed, Err(EngineError::Embedding(EmbedError::Model(why))) if why == "no memory"),
        "{failed:?}"
    );
    engine.warm_up().await.unwrap();
    assert_eq!(texts.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_engine_gives_the_same_scores_on_every_thread() {
    let engine = Engine::builder().embedder(Slow::new(Duration::from_millis(1)));
    let engine = engine.build().unwrap();
    let scores = |engine: Engine| async move {
        let scored = engine.score(prose(6)).await.unwrap();
        let scores = scored.scores.into_iter();
        scores
            .map(|score| (score.id, score.score, score.decision))
            .collect::<Vec<_>>()
    };
    let wanted = scores(engine.clone()).await;
    assert_eq!(wanted.len(), 6);
    let others: Vec<_> = (0..8)
        .map(|_| tokio::spawn(scores(engine.clone())))
        .collect();
    for other in others {
        assert_eq!(other.await.unwrap(), wanted);
    }
}

#[tokio::test]
async fn a_stream_refuses_a_policy_that_it_would_leave_aside() {
    let budget = Policy::Budget(GainOptions::default(), Budget::default());
    let engine = engine(Some(Learning::new(budget)));
    let mut stream = engine.stream(stream::iter(prose(3)));
    let first = stream.next().await.unwrap();
    assert!(
        matches!(first, Err(EngineError::Stream("budget"))),
        "{first:?}"
    );
    assert!(stream.next().await.is_none());
    let records = vec![Record::new("1", "name: Ann"), Record::new("2", "name: Ben")];
    let matched = engine
        .match_records(records.into(), None, Default::default())
        .await;
    assert!(matches!(matched.err(), Some(EngineError::Stream("budget"))));
}
