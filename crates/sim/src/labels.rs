//! What the simulated model believes of a pair: a label, right with a stated accuracy.
//!
//! Which pairs it gets wrong is fixed by their texts and the seed, so that asking twice, alone or
//! in a batch, gives the same answer: an error is a property of the pair, as with a real model.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::Manner;

/// Labelled pairs, found by their texts whatever the case, the marks and the white space.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    truths: HashMap<(String, String), f64>,
    /// The same by the words of each text, whatever their order.
    by_words: HashMap<(String, String), f64>,
    /// Mean difficulty over the pairs, above 0.
    mean_difficulty: f64,
}

/// One line of a label file; other keys are ignored.
#[derive(Deserialize)]
struct Line {
    a: String,
    b: String,
    #[serde(default)]
    label: Option<serde_json::Value>,
    #[serde(default)]
    score: Option<f64>,
}

impl Labels {
    /// Reads JSONL with `a`, `b` and `label` (0/1, true/false or a grade in 0..=1), or a `score` in
    /// 0..=1 where there is no label.
    ///
    /// # Errors
    /// A line is not such an object; the message names the line, never its texts.
    pub fn from_jsonl(text: &str) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let number = index + 1;
            let line: Line =
                serde_json::from_str(line).map_err(|_| format!("line {number} has no a and b"))?;
            let label = match line.label {
                Some(serde_json::Value::Bool(label)) => Some(f64::from(u8::from(label))),
                Some(serde_json::Value::Number(label)) => label.as_f64(),
                _ => None,
            };
            let truth = label
                .or(line.score)
                .filter(|truth| (0.0..=1.0).contains(truth));
            let truth = truth.ok_or_else(|| format!("line {number} has no label in 0..=1"))?;
            pairs.push((line.a, line.b, truth));
        }
        Ok(Self::new(pairs))
    }

    /// Labels from pairs of texts and truths in 0..=1.
    pub fn new(pairs: impl IntoIterator<Item = (String, String, f64)>) -> Self {
        let mut total = 0.0;
        let (mut truths, mut by_words) = (HashMap::new(), HashMap::new());
        for (a, b, truth) in pairs {
            total += difficulty(&a, &b, truth);
            truths.insert((folded(&a), folded(&b)), truth);
            // Records are asked about field by field, in the order of the left one.
            by_words.entry((sorted(&a), sorted(&b))).or_insert(truth);
        }
        let mean = total / truths.len().max(1) as f64;
        Self {
            truths,
            by_words,
            mean_difficulty: mean.max(0.01),
        }
    }

    /// Number of labelled pairs.
    pub fn len(&self) -> usize {
        self.truths.len()
    }

    /// True where nothing is labelled.
    pub fn is_empty(&self) -> bool {
        self.truths.is_empty()
    }

    /// The truth about a pair in either order; without a label, the share of words in common.
    fn truth(&self, a: &str, b: &str) -> f64 {
        let (left, right) = (folded(a), folded(b));
        let key = (left, right);
        if let Some(truth) = self.truths.get(&key) {
            return *truth;
        }
        let (left, right) = key;
        if let Some(truth) = self.truths.get(&(right, left)) {
            return *truth;
        }
        let (left, right) = (sorted(a), sorted(b));
        let either = [(left.clone(), right.clone()), (right, left)];
        let known = either.iter().find_map(|key| self.by_words.get(key));
        known.copied().unwrap_or_else(|| overlap(a, b))
    }
}

/// The words in alphabetical order.
fn sorted(text: &str) -> String {
    let mut words: Vec<String> = words(text).into_iter().collect();
    words.sort_unstable();
    words.join(" ")
}

/// The score of a judge that always gives the same.
pub(crate) const CONSTANT: f64 = 0.6;

/// How the model answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Belief {
    pub(crate) manner: Manner,
    pub(crate) accuracy: f64,
    /// 0: every pair is as likely to be wrong; 1: in proportion to its difficulty.
    pub(crate) correlation: f64,
    pub(crate) seed: u64,
}

impl Belief {
    /// The model's graded answer about a pair, 0..=1; the same in either order, unless its manner is another.
    pub(crate) fn score(&self, labels: &Labels, a: &str, b: &str) -> f64 {
        let known = self.known(labels, a, b);
        let sure = known.max(1.0 - known);
        let yes = |yes: bool| if yes { sure } else { 1.0 - sure };
        match self.manner {
            Manner::Honest => known,
            Manner::AllYes => sure,
            Manner::AllNo => 1.0 - sure,
            Manner::Constant => CONSTANT,
            Manner::Random => {
                let (mut left, mut right) = (folded(a), folded(b));
                if left > right {
                    std::mem::swap(&mut left, &mut right);
                }
                let [draw, _] = draws(self.seed, &format!("chance {left}\u{1f}{right}"));
                yes(draw < 0.5)
            }
            Manner::Inverted => 1.0 - known,
            Manner::Position => yes(folded(a) < folded(b)),
        }
    }

    fn known(&self, labels: &Labels, a: &str, b: &str) -> f64 {
        let truth = labels.truth(a, b);
        let relative = difficulty(a, b, truth) / labels.mean_difficulty.max(0.01);
        let wrong = (1.0 - self.accuracy) * (1.0 + self.correlation * (relative - 1.0));
        let (mut left, mut right) = (folded(a), folded(b));
        if left > right {
            std::mem::swap(&mut left, &mut right);
        }
        let [strike, spread] = draws(self.seed, &format!("{left}\u{1f}{right}"));
        let told = if strike < wrong { 1.0 - truth } else { truth };
        // Confident, not certain: 0.03 to 0.23 short of what it believes.
        let shortfall = 0.03 + 0.2 * spread;
        (told + if told >= 0.5 { -shortfall } else { shortfall }).clamp(0.0, 1.0)
    }
}

/// Two numbers in 0..1 that depend on the seed and the words alone.
pub(crate) fn draws(seed: u64, words: &str) -> [f64; 2] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(words.as_bytes());
    let hash = hasher.finalize();
    let number = |from: usize| {
        let mut bytes = [0u8; 4];
        bytes.copy_from_slice(&hash.as_bytes()[from..from + 4]);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    };
    [number(0), number(4)]
}

/// Letters and digits alone, in lower case: what survives any neutralisation.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn words(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn overlap(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    let all = a.union(&b).count();
    if all == 0 {
        0.0
    } else {
        a.intersection(&b).count() as f64 / all as f64
    }
}

/// How far the words in common mislead, 0..=1.
fn difficulty(a: &str, b: &str, truth: f64) -> f64 {
    (truth - overlap(a, b)).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(count: usize) -> Labels {
        Labels::new((0..count).map(|i| {
            (
                format!("left {i}"),
                format!("right {i}"),
                f64::from(u8::from(i % 2 == 0)),
            )
        }))
    }

    #[test]
    fn the_stated_accuracy_is_kept_and_fixed() {
        let labels = labelled(4_000);
        let log_prior_weight = Belief {
            manner: Manner::Honest,
            accuracy: 0.8,
            correlation: 0.0,
            seed: 1,
        };
        let right = (0..4_000)
            .filter(|i| {
                let score =
                    log_prior_weight.score(&labels, &format!("LEFT: {i}"), &format!("right {i}"));
                assert_eq!(
                    score,
                    log_prior_weight.score(&labels, &format!("right {i}"), &format!("left\n{i}"))
                );
                (score >= 0.5) == (i % 2 == 0)
            })
            .count();
        assert!((0.78..0.82).contains(&(right as f64 / 4_000.0)), "{right}");
    }

    #[test]
    fn manners_answer_as_they_are_called() {
        let labels = labelled(400);
        let right = |manner| {
            let belief = Belief {
                manner,
                accuracy: 1.0,
                correlation: 0.0,
                seed: 1,
            };
            let pair =
                |i: usize| belief.score(&labels, &format!("left {i}"), &format!("right {i}"));
            let turned =
                |i: usize| belief.score(&labels, &format!("right {i}"), &format!("left {i}"));
            let right = (0..400)
                .filter(|&i| (pair(i) >= 0.5) == (i % 2 == 0))
                .count();
            (
                right,
                (0..400).all(|i| (pair(i) >= 0.5) == (turned(i) >= 0.5)),
            )
        };
        assert_eq!(right(Manner::Honest), (400, true));
        assert_eq!(right(Manner::Inverted), (0, true));
        for manner in [Manner::AllYes, Manner::AllNo, Manner::Constant] {
            assert_eq!(right(manner), (200, true), "{manner}");
        }
        let (chance, symmetric) = right(Manner::Random);
        assert!((160..240).contains(&chance) && symmetric, "{chance}");
        assert!(!right(Manner::Position).1);
    }

    #[test]
    fn label_files_are_read_and_errors_show_no_text() {
        let labels = Labels::from_jsonl("{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n\n{\"a\":\"x\",\"b\":\"z\",\"label\":null,\"score\":0.25}").unwrap();
        assert_eq!(labels.len(), 2);
        let error = Labels::from_jsonl("{\"a\":\"secret\",\"b\":\"y\"}").unwrap_err();
        assert!(error.contains("line 1") && !error.contains("secret"));
    }
}
