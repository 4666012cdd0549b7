//! Lists whose records are told apart by their columns: names, dates, identifiers, addresses.
//!
//! Match weights by column are learnt from the lists themselves. Lists of products or citations, which words tell apart,
//! are left to the comparison of texts.

use anyhow::{Context, Result};
use midband::{
    Blocked, LinkedPairs, MATCH_WEIGHT, Part,
    block::Candidate,
    model::{Costs, Goal},
};
use midband_linkage::{Fit, Link, Linker, Plan, Reason, SavedFit, WholeList};

use super::{
    judge_texts::Asked, known_pairs::candidate, options::Compare, preconditions::Given, preview,
    records::Records, resolved::Resolved,
};
use crate::{Known, Notice};

/// Pairs that are less probable are counted and not written, unless another bound is given.
pub(super) const LEAST_PROBABLE: f64 = 0.01;

/// What the columns say of the pairs of two lists, or of one.
pub(super) struct Linked {
    linker: Linker,
    links: Vec<Link>,
    /// Pairs that were compared.
    compared: usize,
    /// What a judge is shown, where that is not the records as they are.
    asked: Option<Asked>,
}

/// A linker before it has learnt.
pub(super) struct Unfitted {
    pub(super) linker: Linker,
    asked: Option<Asked>,
}

/// A linker for the lists; `None` where their texts are to be compared instead.
pub(super) fn linker(
    given: Given<'_>,
    left: &mut Records,
    right: Option<&mut Records>,
    resolved: Option<&Resolved>,
) -> Result<Option<Unfitted>> {
    let tell = |said: Vec<Notice>| said.iter().for_each(|said| given.listener.notice(said));
    let options = given.options;
    let as_texts = resolved.is_some_and(|resolved| resolved.weights.is_none());
    let wanted = match as_texts {
        true => Compare::Text,
        false => given.compare(),
    };
    if as_texts {
        let said = "comparing new records as texts, as the known ones were";
        tell(vec![Notice::Told(said.to_owned())]);
    }
    if wanted == Compare::Text {
        if options.text.is_empty() {
            tell(
                preview::headers(&left.columns, right.as_deref())
                    .into_iter()
                    .collect(),
            );
        }
        return Ok(None);
    }
    let right = right.map(|list| std::mem::take(&mut list.table));
    let kept = right.as_ref().filter(|_| !given.asks_nobody());
    let kept = kept.map(|right| (left.table.clone(), right.clone()));
    let mut linkage = given.linkage();
    if let Some(resolved) = resolved {
        resolved.shape(&mut linkage, left);
    }
    let linker = Linker::new(std::mem::take(&mut left.table), right, linkage)
        .context("cannot compare the columns")?;
    if wanted == Compare::Auto && !linker.informative() {
        tell(preview::paired(linker.plan(), options));
        tell(vec![Notice::Told(
            "comparing records as texts: no columns tell them apart".to_owned(),
        )]);
        return Ok(None);
    }
    tell(preview::plan(linker.plan(), options));
    tell(preview::link_type(given).into_iter().collect());
    let asked = kept.and_then(|(left, right)| Asked::of(linker.plan(), left, right));
    let asked = asked.map(|asked| match given.within() {
        true => asked.within(),
        false => asked,
    });
    Ok(Some(Unfitted { linker, asked }))
}

/// What decisions on these lists are to be good at: where they hold people, a false match weighs more than a missed one.
fn goal(plan: &Plan) -> Goal {
    if plan.is_of_people() {
        Goal::Cost(Costs::OF_PEOPLE)
    } else {
        Goal::Accuracy
    }
}

/// Learns the match weights; no pair is left where none looks like a match. `Err` holds why the lists do not show them.
pub(super) fn fit(
    unfitted: Unfitted,
    given: Given<'_>,
    known: &Known,
) -> std::result::Result<Linked, String> {
    let Unfitted { mut linker, asked } = unfitted;
    let compared = linker.candidates().len();
    let why = match linker.fit(&known.evidence()) {
        Fit::Learnt(_) => None,
        Fit::Unidentified(why) => Some(why.clone()),
    };
    let mut links = match why {
        None => {
            let least = given.options.min_proxy.unwrap_or(LEAST_PROBABLE);
            let mut links = linker.links();
            links.retain(|link| link.probability() >= least);
            links
        }
        // Texts of strangers would be compared for long and found to be alike here and there.
        Some(Reason::NoMatches | Reason::FewPairs(0)) => {
            given.listener.notice(&match known.pairs().count() {
                0 => Notice::NoMatches,
                settled => Notice::Told(format!(
                    "no pair looks like a match: only the {settled} pairs that labels and rules settle are written"
                )),
            });
            Vec::new()
        }
        Some(Reason::FewColumns) => return Err("too few columns tell records apart".to_owned()),
        Some(Reason::FewPairs(pairs)) => {
            return Err(format!("{pairs} pairs are too few to learn from"));
        }
        Some(Reason::AllMatch) => return Err("every pair looks like a match".to_owned()),
        Some(_) => return Err("the match weights cannot be estimated".to_owned()),
    };
    // What somebody is certain of is written, however unlikely.
    let there = |pair: &(u32, u32)| {
        let place = links.binary_search_by_key(pair, |link| (link.left, link.right));
        place.is_ok()
    };
    let more = known.pairs().filter(|pair| !there(pair));
    let more: Vec<Link> = more
        .filter_map(|(left, right)| {
            let log_odds = linker.score((left, right))?.log_odds;
            Some(Link {
                left,
                right,
                log_odds,
            })
        })
        .collect();
    links.extend(more);
    links.sort_unstable_by_key(|link| (link.left, link.right));
    Ok(Linked {
        linker,
        links,
        compared,
        asked,
    })
}

/// Scores new records by what was learnt from a known list.
pub(super) fn resume(
    unfitted: Unfitted,
    given: Given<'_>,
    resolved: &Resolved,
    fresh: usize,
) -> Result<Linked> {
    let Unfitted { mut linker, asked } = unfitted;
    let compared = linker.candidates().len();
    let whole = resolved.rest.as_ref().map(|rest| WholeList {
        records: rest.records + fresh,
        counts: &rest.with_new,
    });
    if let Some(weights) = &resolved.weights {
        linker.resume(weights, &resolved.clusters, whole)?;
    }
    let least = given.options.min_proxy.unwrap_or(LEAST_PROBABLE);
    let mut links = linker.links();
    links.retain(|link| link.probability() >= least);
    Ok(Linked {
        linker,
        links,
        compared,
        asked,
    })
}

impl Linked {
    /// What was found of the columns and decided of the rules.
    pub(super) fn plan(&self) -> &Plan {
        self.linker.plan()
    }

    /// What was learnt, to be kept.
    pub(super) fn saved(&self) -> Option<SavedFit> {
        self.linker.saved()
    }

    /// What an exact copy of each record would score, 0 to 1.
    pub(super) fn copy_scores(&self) -> Vec<f64> {
        self.linker.copy_scores()
    }

    /// Pairs that were compared.
    pub(super) fn compared(&self) -> usize {
        self.compared
    }

    /// The pairs that are written.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let pairs = self.links.iter().map(|link| (link.left, link.right));
        pairs.map(candidate).collect()
    }

    /// The same pairs with what their columns say, and as a judge is shown them.
    pub(super) fn pairs(&self, blocked: &Blocked) -> LinkedPairs {
        let pairs = blocked.candidates.iter().map(|candidate| {
            let pair = blocked.pair(candidate);
            match &self.asked {
                Some(asked) => asked.pair(candidate, pair),
                None => pair,
            }
        });
        let pairs = pairs.collect();
        let columns = self.linker.feature_names();
        let mut values = Vec::with_capacity(self.links.len() * (columns.len() + 1));
        let mut row = Vec::new();
        for link in &self.links {
            values.push(link.log_odds);
            self.linker.features((link.left, link.right), &mut row);
            values.extend_from_slice(&row);
        }
        LinkedPairs {
            pairs,
            columns,
            values,
            goal: goal(self.linker.plan()),
        }
    }

    /// The parts of a score by column and comparison level, in the place of the linker's log odds as a whole.
    pub(super) fn by_column(&self, at: usize, parts: Vec<Part>) -> Vec<Part> {
        let link = self.links[at];
        let Some(scored) = self.linker.score((link.left, link.right)) else {
            return parts;
        };
        let mut all = Vec::with_capacity(parts.len() + scored.parts.len());
        for part in parts {
            if part.name != MATCH_WEIGHT || scored.log_odds == 0.0 {
                all.push(part);
                continue;
            }
            // What other records say of the pair is in the link, and not in its columns alone.
            let by_columns = part.log_odds * scored.log_odds / link.log_odds;
            let scale = by_columns / scored.log_odds * std::f64::consts::LN_2;
            let rest = part.log_odds - by_columns;
            all.extend(scored.parts.iter().map(|of| Part {
                name: match of.column.as_str() {
                    "" => of.level.clone(),
                    column => format!("{column}: {}", of.level),
                },
                log_odds: of.weight_log2 * scale,
            }));
            if rest.abs() > 1e-9 {
                all.push(Part {
                    name: "other records".to_owned(),
                    log_odds: rest,
                });
            }
        }
        all
    }
}
