//! Reads the scores out of an answer's text alone, for whoever has kept answers, and for benches and fuzzers.

use midband_core::Unanswered;
use midband_llm::Reply;

use crate::{
    answer::{ReplyContext, read},
    mode::PromptingMode,
};

/// The scores in a whole answer to `pairs` pairs asked in this mode: one in 0..=1 for each pair, or why there
/// is none. It is what the judge does with a reply whose tokens name no alternatives, so that an answer in
/// [`PromptingMode::YesNo`] has no score.
pub fn read_answer(mode: PromptingMode, pairs: usize, text: &str) -> Vec<Result<f64, Unanswered>> {
    let asked = ReplyContext {
        question: mode.into(),
        pairs: if mode.is_single() { 1 } else { pairs },
        num_ctx: u32::MAX,
        prompt_bytes: 0,
    };
    let reply = Reply {
        text: text.to_owned(),
        done: true,
        ..Reply::default()
    };
    read(&asked, &reply).slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_the_judge_reads_it() {
        let read = |text| read_answer(PromptingMode::Think, 2, text);
        assert_eq!(
            read("<unused94>thought\np01 is 3<unused95>{\"p01\": 90, \"p02\": 5}"),
            [Ok(0.9), Ok(0.05)]
        );
        assert!(read("no idea").iter().all(Result::is_err));
        assert_eq!(read_answer(PromptingMode::Standard, 7, "80").len(), 1);
    }
}
