//! The laws of the cascade, on a stand-in embedder whose cosines are known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::stream;
use midband::{
    Answer, Band, BoxFuture, DecidedBy, Decision, EmbedError, Embedder, Engine, Fingerprint, Judge,
    JudgeError, ModelIdentity, Pair, Route, Status, Unanswered, Vectors, Verdict,
};
use proptest::prelude::*;

/// The text "0.7" becomes the unit vector at cosine 0.7 from the text "1".
struct Literal(ModelIdentity);

impl Literal {
    fn new() -> Self {
        Self(ModelIdentity {
            name: "literal".into(),
            digest: "none".into(),
        })
    }
}

impl Embedder for Literal {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut vectors = Vectors::zeros(texts.len(), 2);
        for (row, text) in texts.iter().enumerate() {
            let cosine: f32 = text.parse().unwrap_or(f32::NAN);
            vectors.set(
                row,
                &[cosine, (1.0 - cosine * cosine).max(0.0).sqrt()],
                false,
            )?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        2
    }
    fn max_tokens(&self) -> usize {
        1
    }
    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}

/// Says yes to every pair but those whose id starts with "mute"; counts what it is asked.
#[derive(Clone, Default)]
struct Yes {
    asked: Arc<AtomicUsize>,
}

impl Judge for Yes {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        self.asked.fetch_add(pairs.len(), Ordering::SeqCst);
        Box::pin(async move {
            Ok(pairs
                .iter()
                .map(|pair| match pair.id.as_str().starts_with("mute") {
                    true => Verdict::unanswered(Unanswered::TimedOut, Duration::from_millis(7)),
                    false => Verdict::answered(
                        Answer::new(1.0, "yes").unwrap(),
                        Duration::from_millis(7),
                    ),
                })
                .collect())
        })
    }
    fn name(&self) -> String {
        "yes".into()
    }
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new("yes")
    }
}

struct Broken;

impl Judge for Broken {
    fn judge<'a>(&'a self, _: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        Box::pin(async { Err(JudgeError::Unreachable("nobody is there".into())) })
    }
    fn name(&self) -> String {
        "broken".into()
    }
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new("broken")
    }
}

fn pair(id: &str, cosine: &str) -> Pair {
    Pair::new(id, "1", cosine)
}

fn band() -> Band {
    Band::new(0.4, 0.9).unwrap()
}

#[tokio::test]
async fn only_the_band_is_asked_and_every_pair_says_who_decided() {
    let judge = Yes::default();
    let engine = Engine::builder()
        .embedder(Literal::new())
        .judge(judge.clone())
        .band(band())
        .build()
        .unwrap();
    let pairs = vec![
        pair("high", "0.95"),
        pair("mid", "0.7"),
        pair("low", "0.1"),
        pair("mute", "0.5"),
        pair("bad", " "),
    ];
    let scored = engine.score(pairs).await.unwrap();
    let [high, mid, low, mute, bad] = &scored.scores[..] else {
        panic!("{} scores", scored.scores.len())
    };

    assert_eq!(
        (high.route, high.decided_by, high.decision),
        (
            Some(Route::Accept),
            Some(DecidedBy::Embedding),
            Decision::Match
        )
    );
    assert_eq!(
        (low.route, low.decided_by, low.decision),
        (
            Some(Route::Reject),
            Some(DecidedBy::Embedding),
            Decision::NoMatch
        )
    );
    assert_eq!(
        (mid.route, mid.decided_by, mid.judge_score),
        (Some(Route::Ask), Some(DecidedBy::Judge), Some(1.0))
    );
    assert!(
        mid.score > mid.proxy_score.map(|proxy| proxy.get()),
        "a yes raises the score"
    );
    assert_eq!(mute.status, Status::Unanswered(Unanswered::TimedOut));
    assert_eq!(
        (mute.decided_by, mute.decision),
        (Some(DecidedBy::Fallback), Decision::Review)
    );
    assert_eq!(
        mute.score,
        mute.proxy_score.map(|proxy| proxy.get()),
        "no answer never becomes a number"
    );
    assert!(matches!(&bad.status, Status::Rejected(why) if why.contains("empty")));
    assert_eq!(
        (bad.score, bad.cosine, bad.decision),
        (None, None, Decision::Review)
    );
    assert_eq!(judge.asked.load(Ordering::SeqCst), 2);

    let summary = &scored.summary;
    assert_eq!(
        (
            summary.pairs,
            summary.unanswered_pairs(),
            summary.rejected_pairs()
        ),
        (5, 1, 1)
    );
    assert_eq!(
        (
            summary.routed(Route::Ask),
            summary.by(DecidedBy::Judge),
            summary.decided(Decision::Review)
        ),
        (2, 1, 2)
    );
    assert!(!summary.all_settled());
}

#[tokio::test]
async fn without_a_judge_and_with_a_broken_one_every_pair_still_has_a_score() {
    let bare = Engine::builder()
        .embedder(Literal::new())
        .band(band())
        .build()
        .unwrap();
    let broken = Engine::builder()
        .embedder(Literal::new())
        .judge(Broken)
        .band(band())
        .build()
        .unwrap();
    for (engine, reason) in [
        (bare, Unanswered::NoJudge),
        (broken, Unanswered::Unreachable),
    ] {
        let scored = engine
            .score(vec![pair("mid", "0.7"), pair("high", "0.99")])
            .await
            .unwrap();
        let mid = &scored.scores[0];
        assert_eq!(mid.status, Status::Unanswered(reason.clone()));
        assert!(mid.score.is_some() && mid.judge_score.is_none());
        assert_eq!(scored.scores[1].status, Status::Settled);
        assert_eq!(
            scored.summary.judge_failed.is_some(),
            reason == Unanswered::Unreachable
        );
    }
}

/// Leaves the first pair out, or panics.
struct Faulty {
    panics: bool,
}

impl Judge for Faulty {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        assert!(!self.panics, "a fault of the judge's");
        let first = Verdict::answered(Answer::new(1.0, "yes").unwrap(), Duration::ZERO);
        Box::pin(async move { Ok(pairs.iter().skip(1).map(|_| first.clone()).collect()) })
    }
    fn name(&self) -> String {
        "faulty".into()
    }
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new("faulty")
    }
}

#[tokio::test]
async fn a_judge_that_panics_is_an_error_and_one_that_leaves_pairs_out_loses_none() {
    let engine = |panics| {
        let judge = Faulty { panics };
        let builder = Engine::builder().embedder(Literal::new());
        builder.judge(judge).band(band()).build().unwrap()
    };
    let pairs = || vec![pair("one", "0.7"), pair("two", "0.6")];
    let second = Duration::from_secs(1);
    for scored in [
        engine(true).score(pairs()).await,
        engine(true).score_within(pairs(), second).await,
    ] {
        let error = scored.err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("stage")));
    }
    let short = engine(false).score_within(pairs(), second).await.unwrap();
    let statuses: Vec<_> = short
        .scores
        .iter()
        .map(|score| score.status.clone())
        .collect();
    assert_eq!(
        statuses,
        [Status::Settled, Status::Unanswered(Unanswered::Unreachable)]
    );
}

#[tokio::test]
async fn a_stream_of_any_length_is_read_only_as_fast_as_scores_are_taken() {
    let chunk = 64;
    let read = Arc::new(AtomicU64::new(0));
    let seen = read.clone();
    let engine = Engine::builder()
        .embedder(Literal::new())
        .chunk(chunk)
        .on_progress(move |progress| seen.store(progress.read, Ordering::SeqCst))
        .build()
        .unwrap();
    let endless = stream::iter((0u64..).map(|index| pair(&index.to_string(), "0.7")));
    let mut scores = engine.stream(endless);
    for index in 0..1000u64 {
        let score = scores.next().await.unwrap().unwrap();
        assert_eq!(score.id.as_str(), index.to_string(), "order is kept");
        // One chunk in each stage, one in each channel, one being read.
        let ahead = read.load(Ordering::SeqCst).saturating_sub(index);
        assert!(
            ahead <= 6 * chunk as u64,
            "{ahead} pairs ahead of the reader"
        );
    }
}

#[tokio::test]
async fn dropping_a_stream_stops_the_judge() {
    struct Never(Arc<AtomicUsize>);
    struct Gone(Arc<AtomicUsize>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    impl Judge for Never {
        fn judge<'a>(&'a self, _: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
            Box::pin(async move {
                let _gone = Gone(self.0.clone());
                std::future::pending().await
            })
        }
        fn name(&self) -> String {
            "never".into()
        }
        fn fingerprint(&self) -> Fingerprint {
            Fingerprint::new("never")
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let engine = Engine::builder()
        .embedder(Literal::new())
        .judge(Never(dropped.clone()))
        .build()
        .unwrap();
    let mut scores = engine.stream(stream::iter([pair("mid", "0.7")]));
    let waited = tokio::time::timeout(Duration::from_millis(200), scores.next()).await;
    assert!(waited.is_err(), "the judge never answers");
    drop(scores);
    tokio::time::timeout(Duration::from_secs(5), async {
        while dropped.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the judge's future is dropped with the stream");
}

#[tokio::test]
async fn within_a_deadline_every_pair_comes_back_judged_or_fallen_back() {
    struct Slow;
    impl Judge for Slow {
        fn judge<'a>(&'a self, _: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
            Box::pin(std::future::pending())
        }
        fn judge_each<'a>(
            &'a self,
            _: &'a [Pair],
            deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
        ) -> BoxFuture<'a, Result<(), JudgeError>> {
            Box::pin(async move {
                deliver(
                    0,
                    Verdict::answered(Answer::new(1.0, "slow").unwrap(), Duration::ZERO),
                );
                std::future::pending().await
            })
        }
        fn name(&self) -> String {
            "slow".into()
        }
        fn fingerprint(&self) -> Fingerprint {
            Fingerprint::new("slow")
        }
    }
    let engine = Engine::builder()
        .embedder(Literal::new())
        .judge(Slow)
        .band(band())
        .build()
        .unwrap();
    let pairs = vec![
        pair("early", "0.5"),
        pair("late", "0.6"),
        pair("clear", "0.95"),
    ];
    let within = engine.score_within(pairs, Duration::from_millis(100));
    let scored = tokio::time::timeout(Duration::from_secs(5), within)
        .await
        .expect("in time")
        .unwrap();
    let statuses: Vec<&Status> = scored.scores.iter().map(|score| &score.status).collect();
    assert_eq!(
        statuses,
        [
            &Status::Settled,
            &Status::Unanswered(Unanswered::OutOfBudget),
            &Status::Settled
        ]
    );
    assert_eq!(scored.scores[0].decided_by, Some(DecidedBy::Judge));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn order_and_chunk_size_change_no_score(cosines in proptest::collection::vec(0.0f32..1.0, 1..50), chunk in 1usize..60) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pairs: Vec<Pair> =
            cosines.iter().enumerate().map(|(index, cosine)| pair(&index.to_string(), &cosine.to_string())).collect();
        let score = |pairs: Vec<Pair>, chunk: usize| {
            let engine = Engine::builder().embedder(Literal::new()).judge(Yes::default()).chunk(chunk).build().unwrap();
            let mut scores = runtime.block_on(engine.score(pairs)).unwrap().scores;
            scores.sort_by(|x, y| x.id.cmp(&y.id));
            scores.into_iter().map(|score| (score.id, score.score, score.decision)).collect::<Vec<_>>()
        };
        let mut turned = pairs.clone();
        turned.reverse();
        let (one, other) = (score(pairs, 4096), score(turned, chunk));
        prop_assert_eq!(one.len(), other.len());
        for (x, y) in one.iter().zip(&other) {
            prop_assert_eq!((&x.0, x.2), (&y.0, y.2));
            // Sums over the pairs are taken in their order: the last bit may differ.
            let (a, b) = (x.1.unwrap_or(-1.0), y.1.unwrap_or(-1.0));
            prop_assert!((a - b).abs() < 1e-9, "{} {}", a, b);
        }
    }
}

#[tokio::test]
async fn without_a_band_a_run_learns_and_by_pair_it_does_not() {
    let pairs = || -> Vec<Pair> {
        let cosines = ["0.1", "0.4", "0.6", "0.9"];
        (0..80)
            .map(|i| pair(&i.to_string(), cosines[i % 4]))
            .collect()
    };
    let builder = || {
        Engine::builder()
            .embedder(Literal::new())
            .judge(Yes::default())
    };
    let usual = builder().build().unwrap();
    let learnt = usual.score(pairs()).await.unwrap();
    assert!(learnt.fit.is_some());
    let banded = builder().band(band()).build().unwrap();
    assert!(banded.score(pairs()).await.unwrap().fit.is_none());
    let by_pair = builder().by_pair().build().unwrap();
    let scored = by_pair.score(pairs()).await.unwrap();
    assert!(scored.fit.is_none());
    // A stream of the engine that learns scores each pair by itself too.
    let mut streamed = usual.stream(stream::iter(pairs()));
    for other in &scored.scores {
        let one = streamed.next().await.unwrap().unwrap();
        assert_eq!(one.score, other.score);
    }
}
