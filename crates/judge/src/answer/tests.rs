use midband_llm::Token;

use super::*;
use proptest::prelude::*;

fn asked(mode: PromptingMode, pairs: usize) -> ReplyContext {
    ReplyContext {
        question: mode.into(),
        pairs,
        num_ctx: 4_096,
        prompt_bytes: 400,
    }
}

fn reply(text: &str) -> Reply {
    Reply {
        text: text.to_owned(),
        done: true,
        prompt_tokens: Some(100),
        answer_tokens: Some(20),
        ..Reply::default()
    }
}

fn cut(text: &str) -> Reply {
    Reply {
        cut: true,
        ..reply(text)
    }
}

const BAD: Slot = Err(Unanswered::Unparseable);
const SHORT: Slot = Err(Unanswered::CutShort);

#[test]
fn keyed_answers_keep_what_is_provable() {
    for (text, slots) in [
        ("{\"p01\":0,\"p02\":100}", [Ok(0.0), Ok(1.0)]),
        (
            "{\n  \"p01\": 7,\n  \"p02\": 37\n}\n\n\n",
            [Ok(0.07), Ok(0.37)],
        ),
        ("```json\n{\"p02\":37,\"p01\":7}\n```", [Ok(0.07), Ok(0.37)]),
        (
            "Sure: {\"p01\":7,\"p02\":37} as asked",
            [Ok(0.07), Ok(0.37)],
        ),
        ("{\"p01\":7}", [Ok(0.07), BAD]),
        ("{\"p01\":7,\"p01\":7,\"p02\":1}", [BAD, Ok(0.01)]),
        ("{\"p01\":7,\"p02\":1} {\"p01\":8,\"p02\":1}", [BAD, BAD]),
        ("{\"p01\":101,\"p02\":1}", [BAD, Ok(0.01)]),
        ("{\"p01\":-1,\"p02\":0.5}", [BAD, BAD]),
        ("{\"p01\":NaN,\"p02\":1}", [BAD, Ok(0.01)]),
        ("{\"p01\":\"85\",\"p02\":[1,2],\"x\":3}", [Ok(0.85), BAD]),
        ("{\"p01\":{\"p02\":9},\"p02\":1}", [BAD, Ok(0.01)]),
        ("{\"p01\":null,\"p03\":4,\"p02\":1}", [BAD, Ok(0.01)]),
        ("I can't tell.", [BAD, BAD]),
        ("", [BAD, BAD]),
    ] {
        assert_eq!(
            read(&asked(PromptingMode::Think, 2), &reply(text)).slots,
            slots,
            "{text}"
        );
        assert_eq!(
            read(&asked(PromptingMode::Keyed, 2), &reply(text)).slots,
            slots,
            "{text}"
        );
    }
}

#[test]
fn a_cut_answer_keeps_only_what_the_schema_proves() {
    for (text, keyed, think) in [
        ("{\"p01\": 7, \"p02\": 3", [Ok(0.07), SHORT], [SHORT, SHORT]),
        ("{\"p01\": 7, \"p", [Ok(0.07), SHORT], [SHORT, SHORT]),
        ("{\"p01\": 1", [SHORT, SHORT], [SHORT, SHORT]),
        (
            "{\"p01\": 7, \"p02\": 3}\n\n",
            [Ok(0.07), Ok(0.03)],
            [Ok(0.07), Ok(0.03)],
        ),
        (
            "{\"p01\": 7, \"p02\": 3} but then",
            [Ok(0.07), Ok(0.03)],
            [SHORT, SHORT],
        ),
    ] {
        assert_eq!(
            read(&asked(PromptingMode::Keyed, 2), &cut(text)).slots,
            keyed,
            "{text}"
        );
        assert_eq!(
            read(&asked(PromptingMode::Think, 2), &cut(text)).slots,
            think,
            "{text}"
        );
        let gave_up = Reply {
            done: false,
            ..reply(text)
        };
        assert_eq!(
            read(&asked(PromptingMode::Think, 2), &gave_up).slots,
            think,
            "{text}"
        );
    }
}

#[test]
fn thoughts_never_give_a_score() {
    let draft = "<unused94>thought\nmaybe {\"p01\":90}";
    for (text, slot) in [
        (format!("{draft}<unused95>{{\"p01\":10}}"), Ok(0.1)),
        (draft.to_owned(), BAD),
        (
            "thought\nmaybe {\"p01\":90} no: {\"p01\":10}".to_owned(),
            Ok(0.1),
        ),
        ("thought\nmaybe {\"p01\":90} or not".to_owned(), BAD),
        ("thought\nmaybe {\"p01\":90".to_owned(), BAD),
        (format!("{draft}<unused95>"), BAD),
    ] {
        let reading = read(&asked(PromptingMode::Think, 1), &reply(&text));
        assert_eq!(reading.slots, [slot], "{text}");
        assert!(reading.thought_bytes > 0, "{text}");
    }
    assert_eq!(
        read(&asked(PromptingMode::Think, 1), &cut(draft)).slots,
        [SHORT]
    );
}

#[test]
fn arrays_name_slots_by_place_alone() {
    for (text, slots) in [
        ("[0,37]", [Ok(0.0), Ok(0.37)]),
        (" [ 0 , 37 ]\n\n", [Ok(0.0), Ok(0.37)]),
        ("[0]", [BAD, BAD]),
        ("[0,37,74]", [BAD, BAD]),
        ("[NaN,37]", [BAD, Ok(0.37)]),
        ("[]", [BAD, BAD]),
        ("Scores: [0,37]", [BAD, BAD]),
        ("[0,37] or [1,2]", [BAD, BAD]),
    ] {
        assert_eq!(
            read(&asked(PromptingMode::Array, 2), &reply(text)).slots,
            slots,
            "{text}"
        );
    }
    assert_eq!(
        read(&asked(PromptingMode::Array, 2), &cut("[5,3")).slots,
        [Ok(0.05), SHORT]
    );
    assert_eq!(
        read(&asked(PromptingMode::Array, 2), &cut("[")).slots,
        [SHORT, SHORT]
    );
}

fn token(text: &str, top: &[(&str, f64)]) -> Token {
    let top: Vec<(String, f64)> = top
        .iter()
        .map(|(text, p)| ((*text).to_owned(), p.ln()))
        .collect();
    let logprob = top
        .iter()
        .find(|(other, _)| other == text)
        .map_or(-9.0, |(_, logprob)| *logprob);
    Token {
        text: text.to_owned(),
        logprob,
        top,
    }
}

#[test]
fn digits_are_expectations_over_the_ten_digits() {
    let mut given = reply("\"90\"\n");
    assert_eq!(
        read(&asked(PromptingMode::Digits, 2), &given).slots,
        [Ok(1.0), Ok(0.0)]
    );
    given.logprobs = vec![
        token("\"", &[("\"", 0.9)]),
        token("9", &[("9", 0.3), ("0", 0.1), ("%", 0.5)]),
        token("0", &[("0", 0.2), (" 9", 0.2), ("x", 0.6)]),
        token("\"", &[]),
        token("\n", &[]),
    ];
    let slots = read(&asked(PromptingMode::Digits, 2), &given).slots;
    assert!((slots[0].clone().unwrap() - 0.75).abs() < 1e-9);
    assert!((slots[1].clone().unwrap() - 0.5).abs() < 1e-9);
    // Another tokenizer wrote both digits as one token: the written digits stand.
    given.logprobs = vec![token("\"90", &[("\"90", 0.9)])];
    assert_eq!(
        read(&asked(PromptingMode::Digits, 2), &given).slots,
        [Ok(1.0), Ok(0.0)]
    );
    for text in ["\"9\"", "\"901\"", "\"9x\"", "90 of them", "9"] {
        assert_eq!(
            read(&asked(PromptingMode::Digits, 2), &reply(text)).slots,
            [BAD, BAD],
            "{text}"
        );
    }
    let gave_up = Reply {
        done: false,
        ..reply("\"9")
    };
    assert_eq!(
        read(&asked(PromptingMode::Digits, 2), &gave_up).slots,
        [Ok(1.0), SHORT]
    );
}

#[test]
fn yes_no_sums_spellings_and_asks_for_a_label() {
    let yes_no = |top: &[(&str, f64)]| {
        let mut given = cut("yes");
        given.logprobs = vec![token(top.first().map_or("x", |(text, _)| text), top)];
        read(&asked(PromptingMode::YesNo, 1), &given).slots[0].clone()
    };
    let score = yes_no(&[
        (" yes", 0.3),
        ("Yes", 0.2),
        (" YES.", 0.1),
        ("no", 0.2),
        (" not", 0.1),
    ]);
    assert!((score.unwrap() - 0.75).abs() < 1e-9);
    // Only one label, and what may be hidden behind the last alternative is little.
    let score = yes_no(&[("yes", 0.99), ("maybe", 0.001)]).unwrap();
    assert!(score > 0.99 && score < 1.0);
    assert_eq!(
        yes_no(&[("yes", 0.5), ("maybe", 0.4)]),
        Err(Unanswered::LabelAbsent)
    );
    assert_eq!(yes_no(&[("maybe", 0.9)]), Err(Unanswered::LabelAbsent));
    assert_eq!(
        read(&asked(PromptingMode::YesNo, 1), &cut("yes")).slots,
        [Err(Unanswered::LabelAbsent)]
    );
    assert_eq!(
        yes_no(&[("yes", f64::NAN), ("no", f64::NAN)]),
        Err(Unanswered::LabelAbsent)
    );
}

#[test]
fn standard_wants_a_number_and_nothing_else() {
    for (text, slot) in [
        ("85", Ok(0.85)),
        ("thought\nhm 12", BAD),
        ("<unused94>thought\nabout 12<unused95>85/100.", Ok(0.85)),
        ("Score: 85", Ok(0.85)),
        ("thought\nabout 12\n85", Ok(0.85)),
        ("between 80 and 90", BAD),
        ("0.85", BAD),
    ] {
        assert_eq!(
            read(&asked(PromptingMode::Standard, 1), &reply(text)).slots,
            [slot],
            "{text}"
        );
    }
    assert_eq!(
        read(&asked(PromptingMode::Standard, 1), &cut("8")).slots,
        [SHORT]
    );
}

#[test]
fn a_context_that_overflowed_in_silence_is_no_answer() {
    let mut given = reply("{\"p01\":1}");
    given.prompt_tokens = Some(4_090);
    assert_eq!(
        read(&asked(PromptingMode::Keyed, 1), &given).slots,
        [Err(Unanswered::TooLong)]
    );
    // 9,000 bytes in 515 tokens: the server cut the prompt.
    given.prompt_tokens = Some(515);
    let asked = ReplyContext {
        prompt_bytes: 9_000,
        ..asked(PromptingMode::Keyed, 1)
    };
    assert_eq!(read(&asked, &given).slots, [Err(Unanswered::TooLong)]);
}

#[test]
fn a_reason_is_one_short_line_without_the_thought() {
    let given = reply("<unused94>thought\nsecret<unused95>Same age\nand drugs, other side.");
    assert_eq!(
        reason(&given, 200).as_deref(),
        Some("Same age and drugs, other side.")
    );
    assert_eq!(reason(&given, 13).as_deref(), Some("Same age and"));
    assert_eq!(reason(&reply("<unused94>thought"), 200), None);
    assert_eq!(reason(&reply("thought\nsecret"), 200), None);
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("\""),
        Just(":"),
        Just(","),
        Just("\\"),
        Just(" "),
        Just("\n"),
        Just("\"p01\":"),
        Just("\"p02\":"),
        Just("p02"),
        Just("thought\n"),
        Just("<unused94>"),
        Just("<unused95>"),
        Just("<think>"),
        Just("</think>"),
        Just("NaN"),
        Just("1e9"),
        Just("-1"),
        Just("0"),
        Just("7"),
        Just("42"),
        Just("100"),
        Just("101"),
        Just("```"),
        Just("é"),
        Just("😀"),
        Just("\u{2028}"),
        Just("null"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Cases of a short run; `MIDBAND_PARSER_CASES=1000000` makes it a long one.
fn cases() -> ProptestConfig {
    let cases = std::env::var("MIDBAND_PARSER_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(4_000);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn mode() -> impl Strategy<Value = PromptingMode> {
    prop::sample::select(&PromptingMode::ALL[..])
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_comes_every_slot_has_a_score_in_range_or_a_reason(
        text in prop_oneof![pieces(), ".{0,60}"], mode in mode(), pairs in 1usize..=16, done: bool, is_cut: bool,
        logprobs in prop::collection::vec((prop_oneof![Just("7".to_owned()), Just(" yes".to_owned()), ".{0,3}"], prop::num::f64::ANY), 0..6),
    ) {
        let pairs = if mode.is_single() { 1 } else { pairs };
        let tokens = logprobs.iter().map(|(text, logprob)| Token { text: text.clone(), logprob: *logprob, top: logprobs.clone() }).collect();
        let given = Reply { text, done, cut: is_cut, logprobs: tokens, ..Reply::default() };
        let reading = read(&asked(mode, pairs), &given);
        prop_assert_eq!(reading.slots.len(), pairs);
        for score in reading.slots.into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&score));
        }
        let _ = reason(&given, 40);
    }

    #[test]
    fn what_is_written_is_read_and_a_cut_never_changes_a_score(scores in prop::collection::vec(0u8..=100, 1..=16), at in 0.0..1.0f64, spaced: bool) {
        let gap = if spaced { " " } else { "" };
        let members: Vec<String> = scores.iter().enumerate().map(|(i, s)| format!("\"{}\":{gap}{s}", key(i))).collect();
        let whole = format!("{{{}}}", members.join(&format!(",{gap}")));
        let expected: Vec<f64> = scores.iter().map(|&s| f64::from(s) / 100.0).collect();
        let slots = read(&asked(PromptingMode::Keyed, scores.len()), &reply(&whole)).slots;
        prop_assert_eq!(slots, expected.iter().map(|&s| Ok(s)).collect::<Vec<Slot>>());
        let list = format!("[{}]", scores.iter().map(u8::to_string).collect::<Vec<_>>().join(","));
        for (mode, text) in [(PromptingMode::Keyed, &whole), (PromptingMode::Array, &list)] {
            let end = (text.len() as f64 * at) as usize;
            for (slot, &score) in read(&asked(mode, scores.len()), &cut(&text[..end])).slots.iter().zip(&expected) {
                prop_assert!(slot.as_ref().map_or(true, |&read| read == score));
            }
        }
    }
}
