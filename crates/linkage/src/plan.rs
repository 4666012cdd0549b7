//! What a run would do, before it does it.

use crate::{map::Mapping, rules::BlockingRule, subject, types::ColumnProfile};

/// A blocking rule with what it costs.
#[derive(Clone, Debug)]
pub struct RulePlan {
    /// The rule.
    pub rule: BlockingRule,
    /// Pairs that it proposes by itself: exact up to 20,000 records or for few keys, else estimated.
    pub pairs: u64,
    /// Why it is not used; none where it is.
    pub dropped: Option<String>,
}

/// What a run would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Columns of the left list.
    pub left: Vec<ColumnProfile>,
    /// Columns of the right list; empty for one list.
    pub right: Vec<ColumnProfile>,
    /// Which columns of two lists are compared with each other.
    pub mapped: Vec<Mapping>,
    /// Columns of either list whose values are compared in other columns, which were made of them.
    pub sources: Vec<String>,
    /// The columns that were made, which neither list has as it was given.
    pub made: Vec<String>,
    /// Headers (of the left list) that are compared, with levels.
    pub compared: Vec<String>,
    /// Headers (of the left list) of free text, left to the caller.
    pub free_text: Vec<String>,
    /// Rules that are used, in the order of the bits of [`crate::CandidatePair::rules`], then those that are not.
    pub rules: Vec<RulePlan>,
    /// All pairs of the lists.
    pub all_pairs: u64,
    /// Whether all pairs are compared, because they are few; rules are then not needed.
    pub every_pair: bool,
    /// What should be said before the run.
    pub notes: Vec<String>,
}

impl Plan {
    /// Columns of two lists that have no partner, left and right; none for one list.
    pub fn unpaired(&self) -> (Vec<&str>, Vec<&str>) {
        if self.right.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let mapped = |name: &str, side: fn(&Mapping) -> &String| {
            self.mapped.iter().any(|one| side(one) == name)
                || self.sources.iter().any(|source| source == name)
        };
        let left = self.left.iter().map(|column| column.name.as_str());
        let right = self.right.iter().map(|column| column.name.as_str());
        (
            left.filter(|name| !mapped(name, |one| &one.left)).collect(),
            right
                .filter(|name| !mapped(name, |one| &one.right))
                .collect(),
        )
    }

    /// Whether a pair of columns has one that was made of others.
    pub fn is_made(&self, mapping: &Mapping) -> bool {
        self.made.contains(&mapping.left) || self.made.contains(&mapping.right)
    }

    /// Whether the left list is of people: a column of given or family names, or one of full names beside a date or what a header
    /// names the sex or the birth.
    pub fn is_of_people(&self) -> bool {
        subject::are_people(&self.left)
    }

    /// Whether two lists share less than half of the columns of the narrower one.
    pub fn shares_little(&self) -> bool {
        self.mapped.len() * 2 < self.left.len().min(self.right.len())
    }
}
