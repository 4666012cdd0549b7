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
use midband_run::{PROVENANCE, SUMMARY, beside, format_of, open};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{args::CompareArgs, exit};

/// What changed, as it is printed.
#[derive(Serialize)]
struct Changes {
    /// What the runs themselves differ in, by name.
    runs: BTreeMap<String, Differ>,
    pairs: Option<PairChanges>,
    clusters: Option<ClusterChanges>,
}

/// A setting of two runs.
#[derive(Serialize)]
struct Differ {
    old: Value,
    new: Value,
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
            runs: differences(args),
            pairs: Some(PairChanges::of(old, new, args.examples)?),
            clusters: clusters_beside(args)?,
        },
        _ => bail!("one file has pairs, the other has clusters: name two files of the same kind"),
    };
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&changes)?)?;
        return Ok(exit::SETTLED);
    }
    for (name, Differ { old, new }) in &changes.runs {
        outln!("{name}: {old} -> {new}")?;
    }
    if let Some(pairs) = &changes.pairs {
        out!("{}", told_pairs(pairs))?;
    }
    if let Some(clusters) = &changes.clusters {
        out!("{}", told_clusters(clusters))?;
    }
    Ok(exit::SETTLED)
}

fn read(path: &Path) -> Result<Vec<Map<String, Value>>> {
    let named = || path.display().to_string();
    let rows = read_objects(open(path)?, format_of(None, path)).with_context(named)?;
    rows.collect::<Result<_, _>>().with_context(named)
}

/// What the provenance and the summaries of two runs differ in, but for their times and what they found.
fn differences(args: &CompareArgs) -> BTreeMap<String, Differ> {
    let without = |scores: &&&PathBuf| !beside(scores, PROVENANCE).is_file();
    if let Some(scores) = [&args.old, &args.new].iter().find(without) {
        noteln!(
            "midband: {} has no provenance next to it: the settings of the two runs are not compared",
            scores.display()
        );
        return BTreeMap::new();
    }
    let of = |scores: &Path| -> BTreeMap<String, Value> {
        let json = |ending: &str| {
            let text = fs::read_to_string(beside(scores, ending)).unwrap_or_default();
            serde_json::from_str::<Value>(&text).unwrap_or_default()
        };
        let summary = json(SUMMARY);
        let mut found: BTreeMap<String, Value> = match json(PROVENANCE) {
            Value::Object(fields) => fields.into_iter().collect(),
            _ => BTreeMap::new(),
        };
        found.remove("started");
        for (name, at) in [
            ("cluster_threshold", "/clusters/threshold"),
            ("golden_rules", "/clusters/golden/rules"),
            ("labels", "/labels"),
            ("rules", "/rules"),
        ] {
            let value = summary.pointer(at).cloned();
            found.insert(name.to_owned(), value.unwrap_or_default());
        }
        found
    };
    let (old, mut new) = (of(&args.old), of(&args.new));
    let both = old.into_iter().map(|(name, old)| {
        let new = new.remove(&name).unwrap_or_default();
        (name, Differ { old, new })
    });
    let mut all: BTreeMap<String, Differ> = both.collect();
    all.extend(new.into_iter().map(|(name, new)| {
        let old = Value::Null;
        (name, Differ { old, new })
    }));
    all.retain(|_, differ| differ.old != differ.new);
    all
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
        "pairs: {} before, {} now; {} decided as before\n",
        found.old, found.new, found.unchanged
    );
    if let Some(mean) = found.mean_score_difference {
        text += &format!("scores: mean absolute difference {mean:.4}\n");
    }
    for change in &found.changes {
        let by: Vec<String> = (change.decided_by.iter())
            .map(|(by, pairs)| format!("{by} {pairs}"))
            .collect();
        text += &format!(
            "{} -> {}: {} pairs (by {}){}\n",
            change.from,
            change.to,
            change.pairs,
            by.join(", "),
            such_as(&change.examples, change.pairs)
        );
    }
    text
}

fn told_clusters(found: &ClusterChanges) -> String {
    let mut text = format!(
        "clusters: {} records in both, {} gone, {} added; {} clusters as before, {} split, {} merged, {} regrouped\n\
         pairs of records: {} joined, {} taken apart\n",
        found.records,
        found.gone,
        found.added,
        found.unchanged,
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
