//! Reads the scores out of an answer's text alone, for whoever has kept answers, and for benches and fuzzers.

use midband_core::Unanswered;

use crate::{
    answer::{Reply, ReplyContext, read},
    mode::{Format, Mode, Style},
};

/// The scores in a whole answer to `pairs` pairs asked in this way: one in 0..=1 for each pair, or why there
/// is none. It is what the judge does with a reply whose tokens name no alternatives, so that a glance has no
/// score; [`Mode::Auto`] is read as constrained.
pub fn read_answer(
    mode: Mode,
    format: Format,
    pairs: usize,
    text: &str,
) -> Vec<Result<f64, Unanswered>> {
    let style = Style::of(mode, format);
    let asked = ReplyContext {
        style,
        pairs: if style.is_single() { 1 } else { pairs },
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
        let read = |text| read_answer(Mode::Think, Format::Digits, 2, text);
        assert_eq!(
            read("<unused94>thought\np01 is 3<unused95>{\"p01\": 90, \"p02\": 5}"),
            [Ok(0.9), Ok(0.05)]
        );
        assert!(read("no idea").iter().all(Result::is_err));
        assert_eq!(
            read_answer(Mode::Standard, Format::Digits, 7, "80").len(),
            1
        );
    }
}
