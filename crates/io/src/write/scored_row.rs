//! One row of the output, field by field.

use midband_core::{FinalScore, Pair};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};

use super::{Beside, OUTPUT_FIELDS, name_is_taken, passed_through, written, written_part};

/// Names with their log odds, in the order in which they add up; null where the pair has no score.
fn parts(score: &FinalScore) -> Value {
    let parts = score.parts.iter().flatten();
    let members: Map<String, Value> = parts
        .map(|part| (part.name.clone(), json!(written_part(part.log_odds))))
        .collect();
    if members.is_empty() {
        Value::Null
    } else {
        Value::Object(members)
    }
}

/// One row of the output, written without a copy of its fields.
pub struct ScoredRow<'a> {
    score: &'a FinalScore,
    texts: Option<&'a Pair>,
    beside: Beside,
    extra: Map<String, Value>,
}

impl<'a> ScoredRow<'a> {
    /// A score, its pair's texts where `beside` wants them, and what is passed through.
    pub fn new(
        score: &'a FinalScore,
        pair: Option<&'a Pair>,
        beside: Beside,
        extra: Map<String, Value>,
    ) -> Self {
        Self {
            score,
            texts: pair.filter(|_| beside.texts),
            beside,
            extra,
        }
    }
}

impl Serialize for ScoredRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            score,
            texts,
            beside,
            extra,
        } = self;
        let number = |number: Option<f64>| number.map(written);
        let reason = score.written_reason();
        let [
            id,
            cosine,
            proxy_score,
            route,
            judge_score,
            final_score,
            decision,
            decided_by,
            status,
            reasons,
            truncated,
            latency_ms,
        ] = OUTPUT_FIELDS;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry(id, &score.id)?;
        row.serialize_entry(
            cosine,
            &number(score.cosine.map(|cosine| f64::from(cosine.get()))),
        )?;
        row.serialize_entry(
            proxy_score,
            &number(score.proxy_score.map(|proxy| proxy.get())),
        )?;
        row.serialize_entry(route, &score.route.map(|route| route.as_str()))?;
        row.serialize_entry(judge_score, &number(score.judge_score))?;
        row.serialize_entry(final_score, &number(score.score))?;
        row.serialize_entry(decision, score.decision.as_str())?;
        row.serialize_entry(decided_by, &score.decided_by.map(|by| by.as_str()))?;
        row.serialize_entry(status, &score.status.to_string())?;
        row.serialize_entry(reasons, &reason)?;
        row.serialize_entry(truncated, &score.truncated)?;
        row.serialize_entry(latency_ms, &score.latency_ms())?;
        if let Some(pair) = texts {
            row.serialize_entry("a", pair.a.as_str())?;
            row.serialize_entry("b", pair.b.as_str())?;
        }
        if beside.parts {
            row.serialize_entry("parts", &parts(score))?;
            row.serialize_entry("contradictions", &score.contradictions)?;
        }
        for (name, value) in extra {
            if name_is_taken(name, *beside) {
                let is_other = |name: &str| extra.contains_key(name);
                row.serialize_entry(&passed_through(name, *beside, is_other), value)?;
            } else {
                row.serialize_entry(name, value)?;
            }
        }
        row.end()
    }
}
