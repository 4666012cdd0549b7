//! The graph's table of docs/performance.md: exact search and the graph on real vectors, with a peer from Python on the same
//! ones in the same run.
//!
//! `cargo run --release -p midband-benches --bin graph-record -- FILE… [--records N] [--queries N]`: the distinct texts of
//! files of pairs, filled up with invented people. The peer needs a `python3` with numpy, hnswlib and faiss-cpu
//! (`MIDBAND_PYTHON` names another one); without them its rows say so.

use std::{
    collections::HashSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result};
use midband_block::{
    Candidate, EF_CONSTRUCTION, EF_SEARCH, List, NEIGHBOURS, Settings, Source, search,
};
use midband_core::{Embedder, Vectors};
use midband_embed::{
    CachedEmbedder, DEFAULT_MODEL, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime,
};

/// Partners by which recall is measured.
const K: usize = 10;
/// Texts embedded at a time.
const CHUNK: usize = 4_096;

fn main() -> Result<()> {
    let (mut files, mut records, mut queries) = (Vec::new(), 100_000, 1_000);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<usize> {
            let given = arguments.next().context("a number is missing")?;
            given.parse().context("not a number")
        };
        match argument.as_str() {
            "--records" => records = number()?,
            "--queries" => queries = number()?,
            _ => files.push(PathBuf::from(argument)),
        }
    }
    let texts = texts(&files, records + queries)?;
    let vectors = embedded(&texts)?;
    // Every so many texts one is a query, so that all sources are among them.
    let step = texts.len() / queries;
    let (mut list, mut asked) = (Vec::new(), Vec::new());
    for at in 0..texts.len() {
        if at % step == 0 && asked.len() < queries {
            asked.push(at);
        } else {
            list.push(at);
        }
    }
    let (list, asked) = (part(&vectors, &list)?, part(&vectors, &asked)?);
    let cores = std::thread::available_parallelism()?;
    println!(
        "{} vectors of {} numbers, {} queries, {K} partners each, {cores} cores; the graph with {NEIGHBOURS} edges, {EF_CONSTRUCTION} \
         points looked at in building and {EF_SEARCH} in searching, for all.\n",
        list.len(),
        list.width(),
        asked.len()
    );
    println!("| search | seconds to build | queries a second | recall at {K} |\n|---|---|---|---|");
    let (exact, _, took) = timed(&asked, &list, usize::MAX)?;
    let rate = asked.len() as f64 / took;
    println!("| midband, exact | | {rate:.0} | 1 |");
    let (found, build, took) = timed(&asked, &list, 0)?;
    let rate = asked.len() as f64 / took;
    println!(
        "| midband, graph, one point after the other, each looked up once | {build:.1} | {rate:.0} | {:.4} |",
        recall(&found, &exact)
    );
    peer(&list, &asked, &exact)
}

/// Partners of each query, the seconds that the graph took to build, and those of the search.
fn timed(asked: &Vectors, list: &Vectors, graph_from: usize) -> Result<(Vec<Vec<u32>>, f64, f64)> {
    let names = |count: usize| vec![""; count];
    let (left, right) = (names(asked.len()), names(list.len()));
    let of = |texts, vectors| List {
        vectors: Some(vectors),
        ..List::of_texts(texts)
    };
    let settings = Settings {
        source: Source::Embedding,
        top_k: K,
        graph_from,
    };
    let begin = Instant::now();
    let found = search(&of(&left, asked), Some(&of(&right, list)), &settings)?;
    let took = begin.elapsed() - found.graph_took;
    let rows = |partners: Vec<Candidate>| partners.into_iter().map(|pair| pair.right).collect();
    Ok((
        found.of.into_iter().map(rows).collect(),
        found.graph_took.as_secs_f64(),
        took.as_secs_f64(),
    ))
}

fn recall(found: &[Vec<u32>], exact: &[Vec<u32>]) -> f64 {
    let hits = found.iter().zip(exact).map(|(found, exact)| {
        let found: HashSet<&u32> = found.iter().collect();
        exact.iter().filter(|row| found.contains(row)).count()
    });
    hits.sum::<usize>() as f64 / exact.iter().map(Vec::len).sum::<usize>().max(1) as f64
}

fn texts(files: &[PathBuf], wanted: usize) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut known = HashSet::new();
    for file in files {
        for line in fs::read_to_string(file)?.lines() {
            let row: serde_json::Value = serde_json::from_str(line)?;
            for side in ["a", "b"] {
                let text = row[side].as_str().context("a row without texts")?;
                if !text.trim().is_empty() && known.insert(text.to_owned()) {
                    texts.push(text.to_owned());
                }
            }
        }
    }
    texts.truncate(wanted);
    let syllables = [
        "ba", "ko", "mi", "ra", "ten", "lo", "su", "gar", "vin", "del", "pe", "hu",
    ];
    let mut state = 7u64;
    let mut next = |below: u64| {
        // Knuth's multiplicative congruential generator: any will do here.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    while texts.len() < wanted {
        let mut word =
            |parts: usize| -> String { (0..parts).map(|_| syllables[next(12) as usize]).collect() };
        let (given, last, city) = (word(2), word(3), word(4));
        let text = format!(
            "given: {given}; last: {last}; born: {}-{:02}-{:02}; city: {city}",
            1930 + next(80),
            1 + next(12),
            1 + next(28)
        );
        if known.insert(text.clone()) {
            texts.push(text);
        }
    }
    Ok(texts)
}

fn embedded(texts: &[String]) -> Result<Vectors> {
    onnx_runtime(None)?;
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    let embedder = OnnxEmbedder::new(model, OnnxOptions::default());
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/study-vectors");
    let embedder = CachedEmbedder::open(embedder, &kept)?;
    let mut all = Vectors::zeros(texts.len(), embedder.width());
    for (at, part) in texts.chunks(CHUNK).enumerate() {
        let part: Vec<&str> = part.iter().map(String::as_str).collect();
        let found = embedder.embed(&part)?;
        for row in 0..part.len() {
            let embedding = found.get(row).context("a text without a vector")?;
            all.set(at * CHUNK + row, embedding.vector, embedding.truncated)?;
        }
    }
    Ok(all)
}

fn part(all: &Vectors, rows: &[usize]) -> Result<Vectors> {
    let mut some = Vectors::zeros(rows.len(), all.width());
    for (at, &row) in rows.iter().enumerate() {
        let embedding = all.get(row).context("a row too many")?;
        some.set(at, embedding.vector, embedding.truncated)?;
    }
    Ok(some)
}

/// hnswlib and faiss on the same vectors; they print their own rows.
fn peer(list: &Vectors, asked: &Vectors, exact: &[Vec<u32>]) -> Result<()> {
    let dir = std::env::temp_dir().join(format!("midband-graph-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let write = |name: &str, bytes: Vec<u8>| fs::File::create(dir.join(name))?.write_all(&bytes);
    let floats = |vectors: &Vectors| {
        vectors
            .values()
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect()
    };
    write("list.f32", floats(list))?;
    write("asked.f32", floats(asked))?;
    write(
        "exact.u32",
        exact
            .iter()
            .flatten()
            .flat_map(|row| row.to_le_bytes())
            .collect(),
    )?;
    let python = std::env::var("MIDBAND_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("graph_peer.py"))
        .arg(&dir)
        .args(
            [list.width(), K, NEIGHBOURS, EF_CONSTRUCTION, EF_SEARCH]
                .map(|number| number.to_string()),
        )
        .status();
    fs::remove_dir_all(&dir)?;
    if !done.is_ok_and(|status| status.success()) {
        println!("| hnswlib, faiss: not there | | | |");
    }
    Ok(())
}
