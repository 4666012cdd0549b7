//! An axum service of one's own around the engine: one engine for all requests, a deadline for each.
//!
//! `cargo run -p midband-server --example own_service` (needs what `scripts/setup` installs), then
//!
//! ```sh
//! curl -s localhost:8000/same -H 'content-type: application/json' -d '{"a": "heart attack", "b": "myocardial infarction"}'
//! ```
//!
//! An argument names another address. To serve midband's own API inside another program, see [`midband_server::Server::router`].

use std::{error::Error, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use midband::{
    Engine, FinalScore, Pair,
    embed::{DEFAULT_MODEL, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Question {
    a: String,
    b: String,
}

/// A final score serializes to the fields of a row that `midband score` writes. Dropping the request drops the future, and with it the judge's requests.
async fn same(
    State(engine): State<Engine>,
    Json(question): Json<Question>,
) -> Result<Json<FinalScore>, StatusCode> {
    let pair = Pair::new("0", question.a, question.b);
    let scored = engine.score_within(vec![pair], Duration::from_millis(500));
    let scored = scored
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let score = scored.scores.into_iter().next();
    score.map(Json).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    onnx_runtime(None)?;
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    // Cheap to clone: all clones share the model and the vectors of recent texts.
    let engine = Engine::builder()
        .embedder(OnnxEmbedder::new(model, OnnxOptions::default()))
        .build()?;
    engine.warm_up().await?;
    let routes = Router::new().route("/same", post(same)).with_state(engine);
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:8000");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/same", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}
