//! `midband profile`: what a list's columns hold and what blocking would cost, before anything is matched.

mod report;

use std::{collections::HashSet, process::ExitCode};

use anyhow::{Context, Result, bail};
use midband_io::{Form, Format, Partition, id_of, is_name, objects};
use midband_linkage::{Linker, Options, Table, TableBuilder, summarise};
use midband_run::{
    format_of, found,
    lists::{is_named, shown},
    open, partitions,
};

use self::report::Profile;
use crate::{args::ProfileArgs, exit, matching};

pub(crate) fn run(args: &ProfileArgs) -> Result<ExitCode> {
    let list = List::read(args)?;
    let types = matching::types(&args.column)?;
    let has = |name: &String| list.table.column(name).is_some();
    if let Some(name) = types.keys().find(|name| !has(name)) {
        bail!("no record has a column {name:?}");
    }
    let columns = summarise(&list.table, &types, args.top);
    let options = Options {
        types,
        rules: matching::rules(&args.block_on)?,
        ignore: list.has_id.then(|| args.id.clone()).into_iter().collect(),
        ..Options::default()
    };
    let bad = list.bad;
    let (records, ids) = (list.table.len(), list.ids());
    let linker = Linker::new(list.table, None, options).context("cannot compare the columns")?;
    let profile = Profile {
        args,
        records,
        bad,
        ids,
        columns,
        linker,
    };
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&profile.written())?)?;
    } else {
        out!("{}", profile.shown())?;
    }
    Ok(exit::finished(false, bad > 0))
}

/// The rows of a list, whatever their ids.
struct List {
    table: Table,
    /// Rows that can't be read.
    bad: u64,
    has_id: bool,
    no_id: usize,
    repeated: usize,
}

/// Records without an id, and records whose id came before.
type Ids = Option<(usize, usize)>;

impl List {
    fn read(args: &ProfileArgs) -> Result<Self> {
        let (mut builder, mut names): (TableBuilder, Vec<String>) = Default::default();
        let (mut bad, mut no_id, mut repeated, mut seen) = (0, 0, 0, HashSet::new());
        for path in found(&args.list)? {
            let format = format_of(args.format, &path);
            let partitions = partitions(&args.list, &path);
            let named = || path.display().to_string();
            let form = Form {
                expected: vec![args.id.clone()],
                no_headers: args.no_headers,
                ..args.form.form(format)
            };
            let rows = objects(open(&path)?, &form).with_context(named)?;
            let header = rows.names().filter(|_| !args.no_headers);
            if header.is_some_and(|names| {
                !names.contains(&args.id) && !names.iter().all(|name| is_name(name))
            }) {
                bail!(
                    "{}: its first line may not be a header: it has no column {:?}, and not all that is there are names. Name the id \
                     column with --id; for a file without a header, use --no-headers",
                    path.display(),
                    args.id
                );
            }
            for row in rows {
                let mut object = match row.with_context(named)?.object {
                    Ok(object) => object,
                    Err(why) if format == Format::Parquet => bail!("{}: {why}", named()),
                    Err(_) => {
                        bad += 1;
                        continue;
                    }
                };
                Partition::add(&partitions, &mut object);
                for name in object.keys() {
                    if !names.contains(name) {
                        names.push(name.clone());
                        builder.add_column(name);
                    }
                }
                match object.get(&args.id).and_then(id_of).filter(is_named) {
                    None => no_id += 1,
                    Some(id) if !seen.insert(id.clone()) => repeated += 1,
                    Some(_) => {}
                }
                let values = names.iter().map(|name| object.get(name).and_then(shown));
                let values: Vec<Option<String>> = values.collect();
                builder.push(values.iter().map(Option::as_deref));
            }
        }
        let table = builder.finish();
        Ok(Self {
            has_id: table.column(&args.id).is_some(),
            table,
            bad,
            no_id,
            repeated,
        })
    }

    fn ids(&self) -> Ids {
        self.has_id.then_some((self.no_id, self.repeated))
    }
}
