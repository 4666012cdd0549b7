//! What labels and rules of certainty came to, counted and told.

use std::path::Path;

use serde_json::{Value, json};

use crate::{certainty::told, number_that};

#[derive(Default)]
pub(super) struct LabelCounts {
    pub(super) given: usize,
    pub(super) matches: usize,
    pub(super) others: usize,
    pub(super) unsure: usize,
    pub(super) strange: Vec<(u64, String)>,
    pub(super) conflicts: Vec<(u64, String)>,
    pub(super) graded: Vec<(u64, String)>,
}

impl LabelCounts {
    pub(super) fn written(&self) -> Value {
        json!({
            "given": self.given, "match": self.matches, "no_match": self.others, "unsure": self.unsure,
            "fit_no_pair": self.strange.len(), "conflicts": self.conflicts.len(),
        })
    }

    pub(super) fn tell(&self, path: &Path, lines: &mut Vec<String>) {
        lines.push(format!(
            "labels: {} match, {} no match, {} unsure or graded",
            self.matches, self.others, self.unsure
        ));
        let name = path.display().to_string();
        let (strange, conflicts) = (&self.strange, &self.conflicts);
        lines.extend(told(&name, self.given, strange, conflicts, &self.graded));
    }
}

#[derive(Default)]
pub(super) struct RuleCounts {
    pub(super) same: u64,
    /// Pairs of which a label says the opposite of a rule.
    pub(super) against_labels: u64,
    /// Pairs that are the same by one rule and different by another.
    pub(super) against_rules: u64,
}

impl RuleCounts {
    pub(super) fn written(&self, different: u64) -> Value {
        json!({
            "same": self.same, "different": different,
            "against_labels": self.against_labels, "against_each_other": self.against_rules,
        })
    }

    pub(super) fn tell(&self, lines: &mut Vec<String>) {
        if self.same > 0 {
            let same = number_that(self.same, "pair", ["matches", "match"]);
            lines.push(format!("rules: {same}"));
        }
        if self.against_labels > 0 {
            lines.push(format!(
                "{} a rule: the labels count",
                number_that(self.against_labels, "label", ["contradicts", "contradict"])
            ));
        }
        if self.against_rules > 0 {
            lines.push(format!(
                "by one rule {} and by another not: neither rule counts",
                number_that(self.against_rules, "pair", ["matches", "match"])
            ));
        }
    }
}
