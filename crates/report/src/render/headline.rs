//! What a department head asks first: what was found.

use super::{Big, Block};
use crate::{
    Found, Report,
    words::{count, counted, percent},
};

/// Warnings, then the answer.
pub(super) fn answer(report: &Report) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    if report.simulated {
        blocks.push(Block::Note(
            "SIMULATED: a simulator stood in for the judge. Its verdicts and times are no model's."
                .to_owned(),
        ));
    }
    blocks.extend(uncalibrated(report).map(Block::Note));
    let (big, sentence) = match (&report.answer.left, &report.answer.right) {
        (Some(left), Some(right)) => two_lists(report, left, right),
        (Some(list), None) => one_list(report, list),
        (None, _) => of_pairs(report),
    };
    blocks.push(Block::Answer(big));
    blocks.push(Block::Text(sentence));
    blocks.extend(reasons(report));
    blocks
}

fn uncalibrated(report: &Report) -> Option<String> {
    let vouched = report.run.as_ref().and_then(|run| run.vouched);
    if report.uncalibrated != Some(true) {
        return None;
    }
    Some(match vouched {
        Some(false) => "NOT CALIBRATED: no labels (20 at least), no verdict and no prior for such texts vouch for these scores. They rank \
                        the pairs and decide nothing. Label some pairs on the review page and calibrate with them."
            .to_owned(),
        _ if report.has_probabilities() => {
            "UNCALIBRATED: no pair was labeled by a person before this run, so nobody has checked the figures on these data. \
             Label some pairs at random on the review page to measure them."
                .to_owned()
        }
        _ => "UNCALIBRATED: no pair was labeled by a person before this run. The scores rank the pairs; how far they are \
              probabilities is not known."
            .to_owned(),
    })
}

fn named(list: &Found, otherwise: &str) -> String {
    if list.name.is_empty() {
        otherwise.to_owned()
    } else {
        list.name.clone()
    }
}

/// "181 of 241", or "181" where the list's size is not known.
fn of_list(part: u64, list: &Found) -> String {
    match list.records {
        Some(all) => format!("{} of {}", count(part), count(all)),
        None => count(part),
    }
}

fn waits(report: &Report) -> Big {
    Big {
        value: count(report.answer.review),
        what: "pairs wait for a person".to_owned(),
        detail: if report.answer.review == 0 {
            "nothing is left to decide".to_owned()
        } else {
            "open the review page".to_owned()
        },
    }
}

fn two_lists(report: &Report, left: &Found, right: &Found) -> (Vec<Big>, String) {
    let (here, there) = (named(left, "the left list"), named(right, "the right list"));
    let mut big = vec![
        Big {
            value: of_list(left.found, left),
            what: format!("records of {here} were found in {there}"),
            detail: left
                .records
                .filter(|all| *all > 0)
                .map_or(String::new(), |all| percent(left.found as f64 / all as f64)),
        },
        Big {
            detail: match left.waiting {
                0 => "no record depends on them alone".to_owned(),
                waiting => format!("{} of {here} depend on them", counted(waiting, "record")),
            },
            ..waits(report)
        },
    ];
    if let Some(alone) = left.alone {
        big.push(Big {
            value: count(alone),
            what: format!("records of {here} have no partner"),
            detail: right.alone.map_or(String::new(), |alone| {
                format!("and {} of {there}", count(alone))
            }),
        });
    }
    let several = left.several + right.several;
    let partners = if several == 0 {
        "No record has more than one partner.".to_owned()
    } else {
        format!(
            "{} of {here} and {} of {there} have more than one partner; `--one-to-one` keeps the best.",
            counted(left.several, "record"),
            count(right.several)
        )
    };
    let found = of_list(right.found, right);
    (
        big,
        format!(
            "From the other side: {found} records of {there} have a partner in {here}. {partners}"
        ),
    )
}

fn one_list(report: &Report, list: &Found) -> (Vec<Big>, String) {
    let name = named(list, "the list");
    let clusters = report.answer.clusters.as_ref();
    let groups: u64 = clusters.map_or(0, |found| found.by_size.values().sum());
    let largest = clusters.and_then(|found| found.by_size.keys().next_back());
    let mut big = vec![
        Big {
            value: of_list(list.found, list),
            what: format!("records of {name} have a double"),
            detail: format!("in {}", counted(groups, "group")),
        },
        waits(report),
    ];
    if let Some(alone) = list.alone {
        big.push(Big {
            value: count(alone),
            what: "records stand for themselves".to_owned(),
            detail: String::new(),
        });
    }
    let people = list.records.map(|all| all - (list.found - groups));
    let sentence = match (people, largest) {
        (Some(people), Some(largest)) => format!(
            "Taken together, the list names {} different things; the largest group has {largest} records.",
            count(people)
        ),
        (None, Some(largest)) => format!("The largest group has {largest} records."),
        _ => "No two records belong together.".to_owned(),
    };
    (big, sentence)
}

fn of_pairs(report: &Report) -> (Vec<Big>, String) {
    let pairs = report.pairs as u64;
    let share = |part: u64| percent(part as f64 / pairs.max(1) as f64);
    let answer = &report.answer;
    let detail = |part: u64| format!("{} of {} pairs", count(part), count(pairs));
    let big = vec![
        Big {
            value: share(answer.matches),
            what: "of the pairs are matches".to_owned(),
            detail: detail(answer.matches),
        },
        Big {
            value: share(answer.review),
            what: "wait for a person".to_owned(),
            detail: detail(answer.review),
        },
        Big {
            value: share(answer.no_match),
            what: "are no matches".to_owned(),
            detail: detail(answer.no_match),
        },
    ];
    (big, format!("Scored: {}.", report.source))
}

fn reasons(report: &Report) -> Vec<Block<'_>> {
    let mut notes = Vec::new();
    for (reason, pairs) in &report.unanswered {
        notes.push(format!(
            "{pairs} pairs wanted the judge and got no answer ({reason}): each keeps its proxy score and is left for review."
        ));
    }
    for (reason, pairs) in &report.rejected {
        notes.push(format!("{pairs} pairs have no score: {reason}."));
    }
    let rows = report.run.as_ref().map_or(0, |run| run.rejected_rows);
    if rows > 0 {
        notes.push(format!("{rows} rows of the input were not valid."));
    }
    if report.truncated > 0 {
        notes.push(format!(
            "{} pairs were compared on truncated text.",
            report.truncated
        ));
    }
    notes.into_iter().map(Block::Note).collect()
}
