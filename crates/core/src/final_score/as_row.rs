//! A final score as a row: the fields that `midband score` writes, by the same names.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{DecidedBy, FinalScore, Part};
use crate::Route;

/// Parts as an object: names with their log odds, in order.
struct ByName<'a>(&'a [Part]);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|part| (&part.name, part.log_odds)))
    }
}

impl Serialize for FinalScore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let beside = [self.parts.is_some(), self.contradictions.is_some()];
        let fields = FIELDS + beside.into_iter().filter(|wanted| *wanted).count();
        let mut row = serializer.serialize_struct("FinalScore", fields)?;
        row.serialize_field("id", &self.id)?;
        row.serialize_field("cosine", &self.cosine)?;
        row.serialize_field("proxy_score", &self.proxy_score)?;
        row.serialize_field("route", &self.route.map(Route::as_str))?;
        row.serialize_field("judge_score", &self.judge_score)?;
        row.serialize_field("score", &self.score)?;
        row.serialize_field("decision", self.decision.as_str())?;
        row.serialize_field("decided_by", &self.decided_by.map(DecidedBy::as_str))?;
        row.serialize_field("status", &format_args!("{}", self.status))?;
        row.serialize_field("reason", &self.written_reason())?;
        row.serialize_field("truncated", &self.truncated)?;
        row.serialize_field("latency_ms", &self.latency_ms())?;
        match &self.parts {
            Some(parts) => row.serialize_field("parts", &ByName(parts))?,
            None => row.skip_field("parts")?,
        }
        match &self.contradictions {
            Some(found) => row.serialize_field("contradictions", found)?,
            None => row.skip_field("contradictions")?,
        }
        row.end()
    }
}

/// Fields that every row has.
const FIELDS: usize = 12;
