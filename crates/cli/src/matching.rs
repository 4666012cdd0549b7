//! `midband match`: two lists of records in, or one; scored candidate pairs out. The run itself is the library's (`midband-run`);
//! this is what the command line makes of it.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use crate::{
    args::{CompareArg, LinkTypeArg, MatchArgs, MergesArg, TOP_K},
    dry_run::{self, Foreseen},
    learning,
    progress::Console,
    score,
};
use anyhow::{Context, Result, bail};
use midband::Learning;
use midband_linkage::{BlockingRule, ColumnType};
use midband_run::{
    Destination, GoldenRules, Outcome,
    lists::{
        Compare, GoldenOptions, KnownInput, LinkType, ListInput, ListInputs, MatchOptions,
        Matching, Merges, Partners, RecordOptions,
    },
    none_found_later, own_cache,
};

pub(crate) fn run(args: &MatchArgs) -> Result<ExitCode> {
    let mut run = args.run.options()?;
    own_cache(&mut run);
    let outputs = [&args.run.writing.output, &args.clusters, &args.golden];
    let lists = std::iter::once(&args.left).chain(&args.right);
    none_found_later(
        outputs.into_iter().flatten().map(PathBuf::as_path),
        lists.map(PathBuf::as_path),
    )?;
    let options = args.options()?;
    let console = Arc::new(Console::new(args.run.quiet));
    let matching = |learning| Matching {
        options: &options,
        run: &run,
        learning,
        listener: console.clone(),
    };
    if args.dry_run {
        let Foreseen { learning, target } = Foreseen::of(&args.run)?;
        let learning = args.within_lists(learning);
        let estimate = matching(Some(learning)).estimate(args.inputs());
        console.finish();
        let estimate = estimate?;
        return dry_run::show(&args.run, &estimate.cost, target, estimate.rejected);
    }
    let learning = args.learning()?;
    let settings = (&options, args.run.shape());
    let to = Destination::Files {
        settings: &settings,
    };
    let ended = matching(learning).run(args.inputs(), to);
    if let Ok(outcome) = &ended {
        args.say_idle(outcome);
    }
    score::finish(&args.run, &console, ended)
}

impl MatchArgs {
    /// What is learnt by; none for a fixed band.
    pub(crate) fn learning(&self) -> Result<Option<Learning>> {
        let learning = learning::learning(&self.run.routing)?;
        Ok(learning.map(|learning| self.within_lists(learning)))
    }

    fn within_lists(&self, learning: Learning) -> Learning {
        Learning {
            neighbours: !self.no_neighbours,
            ..learning
        }
    }

    /// Names flags that changed nothing, now that it is known how the records were compared.
    fn say_idle(&self, outcome: &Outcome) {
        let top_k = self.top_k != TOP_K;
        if self.run.quiet || outcome.summary.pairs == 0 {
            return;
        }
        let (names, other) = match outcome.recorded["search"]["compared"].as_str() {
            Some("columns") => (
                [("--top-k", top_k), ("--no-neighbours", self.no_neighbours)],
                "column by column; `--compare text` compares texts",
            ),
            Some("texts") => (
                [("--column", !self.column.is_empty()), ("", false)],
                "as texts; `--compare columns` compares columns",
            ),
            _ => return,
        };
        for (name, _) in names.iter().filter(|(_, given)| *given) {
            noteln!("midband: {name} had no effect: the records were compared {other}");
        }
    }

    fn inputs(&self) -> ListInputs {
        ListInputs {
            left: ListInput::File(self.left.clone()),
            right: self.right.clone().map(ListInput::File),
            gold_pairs: self.gold_pairs.clone().map(ListInput::File),
            known: self.known_input(),
        }
    }

    /// The list that is resolved already.
    pub(crate) fn known_input(&self) -> Option<KnownInput> {
        let (list, clusters) = self.known.clone().zip(self.known_clusters.clone())?;
        Some(KnownInput {
            list: ListInput::File(list),
            clusters,
        })
    }

    /// How lists are matched.
    pub(crate) fn options(&self) -> Result<MatchOptions> {
        let id = |own: &Option<String>| own.as_ref().unwrap_or(&self.id).clone();
        let map = self.map.iter().map(|given| halves(given));
        Ok(MatchOptions {
            records: RecordOptions {
                format: self.format,
                left_id: id(&self.left_id),
                right_id: id(&self.right_id),
                delimiter: self.form.delimiter,
                quoting: self.form.quoting(),
                encoding: self.form.encoding,
                no_headers: self.no_headers,
                max_text_bytes: self.max_text_bytes,
            },
            link_type: self.link_type.map(|wanted| match wanted {
                LinkTypeArg::LinkOnly => LinkType::LinkOnly,
                LinkTypeArg::DedupeOnly => LinkType::DedupeOnly,
                LinkTypeArg::LinkAndDedupe => LinkType::LinkAndDedupe,
            }),
            compare: match self.compare {
                CompareArg::Auto => Compare::Auto,
                CompareArg::Columns => Compare::Columns,
                CompareArg::Text => Compare::Text,
            },
            text: self.text.clone(),
            types: types(&self.column)?,
            map: map.collect::<Result<_>>()?,
            block_on: rules(&self.block_on)?,
            candidates: self.candidates,
            top_k: self.top_k as usize,
            exact: self.exact,
            columns: self.columns.clone(),
            min_proxy: self.min_proxy,
            partners: Partners::wanted(self.one_to_one, self.many_to_one),
            clusters: self.clusters.clone(),
            cluster_threshold: self.cluster_threshold,
            golden: self.golden_options()?,
            same: self.same.clone(),
            different: self.different.clone(),
            merges: match self.merges {
                MergesArg::Propose => Merges::Propose,
                MergesArg::Join => Merges::Join,
            },
            state: self.known_state.clone(),
        })
    }

    fn golden_options(&self) -> Result<Option<GoldenOptions>> {
        let Some(path) = &self.golden else {
            return Ok(None);
        };
        let rules = self.golden_rule.iter().flat_map(|given| rules_of(given));
        Ok(Some(GoldenOptions {
            path: path.clone(),
            rules: GoldenRules::new(rules)?,
        }))
    }
}

/// The types that `--column` gives.
pub(crate) fn types(columns: &[String]) -> Result<BTreeMap<String, ColumnType>> {
    let mut types = BTreeMap::new();
    for given in columns {
        let (name, kind) = divided(given, "--column NAME=TYPE, such as birth_date=date")?;
        let kind: ColumnType = kind.parse().with_context(|| format!("--column {given}"))?;
        types.insert(name, kind);
    }
    Ok(types)
}

/// The rules of every `--block-on`.
pub(crate) fn rules(block_on: &[String]) -> Result<Vec<BlockingRule>> {
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
fn halves(text: &str) -> Result<(String, String)> {
    divided(text, "--map LEFT=RIGHT, such as surname=last_name")
}

fn divided(text: &str, usage: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok((a.to_owned(), b.to_owned())),
        _ => bail!("{text:?} is not of the form {usage}"),
    }
}

/// The rules of one `--block-on` or `--golden-rule`: commas between them, but not those within parentheses.
fn rules_of(text: &str) -> Vec<String> {
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
