//! The usual set: an ONNX model, a language model behind Ollama that may be down, and what it spent.
//!
//! `cargo run -p midband --example onnx_and_llm` (needs what `scripts/setup` installs; without an Ollama the ambiguous
//! pairs come back unanswered)

use std::{error::Error, sync::Arc};

use midband::{
    Band, Engine, Pair,
    embed::{DEFAULT_MODEL, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime},
    judge::{JudgeSettings, LazyJudge},
    model::TaskKind,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    onnx_runtime(None)?;
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    // Connects when it is first asked. Clones of the Arc are one judge with one queue.
    let mut settings = JudgeSettings::default();
    if let Ok(server) = std::env::var("OLLAMA_HOST") {
        settings.servers = vec![server];
    }
    let judge = Arc::new(LazyJudge::new(settings));
    let engine = Engine::builder()
        .embedder(OnnxEmbedder::new(model, OnnxOptions::default()))
        .judge(judge.clone())
        .task("same-concept", TaskKind::General)
        .band(Band::new(0.4, 0.9)?)
        .build()?;
    engine.warm_up().await?;
    let pairs = vec![
        Pair::new("1", "heart attack", "myocardial infarction"),
        Pair::new("2", "heart attack", "broken toe"),
    ];
    let scored = engine.score(pairs).await?;
    for score in &scored.scores {
        println!(
            "{} {:?} {} {}",
            score.id, score.score, score.decision, score.status
        );
    }
    match judge.usage() {
        Some(usage) => println!(
            "{} calls, {} tokens in, {} out",
            usage.calls, usage.tokens_in, usage.tokens_out
        ),
        None => println!(
            "no judge: {}",
            scored.summary.judge_failed.unwrap_or_default()
        ),
    }
    Ok(())
}
