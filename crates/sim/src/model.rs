//! What the simulated model writes: tokens, each with its alternatives.

use crate::{
    fault::Fault,
    labels::{Belief, Labels, draws},
    profile::{Api, Profile},
    question::{Form, Pairs, tokens},
};

/// A written token and, where it matters, the likeliest alternatives with their probabilities.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) top: Vec<(String, f64)>,
}

/// Why the writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Stop,
    Length,
    /// More than 30 equal tokens in a row, or a fault: no reason, no counts.
    GaveUp,
}

/// A whole answer, before any time is spent on it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) tokens: Vec<Written>,
    pub(crate) end: End,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        self.tokens
            .iter()
            .map(|token| token.text.as_str())
            .collect()
    }
}

/// What the model is told.
pub(crate) struct Task<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) form: &'a Form,
    pub(crate) pairs: &'a Pairs,
    /// Most tokens to write.
    pub(crate) budget: usize,
    pub(crate) fault: Option<Fault>,
    /// False where the model was never taught to think.
    pub(crate) thinks: bool,
}

/// Equal tokens in a row at which the server gives up (recorded: 31 come, 32 never).
const REPEATS: usize = 31;

pub(crate) struct Mind<'a> {
    pub(crate) labels: &'a Labels,
    pub(crate) log_prior_weight: Belief,
    pub(crate) profile: &'a Profile,
    pub(crate) api: Api,
    /// True where more than 30 equal tokens end the answer: Ollama's habit alone.
    pub(crate) gives_up: bool,
    /// The thought's tokens are hidden: only the word is left.
    pub(crate) bare_thoughts: bool,
}

impl Mind<'_> {
    pub(crate) fn write(&self, task: &Task<'_>) -> Answer {
        let scores: Vec<f64> = task
            .pairs
            .texts
            .iter()
            .map(|(a, b)| self.log_prior_weight.score(self.labels, a, b))
            .collect();
        let mut written = match task.form {
            Form::Digits(count) => self.digits(task, &scores, *count),
            Form::Array(count) => plain(&self.array(task, &scores, *count)),
            Form::Keys(keys) => plain(&self.object(task, &scores, keys)),
            Form::Json => plain(&self.object(task, &scores, &keys(&task.pairs.texts))),
            Form::Free => self.free(task, &scores),
        };
        let mut end = End::Stop;
        if task.fault == Some(Fault::CutJson) || task.fault == Some(Fault::NotDone) {
            written.truncate(written.len() / 2);
            end = if task.fault == Some(Fault::NotDone) {
                End::GaveUp
            } else {
                End::Length
            };
        }
        if written.len() > task.budget {
            written.truncate(task.budget);
            end = End::Length;
        }
        if let Some(at) = repeats(&written).filter(|_| self.gives_up) {
            written.truncate(at);
            end = End::GaveUp;
        }
        Answer {
            tokens: written,
            end,
        }
    }

    fn free(&self, task: &Task<'_>, scores: &[f64]) -> Vec<Written> {
        if scores.is_empty() {
            return plain(&continued(task.prompt, task.budget));
        }
        if task.budget <= 2 && !task.pairs.keyed {
            return vec![label(scores[0])];
        }
        let closed = task.prompt.ends_with("<unused95>");
        let mut text = String::new();
        if task.thinks && !closed {
            text += &self.thought(task);
            if task.fault == Some(Fault::OpenThought) {
                return plain(&text);
            }
            text = if self.bare_thoughts {
                text.replacen("<unused94>", "", 1) + "\n"
            } else {
                text + "<unused95>"
            };
        }
        text += &if task.pairs.wants_reason {
            "Age, conditions and drugs agree in the main.".to_owned()
        } else if task.pairs.keyed {
            self.object(task, scores, &keys(&task.pairs.texts))
        } else {
            match task.fault {
                Some(Fault::Prose) => prose(),
                Some(Fault::Nan) => "NaN".to_owned(),
                Some(Fault::Missing) => String::new(),
                Some(Fault::Duplicate) => format!("{0} {0}", percent(scores[0])),
                _ => percent(scores[0]),
            }
        };
        plain(&text)
    }

    fn thought(&self, task: &Task<'_>) -> String {
        let (least, more) = self.profile.thought;
        let further = task.pairs.texts.len().saturating_sub(1) as f64;
        let [draw, _] = draws(self.log_prior_weight.seed, task.prompt);
        let length = f64::from(least)
            + f64::from(more) * draw
            + f64::from(self.profile.thought_per_pair) * further;
        let length = if task.fault == Some(Fault::OpenThought) {
            task.budget
        } else {
            length as usize
        };
        let words = [
            "Both",
            " histories",
            " name",
            " an",
            " age",
            " and",
            " drugs",
            ",",
            " which",
            " I",
            " compare",
            ".",
        ];
        let body: String = (0..length.saturating_sub(4))
            .map(|i| words[i % words.len()])
            .collect();
        format!("<unused94>thought\n{body}\n")
    }

    fn object(&self, task: &Task<'_>, scores: &[f64], keys: &[String]) -> String {
        if task.fault == Some(Fault::Prose) {
            return prose();
        }
        let mut members: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| {
                let value = scores
                    .get(index)
                    .map_or_else(|| ((index * 37) % 101).to_string(), |score| percent(*score));
                format!("\"{key}\": {value}")
            })
            .collect();
        match task.fault {
            Some(Fault::Missing) => drop(members.pop()),
            Some(Fault::Duplicate) => {
                members.extend(keys.first().map(|key| format!("\"{key}\": 50")))
            }
            Some(Fault::Extra) => members.push("\"p99\": 50".to_owned()),
            Some(Fault::Nan) => {
                members.pop();
                members.extend(keys.last().map(|key| format!("\"{key}\": NaN")));
            }
            _ => {}
        }
        match self.api {
            Api::V0_24 => format!("{{\n    {}\n}}\n", members.join(",\n    ")),
            Api::V0_33 => format!("{{\n    {}\n}}", members.join(", ")),
        }
    }

    fn array(&self, task: &Task<'_>, scores: &[f64], count: usize) -> String {
        if task.fault == Some(Fault::Prose) {
            return prose();
        }
        let mut values: Vec<String> = (0..count)
            .map(|index| {
                scores
                    .get(index)
                    .map_or_else(|| ((index * 37) % 101).to_string(), |score| percent(*score))
            })
            .collect();
        match task.fault {
            Some(Fault::Missing) => drop(values.pop()),
            Some(Fault::Duplicate | Fault::Extra) => values.push("50".to_owned()),
            Some(Fault::Nan) => {
                values.pop();
                values.push("NaN".to_owned());
            }
            _ => {}
        }
        format!("[{}]{}", values.join(","), self.trailing())
    }

    fn digits(&self, task: &Task<'_>, scores: &[f64], count: usize) -> Vec<Written> {
        if matches!(task.fault, Some(Fault::Prose | Fault::Nan)) {
            return plain(&prose());
        }
        let spare: Vec<char> = task.prompt.chars().filter(char::is_ascii_digit).collect();
        let mut written: Vec<Written> = (0..count)
            .map(|index| match scores.get(index) {
                Some(score) => digit(*score),
                None => Written {
                    text: spare.get(index).copied().unwrap_or('0').to_string(),
                    top: Vec::new(),
                },
            })
            .collect();
        match task.fault {
            Some(Fault::Missing) => drop(written.pop()),
            Some(Fault::Duplicate | Fault::Extra) => written.push(digit(0.5)),
            _ => {}
        }
        let mut all = plain("\"");
        all.append(&mut written);
        all.extend(plain(&format!("\"{}", self.trailing())));
        all
    }

    /// The old engine writes white space after a complete value.
    fn trailing(&self) -> &'static str {
        if self.api == Api::V0_24 { "\n" } else { "" }
    }
}

fn prose() -> String {
    "I am sorry, I would need more of the histories to tell.".to_owned()
}

fn percent(score: f64) -> String {
    format!("{:.0}", score * 100.0)
}

fn keys<T>(pairs: &[T]) -> Vec<String> {
    (1..=pairs.len().max(1))
        .map(|index| format!("p{index:02}"))
        .collect()
}

fn plain(text: &str) -> Vec<Written> {
    tokens(text)
        .into_iter()
        .map(|text| Written {
            text,
            top: Vec::new(),
        })
        .collect()
}

/// The digit of a score, with alternatives whose mean is that score.
fn digit(score: f64) -> Written {
    let aim = score * 9.0;
    let (low, share) = (aim.floor(), aim - aim.floor());
    let mut top: Vec<(String, f64)> = [(low, 1.0 - share), ((low + 1.0).min(9.0), share)]
        .into_iter()
        .filter(|(_, weight)| *weight > 0.001)
        .map(|(digit, weight)| (format!("{digit:.0}"), 0.9 * weight))
        .collect();
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    let text = top
        .first()
        .map_or_else(|| "0".to_owned(), |(text, _)| text.clone());
    top.extend(["\"", "%", "-"].map(|mark| (mark.to_owned(), 0.02)));
    Written { text, top }
}

/// `yes` or `no` with its spellings, so that their renormalised share is the score.
fn label(score: f64) -> Written {
    let score = score.clamp(0.001, 0.999);
    let mut top = Vec::new();
    for (word, share) in [("yes", score), ("no", 1.0 - score)] {
        let upper = word[..1].to_uppercase() + &word[1..];
        for (text, part) in [
            (format!(" {word}"), 0.7),
            (upper, 0.2),
            (word.to_owned(), 0.05),
        ] {
            top.push((text, share * part));
        }
    }
    top.extend([" The", " not", "\n"].map(|word| (word.to_owned(), 0.01)));
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    Written {
        text: top[0].0.clone(),
        top,
    }
}

/// A base model goes on with what it was given.
fn continued(prompt: &str, budget: usize) -> String {
    let words: Vec<String> = tokens(prompt)
        .into_iter()
        .filter(|token| !token.starts_with('<'))
        .collect();
    let lately = &words[words.len() / 2..];
    (0..budget)
        .filter_map(|index| lately.get(index % lately.len().max(1)).cloned())
        .collect()
}

/// Where the server gives up, if it does.
fn repeats(written: &[Written]) -> Option<usize> {
    let mut run = 0;
    for (index, token) in written.iter().enumerate() {
        run = if index > 0 && written[index - 1].text == token.text {
            run + 1
        } else {
            1
        };
        if run > REPEATS {
            return Some(index);
        }
    }
    None
}
