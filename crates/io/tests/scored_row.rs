//! A final score that a backend serializes by itself says what the written row says.

#![allow(clippy::unwrap_used)]

use midband_core::{
    Cosine, DecidedBy, Decision, FinalScore, Id, Part, ProxyScore, Route, Status, Text, Unanswered,
};
use midband_io::{Beside, OUTPUT_FIELDS, ScoredRow};
use proptest::{option, prelude::*};
use serde_json::{Map, Value, json};

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Settled),
        Just(Status::Unanswered(Unanswered::TimedOut)),
        Just(Status::Late),
        "[a-z ]{1,9}".prop_map(Status::Rejected),
    ]
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    prop::collection::btree_map("[a-z: ]{1,9}", -20.0..20.0f64, 1..5).prop_map(|parts| {
        let parts = parts.into_iter();
        parts
            .map(|(name, log_odds)| Part { name, log_odds })
            .collect()
    })
}

prop_compose! {
    fn score()(
        id in prop_oneof!["[a-z0-9|]{1,9}".prop_map(Id::new), (0u32..1000).prop_map(|n| Id::number(n.to_string()))],
        cosine in option::of(-1.0..1.0f32),
        proxy_score in option::of(0.0..1.0f64),
        route in option::of(prop_oneof![Just(Route::Accept), Just(Route::Ask), Just(Route::Reject)]),
        judge_score in option::of(0.0..1.0f64),
        score in option::of(0.0..1.0f64),
        decision in prop_oneof![Just(Decision::Match), Just(Decision::NoMatch), Just(Decision::Review)],
        decided_by in option::of(prop::sample::select(DecidedBy::ALL.to_vec())),
        status in status(),
        reason in option::of(".{0,9}"),
        truncated in any::<bool>(),
        judge_seconds in 0.0..99.0f64,
        parts in option::of(parts()),
        contradictions in option::of(prop::collection::vec("[a-z: /]{0,9}", 0..3)),
    ) -> FinalScore {
        let mut made = FinalScore::late(id);
        (made.route, made.judge_score, made.score, made.decision) = (route, judge_score, score, decision);
        (made.decided_by, made.status, made.truncated) = (decided_by, status, truncated);
        (made.judge_seconds, made.parts, made.contradictions) = (judge_seconds, parts, contradictions);
        made.cosine = cosine.and_then(|cosine| Cosine::new(cosine).ok());
        made.proxy_score = proxy_score.and_then(|proxy| ProxyScore::new(proxy).ok());
        made.reason = reason.map(Text::from);
        made
    }
}

/// Equal but for the digits that a row leaves out.
fn alike(alone: &Value, written: &Value) -> bool {
    match (alone, written) {
        (Value::Object(alone), Value::Object(written)) => {
            alone.len() == written.len()
                && alone
                    .iter()
                    .all(|(name, value)| written.get(name).is_some_and(|other| alike(value, other)))
        }
        (Value::Number(alone), Value::Number(written)) if alone.is_f64() => {
            (alone.as_f64().unwrap() - written.as_f64().unwrap()).abs() < 1e-6
        }
        _ => alone == written,
    }
}

proptest! {
    #[test]
    fn a_score_alone_is_the_row_that_is_written(score in score()) {
        let beside = Beside { texts: false, parts: true };
        let written = serde_json::to_value(ScoredRow::new(&score, None, beside, Map::new())).unwrap();
        let mut alone = serde_json::to_value(&score).unwrap();
        let names: Vec<String> = alone.as_object().unwrap().keys().cloned().collect();
        prop_assert_eq!(&names[..OUTPUT_FIELDS.len()], &OUTPUT_FIELDS[..]);
        for (name, is_there) in [("parts", score.parts.is_some()), ("contradictions", score.contradictions.is_some())] {
            prop_assert_eq!(names.iter().any(|own| own == name), is_there);
            if !is_there {
                // A row that was asked for them has null in their place.
                alone[name] = json!(null);
            }
        }
        prop_assert!(alike(&alone, &written), "{} {}", alone, written);
    }
}
