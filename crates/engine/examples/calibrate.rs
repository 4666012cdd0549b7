//! Learns from labelled pairs what tells a match from a non-match, and how far the judge can be trusted.
//!
//! `cargo run -p midband --example calibrate`

mod parts;

use std::{error::Error, time::Duration};

use midband::{
    Engine, LabelledPair, Learning, Pair,
    router::{GainOptions, Policy},
};
use parts::{LetterPairs, SameNumbers};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let drugs = [
        "aspirin",
        "metformin",
        "warfarin",
        "insulin",
        "digoxin",
        "codeine",
    ];
    let gold: Vec<LabelledPair> = (0..120)
        .map(|id| {
            let (drug, dose) = (drugs[id % 6], 5 * (1 + id % 9));
            let is_match = id % 2 == 0;
            let other = if is_match { dose } else { dose + 25 };
            let pair = Pair::new(
                id.to_string(),
                format!("{drug} {dose} mg daily"),
                format!("takes {drug}, {other} mg"),
            );
            LabelledPair::new(pair, is_match)
        })
        .collect();
    let learner = || {
        Engine::builder()
            .embedder(LetterPairs::new())
            .judge(SameNumbers(Duration::ZERO))
    };
    let calibrated = learner().build()?.calibrate(gold).await?;
    let judge = calibrated.calibration.judge;
    println!(
        "the judge finds {:.0} % of the matches and {:.0} % of the rest",
        100.0 * judge.sensitivity(),
        100.0 * judge.specificity()
    );

    // The calibration is a file's worth of JSON; with it the engine asks only where an answer may change a decision.
    let learning = Learning {
        calibration: Some(calibrated.calibration.into()),
        ..Learning::new(Policy::Gain(GainOptions::default()))
    };
    let engine = learner().learn(learning).build()?;
    let scored = engine
        .score(vec![
            Pair::new("same", "aspirin 75 mg daily", "takes aspirin, 75 mg"),
            Pair::new("other", "aspirin 75 mg daily", "takes aspirin, 300 mg"),
        ])
        .await?;
    for score in &scored.scores {
        println!(
            "{:6} {:.3} {} by {:?}",
            score.id,
            score.score.unwrap_or(0.0),
            score.decision,
            score.decided_by
        );
    }
    assert!(scored.scores[0].score > scored.scores[1].score);
    Ok(())
}
