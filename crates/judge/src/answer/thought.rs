//! Where a thought ends and the answer begins.

/// A reply's text without its thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stripped<'a> {
    /// The answer; `None` where the thought never closes.
    pub(super) answer: Option<&'a str>,
    /// Bytes of the thought.
    pub(super) bytes: usize,
    /// True where a thought is there and its end can't be seen: `answer` begins with it.
    pub(super) draft: bool,
}

/// What opens and what closes a thought: Gemma 3's reserved tokens as MedGemma uses them; the tags
/// of Qwen, DeepSeek and others.
const MARKS: [(&str, &str); 3] = [
    ("<unused94>", "<unused95>"),
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
];

/// What is left at the beginning where a GGUF hides the tokens themselves.
const BARE: &str = "thought";

pub(super) fn strip(text: &str) -> Stripped<'_> {
    for (open, close) in MARKS {
        if let Some(end) = text.rfind(close) {
            let begin = end + close.len();
            // A second thought that opens after the last close never closes.
            let answer = &text[begin..];
            return match answer.find(open) {
                Some(_) => Stripped {
                    answer: None,
                    bytes: text.len(),
                    draft: false,
                },
                None => Stripped {
                    answer: Some(answer),
                    bytes: begin,
                    draft: false,
                },
            };
        }
        if text.contains(open) {
            return Stripped {
                answer: None,
                bytes: text.len(),
                draft: false,
            };
        }
    }
    let trimmed = text.trim_start();
    let bare = trimmed
        .strip_prefix(BARE)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
    if bare {
        // The answer is what stands last; how much of the text is thought is told by whoever finds it.
        let bytes = text.rfind('{').unwrap_or(text.len());
        let answer = trimmed.strip_prefix(BARE);
        return Stripped {
            answer,
            bytes,
            draft: true,
        };
    }
    Stripped {
        answer: Some(text),
        bytes: 0,
        draft: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_thought() {
        for (text, answer, draft) in [
            (
                "<unused94>thought\nhm {\"p01\":1}<unused95>{}",
                Some("{}"),
                false,
            ),
            ("thought\nhm<unused95> 7", Some(" 7"), false),
            ("thought\nhm {\"p01\":1}", Some("\nhm {\"p01\":1}"), true),
            ("<unused94>thought\nhm {\"p01\":1}", None, false),
            ("a<unused95>b<unused94>thought c", None, false),
            ("<think>hm</think>{}", Some("{}"), false),
            ("<think>hm", None, false),
            ("thoughtful", Some("thoughtful"), false),
            ("{}", Some("{}"), false),
        ] {
            let stripped = strip(text);
            assert_eq!((stripped.answer, stripped.draft), (answer, draft), "{text}");
        }
    }
}
