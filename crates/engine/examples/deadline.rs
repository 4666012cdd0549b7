//! Every pair has an answer by the deadline, however slow the judge is.
//!
//! `cargo run -p midband --example deadline`

mod parts;

use std::{
    error::Error,
    time::{Duration, Instant},
};

use midband::{Band, Engine, Pair};
use parts::{LetterPairs, SameNumbers};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder()
        .embedder(LetterPairs::new())
        .judge(SameNumbers(Duration::from_secs(60)))
        .band(Band::new(0.3, 0.99)?)
        .build()?;
    let pairs = (0..20).map(|id| {
        Pair::new(
            id.to_string(),
            format!("visit {id}, left knee"),
            format!("left knee, visit {}", id % 7),
        )
    });
    let begin = Instant::now();
    let mut scores = engine.stream_within(
        futures_util::stream::iter(pairs),
        Duration::from_millis(200),
    );
    while let Some(score) = scores.next().await {
        let score = score?;
        println!(
            "{:>2} {:.3} {} ({})",
            score.id,
            score.score.unwrap_or(0.0),
            score.decision,
            score.status
        );
    }
    println!("{} pairs in {:?}", scores.summary().pairs, begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(5));
    Ok(())
}
