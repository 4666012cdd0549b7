//! The one place where a final score is put together: from what is known before any verdict, then from the verdict.

use midband_core::{
    Cosine, DecidedBy, Decision, FinalScore, Pair, PairId, Part, ProxyScore, Route, Status, Text,
    Unanswered, Verdict,
};
use midband_embed::NoCosine;
use unicode_normalization::UnicodeNormalization;

/// What is known of a pair before any verdict.
pub(crate) struct Unjudged {
    pub(crate) id: PairId,
    /// `None` where the pair was not embedded.
    pub(crate) cosine: Option<Cosine>,
    /// Probability of a match by the proxy.
    pub(crate) proxy: f64,
    pub(crate) route: Route,
    pub(crate) decision: Decision,
    /// Whose word it is where nobody is asked.
    pub(crate) decided_by: DecidedBy,
    pub(crate) truncated: bool,
    pub(crate) parts: Option<Vec<Part>>,
    /// True where the cosine says nothing, since the model takes both texts for one.
    pub(crate) indistinct: bool,
}

impl Unjudged {
    /// The score that stands unless a verdict comes.
    pub(crate) fn score(self) -> FinalScore {
        let Ok(proxy) = ProxyScore::new(self.proxy) else {
            return FinalScore::rejected(self.id, "the proxy score is not a number");
        };
        let mut score = FinalScore::late(self.id);
        score.cosine = self.cosine;
        score.proxy_score = Some(proxy);
        score.route = Some(self.route);
        score.score = Some(proxy.get());
        if !self.indistinct {
            score.decision = self.decision;
        }
        score.decided_by = Some(self.decided_by);
        score.status = Status::Settled;
        score.reason = self.indistinct.then(|| Text::new(INDISTINCT));
        score.truncated = self.truncated;
        score.parts = self.parts;
        score
    }

    /// The same where the final score, as the router has it, is not the proxy's.
    pub(crate) fn with_final(self, settled: f64) -> FinalScore {
        let mut score = self.score();
        score.score = score.score.map(|_| settled);
        score
    }
}

/// The record of a pair that has no cosine.
pub(crate) fn uncompared(pair: &Pair, why: NoCosine) -> FinalScore {
    match why {
        NoCosine::Late => FinalScore::late(pair.id.clone()),
        _ => FinalScore::rejected(pair.id.clone(), why.to_string()),
    }
}

/// Cosines from which on the model sees one and the same text.
const SAME_TO_THE_MODEL: f32 = 0.999_99;

/// Probabilities between which a pair is for a person where nobody is asked: a judge that is right four times in five
/// could change its decision.
pub(crate) const UNSURE: (f64, f64) = (0.2, 0.8);

/// Why a pair is for a judge or a person whatever its cosine.
pub(crate) const INDISTINCT: &str = "the embedding model can't tell the two texts apart";

/// True where two different texts are one to the embedding model: signs that it does not know, or that its tokenizer
/// takes for others. Case, white space and accents of Latin letters make no difference.
pub(crate) fn is_indistinct(pair: &Pair, cosine: Option<Cosine>) -> bool {
    let same = cosine.is_some_and(|cosine| cosine.get() >= SAME_TO_THE_MODEL);
    same && plain(pair.a.as_str()) != plain(pair.b.as_str())
}

fn plain(text: &str) -> String {
    let marks = '\u{300}'..='\u{36f}';
    let letters = text.nfkd().filter(|letter| !marks.contains(letter));
    let lower: String = letters.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an answer makes of a pair.
pub(crate) struct Merged {
    /// Probability of a match.
    pub(crate) score: f64,
    pub(crate) decision: Decision,
    pub(crate) parts: Option<Vec<Part>>,
}

/// Merges a verdict into a score, or marks that none came. `merge` is given the judge's graded answer.
pub(crate) fn judged(score: &mut FinalScore, verdict: Verdict, merge: impl FnOnce(f64) -> Merged) {
    score.judge_seconds = verdict.latency.as_secs_f64();
    match verdict.outcome {
        Ok(answer) => {
            let merged = merge(answer.score());
            score.judge_score = Some(answer.score());
            score.score = Some(merged.score);
            score.decision = merged.decision;
            score.parts = merged.parts;
            score.decided_by = Some(if answer.cached {
                DecidedBy::Cache
            } else {
                DecidedBy::Judge
            });
            score.reason = answer.reason;
        }
        Err(reason) => unanswered(score, reason),
    }
}

/// Marks that no verdict came: the proxy score stands in, and a person should look.
pub(crate) fn unanswered(score: &mut FinalScore, reason: Unanswered) {
    score.score = score.proxy_score.map(ProxyScore::get);
    score.decided_by = Some(DecidedBy::Fallback);
    score.decision = Decision::Review;
    score.status = Status::Unanswered(reason);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_one_to_the_model_are_told_apart() {
        let same = Cosine::new(1.0).ok();
        let indistinct = |a: &str, b: &str| is_indistinct(&Pair::new("1", a, b), same);
        for (a, b) in [
            ("NYHA class Ⅰ", "NYHA class Ⅳ"),
            ("Sex: ♀", "Sex: ♂"),
            ("バス", "ハス"),
            ("患者有糖尿病史", "患者有哮喘病史"),
        ] {
            assert!(indistinct(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("Zürich", "zurich"),
            ("heart  attack", "Heart attack"),
            ("a", "a"),
        ] {
            assert!(!indistinct(a, b), "{a} {b}");
        }
        assert!(!is_indistinct(
            &Pair::new("1", "♀", "♂"),
            Cosine::new(0.9).ok()
        ));
    }
}
