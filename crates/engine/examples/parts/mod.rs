//! An embedder and a judge of one's own, small enough to read: what the examples run on without a model.

use std::time::Duration;

use midband::{
    Answer, BoxFuture, EmbedError, Embedder, Fingerprint, Judge, JudgeError, ModelIdentity, Pair,
    Vectors, Verdict,
};

/// Counts letter pairs: texts with the same letter pairs have the same vector.
pub(crate) struct LetterPairs(ModelIdentity);

impl LetterPairs {
    pub(crate) fn new() -> Self {
        Self(ModelIdentity {
            name: "letter pairs".to_owned(),
            // Scores belong to a model: whatever changes a vector changes this.
            digest: "example:1".to_owned(),
        })
    }
}

const WIDTH: usize = 27 * 27;

impl Embedder for LetterPairs {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut vectors = Vectors::zeros(texts.len(), WIDTH);
        for (row, text) in texts.iter().enumerate() {
            let letters: Vec<usize> = text
                .to_lowercase()
                .bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' => usize::from(byte - b'a') + 1,
                    _ => 0,
                })
                .collect();
            let mut vector = vec![0.0f32; WIDTH];
            for pair in letters.windows(2) {
                vector[pair[0] * 27 + pair[1]] += 1.0;
            }
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
            vector.iter_mut().for_each(|x| *x /= length);
            vectors.set(row, &vector, false)?;
        }
        Ok(vectors)
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn max_tokens(&self) -> usize {
        usize::MAX
    }

    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}

/// Thinks for a while, then says that texts with the same numbers are a match.
pub(crate) struct SameNumbers(pub(crate) Duration);

impl Judge for SameNumbers {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        Box::pin(async move {
            let numbers =
                |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
            let mut verdicts = Vec::new();
            for pair in pairs {
                tokio::time::sleep(self.0).await;
                let same = numbers(pair.a.as_str()) == numbers(pair.b.as_str());
                let answer = Answer::new(if same { 0.95 } else { 0.05 }, "same numbers")
                    .map_err(|error| JudgeError::Settings(error.to_string()))?;
                verdicts.push(Verdict::answered(answer, self.0));
            }
            Ok(verdicts)
        })
    }

    fn name(&self) -> String {
        "same numbers".to_owned()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new("example-1")
    }
}
