//! The static tables of docs/performance.md: what static embeddings tell beside the model's, what both find for blocking, and
//! how fast they are.
//!
//! `cargo run --release -p midband-benches --bin static-record -- FILE… [--cache DIR]`: files of labelled pairs. The model
//! must be distilled (`midband models distil`). The peer needs a Python with model2vec (`MIDBAND_PYTHON` names one); without
//! it its row says so.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result};
use midband_block::{List, Settings, Source, candidates, pairs_completeness};
use midband_core::{Embedder, Pair, Vectors};
use midband_embed::{
    CachedEmbedder, DEFAULT_MODEL, EmbeddingScorer, ModelFolder, OnnxEmbedder, OnnxOptions,
    StaticEmbedder, onnx_runtime,
};
use midband_metrics::{Labelled, auroc};

/// Texts embedded at a time.
const CHUNK: usize = 1_024;

fn main() -> Result<()> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/study-vectors");
    let (mut files, mut cache) = (Vec::new(), kept);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--cache" {
            cache = arguments.next().context("a folder is missing")?.into();
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    onnx_runtime(None)?;
    let folder = ModelFolder::find(None, DEFAULT_MODEL)?;
    let model = OnnxEmbedder::new(folder.read(false)?, OnnxOptions::default());
    let model: Arc<dyn Embedder> = Arc::new(CachedEmbedder::open(model, &cache)?);
    let table = StaticEmbedder::open(&folder)?;
    println!(
        "AUROC of the cosine over the labeled pairs; pairs completeness of the fused candidates (vectors and words) at so many \
         partners a record, and of the static vectors alone.\n"
    );
    println!(
        "| set | AUROC model | static | k | words alone | static alone | model, fused | static, fused |\n|---|---|---|---|---|---|---|---|"
    );
    let sets: Vec<Set> = files
        .iter()
        .map(|file| Set::read(file))
        .collect::<Result<_>>()?;
    for set in &sets {
        set.record(&model, &table)?;
    }
    speeds(&sets, &table, &folder, &files)
}

/// A file of labelled pairs, and its texts as lists: one where both sides share texts, else two.
struct Set {
    name: String,
    pairs: Vec<(Pair, bool)>,
}

impl Set {
    fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)?;
        let mut pairs = Vec::new();
        for line in text.lines() {
            let row: serde_json::Value = serde_json::from_str(line)?;
            let word = |name: &str| row[name].as_str().context("a row without texts");
            if let Some(label) = row["label"].as_u64() {
                pairs.push((Pair::new(word("id")?, word("a")?, word("b")?), label == 1));
            }
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            pairs,
        })
    }

    fn record(&self, model: &Arc<dyn Embedder>, table: &StaticEmbedder) -> Result<()> {
        let mut left = distinct(self.pairs.iter().map(|(pair, _)| pair.a.as_str()));
        let mut right = distinct(self.pairs.iter().map(|(pair, _)| pair.b.as_str()));
        let known: HashSet<&str> = left.iter().copied().collect();
        let shared = right.iter().filter(|text| known.contains(*text)).count();
        let one = shared * 10 > left.len();
        if one {
            left = distinct(left.into_iter().chain(right));
            right = Vec::new();
        }
        let fitted = table.for_texts(&distinct(left.iter().chain(&right).copied()));
        let places = |texts: &[&str]| -> HashMap<String, u32> {
            let all = texts.iter().enumerate();
            all.map(|(row, text)| ((*text).to_owned(), row as u32))
                .collect()
        };
        let (of_left, of_right) = (places(&left), places(&right));
        let place = |pair: &Pair| {
            let a = of_left[pair.a.as_str()];
            if one {
                let b = of_left[pair.b.as_str()];
                (a.min(b), a.max(b))
            } else {
                (a, of_right[pair.b.as_str()])
            }
        };
        let gold: HashSet<(u32, u32)> = (self.pairs.iter())
            .filter(|(pair, label)| *label && !(one && pair.a.as_str() == pair.b.as_str()))
            .map(|(pair, _)| place(pair))
            .collect();
        let found = |vectors: Option<(&Vectors, &Vectors)>, source, top_k| -> Result<f64> {
            let list = |texts, vectors| List {
                vectors,
                ..List::of_texts(texts)
            };
            let a = list(&left, vectors.map(|all| all.0));
            let b = (!one).then(|| list(&right, vectors.map(|all| all.1)));
            let settings = Settings {
                source,
                top_k,
                ..Settings::default()
            };
            let pairs = candidates(&a, b.as_ref(), &settings)?;
            let pairs = pairs.iter().map(|pair| (pair.left, pair.right));
            pairs_completeness(pairs, &gold).context("a set without a match")
        };
        let of_model = (embedded(model, &left)?, embedded(model, &right)?);
        let of_table = (fitted.embed(&left)?, fitted.embed(&right)?);
        let areas = [
            self.area(&EmbeddingScorer::new(model.clone()))?,
            self.area(&EmbeddingScorer::new(Arc::new(fitted) as Arc<dyn Embedder>))?,
        ];
        for top_k in [5, 10] {
            println!(
                "| {} | {:.3} | {:.3} | {top_k} | {:.4} | {:.4} | {:.4} | {:.4} |",
                self.name,
                areas[0],
                areas[1],
                found(None, Source::Words, top_k)?,
                found(Some((&of_table.0, &of_table.1)), Source::Embedding, top_k)?,
                found(Some((&of_model.0, &of_model.1)), Source::Both, top_k)?,
                found(Some((&of_table.0, &of_table.1)), Source::Both, top_k)?,
            );
        }
        Ok(())
    }

    fn area(&self, scorer: &EmbeddingScorer<Arc<dyn Embedder>>) -> Result<f64> {
        let mut scored = Vec::with_capacity(self.pairs.len());
        for part in self.pairs.chunks(CHUNK) {
            let pairs: Vec<Pair> = part.iter().map(|(pair, _)| pair.clone()).collect();
            for (found, (_, label)) in scorer.score(&pairs)?.iter().zip(part) {
                // A text without a known word is like none.
                let score = found.cosine.map_or(0.0, |cosine| f64::from(cosine.get()));
                scored.push(Labelled::new(score, *label));
            }
        }
        auroc(&scored).context("a set of one label")
    }
}

fn distinct<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    texts
        .into_iter()
        .filter(|text| seen.insert(*text))
        .collect()
}

fn embedded(model: &Arc<dyn Embedder>, texts: &[&str]) -> Result<Vectors> {
    let mut all = Vectors::zeros(texts.len(), model.width());
    for (at, part) in texts.chunks(CHUNK).enumerate() {
        let found = model.embed(part)?;
        for row in 0..part.len() {
            let embedding = found.get(row).context("a text without a vector")?;
            all.set(at * CHUNK + row, embedding.vector, embedding.truncated)?;
        }
    }
    Ok(all)
}

/// Texts and pairs a second, and one warm pair.
fn speeds(
    sets: &[Set],
    table: &StaticEmbedder,
    folder: &ModelFolder,
    files: &[PathBuf],
) -> Result<()> {
    let pairs: Vec<Pair> = (sets.iter().flat_map(|set| &set.pairs))
        .map(|(pair, _)| pair.clone())
        .collect();
    let texts = distinct(
        pairs
            .iter()
            .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]),
    );
    let all = texts.len() as f64;
    println!("\n| what | distinct texts | texts a second | pairs a minute |\n|---|---|---|---|");
    let best = |work: &dyn Fn() -> Result<()>| -> Result<f64> {
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let begin = Instant::now();
            work()?;
            best = best.min(begin.elapsed().as_secs_f64());
        }
        Ok(best)
    };
    let row = |what: &str, took: f64, a_minute: &str| {
        println!(
            "| {what} | {} | {:.0} | {a_minute} |",
            texts.len(),
            all / took
        );
    };
    row(
        "midband, static",
        best(&|| Ok(table.embed(&texts).map(drop)?))?,
        "",
    );
    row(
        "midband, static, counting the texts first",
        best(&|| Ok(table.for_texts(&texts).embed(&texts).map(drop)?))?,
        "",
    );
    let fresh = || StaticEmbedder::open(folder).map(EmbeddingScorer::new);
    let scored = best(&|| {
        let scorer = fresh()?;
        pairs
            .chunks(4 * CHUNK)
            .try_for_each(|part| Ok(scorer.score(part).map(drop)?))
    })?;
    let a_minute = format!("{:.0}", pairs.len() as f64 / scored * 60.0);
    row(
        "midband, static, cosines of the pairs, opening the table included",
        scored,
        &a_minute,
    );
    let python = std::env::var("MIDBAND_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("static_peer.py"))
        .arg(folder.path())
        .args(files)
        .status();
    if !done.is_ok_and(|status| status.success()) {
        println!("| model2vec (Python): not there | | | |");
    }
    let scorer = fresh()?;
    let mut each: Vec<f64> = Vec::new();
    for pair in pairs.iter().take(2_000) {
        let begin = Instant::now();
        scorer.score(std::slice::from_ref(pair))?;
        each.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    each.sort_by(f64::total_cmp);
    let at = |share: f64| each[((each.len() as f64 * share) as usize).min(each.len() - 1)];
    println!(
        "\nOne warm pair ({} of them): median {:.3} ms, p99 {:.3} ms. The table: {:.1} MB.",
        each.len(),
        at(0.5),
        at(0.99),
        fs::metadata(folder.static_table())?.len() as f64 / 1e6
    );
    Ok(())
}
