//! What comes out for a pair.

mod as_row;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Cosine, PairId, ProxyScore, Route, Text, Unanswered};

/// What the final score says should be done with the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Treat the two texts as a match.
    Match,
    /// Treat them as different.
    NoMatch,
    /// A person should look (clerical review).
    Review,
}

impl Decision {
    /// The word used in files and in summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::NoMatch => "no_match",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose word the final score rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    /// The proxy settled it by the texts; no judge was wanted.
    Embedding,
    /// The match weights of the records' columns settled it; no judge was wanted.
    Columns,
    /// The judge was asked and answered.
    Judge,
    /// A verdict from the cache.
    Cache,
    /// The judge was wanted and did not answer: the proxy score stands in, and says so.
    Fallback,
    /// A person labelled the pair.
    Person,
    /// A rule that the user calls certain.
    Rule,
}

impl DecidedBy {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Embedding,
        Self::Columns,
        Self::Judge,
        Self::Cache,
        Self::Fallback,
        Self::Person,
        Self::Rule,
    ];

    /// True where somebody's word is final: no judge is asked, nobody reviews it, and clusters keep it.
    pub fn is_certain(self) -> bool {
        matches!(self, Self::Person | Self::Rule)
    }

    /// The word used in files and in summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedding => "embedding",
            Self::Columns => "columns",
            Self::Judge => "judge",
            Self::Cache => "cache",
            Self::Fallback => "fallback",
            Self::Person => "person",
            Self::Rule => "rule",
        }
    }
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the pair got what it was routed to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The route was carried out.
    Settled,
    /// The judge was wanted and did not answer, for this reason.
    Unanswered(Unanswered),
    /// The deadline came before the pair was embedded. Its score is what wording alone says, if labels or a prior vouch for
    /// that; otherwise it has none.
    Late,
    /// The pair could not be scored at all, for this reason (an empty text, say).
    Rejected(String),
}

impl Status {
    /// True where the pair has the final word that was wanted for it.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Settled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settled => f.write_str("settled"),
            Self::Unanswered(reason) => write!(f, "unanswered({reason})"),
            Self::Late => f.write_str("late"),
            Self::Rejected(why) => write!(f, "rejected({why})"),
        }
    }
}

/// One additive part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is: `prior`, a feature's name, or `judge`.
    pub name: String,
    /// What it adds to the log odds of a match.
    pub log_odds: f64,
}

/// Everything that is known of a scored pair.
///
/// Serialized it has the fields of a row that `midband score` writes, under the same names and with the same words, so that a
/// backend can return it: `id`, `cosine`, `proxy_score`, `route`, `judge_score`, `score`, `decision`, `decided_by`, `status`
/// (`unanswered(timed out)`, say), `reason` (the judge's own, or why the pair was rejected), `truncated`, `latency_ms` (a whole
/// number). Numbers keep all their digits. `parts`, an object of log odds by name, and `contradictions` are there only if they
/// were wanted.
///
/// Where [`Status::Rejected`], every score is `None` and the decision is [`Decision::Review`]: a
/// pair that can't be scored is never given a number. Where [`Status::Late`], there is no cosine and no route, and the
/// decision is [`Decision::Review`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FinalScore {
    /// The caller's id.
    pub id: PairId,
    /// Raw similarity; `None` where the pair was not embedded.
    pub cosine: Option<Cosine>,
    /// Probability of a match before any judge.
    pub proxy_score: Option<ProxyScore>,
    /// Where the router sent it; `None` where the pair was rejected before routing.
    pub route: Option<Route>,
    /// The judge's graded answer, 0..=1.
    pub judge_score: Option<f64>,
    /// Final probability of a match, 0..=1.
    pub score: Option<f64>,
    /// What to do with it.
    pub decision: Decision,
    /// Whose word it is; `None` where the pair was rejected.
    pub decided_by: Option<DecidedBy>,
    /// Whether the pair got what it was routed to.
    pub status: Status,
    /// The judge's own reason, where one was asked for.
    pub reason: Option<Text>,
    /// True where a text was longer than the embedding model reads.
    pub truncated: bool,
    /// Seconds the judge took for this pair; 0 where it was not asked.
    pub judge_seconds: f64,
    /// Where the final score came from: parts whose sum is its log odds. `None` where they were not
    /// wanted, or the pair has no score.
    pub parts: Option<Vec<Part>>,
    /// Where the two texts contradict each other, in words such as "side of cataract: left / right". `None` if nobody looked.
    pub contradictions: Option<Vec<String>>,
}

impl FinalScore {
    /// The record of a pair that can't be scored.
    pub fn rejected(id: PairId, why: impl Into<String>) -> Self {
        Self {
            status: Status::Rejected(why.into()),
            ..Self::late(id)
        }
    }

    /// The record of a pair that the embedding did not reach before the deadline, without a score.
    pub fn late(id: PairId) -> Self {
        Self {
            id,
            cosine: None,
            proxy_score: None,
            route: None,
            judge_score: None,
            score: None,
            decision: Decision::Review,
            decided_by: None,
            status: Status::Late,
            reason: None,
            truncated: false,
            judge_seconds: 0.0,
            parts: None,
            contradictions: None,
        }
    }

    /// The record of a pair that somebody's word settles: what was computed of it before, without a final score.
    pub fn before_a_word(
        id: PairId,
        proxy_score: Option<ProxyScore>,
        parts: Option<Vec<Part>>,
    ) -> Self {
        Self {
            proxy_score,
            parts,
            ..Self::rejected(id, "settled before it was scored")
        }
    }

    /// Time the judge took for this pair, whole milliseconds, as it is written.
    pub fn latency_ms(&self) -> u64 {
        (self.judge_seconds * 1e3).round() as u64
    }

    /// The judge's own reason, or why the pair was rejected, as it is written.
    pub fn written_reason(&self) -> Option<&str> {
        match &self.status {
            Status::Rejected(why) => Some(why),
            _ => self.reason.as_ref().map(Text::as_str),
        }
    }

    /// The same pair once somebody's word settles it: `by` is whose. What was computed stays, beside the judge's answer, which
    /// nobody needs any more.
    #[must_use]
    pub fn settled_by(mut self, is_match: bool, by: DecidedBy) -> Self {
        let score = f64::from(u8::from(is_match));
        let (decision, route) = if is_match {
            (Decision::Match, Route::Accept)
        } else {
            (Decision::NoMatch, Route::Reject)
        };
        if let Some(parts) = &mut self.parts {
            let sum: f64 = parts.iter().map(|part| part.log_odds).sum();
            let surest = if is_match { SUREST } else { -SUREST };
            parts.push(Part {
                name: by.as_str().to_owned(),
                log_odds: surest - sum,
            });
        }
        (self.score, self.decision, self.route) = (Some(score), decision, Some(route));
        (self.decided_by, self.status) = (Some(by), Status::Settled);
        (self.judge_score, self.reason) = (None, None);
        self
    }
}

/// What a score of 0 or 1 is taken for in log odds: ln((1 - 1e-9) / 1e-9).
const SUREST: f64 = 20.723_265_835_946_41;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_settles_whatever_was_computed() {
        let computed = FinalScore {
            proxy_score: ProxyScore::new(0.3).ok(),
            parts: Some(vec![Part {
                name: "prior".to_owned(),
                log_odds: -0.8,
            }]),
            ..FinalScore::rejected(PairId::new("1"), "no text")
        };
        let settled = computed.settled_by(true, DecidedBy::Person);
        assert_eq!(
            (settled.score, settled.decision),
            (Some(1.0), Decision::Match)
        );
        assert_eq!(settled.decided_by, Some(DecidedBy::Person));
        assert!(settled.status.is_settled() && settled.proxy_score.is_some());
        let parts = settled.parts.unwrap_or_default();
        let sum: f64 = parts.iter().map(|part| part.log_odds).sum();
        assert!((1.0 / (1.0 + (-sum).exp()) - 1.0).abs() < 1e-8);
        assert_eq!(parts[1].name, "person");
    }
}
