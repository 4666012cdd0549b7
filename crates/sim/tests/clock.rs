//! The `m3pro` profile reproduces what was measured on that machine.

#![allow(clippy::unwrap_used)]

use midband_sim::{Options, Simulator};
use serde_json::{Value, json};

/// Fast enough for a test, slow enough for timers of a millisecond.
const SPEED: f64 = 100.0;

fn request(pairs: usize, salt: usize) -> Value {
    let slots: String = (1..=pairs)
        .map(|i| {
            format!("p{i:02}\nA: 62 y/o with HTN {salt}\nB: 62-year-old, hypertension {i}\n\n")
        })
        .collect();
    let prompt =
        format!("<start_of_turn>user\nRate.\n\n{slots}<end_of_turn>\n<start_of_turn>model\n");
    json!({"model": "medgemma:1.5-4b-q4", "prompt": prompt, "raw": true, "stream": false, "truncate": false,
        "options": {"num_ctx": 8192, "num_predict": 2048}})
}

async fn seconds(client: &reqwest::Client, simulator: &Simulator, request: Value) -> f64 {
    let begin = std::time::Instant::now();
    let response = client
        .post(simulator.url() + "/api/generate")
        .json(&request)
        .send()
        .await
        .unwrap();
    let body: Value = response.json().await.unwrap();
    assert!(
        body["response"]
            .as_str()
            .unwrap()
            .starts_with("<unused94>thought\n")
    );
    assert_eq!(body["done_reason"], "stop");
    let thought = body["eval_count"].as_u64().unwrap();
    assert!((500..1_200).contains(&thought), "{thought}");
    begin.elapsed().as_secs_f64() * SPEED
}

async fn mean(client: &reqwest::Client, simulator: &Simulator, pairs: usize) -> f64 {
    let mut total = 0.0;
    for salt in 0..10 {
        total += seconds(client, simulator, request(pairs, salt)).await;
    }
    total / 10.0
}

#[tokio::test(flavor = "multi_thread")]
async fn m3pro_takes_the_measured_times() {
    let options = |loaded| Options {
        speed: SPEED,
        loaded,
        ..Options::default()
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let cold = Simulator::start(options(false)).await.unwrap();
    let warm = Simulator::start(options(true)).await.unwrap();
    let first = seconds(&client, &cold, request(1, 0)).await;
    let again = seconds(&client, &warm, request(1, 0)).await;
    assert!(
        (6.0..10.0).contains(&(first - again)),
        "load {}",
        first - again
    );
    let one = mean(&client, &warm, 1).await;
    let three = mean(&client, &warm, 3).await;
    assert!((17.0..24.0).contains(&one), "one pair {one}");
    assert!(
        (19.0..27.0).contains(&three) && three > one,
        "three pairs {three}"
    );
    // Equal requests, so that both run to the end side by side.
    let two = tokio::join!(
        seconds(&client, &warm, request(1, 1)),
        seconds(&client, &warm, request(1, 1))
    );
    let alone = seconds(&client, &warm, request(1, 1)).await;
    let slowed = alone / two.0.max(two.1);
    assert!((0.52..0.72).contains(&slowed), "slowed to {slowed}");
    let four =
        futures_util::future::join_all((0..4).map(|_| seconds(&client, &warm, request(1, 1))))
            .await;
    assert!(
        four.iter().all(|taken| *taken > 90.0),
        "four at once {four:?}"
    );
}
