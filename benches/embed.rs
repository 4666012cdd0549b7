//! The embedding path, warm: one pair, a hundred pairs, and mixed lengths against plain fastembed.
//!
//! `cargo bench -p midband-benches --bench embed`; needs `scripts/setup`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{fs, hint::black_box, path::Path};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use fastembed::{InitOptionsUserDefined, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use midband_core::{Embedder, Pair};
use midband_embed::{
    DEFAULT_MODEL, EmbeddingScorer, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime,
};

fn pairs(file: &str, most: usize) -> Vec<Pair> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../data")
        .join(file);
    let text = fs::read_to_string(path).unwrap();
    let objects = text
        .lines()
        .take(most)
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let field = |object: &serde_json::Value, name: &str| object[name].as_str().unwrap().to_owned();
    objects
        .map(|object| {
            Pair::new(
                field(&object, "id"),
                field(&object, "a"),
                field(&object, "b"),
            )
        })
        .collect()
}

fn embedder() -> OnnxEmbedder {
    onnx_runtime(None).unwrap();
    let model = ModelFolder::find(None, DEFAULT_MODEL)
        .unwrap()
        .read(false)
        .unwrap();
    let embedder = OnnxEmbedder::new(model, OnnxOptions::default());
    embedder.warm_up().unwrap();
    embedder
}

fn plain_fastembed() -> TextEmbedding {
    onnx_runtime(None).unwrap();
    let folder = ModelFolder::home(DEFAULT_MODEL).unwrap();
    let file = |name: &str| fs::read(folder.join(name)).unwrap();
    let tokenizer = TokenizerFiles {
        tokenizer_file: file("tokenizer.json"),
        config_file: file("config.json"),
        special_tokens_map_file: file("special_tokens_map.json"),
        tokenizer_config_file: file("tokenizer_config.json"),
    };
    let model = UserDefinedEmbeddingModel::new(file("model.onnx"), tokenizer)
        .with_pooling(fastembed::Pooling::Mean);
    TextEmbedding::try_new_from_user_defined(
        model,
        InitOptionsUserDefined::new().with_max_length(256),
    )
    .unwrap()
}

fn benches(criterion: &mut Criterion) {
    let shared = std::sync::Arc::new(embedder());
    // A scorer of its own each time: none knows the texts from the round before.
    let scorer = || EmbeddingScorer::new(shared.clone());
    let questions = pairs("questions.jsonl", 100);
    criterion.bench_function("one warm pair", |bench| {
        let mut next = questions.iter().cycle();
        bench.iter_batched(
            || (scorer(), next.next().unwrap().clone()),
            |(scorer, pair)| black_box(scorer.score(&[pair]).unwrap()),
            BatchSize::PerIteration,
        );
    });
    let mut group = criterion.benchmark_group("many warm pairs");
    group.sample_size(10);
    group.bench_function("100 questions", |bench| {
        bench.iter_batched(
            scorer,
            |scorer| black_box(scorer.score(&questions).unwrap()),
            BatchSize::PerIteration,
        );
    });
    // Terms of two words between histories of fifty: padding is what differs.
    let (terms, patients) = (pairs("terms.jsonl", 60), pairs("patients.jsonl", 20));
    let mixed: Vec<Pair> = terms
        .chunks(3)
        .zip(&patients)
        .flat_map(|(short, long)| [short, std::slice::from_ref(long)].concat())
        .collect();
    group.bench_function("mixed lengths, midband", |bench| {
        bench.iter_batched(
            scorer,
            |scorer| black_box(scorer.score(&mixed).unwrap()),
            BatchSize::PerIteration,
        );
    });
    let mut plain = plain_fastembed();
    let texts: Vec<&str> = mixed
        .iter()
        .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()])
        .collect();
    group.bench_function("mixed lengths, plain fastembed in batches of 64", |bench| {
        bench.iter(|| black_box(plain.embed(&texts, Some(64)).unwrap()));
    });
    group.finish();
}

criterion_group!(embedding, benches);
criterion_main!(embedding);
