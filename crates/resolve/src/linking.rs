//! Words of clustering.

/// What somebody knows of two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing for certain: the weight says how likely they are the same.
    Odds,
    /// They are the same, whatever other pairs say.
    Same,
    /// They are different, whatever other pairs say.
    Different,
}

/// What is known of a pair of records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// One record.
    pub a: u32,
    /// The other one.
    pub b: u32,
    /// Log odds of a match against those at which a match is called: above 0 the pair joins, below 0 it speaks against it.
    pub weight: f64,
    /// What is certain of it.
    pub word: Word,
}

impl Link {
    /// True where it speaks for one cluster.
    pub(crate) fn is_joining(&self) -> bool {
        match self.word {
            Word::Same => true,
            Word::Different => false,
            Word::Odds => self.weight > 0.0,
        }
    }
}

/// How clusters are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linking {
    /// Mean log odds above which two parts join.
    pub threshold: f64,
    /// Log odds of a pair that no link names; none where nothing is known of it.
    pub absent: Option<f64>,
    /// The first record of the second of two lists: records of one list are then never compared with each other.
    pub split: Option<u32>,
}

/// Two parts that became one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Join {
    /// First record of one part.
    pub first: u32,
    /// First record of the other part.
    pub second: u32,
    /// Mean log odds of the pairs between them.
    pub weight: f64,
}

/// Clusters of records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clustering {
    /// By record: its cluster. Numbers from 0 on, in the order of the clusters' first records.
    pub of: Vec<u32>,
    /// By cluster: the probability that its weakest join is right, 0 to 1; none for a record alone.
    pub confidence: Vec<Option<f64>>,
    /// What was joined, in that order; what is certain comes first.
    pub joins: Vec<Join>,
    /// Pairs that were said to be different, and that other certain pairs join all the same.
    pub contradictions: Vec<(u32, u32)>,
}
