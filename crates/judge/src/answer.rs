//! From a model's reply to scores, and never further than what the reply proves.
//!
//! Pure: a reply comes in, one result for each slot comes out. A slot without a provable score says
//! why; the queue decides what to do about it. No slot's value is ever taken from another slot, from
//! a thought, or from a default.

mod labels;
mod scan;
mod thought;

use midband_core::Unanswered;
use midband_llm::Reply;

use crate::mode::{PromptingMode, Question, key};
use scan::SlotValue;

/// What was asked: enough to read the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReplyContext {
    pub(crate) question: Question,
    /// Slots in the request.
    pub(crate) pairs: usize,
    /// Tokens of context, prompt and answer together.
    pub(crate) num_ctx: u32,
    /// Bytes of the prompt.
    pub(crate) prompt_bytes: usize,
}

/// A slot's score in 0..=1, or why there is none.
pub(crate) type Slot = Result<f64, Unanswered>;

/// What a reply says of every slot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// One for each slot, in the order asked.
    pub(crate) slots: Vec<Slot>,
    /// Bytes of thought that were stripped.
    pub(crate) thought_bytes: usize,
}

/// More bytes than this a token mean that the server cut the prompt in silence: prose has 3 to 6,
/// and the recorded cuts come to 9 (0.24) and 17 (0.33) on a text of 5.
const CUT_BYTES_PER_TOKEN: usize = 12;

/// Reads a reply. Always returns exactly `asked.pairs` slots.
pub(crate) fn read(asked: &ReplyContext, reply: &Reply) -> Reading {
    let thought = thought::strip(&reply.text);
    let thought_bytes = thought.bytes + reply.thought_apart;
    if overflowed(asked, reply) {
        return Reading {
            slots: vec![Err(Unanswered::TooLong); asked.pairs],
            thought_bytes,
        };
    }
    let ended = reply.done && !reply.cut;
    let slots = match asked.question {
        Question::Score(PromptingMode::Think | PromptingMode::Keyed) => match thought.answer {
            // Only the schema makes what stands before a cut provable.
            Some(answer) => keyed(asked, answer, ended, thought.draft),
            None => all(asked.pairs, missing(ended)),
        },
        Question::Score(PromptingMode::Array) => match scan::array(&reply.text) {
            Some(values) => array(asked.pairs, &values, ended),
            None => all(asked.pairs, missing(ended)),
        },
        Question::Score(PromptingMode::Digits) => digits(asked.pairs, reply, ended),
        Question::Score(PromptingMode::YesNo) => yes_no(asked.pairs, reply),
        Question::Score(PromptingMode::Standard) => vec![match thought.answer {
            // Where the thought's end can't be seen, only a last line of its own is an answer.
            Some(answer) if thought.draft => number(answer.lines().last().unwrap_or(""), ended),
            Some(answer) => number(answer, ended),
            None => Err(missing(ended)),
        }],
        Question::Reason => all(asked.pairs, Unanswered::Unparseable),
    };
    Reading {
        slots,
        thought_bytes,
    }
}

/// The free text of a reply without its thought, on one line, at most `max` characters; `None` where
/// nothing is left.
pub(crate) fn reason(reply: &Reply, max: usize) -> Option<String> {
    let stripped = thought::strip(&reply.text);
    let answer = stripped.answer.filter(|_| !stripped.draft)?;
    let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    // A cut sentence ends at its last whole word.
    let line = match line.char_indices().nth(max) {
        Some((end, _)) => line[..end].rsplit_once(' ').map_or("", |(head, _)| head),
        None => line.as_str(),
    };
    (reply.done && !line.is_empty()).then(|| line.to_owned())
}

fn overflowed(asked: &ReplyContext, reply: &Reply) -> bool {
    let Some(prompt) = reply.prompt_tokens else {
        return false;
    };
    let cut_prompt = prompt > 0 && asked.prompt_bytes / prompt as usize > CUT_BYTES_PER_TOKEN;
    let all = prompt.saturating_add(reply.answer_tokens.unwrap_or(0));
    // An array of prompts has as many contexts.
    let contexts = u32::try_from(1 + reply.further.len()).unwrap_or(u32::MAX);
    cut_prompt || all / contexts > asked.num_ctx
}

fn all(pairs: usize, why: Unanswered) -> Vec<Slot> {
    vec![Err(why); pairs]
}

fn missing(ended: bool) -> Unanswered {
    if ended {
        Unanswered::Unparseable
    } else {
        Unanswered::CutShort
    }
}

fn keyed(asked: &ReplyContext, answer: &str, ended: bool, draft: bool) -> Vec<Slot> {
    let mut objects = scan::objects(answer);
    if draft {
        // Where the thought's end can't be seen, only what ends the text is an answer.
        objects = objects
            .pop()
            .filter(|last| last.closed && is_end(&answer[last.end..]))
            .into_iter()
            .collect();
    }
    if !ended && asked.question == PromptingMode::Think.into() {
        let complete = objects
            .last()
            .is_some_and(|last| last.closed && is_end(&answer[last.end..]));
        if !complete {
            return all(asked.pairs, Unanswered::CutShort);
        }
    }
    (0..asked.pairs)
        .map(|index| {
            let name = key(index);
            let mut found = objects
                .iter()
                .flat_map(|object| &object.members)
                .filter(|(key, _)| *key == name);
            match (found.next(), found.next()) {
                (Some((_, value)), None) => slot(value, ended),
                // A key that stands twice answers nothing, even where both agree.
                (Some(_), Some(_)) => Err(Unanswered::Unparseable),
                (None, _) => Err(missing(ended)),
            }
        })
        .collect()
}

fn slot(value: &SlotValue, ended: bool) -> Slot {
    match value {
        SlotValue::Score(score) => Ok(*score),
        SlotValue::Bad => Err(Unanswered::Unparseable),
        SlotValue::Cut => Err(missing(ended)),
    }
}

fn array(pairs: usize, array: &scan::Array, ended: bool) -> Vec<Slot> {
    // Position is all that names a slot here: a list of another length names none.
    if array.values.len() > pairs || (array.closed && array.values.len() != pairs) {
        return all(pairs, Unanswered::Unparseable);
    }
    (0..pairs)
        .map(|index| {
            array
                .values
                .get(index)
                .map_or(Err(missing(ended)), |value| slot(value, ended))
        })
        .collect()
}

/// One prompt a pair, whose first token is the answer.
fn yes_no(pairs: usize, reply: &Reply) -> Vec<Slot> {
    let mut answers = std::iter::once(&reply.logprobs).chain(&reply.further);
    (0..pairs)
        .map(|_| {
            answers
                .next()
                .map_or(Err(Unanswered::Unparseable), |tokens| labels::score(tokens))
        })
        .collect()
}

fn digits(pairs: usize, reply: &Reply, ended: bool) -> Vec<Slot> {
    let Some((written, closed)) = scan::digits(&reply.text) else {
        return all(pairs, missing(ended));
    };
    if written.len() > pairs
        || (closed && written.len() != pairs)
        || (!closed && ended && written.len() != pairs)
    {
        return all(pairs, Unanswered::Unparseable);
    }
    let graded = labels::digits(&written, &reply.logprobs);
    (0..pairs)
        .map(|index| match (graded.get(index), written.get(index)) {
            (Some(score), _) => Ok(*score),
            (None, Some(digit)) => Ok(f64::from(*digit) / 9.0),
            (None, None) => Err(missing(ended)),
        })
        .collect()
}

fn number(answer: &str, ended: bool) -> Slot {
    let word = answer
        .trim()
        .trim_start_matches("Score:")
        .trim_end_matches(['.', '%']);
    let word = word.trim_end_matches("/100").trim();
    match scan::score(word) {
        Some(score) if ended => Ok(score),
        _ => Err(missing(ended)),
    }
}

/// Nothing follows but white space and the end of a code fence.
fn is_end(rest: &str) -> bool {
    rest.trim().trim_start_matches("```").is_empty()
}

#[cfg(test)]
mod llama_server;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod tests;
