//! Scores pairs with an embedder and a judge of one's own.
//!
//! `cargo run -p midband --example own_embedder_and_judge`

mod parts;

use std::{error::Error, time::Duration};

use midband::{Band, Engine, Pair};
use parts::{LetterPairs, SameNumbers};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder()
        .embedder(LetterPairs::new())
        .judge(SameNumbers(Duration::from_millis(5)))
        // What is alike by less is rejected unasked, by more accepted unasked.
        .band(Band::new(0.5, 0.99)?)
        .explain_scores(true)
        .build()?;
    let scored = engine
        .score(vec![
            Pair::new("same", "aspirin 75 mg daily", "aspirin 75 mg, every day"),
            Pair::new("other dose", "aspirin 75 mg daily", "aspirin 300 mg daily"),
            Pair::new("other drug", "aspirin 75 mg daily", "oxygen by mask"),
        ])
        .await?;
    for score in &scored.scores {
        println!(
            "{:12} {:.3} {} by {:?}",
            score.id,
            score.score.unwrap_or(0.0),
            score.decision,
            score.decided_by
        );
        for part in score.parts.iter().flatten() {
            println!("{:>24} {:+.3}", part.name, part.log_odds);
        }
    }
    assert_eq!(scored.summary.pairs, 3);
    Ok(())
}
