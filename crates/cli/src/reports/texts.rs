//! The texts of matched records, from the lists themselves.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use midband_io::{Form, id_of, objects};
use midband_report::{Lists, ResultRow, record_text};
use midband_run::{format_of, found, open, unread};
use serde_json::Value;

use crate::args::ReadingArgs;

/// Warns of files of texts that the run did not read: the texts of their ids may be of other pairs.
pub(super) fn warn_of_others(
    provenance: &Value,
    scored: &Path,
    pairs: Option<&PathBuf>,
    lists: &[PathBuf],
) -> Result<()> {
    let mut files: Vec<PathBuf> = pairs.into_iter().cloned().collect();
    for list in lists {
        files.extend(found(list)?);
    }
    for path in unread(provenance, files.iter().map(PathBuf::as_path)) {
        noteln!(
            "midband: WARNING: {} is not an input of {} (its digest differs): check that the texts belong to the pairs",
            path.display(),
            scored.display()
        );
    }
    Ok(())
}

/// Gives the rows the records of their lists as texts, where lists are named. `about` says which columns hold the ids.
pub(super) fn of_lists(
    rows: &mut [ResultRow],
    lists: &[PathBuf],
    about: Option<&Lists>,
    reading: &ReadingArgs,
) -> Result<()> {
    let [left, right @ ..] = lists else {
        return Ok(());
    };
    let ids = |side: fn(&ResultRow) -> Option<&str>| -> HashSet<String> {
        rows.iter().filter_map(side).map(str::to_owned).collect()
    };
    let (of_left, of_right) = (
        ids(|row| row.left_id.as_deref()),
        ids(|row| row.right_id.as_deref()),
    );
    if of_left.is_empty() {
        bail!("--lists needs a file that `midband match` wrote: no row has a left_id");
    }
    let left_id = about.map(|about| about.left.id.as_str());
    let right_id = about.and_then(|about| about.right.as_ref());
    let right_id = right_id.map_or(left_id, |list| Some(list.id.as_str()));
    let one = right.is_empty();
    let wanted = if one {
        of_left.union(&of_right).cloned().collect()
    } else {
        of_left
    };
    let left_texts = texts(left, left_id, &wanted, reading)?;
    let right_texts = match right.first() {
        Some(right) => texts(right, right_id, &of_right, reading)?,
        None => HashMap::new(),
    };
    let right_texts = if one { &left_texts } else { &right_texts };
    for row in rows {
        let text = |texts: &HashMap<String, String>, id: Option<&str>, list: &Path| {
            let Some(id) = id else { return Ok(None) };
            let text = texts.get(id).cloned();
            text.map(Some)
                .with_context(|| format!("{} has no record {id:?}", list.display()))
        };
        row.a = text(&left_texts, row.left_id.as_deref(), left)?;
        row.b = text(
            right_texts,
            row.right_id.as_deref(),
            right.first().unwrap_or(left),
        )?;
    }
    Ok(())
}

/// The wanted records of a list, each as "column: value; …".
fn texts(
    list: &Path,
    id: Option<&str>,
    wanted: &HashSet<String>,
    reading: &ReadingArgs,
) -> Result<HashMap<String, String>> {
    let id = id.unwrap_or("id");
    let mut texts = HashMap::new();
    for path in found(list)? {
        let named = || format!("cannot read {}", path.display());
        let format = format_of(reading.format, &path);
        let form = Form {
            expected: [id.to_owned()].into(),
            no_headers: reading.no_headers,
            ..reading.text.form(format)
        };
        for row in objects(open(&path)?, &form).with_context(named)? {
            // A row that is no record is in no pair.
            let Ok(object) = row.with_context(named)?.object else {
                continue;
            };
            let Some(own) = object.get(id).and_then(id_of) else {
                continue;
            };
            let own = own.to_string();
            if wanted.contains(&own) {
                texts.entry(own).or_insert_with(|| record_text(&object, id));
            }
        }
    }
    Ok(texts)
}
