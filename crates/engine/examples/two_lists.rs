//! Finds the records that two lists share, and leaves each in one pair at most.
//!
//! `cargo run -p midband --example two_lists`

mod parts;

use std::{error::Error, sync::Arc, time::Duration};

use midband::{
    Band, Decision, Engine, Record,
    block::Settings,
    resolve::{Matched, one_to_one},
};
use parts::{LetterPairs, SameNumbers};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let list = |rows: &[(&str, &str)]| -> Arc<[Record]> {
        rows.iter()
            .map(|(id, text)| Record::new(*id, *text))
            .collect()
    };
    let left = list(&[
        ("l1", "name: Anna Miller; born: 1961-03-04"),
        ("l2", "name: Ana Miller; born: 1961-03-04"),
        ("l3", "name: Ben Okoro; born: 1975-11-30"),
    ]);
    let right = list(&[
        ("r1", "name: Miller, Anna; born: 1961-03-04"),
        ("r2", "name: Okoro, Ben; born: 1975-11-30"),
    ]);
    let engine = Engine::builder()
        .embedder(LetterPairs::new())
        .judge(SameNumbers(Duration::ZERO))
        .band(Band::new(0.3, 0.99)?)
        .build()?;
    let mut stream = engine
        .match_records(left, Some(right), Settings::default())
        .await?;
    let (mut names, mut matched) = (Vec::new(), Vec::new());
    while let Some(found) = stream.next().await {
        let found = found?;
        let score = found.score.score.unwrap_or(0.0);
        println!("{:6} {score:.3} {}", found.score.id, found.score.decision);
        if found.score.decision == Decision::Match {
            matched.push(Matched {
                left: found.candidate.left,
                right: found.candidate.right,
                weight: (score / (1.0 - score)).ln().max(0.0),
            });
            names.push(found.score.id.to_string());
        }
    }
    let resolved = one_to_one(&matched);
    let kept: Vec<&String> = names
        .iter()
        .zip(&resolved.stays)
        .filter(|(_, stays)| **stays)
        .map(|(name, _)| name)
        .collect();
    println!("one to one: {kept:?}");
    assert_eq!(kept.len(), 2);
    Ok(())
}
