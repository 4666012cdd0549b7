//! What a judge says of one pair.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{ProxyScore, ScoreError};

/// Why a pair that was to be asked has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unanswered {
    /// The run has no judge, or none could be reached at its start.
    NoJudge,
    /// The judge did not answer within the time it was given.
    TimedOut,
    /// The run's deadline, or its cap on calls or judge time, came first.
    OutOfBudget,
    /// The judge answered, but not with something that is provably a score for this pair.
    Unparseable,
    /// The pair does not fit into the judge's context.
    TooLong,
    /// The server refused the request.
    Refused,
    /// The connection failed, or the server died.
    Unreachable,
    /// The answer stopped before it reached this pair.
    CutShort,
    /// None of the labels that the judge was offered is among its likely tokens.
    LabelAbsent,
    /// The caller went away.
    Cancelled,
}

impl Unanswered {
    /// The reason in words, as it stands in `status = unanswered(<reason>)`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoJudge => "no judge",
            Self::TimedOut => "timed out",
            Self::OutOfBudget => "out of budget",
            Self::Unparseable => "unparseable",
            Self::TooLong => "too long",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::CutShort => "cut short",
            Self::LabelAbsent => "label absent",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A judge's answer about one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Graded answer, 0 (surely no match) to 1 (surely a match).
    score: ProxyScore,
    /// The judge's own short reason, where one was asked for. May quote the pair's text: it goes to
    /// the output file and nowhere else.
    pub reason: Option<crate::Text>,
    /// Name of the model that answered.
    pub model: String,
    /// True where the verdict cache answered.
    pub cached: bool,
}

impl Answer {
    /// An answer from a graded score in 0..=1.
    ///
    /// # Errors
    /// The score is not finite or lies outside of 0..=1.
    pub fn new(score: f64, model: impl Into<String>) -> Result<Self, ScoreError> {
        Ok(Self {
            score: ProxyScore::new(score)?,
            reason: None,
            model: model.into(),
            cached: false,
        })
    }

    /// The graded score, in 0..=1.
    pub fn score(&self) -> f64 {
        self.score.get()
    }

    /// True where the answer leans to a match: the score is at least one half.
    pub fn says_match(&self) -> bool {
        self.score() >= 0.5
    }
}

/// One judged pair: an answer, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The answer, or why none came. Never a made-up number.
    pub outcome: Result<Answer, Unanswered>,
    /// Time that the judge took for it: that of its requests, without waiting for its turn.
    pub latency: Duration,
}

impl Verdict {
    /// A verdict with an answer.
    pub fn answered(answer: Answer, latency: Duration) -> Self {
        Self {
            outcome: Ok(answer),
            latency,
        }
    }

    /// A verdict without one.
    pub fn unanswered(reason: Unanswered, latency: Duration) -> Self {
        Self {
            outcome: Err(reason),
            latency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_number_in_range_or_nothing() {
        assert!(Answer::new(f64::NAN, "m").is_err());
        assert!(Answer::new(1.01, "m").is_err());
        assert!(Answer::new(0.5, "m").unwrap().says_match());
    }

    #[test]
    fn a_reason_never_shows_in_debug() {
        let mut answer = Answer::new(0.9, "m").unwrap();
        answer.reason = Some("both mention Jane Roe".into());
        assert!(!format!("{answer:?}").contains("Roe"));
    }
}
