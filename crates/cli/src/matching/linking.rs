//! Lists whose records are told apart by their columns: names, dates, identifiers, addresses.
//!
//! Match weights by column are learnt from the lists themselves. Lists of products or citations, which words tell apart,
//! are left to the comparison of texts.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result, bail};
use midband::{Blocked, LinkedPairs, MATCH_WEIGHT, Part, block::Candidate};
use midband_linkage::{BlockingRule, ColumnType, Fit, Link, Linker, Options, Reason};
use midband_run::{Certainty, Known, KnownList, KnownOptions};

use super::{asked::Asked, records::Records, tell, told};
use crate::args::{CompareArg, JudgeArg, MatchArgs};

/// Pairs that are less probable are counted and not written, unless `--min-proxy` says otherwise.
const LEAST_PROBABLE: f64 = 0.01;

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
    args: &MatchArgs,
    left: &mut Records,
    right: Option<&mut Records>,
) -> Result<Option<Unfitted>> {
    let wanted = args.compare();
    if wanted == CompareArg::Text {
        if args.text.is_empty() {
            tell(args, &told::headers(&left.columns, right.as_deref()));
        }
        return Ok(None);
    }
    let right = right.map(|list| std::mem::take(&mut list.table));
    let nobody = args.run.judge.asking.server.judge == Some(JudgeArg::None);
    let kept = right.as_ref().filter(|_| !nobody);
    let kept = kept.map(|right| (left.table.clone(), right.clone()));
    let linker = Linker::new(std::mem::take(&mut left.table), right, options(args)?)
        .context("the columns can't be compared")?;
    if wanted == CompareArg::Auto && !linker.informative() {
        tell(args, &told::paired(linker.plan(), args));
        tell(
            args,
            "midband: records are compared as texts: no columns tell them apart\n",
        );
        return Ok(None);
    }
    tell(args, &told::shown(linker.plan(), args));
    let asked = kept.and_then(|(left, right)| Asked::of(linker.plan(), left, right));
    Ok(Some(Unfitted { linker, asked }))
}

/// What labels and rules say of the lists' pairs; their tables are still there.
pub(super) fn known(args: &MatchArgs, left: &Records, right: Option<&Records>) -> Result<Known> {
    let wanted = KnownOptions {
        labels: args.run.labels.clone(),
        same: args.same.clone(),
        different: args.different.clone(),
    };
    fn list(records: &Records) -> KnownList<'_> {
        KnownList {
            by_id: &records.by_id,
            table: &records.table,
        }
    }
    let known = Known::of(&wanted, (list(left), right.map(list)), &options(args)?)?;
    for line in known.told() {
        tell(args, &format!("midband: {line}\n"));
    }
    Ok(known)
}

/// The candidates, and beside them the pairs of which something is certain.
pub(super) fn with_known(mut blocked: Blocked, known: &Known) -> Blocked {
    if known.is_empty() {
        return blocked;
    }
    let there: HashSet<(u32, u32)> = (blocked.candidates.iter())
        .map(|pair| (pair.left, pair.right))
        .collect();
    let more = known.pairs().filter(|pair| !there.contains(pair));
    let more: Vec<Candidate> = more.map(candidate).collect();
    if !more.is_empty() {
        blocked.candidates.extend(more);
        (blocked.candidates).sort_by_key(|pair| (pair.left, pair.right));
    }
    blocked
}

/// What is certain of the candidates.
pub(super) fn certainty(blocked: &Blocked, known: &Known) -> Certainty {
    if known.is_empty() {
        return known.certainty([]);
    }
    let pairs = blocked.candidates.iter();
    known.certainty(pairs.map(|pair| ((pair.left, pair.right), blocked.pair(pair).id)))
}

fn candidate((left, right): (u32, u32)) -> Candidate {
    Candidate {
        left,
        right,
        cosine: None,
        words: None,
    }
}

fn options(args: &MatchArgs) -> Result<Options> {
    let map = args
        .map
        .iter()
        .map(|given| halves(given))
        .collect::<Result<_>>()?;
    Ok(Options {
        types: types(&args.column)?,
        map,
        rules: rules(&args.block_on)?,
        one_to_one: args.one_to_one.then_some(true),
        seed: args.run.seed,
        threads: args.run.model.threads,
        ..Options::default()
    })
}

/// The types that `--column` gives.
pub(super) fn types(columns: &[String]) -> Result<BTreeMap<String, ColumnType>> {
    let mut types = BTreeMap::new();
    for given in columns {
        let (name, kind) = divided(given, "--column NAME=TYPE, such as birth_date=date")?;
        let kind: ColumnType = kind.parse().with_context(|| {
            format!(
                "--column {given}: types are {}",
                ColumnType::names().collect::<Vec<_>>().join(", ")
            )
        })?;
        types.insert(name, kind);
    }
    Ok(types)
}

/// The rules of every `--block-on`.
pub(super) fn rules(block_on: &[String]) -> Result<Vec<BlockingRule>> {
    block_on
        .iter()
        .flat_map(|given| rules_of(given))
        .map(|rule| {
            rule.parse::<BlockingRule>()
                .with_context(|| format!("--block-on {rule}"))
        })
        .collect()
}

/// The two names of a `--map`.
pub(super) fn halves(text: &str) -> Result<(String, String)> {
    divided(text, "--map LEFT=RIGHT, such as surname=last_name")
}

fn divided(text: &str, usage: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok((a.to_owned(), b.to_owned())),
        _ => bail!("{text:?} is not of the form {usage}"),
    }
}

/// The rules of one `--block-on`: commas between them, but not those within parentheses.
pub(super) fn rules_of(text: &str) -> Vec<String> {
    let (mut rules, mut depth) = (vec![String::new()], 0);
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                rules.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(rule) = rules.last_mut() {
            rule.push(letter);
        }
    }
    rules.retain(|rule| !rule.trim().is_empty());
    rules
}

/// Learns the match weights; no pair is left where none looks like a match. `Err` holds why the lists do not show them.
pub(super) fn fit(
    unfitted: Unfitted,
    args: &MatchArgs,
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
            let least = args.min_proxy.unwrap_or(LEAST_PROBABLE);
            let mut links = linker.links();
            links.retain(|link| link.probability() >= least);
            links
        }
        // Texts of strangers would be compared for long and found to be alike here and there.
        Some(Reason::NoMatches | Reason::FewPairs(0)) => {
            tell(
                args,
                "midband: no pair looks like a match: none is asked about and none is written (`--compare text` would compare the \
                 records as texts)\n",
            );
            Vec::new()
        }
        Some(Reason::FewColumns) => return Err("too few columns tell records apart".to_owned()),
        Some(Reason::FewPairs(pairs)) => {
            return Err(format!("{pairs} pairs are too few to learn from"));
        }
        Some(Reason::AllMatch) => return Err("every pair looks like a match".to_owned()),
        Some(_) => return Err("the match weights can't be told".to_owned()),
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

impl Linked {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_within_a_rule_divide_nothing() {
        assert_eq!(
            rules_of("born, prefix(name,3)+year(born),"),
            ["born", " prefix(name,3)+year(born)"]
        );
    }
}
