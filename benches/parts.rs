//! Every part of the cascade by itself, and the whole against a simulator whose clock runs 100,000 times as
//! fast as a machine's: what midband itself costs beside a model.
//!
//! `cargo bench -p midband-benches --bench parts`; needs no model and no server.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{hint::black_box, io::Cursor, sync::Arc};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use midband::{
    EmbedError, Embedder, Engine, FinalScore, Judge, Learning, ModelIdentity, Pair, Vectors,
    block::{List, Settings, Source, search},
    embed::EmbeddingScorer,
    features::{DocumentFrequencies, FEATURES, FeatureRows, FeatureSet},
    judge::{JudgeSettings, LlmJudge, PromptingMode, read_answer},
    model::{
        CosineMap, Evidence, JudgeModel, PairKey, TaskKind,
        learn::{FitOptions, Label, Prior, Rows, fit},
        merge,
    },
    router::{GainOptions, Knowledge, Pairs, Policy, Router},
};
use midband_io::{Beside, Format as FileFormat, ReadOptions, Reader, ScoreWriter};
use midband_sim::{Labels, Options, Simulator};

/// Pairs of a medium-sized run.
const PAIRS: usize = 10_000;

/// A text's vector from its bytes, at the width of a real model: comparing costs what it costs, embedding
/// nothing.
struct Hashed(ModelIdentity);

impl Embedder for Hashed {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut vectors = Vectors::zeros(texts.len(), self.width());
        for (row, text) in texts.iter().enumerate() {
            let mut vector = vec![0.01f32; self.width()];
            for (at, byte) in text.bytes().enumerate() {
                vector[(at * 31 + usize::from(byte) * 7) % 384] += 1.0;
            }
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|x| *x /= length);
            vectors.set(row, &vector, false)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        384
    }
    fn max_tokens(&self) -> usize {
        256
    }
    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}

fn hashed() -> Hashed {
    Hashed(ModelIdentity {
        name: "hashed".into(),
        digest: "none".into(),
    })
}

/// Records that share some of their words.
fn text(number: usize) -> String {
    let word = |salt: usize| (number.wrapping_mul(2_654_435_761) >> salt) % 997;
    format!(
        "name: anna {} miller {}; city: port {}; born: 19{:02}-0{}-1{}; note: left knee, no fever, {} mg",
        word(3),
        word(5) % 40,
        word(7) % 90,
        word(9) % 90,
        1 + word(11) % 9,
        word(13) % 9,
        word(2) % 500
    )
}

fn pairs(count: usize) -> Vec<Pair> {
    (0..count)
        .map(|at| Pair::new(at.to_string(), text(at / 3), text(at / 3 + at % 3)))
        .collect()
}

fn made(count: usize) -> Pairs {
    let columns: Vec<String> = FEATURES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let pairs = pairs(count);
    let texts: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.a.as_str(), pair.b.as_str(), Some(0.5)))
        .collect();
    let rows = FeatureRows::new(
        FeatureSet::all(),
        DocumentFrequencies::of_texts(texts.iter().map(|pair| pair.0)),
    );
    Pairs {
        keys: pairs.iter().map(|pair| PairKey::from(&pair.id)).collect(),
        columns,
        values: rows.table(&texts),
    }
}

fn pure(criterion: &mut Criterion) {
    let loose = pairs(PAIRS);
    let mut group = criterion.benchmark_group("10,000 pairs");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(PAIRS as u64));
    let scorer = EmbeddingScorer::new(hashed());
    scorer.score(&loose).unwrap();
    group.bench_function("cosine, vectors known", |bench| {
        bench.iter(|| black_box(scorer.score(&loose).unwrap()));
    });
    let rows = FeatureRows::new(
        FeatureSet::all(),
        DocumentFrequencies::of_texts(loose.iter().map(|pair| pair.a.as_str())),
    );
    let texts: Vec<_> = loose
        .iter()
        .map(|pair| (pair.a.as_str(), pair.b.as_str(), Some(0.5)))
        .collect();
    group.bench_function("features", |bench| {
        bench.iter(|| black_box(rows.table(&texts)));
    });
    let featured = made(PAIRS);
    let priors = vec![Prior::cosine(
        CosineMap::default_for(TaskKind::General),
        &featured.columns,
    )];
    group.bench_function("routing, gain policy, first round", |bench| {
        bench.iter_batched(
            || (featured.clone(), Knowledge::of_priors(priors.clone())),
            |(pairs, knowledge)| {
                let policy = Policy::Gain(GainOptions::default());
                black_box(Router::new(policy, pairs, knowledge).unwrap().step())
            },
            BatchSize::LargeInput,
        );
    });
    let judge = JudgeModel::default();
    group.bench_function("combining, a verdict each", |bench| {
        bench.iter(|| {
            (0..PAIRS)
                .map(|at| merge((at % 13) as f64 - 6.0, (at % 11) as f64 / 10.0, &judge))
                .sum::<f64>()
        });
    });
    group.finish();
    let labels: Vec<Label> = (0..1_000)
        .map(|row| Label {
            row,
            key: featured.keys[row],
            evidence: Evidence::gold(featured.values[row * featured.columns.len() + 1] > 0.6),
        })
        .collect();
    let mut group = criterion.benchmark_group("calibration");
    group.sample_size(10);
    group.bench_function("1,000 labels, every candidate", |bench| {
        let rows = Rows::new(&featured.columns, &featured.values).unwrap();
        let scale = rows.scale();
        let options = FitOptions::default();
        bench.iter(|| black_box(fit(rows, &scale, &labels, &priors, &options).unwrap()));
    });
    group.finish();
}

fn answers(criterion: &mut Criterion) {
    let keyed: Vec<String> = (1..=16)
        .map(|n| format!("\"p{n:02}\": {}", n * 6))
        .collect();
    let object = format!("{{\n    {}\n}}", keyed.join(",\n    "));
    let thought = format!(
        "<unused94>thought\n{}<unused95>{object}",
        "I compare p01. ".repeat(200)
    );
    let mut group = criterion.benchmark_group("an answer about 16 pairs");
    for (name, mode, text) in [
        (
            "thought of 3 kB and object",
            PromptingMode::Think,
            thought.as_str(),
        ),
        ("object", PromptingMode::Keyed, object.as_str()),
        ("digits", PromptingMode::Digits, "\"0123456789012345\""),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| black_box(read_answer(mode, 16, text)));
        });
    }
    group.finish();
}

fn files(criterion: &mut Criterion) {
    let loose = pairs(PAIRS);
    let mut lines = String::new();
    let mut records = String::from("id,a,b\n");
    for Pair { id, a, b } in &loose {
        let (id, a, b) = (id.as_str(), a.as_str(), b.as_str());
        lines += &format!("{{\"id\":\"{id}\",\"a\":\"{a}\",\"b\":\"{b}\",\"site\":\"x\"}}\n");
        records += &format!("{id},\"{a}\",\"{b}\"\n");
    }
    let scores: Vec<FinalScore> = loose
        .iter()
        .map(|pair| FinalScore::rejected(pair.id.clone(), "text a is empty"))
        .collect();
    let mut group = criterion.benchmark_group("files of 10,000 rows");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(PAIRS as u64));
    for (name, format, input) in [
        ("reading JSONL", FileFormat::Jsonl, &lines),
        ("reading CSV", FileFormat::Csv, &records),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let input = Box::new(Cursor::new(input.clone().into_bytes()));
                Reader::new(input, ReadOptions::new(format))
                    .unwrap()
                    .count()
            });
        });
    }
    for (name, format) in [
        ("writing JSONL", FileFormat::Jsonl),
        ("writing CSV", FileFormat::Csv),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let columns = Some(Vec::new());
                let mut writer = ScoreWriter::new(Vec::new(), format, columns, Beside::default());
                for score in &scores {
                    writer.write(score, None, serde_json::Map::new()).unwrap();
                }
                writer.finish().unwrap()
            });
        });
    }
    group.finish();
}

fn judged(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let asked = pairs(256);
    let labels = Labels::new(asked.iter().enumerate().map(|(at, pair)| {
        let truth = f64::from(u8::from(at % 3 == 0));
        (
            pair.a.as_str().to_owned(),
            pair.b.as_str().to_owned(),
            truth,
        )
    }));
    let options = Options {
        labels,
        speed: 100_000.0,
        loaded: true,
        ..Options::default()
    };
    let simulator = runtime.block_on(Simulator::start(options)).unwrap();
    let judge = runtime
        .block_on(LlmJudge::connect(JudgeSettings {
            servers: vec![simulator.url()],
            mode: Some(PromptingMode::Digits),
            ..JudgeSettings::default()
        }))
        .unwrap();
    let judge = Arc::new(judge);
    let mut group = criterion.benchmark_group("256 pairs, SIMULATED judge");
    group.sample_size(20).throughput(Throughput::Elements(256));
    group.bench_function("queue and server", |bench| {
        bench.iter(|| runtime.block_on(judge.judge(&asked)).unwrap());
    });
    let engine = Engine::builder()
        .embedder(hashed())
        .judge(judge.clone())
        .learn(Learning::new(Policy::Gain(GainOptions::default())))
        .build()
        .unwrap();
    group.bench_function("the whole cascade, gain policy", |bench| {
        bench.iter(|| runtime.block_on(engine.score(asked.clone())).unwrap());
    });
    group.finish();
}

/// Five candidates a record of two lists, by each source.
fn blocking(criterion: &mut Criterion) {
    const RECORDS: usize = 2_000;
    let texts: Vec<String> = (0..2 * RECORDS).map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (left, right) = texts.split_at(RECORDS);
    let (a, b) = (
        hashed().embed(left).unwrap(),
        hashed().embed(right).unwrap(),
    );
    let list = |texts, vectors| List {
        vectors: Some(vectors),
        ..List::of_texts(texts)
    };
    let (left, right) = (list(left, &a), list(right, &b));
    let mut group = criterion.benchmark_group("blocking 2,000 x 2,000 records");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.sample_size(10);
    for (name, source) in [
        ("embeddings, exact", Source::Embedding),
        ("words", Source::Words),
        ("both", Source::Both),
    ] {
        let settings = Settings {
            source,
            ..Settings::default()
        };
        group.bench_function(name, |bench| {
            bench.iter(|| black_box(search(&left, Some(&right), &settings).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(parts, pure, answers, files, judged, blocking);
criterion_main!(parts);
