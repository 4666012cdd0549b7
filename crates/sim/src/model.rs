//! What the simulated model writes: tokens, each with its alternatives.

mod written;

pub(crate) use written::Written;
use written::{continued, digit, keys, label, percent, plain, prose, repeats};

use crate::{
    Knows,
    fault::Fault,
    labels::{Belief, CONSTANT, Labels, draws},
    profile::{Api, Profile},
    question::{Form, Pairs},
};

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

pub(crate) struct Mind<'a> {
    pub(crate) labels: &'a Labels,
    pub(crate) log_prior_weight: Belief,
    pub(crate) knows: Knows,
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
            .map(|(a, b)| match (self.knows, task.form) {
                (Knows::Everywhere, _) | (Knows::Freely, Form::Free) => {
                    self.log_prior_weight.score(self.labels, a, b)
                }
                (Knows::BySchema, form) if *form != Form::Free => {
                    self.log_prior_weight.score(self.labels, a, b)
                }
                _ => CONSTANT,
            })
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
