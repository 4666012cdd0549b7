//! One new pair, the model warm: how long the embedder takes, the engine around it, and an HTTP request around that.
//!
//! `cargo run --release -p midband-server --example latency -- [PAIRS]` (needs what `scripts/setup` installs) prints a
//! Markdown table of milliseconds.

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
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

fn row(name: &str, times: &mut [f64]) {
    let [median, late] = milliseconds(times);
    println!("| {name} | {median:.2} | {late:.2} |");
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
    println!("| one new pair, {pairs} times | p50, ms | p99, ms |\n|---|---:|---:|");

    let mut times = Vec::with_capacity(pairs);
    for number in 0..pairs {
        let [a, b] = texts(number, "alone");
        let begin = Instant::now();
        embedder.embed(&[&a, &b])?;
        times.push(begin.elapsed().as_secs_f64());
    }
    row("the embedder alone", &mut times);

    times.clear();
    for number in 0..pairs {
        let [a, b] = texts(number, "inside");
        let begin = Instant::now();
        engine.score(vec![Pair::new("0", a, b)]).await?;
        times.push(begin.elapsed().as_secs_f64());
    }
    row("`Engine::score`", &mut times);

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
        embedder,
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
        let connect = || -> Result<Vec<f64>, Box<dyn Error>> {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            let mut connection = BufReader::new(stream);
            let mut times = Vec::with_capacity(pairs);
            for number in 0..pairs {
                let [a, b] = texts(number, "over HTTP");
                let body = format!(r#"{{"pairs": [{{"a": "{a}", "b": "{b}"}}]}}"#);
                let begin = Instant::now();
                post(&mut connection, &body)?;
                times.push(begin.elapsed().as_secs_f64());
            }
            Ok(times)
        };
        connect().map_err(|error| error.to_string())
    });
    row("`POST /score`", &mut asking.await??);
    drop(stop);
    served.await??;
    std::fs::remove_dir_all(state)?;
    Ok(())
}
