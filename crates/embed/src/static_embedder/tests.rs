//! A tokeniser and a table of a few words.

use std::collections::HashMap;

use ndarray::Array2;

use super::*;
use proptest::prelude::*;

const WORDS: [&str; 8] = [
    "[UNK]", "heart", "attack", "##s", "name", "knee", "pain", ":",
];

/// A tokeniser as BERT's over a few words, and a vector for each: words of like meaning lie together.
fn embedder() -> StaticEmbedder {
    let vocabulary: HashMap<&str, usize> = WORDS.iter().enumerate().map(|(n, w)| (*w, n)).collect();
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "decoder": null, "post_processor": null,
        "added_tokens": [{"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary},
    });
    let vectors = Array2::from_shape_fn((WORDS.len(), 12), |(i, j)| {
        ((i * 7 + j * 3) as f64).sin() + if i < 3 && j == 0 { 3.0 } else { 0.0 }
    });
    let model = ModelIdentity {
        name: "of a test".into(),
        digest: "none".into(),
    };
    let table = StaticTable::rounded(&vectors, |entry| entry == 0, model);
    StaticEmbedder::new(table, json.to_string().as_bytes(), "none".into()).unwrap()
}

fn one(embedder: &StaticEmbedder, text: &str) -> Vec<f32> {
    embedder.embed(&[text]).unwrap().values().to_vec()
}

proptest! {
    #[test]
    fn a_vector_depends_on_its_text_alone_to_the_last_bit(
        texts in prop::collection::vec("(heart|attacks|Knee:pain|näme|zz| |\\t|\u{3000}|\u{301}){0,6}", 1..200),
        fitted: bool,
    ) {
        let mut embedder = embedder();
        if fitted {
            embedder = embedder.for_texts(&texts);
        }
        let all: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = embedder.embed(&all).unwrap();
        for (at, text) in all.iter().enumerate() {
            let found = vectors.get(at).unwrap();
            let alone = one(&embedder, text);
            prop_assert_eq!(found.vector, alone.as_slice());
            let length = found.vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-3, "{}", length);
        }
    }

    #[test]
    fn words_by_themselves_have_the_tokens_of_the_text(text in "(heart|attacks|Knee:pain|NÄME|zz| |\\n|\u{3000}|\u{301}|\\[UNK\\]){0,9}") {
        let embedder = embedder();
        let whole = embedder.tokens.encode(&text);
        let mut reader = embedder.tokens.reader();
        prop_assert_eq!(reader.read(&text), &*whole);
    }
}

#[test]
fn texts_without_a_known_word_have_no_direction() {
    assert!(one(&embedder(), "zz [UNK]").iter().all(|&x| x == 0.0));
    assert!(one(&embedder(), "").iter().all(|&x| x == 0.0));
}

#[test]
fn what_all_texts_share_tells_none_apart() {
    let cosine = |embedder: &StaticEmbedder, a: &str, b: &str| -> f32 {
        one(embedder, a)
            .iter()
            .zip(one(embedder, b))
            .map(|(x, y)| x * y)
            .sum()
    };
    let plain = embedder();
    let texts: Vec<String> = ["heart", "attack", "knee", "pain"]
        .iter()
        .cycle()
        .take(40)
        .map(|word| format!("name: name: {word}"))
        .collect();
    let fitted = plain.for_texts(&texts);
    let (a, b) = ("name: name: heart", "name: name: knee");
    assert!(cosine(&plain, a, b) > cosine(&fitted, a, b) + 0.3);
    assert_ne!(plain.model().digest, fitted.model().digest);
    assert_eq!(
        fitted.model().digest,
        plain.for_texts(&texts).model().digest
    );
}
