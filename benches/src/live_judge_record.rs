//! The live table of docs/performance.md: what a pair costs on a real model and server, by prompting mode and
//! size of batch, beside a client that sends one pair a request and waits.
//!
//! `scripts/live-judge -- cargo run --release -p midband-benches --bin live-judge-record -- PAIRS [N]`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use midband_core::{Judge, Pair};
use midband_judge::{BatchSize, Example, JudgeSettings, LlmJudge, PromptingMode, Protocol, Task};
use serde_json::{Value, json};

/// Requests at once: as many as the live server has slots.
const AT_ONCE: usize = 4;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().context("name a file of pairs")?;
    let count = arguments.next().map_or(Ok(96), |n| n.parse())?;
    let url = std::env::var("MIDBAND_LIVE_URL").context("run it under scripts/live-judge")?;
    let pairs = pairs(&file, count)?;
    let cores = std::thread::available_parallelism()?;
    println!(
        "{cores} cores, {} pairs, at most {AT_ONCE} requests at once\n",
        pairs.len()
    );
    println!(
        "| mode | pairs a request | seconds a pair | tokens a pair in (read before) / out | answered | against the naive client |"
    );
    println!("|---|---|---|---|---|---|");
    let naive = naive(&url, &pairs[..pairs.len().min(24)]).await?;
    println!(
        "| naive client: chat, one score as JSON, one request at a time | 1 | {naive:.3} | | | 1.0 |"
    );
    for mode in [
        PromptingMode::Keyed,
        PromptingMode::Array,
        PromptingMode::Digits,
    ] {
        for size in ["1", "4", "8", "16", "4..16"] {
            let size: BatchSize = size.parse().map_err(|why: String| anyhow!(why))?;
            row(&url, mode, Some(size), &pairs, naive).await?;
        }
    }
    row(&url, PromptingMode::YesNo, None, &pairs, naive).await
}

async fn row(
    url: &str,
    mode: PromptingMode,
    batch_size: Option<BatchSize>,
    pairs: &[Pair],
    naive: f64,
) -> Result<()> {
    let judge = LlmJudge::connect(JudgeSettings {
        protocol: Protocol::OpenAi,
        servers: vec![url.to_owned()],
        models: Vec::new(),
        task: task(),
        mode: Some(mode),
        batch_size,
        max_in_flight: AT_ONCE,
        ..JudgeSettings::default()
    })
    .await?;
    // The first request reads the constant part.
    judge.judge(&pairs[..1]).await?;
    let before = judge.usage();
    let begin = Instant::now();
    judge.judge(pairs).await?;
    let seconds = begin.elapsed().as_secs_f64() / pairs.len() as f64;
    let usage = judge.usage();
    let each = |now: u64, then: u64| (now - then) as f64 / pairs.len() as f64;
    let size = batch_size.map_or_else(|| "measured".to_owned(), |size| size.to_string());
    println!(
        "| {mode} | {size}{} | {seconds:.3} | {:.0} ({:.0}) / {:.1} | {} of {} | {:.1} |",
        if batch_size.is_none_or(|size| size.least < size.most) {
            format!(" (found: {})", usage.batch_size)
        } else {
            String::new()
        },
        each(usage.tokens_in, before.tokens_in),
        each(usage.tokens_cached, before.tokens_cached),
        each(usage.tokens_out, before.tokens_out),
        usage.answered - before.answered,
        pairs.len(),
        naive / seconds
    );
    Ok(())
}

/// Seconds a pair of a client as it is usually written: the task's words and one pair in a chat, a score as
/// JSON, the next when this one is there.
async fn naive(url: &str, pairs: &[Pair]) -> Result<f64> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let schema = json!({"type": "object", "properties": {"score": {"type": "integer", "minimum": 0, "maximum": 100}}, "required": ["score"]});
    let task = task();
    let begin = Instant::now();
    for pair in pairs {
        let words = format!(
            "{}\n{}\n0 means {}; 100 means {}.\nReply with JSON.\n\nA: {}\nB: {}",
            task.question,
            task.guidance,
            task.zero,
            task.hundred,
            pair.a.as_str(),
            pair.b.as_str()
        );
        let body = json!({
            "model": "m", "messages": [{"role": "user", "content": words}], "temperature": 0, "max_tokens": 32,
            "response_format": {"type": "json_schema", "json_schema": {"name": "score", "strict": true, "schema": schema}}
        });
        let response = client
            .post(format!("{url}/chat/completions"))
            .timeout(Duration::from_secs(60))
            .json(&body)
            .send()
            .await?;
        response.error_for_status()?.json::<Value>().await?;
    }
    Ok(begin.elapsed().as_secs_f64() / pairs.len() as f64)
}

/// Two examples teach a base model what an answer looks like.
fn task() -> Task {
    let example = |a: &str, b: &str, score| Example {
        a: a.into(),
        b: b.into(),
        score,
    };
    Task {
        examples: vec![
            example("50 y/o, asthma", "50-year-old asthmatic", 97),
            example("80 y/o male, COPD", "24 y/o female, migraine", 2),
        ],
        ..Task::default()
    }
}

fn pairs(file: &str, count: usize) -> Result<Vec<Pair>> {
    let text = std::fs::read_to_string(file).with_context(|| file.to_owned())?;
    text.lines()
        .take(count)
        .enumerate()
        .map(|(at, line)| {
            let row: Value = serde_json::from_str(line)?;
            let side = |name: &str| row[name].as_str().map(str::to_owned);
            let (a, b) = side("a").zip(side("b")).context("a row has no pair")?;
            Ok(Pair::new(at.to_string(), a, b))
        })
        .collect()
}
