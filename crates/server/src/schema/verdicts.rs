//! Shapes of `/verdicts`.

use midband_io::input_name;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{id::Id, requests::PairIn};

/// Pairs for the judge.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct VerdictsRequest {
    pairs: Vec<PairIn>,
    /// One of the tasks in `/info`; the first where none is named.
    task: Option<String>,
    /// Time to wait for verdicts, milliseconds, at most the server's limit; 100 ms are waited at least.
    #[schema(maximum = 600_000, minimum = 0)]
    deadline_ms: Option<u64>,
}

/// Verdicts in the order of the pairs.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Verdicts {
    pub(crate) verdicts: Vec<VerdictOut>,
    /// Pairs to send again.
    pub(crate) pending: u64,
    /// The judge's name.
    pub(crate) judge: String,
    /// Changes whenever the judge's answers could: verdicts of two fingerprints do not belong together.
    pub(crate) judge_fingerprint: String,
    /// True where a simulator answers.
    pub(crate) simulated: bool,
}

/// How far the judge is with a pair.
#[derive(Clone, Copy, PartialEq, Eq, ToSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VerdictState {
    /// It has answered.
    Answered,
    /// It was asked and gave no answer that proves anything; `unanswered` says why.
    Unanswered,
    /// No verdict yet: send the pair again.
    Pending,
}

/// A pair's verdict; what was passed through stands beside these fields.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct VerdictOut {
    /// The pair's id, a number where it was given as one.
    #[schema(value_type = Id)]
    pub(crate) id: midband::PairId,
    pub(crate) status: VerdictState,
    /// The judge's graded answer, 0..=1.
    #[schema(required)]
    pub(crate) judge_score: Option<f64>,
    /// Why there is no answer.
    #[schema(required)]
    pub(crate) unanswered: Option<&'static str>,
    /// The judge's own words, where the server asks for them.
    #[schema(required)]
    pub(crate) reason: Option<String>,
    /// The model that answered.
    #[schema(required)]
    pub(crate) model: Option<String>,
    /// True where the answer was in the cache.
    pub(crate) cached: bool,
    /// Time the judge took for this pair.
    pub(crate) latency_ms: u64,
    /// Further fields of the pair.
    #[serde(flatten)]
    #[schema(ignore)]
    pub(crate) passed: Map<String, Value>,
}

/// The fields of a verdict.
const OWN: [&str; 8] = [
    "id",
    "status",
    "judge_score",
    "unanswered",
    "reason",
    "model",
    "cached",
    "latency_ms",
];

impl VerdictOut {
    /// A pair whose verdict is not there yet.
    pub(crate) fn pending(id: midband::PairId) -> Self {
        Self {
            id,
            status: VerdictState::Pending,
            judge_score: None,
            unanswered: None,
            reason: None,
            model: None,
            cached: false,
            latency_ms: 0,
            passed: Map::new(),
        }
    }

    /// With further fields of its pair; one that has the name of a verdict's gets `input_` before it.
    pub(crate) fn with(mut self, extra: Map<String, Value>) -> Self {
        let is_other = |name: &str| extra.contains_key(name);
        let named = extra.iter().map(|(name, value)| {
            let taken = OWN.contains(&name.as_str());
            let name = if taken {
                input_name(name, is_other)
            } else {
                name.clone()
            };
            (name, value.clone())
        });
        self.passed = named.collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verdict_keeps_the_fields_of_its_pair() {
        let extra = json!({"note": "x", "status": 1, "input_status": 2});
        let verdict = VerdictOut::pending(midband::Id::new("7"));
        let verdict =
            serde_json::to_value(verdict.with(extra.as_object().unwrap().clone())).unwrap();
        for name in OWN {
            assert!(verdict.get(name).is_some(), "{name}");
        }
        assert_eq!(verdict.as_object().unwrap().len(), OWN.len() + 3);
        assert_eq!(
            (&verdict["note"], &verdict["status"]),
            (&json!("x"), &json!("pending"))
        );
        assert_eq!(
            (&verdict["input_input_status"], &verdict["input_status"]),
            (&json!(1), &json!(2))
        );
    }
}
