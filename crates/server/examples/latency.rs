//! One new pair, the model warm: how long the embedder takes, the engine around it, and an HTTP request around that.
//!
//! `cargo run --release -p midband-server --example latency -- [PAIRS]` (needs what `scripts/setup` installs) prints a
//! Markdown table of milliseconds. The three take turns, pair by pair, so that other work on the machine slows all of them alike.

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Instant,
};

use midband::{
    BandOn, Embedder, Engine, Learning, Pair,
    embed::{DEFAULT_MODEL, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime},
    model::TaskKind,
    router::{GainOptions, Policy},
};
use midband_server::{Limits, ReconnectingJudge, Server, Settings, Task};
use tokio::runtime::Handle;

/// Pairs that are not counted.
const WARM: usize = 20;

/// Texts of about forty tokens that were never seen before.
fn texts(number: usize, series: &str) -> [String; 2] {
    let history = "62-year-old man with hypertension and type 2 diabetes, seen for chest pain on exertion since";
    [
        format!("{history} {series} {number} days"),
        format!("day {number} {series}: {history} a while"),
    ]
}

fn milliseconds(times: &mut [f64]) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [0.5, 0.99].map(|share| 1e3 * times[((times.len() - 1) as f64 * share) as usize])
}

/// A way of scoring: seconds by pair.
fn row(name: &str, times: &[f64], embedder: &[f64]) {
    let [median, late] = milliseconds(&mut times.to_vec());
    let mut beside: Vec<f64> = times
        .iter()
        .zip(embedder)
        .map(|(all, own)| all - own)
        .collect();
    let [more, _] = milliseconds(&mut beside);
    println!("| {name} | {median:.2} | {late:.2} | {more:.2} |");
}

/// Sends a request over a connection that stays open, and reads the whole answer.
fn post(connection: &mut BufReader<TcpStream>, body: &str) -> Result<(), Box<dyn Error>> {
    let length = body.len();
    let head = format!(
        "POST /score HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    connection
        .get_mut()
        .write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
    let (mut line, mut length) = (String::new(), 0);
    connection.read_line(&mut line)?;
    if !line.contains(" 200 ") {
        return Err(line.into());
    }
    while line.trim() != "" {
        line.clear();
        connection.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    connection.read_exact(&mut vec![0; length])?;
    Ok(())
}

/// Seconds by pair.
#[derive(Default)]
struct Times {
    embedder: Vec<f64>,
    engine: Vec<f64>,
    server: Vec<f64>,
}

/// Has each pair scored in the three ways. Needs a thread that may wait, within a runtime.
fn measured(
    pairs: usize,
    embedder: &dyn Embedder,
    engine: &Engine,
    address: SocketAddr,
) -> Result<Times, Box<dyn Error>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut connection = BufReader::new(stream);
    let runtime = Handle::current();
    let mut times = Times::default();
    // The first ones warm what is made when it is first used.
    for number in 0..pairs + WARM {
        let [a, b] = texts(number, "alone");
        let begin = Instant::now();
        embedder.embed(&[&a, &b])?;
        let alone = begin.elapsed().as_secs_f64();

        let [a, b] = texts(number, "inside");
        let begin = Instant::now();
        runtime.block_on(engine.score(vec![Pair::new("0", a, b)]))?;
        let inside = begin.elapsed().as_secs_f64();

        let [a, b] = texts(number, "over HTTP");
        let body = format!(r#"{{"pairs": [{{"a": "{a}", "b": "{b}"}}]}}"#);
        let begin = Instant::now();
        post(&mut connection, &body)?;
        let over_http = begin.elapsed().as_secs_f64();

        if number >= WARM {
            times.embedder.push(alone);
            times.engine.push(inside);
            times.server.push(over_http);
        }
    }
    Ok(times)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pairs: usize = std::env::args()
        .nth(1)
        .map_or(Ok(500), |count| count.parse())?;
    onnx_runtime(None)?;
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    let embedder: Arc<dyn Embedder> = Arc::new(OnnxEmbedder::new(model, OnnxOptions::default()));
    let engine = Engine::builder().embedder(embedder.clone()).build()?;
    engine.warm_up().await?;

    let state = std::env::temp_dir().join(format!("midband-latency-{}", std::process::id()));
    let server = Server::bind(Settings {
        save_labels: None,
        listen: "127.0.0.1:0".parse()?,
        api_key: None,
        insecure: false,
        allowed_hosts: Vec::new(),
        limits: Limits::default(),
        state: state.clone(),
        on_event: None,
        embedder: embedder.clone(),
        tasks: vec![Task {
            name: "any".to_owned(),
            kind: TaskKind::General,
            learning: Learning::new(Policy::Gain(GainOptions::default())),
            judge: Arc::new(ReconnectingJudge::none("none wanted")),
        }],
        band: None,
        band_on: BandOn::default(),
        seed: 0,
    })
    .await?;
    let address = server.address;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(server.run(async { drop(stopped.await) }));
    let asking = tokio::task::spawn_blocking(move || {
        let times = measured(pairs, embedder.as_ref(), &engine, address);
        times.map_err(|error| error.to_string())
    });
    let times = asking.await??;
    println!(
        "| one new pair, {pairs} times | p50, ms | p99, ms | more than the embedder, p50, ms |"
    );
    println!("|---|---:|---:|---:|");
    row("the embedder alone", &times.embedder, &times.embedder);
    row("`Engine::score`", &times.engine, &times.embedder);
    row("`POST /score`", &times.server, &times.embedder);
    drop(stop);
    served.await??;
    std::fs::remove_dir_all(state)?;
    Ok(())
}
