//! What a fit is told beside the lists, and what it comes to.

/// Candidates below which nothing is fitted.
pub(crate) const FEWEST: usize = 10;

/// What somebody said about a pair: a label, or a judge's verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Record of the left list, record of the right list (or two of one list).
    pub pair: (u32, u32),
    /// Probability that the pair matches by this word alone, reliability included: .9 for a "yes" of a judge
    /// that is right nine times in ten. .5 says nothing.
    pub p_match: f64,
}

/// Why the lists do not tell what a match is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Fewer than two columns say anything: the others have no type that is compared, or hold one value. What
    /// agreement means is only seen where several columns agree together.
    #[error("fewer than two columns tell records apart")]
    FewColumns,
    /// Too few candidates.
    #[error("{0} candidate pairs; at least {FEWEST} are needed")]
    FewPairs(usize),
    /// The candidates agree no more than two people do.
    #[error("no pair looks like a match")]
    NoMatches,
    /// All pairs of the lists look alike.
    #[error("nearly all pairs look like matches")]
    AllMatch,
}

/// How a fit ended.
#[derive(Clone, Debug)]
pub enum Fit {
    /// Weights were learnt.
    Learnt(Learning),
    /// The lists do not say what a match is; weights are the shipped ones.
    Unidentified(Reason),
}

/// What a fit found.
#[derive(Clone, Debug)]
pub struct Learning {
    /// Matches expected among all pairs of the lists, those that no rule proposed included.
    pub matches: f64,
    /// Matches expected among the candidates.
    pub found: f64,
    /// By round, the penalised log likelihood after each step; empty where the weights are the shipped ones.
    pub objective: Vec<Vec<f64>>,
}
