//! Names written out before texts are embedded: what the embedder reads, and when labels choose it.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use midband::{
    EmbedError, Embedder, Engine, ExpandTerms, LabelledPair, Learning, ModelIdentity, Pair, PairId,
    Vectors, hash_bytes,
    router::{GainOptions, Policy},
};

const WIDTH: usize = 256;

/// Words as directions: texts are alike as far as they share them. Notes every text that it reads.
struct Words {
    identity: ModelIdentity,
    read: Arc<Mutex<BTreeSet<String>>>,
}

impl Embedder for Words {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut vectors = Vectors::zeros(texts.len(), WIDTH);
        for (row, text) in texts.iter().enumerate() {
            self.read.lock().unwrap().insert((*text).to_owned());
            let mut vector = [0f32; WIDTH];
            for word in text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| !w.is_empty())
            {
                vector[hash_bytes(word.bytes()) as usize % WIDTH] += 1.0;
            }
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|x| *x /= length);
            vectors.set(row, &vector, false)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        WIDTH
    }
    fn max_tokens(&self) -> usize {
        256
    }
    fn model(&self) -> &ModelIdentity {
        &self.identity
    }
}

type Read = Arc<Mutex<BTreeSet<String>>>;

/// An engine whose features say nothing of these texts but the cosine.
fn engine(learning: Learning) -> (Engine, Read) {
    let read = Read::default();
    let words = Words {
        identity: ModelIdentity {
            name: "words".into(),
            digest: "none".into(),
        },
        read: read.clone(),
    };
    (
        Engine::builder()
            .embedder(words)
            .learn(learning)
            .build()
            .unwrap(),
        read,
    )
}

fn learning(expand_terms: ExpandTerms) -> Learning {
    Learning {
        expand_terms,
        features: "cosine,kind_conflict".parse().unwrap(),
        ..Learning::new(Policy::Gain(GainOptions::default()))
    }
}

/// Two names of one thing, and of another thing, in ever other words around them. They match if they are one thing, or never.
fn labelled(one_thing_matches: bool) -> Vec<LabelledPair> {
    let names = [("T2DM", "sugar diabetes"), ("Glucophage", "metformin")];
    let pair = |at: usize| {
        let (name, other) = names[at % 2];
        let (_, another) = names[(at + 1) % 2];
        let same = at % 4 < 2;
        let second = if same { other } else { another };
        let pair = Pair::new(
            format!("{at}"),
            format!("{name} x{at}"),
            format!("{second} y{at}"),
        );
        LabelledPair::new(pair, same == one_thing_matches)
    };
    (0..80).map(pair).collect()
}

#[tokio::test]
async fn the_embedder_reads_names_written_out_and_nothing_else_does() {
    let (engine, read) = engine(learning(ExpandTerms::On));
    let pair = Pair::new("1", "T2DM, on Glucophage", "metformin");
    let scored = engine.score(vec![pair]).await.unwrap();
    let read: Vec<String> = read.lock().unwrap().iter().cloned().collect();
    assert_eq!(
        read,
        [
            "T2DM (type 2 diabetes), on Glucophage (metformin)",
            "metformin"
        ]
    );
    // One word of six is shared.
    let cosine = scored.scores[0].cosine.unwrap().get();
    assert!((cosine - 1.0 / 7f32.sqrt()).abs() < 1e-5, "{cosine}");
    let model = engine.provenance().embedding_model;
    assert!(
        model.writes_names_out() && model.name == "words, names written out",
        "{model:?}"
    );
}

#[tokio::test]
async fn labels_choose_where_names_written_out_foretell_them_better() {
    for (one_thing_matches, expands) in [(true, true), (false, true)] {
        let (engine, _) = engine(learning(ExpandTerms::Auto));
        let found = engine.calibrate(labelled(one_thing_matches)).await.unwrap();
        let calibration = found.calibration;
        assert_eq!(calibration.embedding_model.writes_names_out(), expands);
        assert!(!engine.provenance().embedding_model.writes_names_out());
        // A run with the calibration embeds as it was made.
        let (run, read) = self::engine(Learning {
            calibration: Some(Arc::new(calibration.clone())),
            ..learning(ExpandTerms::Auto)
        });
        assert_eq!(
            run.provenance().embedding_model,
            calibration.embedding_model
        );
        run.score(vec![Pair::new("1", "T2DM", "HTN")])
            .await
            .unwrap();
        assert!(read.lock().unwrap().contains("T2DM (type 2 diabetes)"));
    }
    // Labels that have nothing to do with names, and too few of them.
    let by_chance = labelled(true)
        .into_iter()
        .enumerate()
        .map(|(at, gold)| LabelledPair {
            is_match: (at / 4) % 2 == 0,
            ..gold
        });
    for gold in [by_chance.collect(), labelled(true)[..40].to_vec()] {
        let (engine, _) = engine(learning(ExpandTerms::Auto));
        let found = engine.calibrate(gold).await.unwrap();
        assert!(!found.calibration.embedding_model.writes_names_out());
    }
    let (engine, read) = engine(learning(ExpandTerms::Off));
    engine.calibrate(labelled(true)).await.unwrap();
    assert!(read.lock().unwrap().iter().all(|text| !text.contains('(')));
}

#[tokio::test]
async fn a_run_with_labels_of_its_own_chooses_too() {
    let (engine, _) = engine(learning(ExpandTerms::Auto));
    let labels = labelled(true);
    let known: HashMap<PairId, bool> = (labels.iter())
        .map(|gold| (gold.pair.id.clone(), gold.is_match))
        .collect();
    let mut pairs: Vec<Pair> = labels.into_iter().map(|gold| gold.pair).collect();
    pairs.push(Pair::new("new", "T2DM", "diabetes of the sugar kind"));
    let unlabelled = engine.score(pairs.clone()).await.unwrap().fit.unwrap();
    assert!(!unlabelled.calibration.embedding_model.writes_names_out());
    let fit = engine
        .taught(known)
        .score(pairs.clone())
        .await
        .unwrap()
        .fit
        .unwrap();
    assert!(fit.calibration.embedding_model.writes_names_out());
    // Further pairs are embedded as those that taught.
    let further = engine.fitted(&fit.calibration);
    assert_eq!(
        further.provenance().embedding_model,
        fit.calibration.embedding_model
    );
    let one = Pair::new("1", "T2DM", "sugar diabetes");
    let cosine = |scored: midband::Scored| scored.scores[0].cosine.unwrap().get();
    let expanded = cosine(further.score(vec![one.clone()]).await.unwrap());
    let as_it_is = cosine(engine.score(vec![one]).await.unwrap());
    assert!(
        expanded > 0.4 && as_it_is.abs() < 1e-6,
        "{expanded} {as_it_is}"
    );
}
