//! Pairs that are known to match.

use std::collections::HashSet;

use anyhow::{Context, Result, bail};
use midband_io::{Objects, id_of, objects};

use super::{options::ListInput, preconditions::Given, record_values::is_named, records::ById};
use crate::{Notice, format_of, listed, open};

/// Pairs of rows.
pub(super) type Gold = HashSet<(u32, u32)>;

/// The matches of a file or table of `left_id` and `right_id`, by row. In one list either order will do.
pub(super) fn read(input: ListInput, given: Given<'_>, left: &ById, right: &ById) -> Result<Gold> {
    let path = match &input {
        ListInput::File(path) => format!(" {}", path.display()),
        ListInput::Rows(_) => String::new(),
    };
    let named = || format!("cannot use the gold pairs{path}");
    let rows = match input {
        ListInput::Rows(rows) => Objects::given(rows),
        ListInput::File(path) => {
            let form = given.options.records.form(format_of(None, &path));
            objects(open(&path)?, &form).with_context(named)?
        }
    };
    let mut known = HashSet::new();
    let mut strange = Vec::new();
    for row in rows {
        let row = row.with_context(named)?;
        let line = row.line;
        let object = match row.object {
            Ok(object) => object,
            Err(why) => bail!("{}: line {line}: {why}", named()),
        };
        let id = |name: &str| {
            let id = object.get(name).and_then(id_of).filter(is_named);
            id.with_context(|| format!("{}: line {line} has no {name}", named()))
        };
        let (a, b) = (id("left_id")?, id("right_id")?);
        match (left.get(&a), right.get(&b)) {
            (Some(&a), Some(&b)) => {
                known.insert(if (!given.two || given.within()) && a > b {
                    (b, a)
                } else {
                    (a, b)
                });
            }
            (None, _) => strange.push((line, a.to_string())),
            (_, None) => strange.push((line, b.to_string())),
        }
    }
    // As with labels: what fits nothing is counted and named, and a file of which nothing fits is another list's.
    match (strange.is_empty(), known.is_empty()) {
        (true, true) => bail!("{}: it has no pairs", named()),
        (false, true) => bail!(
            "{}: each of its {} pairs names a record that is not in the lists: {}",
            named(),
            strange.len(),
            listed(&strange)
        ),
        (true, false) => {}
        (false, false) => {
            let said = format!(
                "ignored {} of {} gold pairs{path}: they name a record that is not in the lists: {}",
                strange.len(),
                strange.len() + known.len(),
                listed(&strange)
            );
            given.listener.notice(&Notice::UnusedLabels(said));
        }
    }
    Ok(known)
}
