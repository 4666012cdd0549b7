//! `midband compare`: which pairs and clusters changed between two runs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use midband_io::{read_objects, same_file};
use midband_report::{ClusterChanges, PairChanges};
use midband_run::{SUMMARY, beside, format_of, number_of, open};
use serde::Serialize;
use serde_json::{Map, Value};

use self::differences::{Differ, differences, share_an_input, told};
use crate::{args::CompareArgs, exit};

mod differences;

/// What changed, as it is printed.
#[derive(Serialize)]
struct Changes {
    /// What the runs themselves differ in, by name.
    runs: BTreeMap<String, Differ>,
    pairs: Option<PairChanges>,
    clusters: Option<ClusterChanges>,
}

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let changes = match (is_clusters(&old), is_clusters(&new)) {
        (true, true) => Changes {
            runs: BTreeMap::new(),
            pairs: None,
            clusters: Some(ClusterChanges::of(old, new, args.examples)?),
        },
        (false, false) => Changes {
            runs: differences(&args.old, &args.new),
            pairs: Some(PairChanges::of(old, new, args.examples)?),
            clusters: clusters_beside(args)?,
        },
        _ => bail!("one file has pairs, the other has clusters: name two files of the same kind"),
    };
    refuse_strangers(args, &changes)?;
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&changes)?)?;
        return Ok(exit::SETTLED);
    }
    for (name, differ) in &changes.runs {
        for line in told(name, differ) {
            outln!("{line}")?;
        }
    }
    if let Some(pairs) = &changes.pairs {
        out!("{}", told_pairs(pairs))?;
    }
    if let Some(clusters) = &changes.clusters {
        out!("{}", told_clusters(clusters))?;
    }
    Ok(exit::SETTLED)
}

/// Two runs without anything in common are of different lists: every pair would count as changed.
fn refuse_strangers(args: &CompareArgs, changes: &Changes) -> Result<()> {
    let pairs = changes.pairs.as_ref();
    if pairs.is_some_and(|pairs| pairs.both == 0 && pairs.old > 0 && pairs.new > 0)
        && !share_an_input(&args.old, &args.new)
    {
        bail!(
            "the two runs have no pair and no input file in common: name two runs over the same lists"
        );
    }
    let clusters = changes.clusters.as_ref().filter(|_| pairs.is_none());
    if clusters.is_some_and(|of| of.records == 0 && of.gone > 0 && of.added > 0) {
        bail!("the two files have no record in common: name two files over the same lists");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Map<String, Value>>> {
    let named = || path.display().to_string();
    let rows = read_objects(open(path)?, format_of(None, path)).with_context(named)?;
    rows.collect::<Result<_, _>>().with_context(named)
}

fn is_clusters(rows: &[Map<String, Value>]) -> bool {
    let first = rows.first();
    first.is_some_and(|row| row.contains_key("cluster") && !row.contains_key("decision"))
}

/// The clusters that both runs wrote next to their pairs; none where one wrote none, or both the same file.
fn clusters_beside(args: &CompareArgs) -> Result<Option<ClusterChanges>> {
    let (Some(old), Some(new)) = (clusters_of(&args.old), clusters_of(&args.new)) else {
        return Ok(None);
    };
    if same_file(&old, &new) {
        noteln!(
            "midband: both runs wrote their clusters to {}, so the old clusters are lost",
            new.display()
        );
        return Ok(None);
    }
    let (old, new) = (read(&old)?, read(&new)?);
    Ok(Some(ClusterChanges::of(old, new, args.examples)?))
}

/// The file of clusters that a run's summary names, as it is named or in the folder of the scores.
fn clusters_of(scores: &Path) -> Option<PathBuf> {
    let summary = fs::read_to_string(beside(scores, SUMMARY)).ok()?;
    let summary: Value = serde_json::from_str(&summary).ok()?;
    let named = PathBuf::from(summary["clusters"]["file"].as_str()?);
    let next = scores.parent().map(|folder| folder.join(&named));
    let here = next.into_iter().chain([named]);
    here.into_iter().find(|path| path.is_file())
}

fn told_pairs(found: &PairChanges) -> String {
    let mut text = format!(
        "pairs: {} before, {} now, {} in both; {} decided as before\n",
        found.old, found.new, found.both, found.unchanged
    );
    if let Some(mean) = found.mean_score_difference {
        text += &format!("scores: mean absolute difference {mean:.4}\n");
    }
    for change in &found.changes {
        let by: Vec<String> = (change.decided_by.iter())
            .map(|(by, pairs)| format!("{by} {pairs}"))
            .collect();
        text += &format!(
            "{} -> {}: {} (by {}){}\n",
            change.from,
            change.to,
            number_of(change.pairs as u64, "pair"),
            by.join(", "),
            such_as(&change.examples, change.pairs)
        );
    }
    text
}

fn told_clusters(found: &ClusterChanges) -> String {
    let mut text = format!(
        "clusters: {} in both, {} gone, {} added; {} as before, {} split, {} merged, {} regrouped\n\
         pairs of records: {} joined, {} taken apart\n",
        number_of(found.records as u64, "record"),
        found.gone,
        found.added,
        number_of(found.unchanged as u64, "cluster"),
        found.split,
        found.merged,
        found.regrouped,
        found.pairs_joined,
        found.pairs_parted
    );
    let groups = |of: &[Vec<String>]| {
        let groups: Vec<String> = of.iter().map(|group| group.join(" ")).collect();
        groups.join(" | ")
    };
    for example in &found.examples {
        text += &format!("  {} -> {}\n", groups(&example.was), groups(&example.is));
    }
    text
}

fn such_as(examples: &[String], all: usize) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let more = if examples.len() < all { ", …" } else { "" };
    format!(": {}{more}", examples.join(", "))
}
