//! Bodies of requests: every one is answered, none with a fault of the server's.

#![no_main]

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use libfuzzer_sys::fuzz_target;
use midband::{
    EmbedError, Embedder, Learning, ModelIdentity, Vectors,
    model::TaskKind,
    router::{GainOptions, Policy},
};
use midband_server::{Limits, ReconnectingJudge, Server, Settings, Task};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// A direction for each byte of a text.
struct Bytes(ModelIdentity);

impl Embedder for Bytes {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut vectors = Vectors::zeros(texts.len(), 8);
        for (row, text) in texts.iter().enumerate() {
            let mut vector = [1.0f32; 8];
            text.bytes()
                .for_each(|byte| vector[usize::from(byte % 8)] += 1.0);
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vectors.set(row, &vector.map(|x| x / length), false)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        8
    }
    fn max_tokens(&self) -> usize {
        100
    }
    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}

static SERVER: OnceLock<(Runtime, Router)> = OnceLock::new();

const ROUTES: [&str; 5] = ["/score", "/analyze-json", "/analyze", "/jobs", "/match"];
const CONTENT: [&str; 5] = [
    "application/json",
    "application/x-ndjson",
    "text/csv",
    "text/tab-separated-values",
    "multipart/form-data; boundary=x",
];

fn server() -> &'static (Runtime, Router) {
    SERVER.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let state = std::env::temp_dir().join(format!("midband-fuzz-state-{}", std::process::id()));
        let server = runtime.block_on(Server::bind(Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            api_key: None,
            insecure: false,
            allowed_hosts: Vec::new(),
            limits: Limits {
                jobs: 8,
                ..Limits::default()
            },
            state,
            save_labels: None,
            on_event: None,
            embedder: Arc::new(Bytes(ModelIdentity {
                name: "bytes".into(),
                digest: "none".into(),
            })),
            tasks: vec![Task {
                name: "same".into(),
                kind: TaskKind::default(),
                learning: Learning::new(Policy::Gain(GainOptions::default())),
                judge: Arc::new(ReconnectingJudge::none("none here")),
            }],
            band: None,
            band_on: Default::default(),
            seed: 0,
        }));
        let router = server.unwrap().router();
        (runtime, router)
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let (runtime, router) = server();
    let first = usize::from(first);
    let route = if first < 225 {
        ROUTES[first % 5]
    } else {
        "/verdicts"
    };
    // Bytes that are compressed are also unpacked where no header says it.
    let encoding = ["identity", "gzip", "zstd"][first / 75 % 3];
    let request = Request::post(route)
        .header("host", "127.0.0.1")
        .header("content-type", CONTENT[first / 5 % 5])
        .header("content-encoding", encoding)
        .body(Body::from(bytes.to_vec()))
        .unwrap();
    runtime.block_on(async {
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 64 << 20).await.unwrap();
        assert!(!status.is_server_error() || status == 503, "{status}");
        if status.is_client_error() {
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert!(problem.is_object());
        }
    });
});
