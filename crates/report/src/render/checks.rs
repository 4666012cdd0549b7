//! How sure the answer is, and what to look at before relying on it.

use super::Block;
use crate::{
    Basis, Report, Share,
    words::{count, counted, percent},
};

/// Pairs that are named in a sentence.
const NAMED: usize = 3;
/// The hundredth of even odds.
const EVEN: usize = 50;

/// How far the figures can be trusted, and why.
pub(super) fn sure(report: &Report) -> Vec<Block<'_>> {
    let Some(estimate) = &report.estimate else {
        return vec![Block::Text("No pair has a score.".to_owned())];
    };
    let share = |share: &Option<Share>| {
        share.map_or("no such pair".to_owned(), |share| {
            format!(
                "{} (95 % interval {} to {})",
                percent(share.value),
                percent(share.low),
                percent(share.high)
            )
        })
    };
    let from = match estimate.from {
        Basis::Labels if estimate.drawn => format!(
            "Counted on {} that were drawn at random and labeled by a person.",
            counted(estimate.labelled, "pair")
        ),
        Basis::Labels => format!(
            "Counted on {} that a person labeled. The figures hold for all pairs only if the labeled ones were drawn at \
             random.",
            counted(estimate.labelled, "pair")
        ),
        Basis::Scores if report.has_probabilities() => {
            "Estimated from the scores, as if they were correct. Matches that no candidate pair holds, and pairs that were not \
             written, are not in it."
                .to_owned()
        }
        Basis::Scores => "Estimated from scores for which nothing vouches: take these figures for a guess.".to_owned(),
    };
    let facts = [
        ("Matches that are wrong", &estimate.wrong_matches),
        ("True matches called no match", &estimate.missed),
        ("True matches that wait for a person", &estimate.waiting),
    ];
    vec![
        Block::Facts(
            facts
                .into_iter()
                .map(|(name, value)| (name.to_owned(), share(value)))
                .collect(),
        ),
        Block::Text(from),
    ]
}

/// What a person should look at, one sentence each.
pub(super) fn first(report: &Report) -> Vec<String> {
    let mut said = Vec::new();
    if report.to_review > 0 {
        let waiting = report.review.iter();
        let waiting = waiting.filter(|item| item.row.decision == "review");
        let ids: Vec<&str> = waiting
            .take(NAMED)
            .map(|item| item.row.id.as_str())
            .collect();
        said.push(format!(
            "{} for a person; check {} first.",
            if report.to_review == 1 {
                "1 pair waits".to_owned()
            } else {
                format!("{} pairs wait", count(report.to_review))
            },
            ids.join(", ")
        ));
    }
    if report.overruled > 0 {
        said.push(format!(
            "{} of the language model went against the rest of the evidence and did not carry the decision.",
            counted(report.overruled, "verdict")
        ));
    }
    let sides = [&report.answer.left, &report.answer.right];
    let several: u64 = sides.into_iter().flatten().map(|found| found.several).sum();
    if several > 0 && report.answer.right.is_some() {
        said.push(format!(
            "{} more than one partner: at most one can be right if each list names everybody once.",
            if several == 1 {
                "1 record has".to_owned()
            } else {
                format!("{} records have", count(several))
            }
        ));
    }
    let lists = report.run.as_ref().and_then(|run| run.lists.as_ref());
    for list in lists
        .iter()
        .flat_map(|lists| std::iter::once(&lists.left).chain(&lists.right))
    {
        if let Some(few) = list.unfindable(EVEN).filter(|few| *few > 0) {
            said.push(format!(
                "{} of {} can't be found whatever their partner looks like: even an exact copy would score below 0.50, because the values \
                 are too few or too common.",
                counted(few, "record"),
                list.name
            ));
        }
    }
    let clusters = report.answer.clusters.iter();
    let weak = clusters
        .flat_map(|clusters| &clusters.largest)
        .filter(|cluster| cluster.records.len() > 2 && cluster.weakest < 0.9)
        .min_by(|a, b| a.weakest.total_cmp(&b.weakest));
    if let Some(weak) = weak {
        said.push(format!(
            "A group of {} records hangs on a match of score {:.2}: {}.",
            weak.records.len(),
            weak.weakest,
            weak.records[..weak.records.len().min(6)].join(", ")
        ));
    }
    if said.is_empty() {
        said.push(
            "Nothing waits for a person. Look at some matches at random before you rely on them."
                .to_owned(),
        );
    }
    said
}
