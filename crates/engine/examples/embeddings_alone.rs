//! Cosines of pairs, without a judge and without an async runtime.
//!
//! `cargo run -p midband --example embeddings_alone` (needs what `scripts/setup` installs)

use std::{
    error::Error,
    time::{Duration, Instant},
};

use midband::{
    Embedder, Pair,
    embed::{DEFAULT_MODEL, EmbeddingScorer, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime},
};

fn main() -> Result<(), Box<dyn Error>> {
    onnx_runtime(None)?;
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    let scorer = EmbeddingScorer::new(OnnxEmbedder::new(model, OnnxOptions::default()));
    // Sessions are built now, not while the first pair waits.
    scorer.embedder().warm_up()?;
    let pairs = [
        Pair::new("1", "heart attack", "myocardial infarction"),
        Pair::new("2", "heart attack", "broken toe"),
    ];
    // What is not embedded by then has no cosine and says `NoCosine::Late`.
    let deadline = Instant::now() + Duration::from_secs(1);
    for (pair, comparison) in pairs.iter().zip(scorer.score_until(&pairs, deadline)?) {
        match comparison.cosine {
            Ok(cosine) => println!("{} {:.3}", pair.id, cosine.get()),
            Err(why) => println!("{} {why}", pair.id),
        }
    }
    Ok(())
}
