//! `midband profile`: what a list's columns hold and what blocking would cost, before anything is matched.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use midband_io::{Form, Format, id_of, objects};
use midband_linkage::{ColumnSummary, Linker, Options, Table, TableBuilder, summarise};
use serde_json::{Value, json};

use super::{linking, records};
use crate::{
    args::ProfileArgs,
    exit,
    score::{format_of, found, open},
};

pub(crate) fn run(args: &ProfileArgs) -> Result<ExitCode> {
    let list = List::read(args)?;
    let types = linking::types(&args.column)?;
    let has = |name: &String| list.table.column(name).is_some();
    if let Some(name) = types.keys().find(|name| !has(name)) {
        bail!("no record has a column {name:?}");
    }
    let columns = summarise(&list.table, &types, args.top);
    let options = Options {
        types,
        rules: linking::rules(&args.block_on)?,
        ignore: list.has_id.then(|| args.id.clone()).into_iter().collect(),
        ..Options::default()
    };
    let bad = list.bad;
    let (records, ids) = (list.table.len(), list.ids());
    let linker = Linker::new(list.table, None, options).context("the columns can't be compared")?;
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
            let named = || path.display().to_string();
            let form = Form {
                expected: vec![args.id.clone()],
                no_headers: args.no_headers,
                ..args.form.form(format)
            };
            for row in objects(open(&path)?, &form).with_context(named)? {
                let object = match row.with_context(named)?.object {
                    Ok(object) => object,
                    Err(why) if format == Format::Parquet => bail!("{}: {why}", named()),
                    Err(_) => {
                        bad += 1;
                        continue;
                    }
                };
                for name in object.keys() {
                    if !names.contains(name) {
                        names.push(name.clone());
                        builder.add_column(name);
                    }
                }
                match object
                    .get(&args.id)
                    .and_then(id_of)
                    .filter(records::is_named)
                {
                    None => no_id += 1,
                    Some(id) if !seen.insert(id.clone()) => repeated += 1,
                    Some(_) => {}
                }
                let values = names
                    .iter()
                    .map(|name| object.get(name).and_then(records::shown));
                let values: Vec<Option<String>> = values.collect();
                builder.push(values.iter().map(Option::as_deref));
            }
        }
        let table = builder.finish();
        if table.is_empty() {
            bail!("{} has no records", args.list.display());
        }
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

struct Profile<'a> {
    args: &'a ProfileArgs,
    records: usize,
    bad: u64,
    ids: Ids,
    columns: Vec<ColumnSummary>,
    linker: Linker,
}

impl Profile<'_> {
    fn share(&self, records: usize) -> f64 {
        records as f64 / self.records.max(1) as f64
    }

    fn compared_by(&self) -> &'static str {
        if self.linker.informative() {
            "columns"
        } else {
            "text"
        }
    }

    /// The records' own number stands apart from what is compared.
    fn kind(&self, column: &ColumnSummary) -> &'static str {
        if column.profile.name == self.args.id {
            "id"
        } else {
            column.profile.kind.name()
        }
    }

    fn written(&self) -> Value {
        let columns: Vec<Value> = self.columns.iter().map(|column| {
            let frequent: Vec<Value> = (column.frequent.iter())
                .map(|(value, records)| match self.args.include_text {
                    true => json!({"value": value, "records": records}),
                    false => json!({"records": records}),
                })
                .collect();
            let stand_ins: BTreeMap<&str, u32> = (column.stand_ins.iter())
                .map(|(value, records)| (value.as_str(), *records))
                .collect();
            json!({
                "name": column.profile.name, "type": self.kind(column), "why": column.profile.why,
                "completeness": self.share(column.filled), "filled": column.filled, "empty": column.empty,
                "stand_ins": stand_ins, "distinct": column.distinct,
                "distinct_normalised": column.distinct_normalised, "frequent": frequent,
            })
        }).collect();
        let plan = self.linker.plan();
        let rules: Vec<Value> = (plan.rules.iter())
            .map(|found| json!({"rule": found.rule.to_string(), "pairs": found.pairs, "left_out": found.dropped}))
            .collect();
        json!({
            "records": self.records, "rejected_rows": self.bad,
            "ids": self.ids.map(|(none, again)| json!({"column": self.args.id, "missing": none, "repeated": again})),
            "compared_by": self.compared_by(), "columns": columns,
            "blocking": {"all_pairs": plan.all_pairs, "every_pair": plan.every_pair, "rules": rules},
            "notes": plan.notes,
        })
    }

    fn shown(&self) -> String {
        let mut text = format!("{} records", self.records);
        if self.bad > 0 {
            let _ = write!(text, ", {} rows can't be read", self.bad);
        }
        text += &match self.ids {
            None => format!("; no column {:?} for their ids\n", self.args.id),
            Some((none, again)) => {
                format!(
                    "; {:?}: {none} have no id, {again} an id that came before\n",
                    self.args.id
                )
            }
        };
        let head = [
            "column",
            "type",
            "complete",
            "empty",
            "stand-ins",
            "distinct",
            "as one notation",
            "most frequent",
        ];
        let rows = self.columns.iter().map(|column| {
            let most = column
                .frequent
                .first()
                .map_or(0, |(_, records)| *records as usize);
            [
                column.profile.name.clone(),
                self.kind(column).to_owned(),
                format!("{:.1} %", self.share(column.filled) * 100.0),
                column.empty.to_string(),
                column
                    .stand_ins
                    .iter()
                    .map(|(_, records)| records)
                    .sum::<u32>()
                    .to_string(),
                column.distinct.to_string(),
                column.distinct_normalised.to_string(),
                format!("{:.1} %", self.share(most) * 100.0),
            ]
        });
        let rows: Vec<[String; 8]> = std::iter::once(head.map(str::to_owned))
            .chain(rows)
            .collect();
        text += &aligned(&rows);
        let listed = |values: &[(String, u32)]| {
            let values = values
                .iter()
                .map(|(value, records)| format!("{value:?} {records}"));
            values.collect::<Vec<_>>().join(", ")
        };
        for column in self
            .columns
            .iter()
            .filter(|column| !column.stand_ins.is_empty())
        {
            let shown = &column.stand_ins[..column.stand_ins.len().min(10)];
            let _ = writeln!(
                text,
                "{}: stand for \"missing\": {}",
                column.profile.name,
                listed(shown)
            );
        }
        if self.args.include_text {
            for column in self
                .columns
                .iter()
                .filter(|column| !column.frequent.is_empty())
            {
                let _ = writeln!(
                    text,
                    "{}: {}",
                    column.profile.name,
                    listed(&column.frequent)
                );
            }
        }
        text += match self.compared_by() {
            "columns" => "match compares these records by their columns\n",
            _ => {
                "match compares these records as texts: no columns tell them apart (--compare columns would try)\n"
            }
        };
        self.blocking(&mut text);
        text
    }

    fn blocking(&self, text: &mut String) {
        let plan = self.linker.plan();
        let _ = match plan.every_pair {
            true => writeln!(
                text,
                "blocking: none needed, all {} pairs are compared; rules would propose",
                plan.all_pairs
            ),
            false => writeln!(
                text,
                "blocking: of {} pairs these rules propose",
                plan.all_pairs
            ),
        };
        let rules = plan.rules.iter().map(|found| {
            let left_out = found.dropped.as_ref();
            [
                found.pairs.to_string(),
                found.rule.to_string(),
                left_out.map_or(String::new(), |why| format!("left out: {why}")),
            ]
        });
        let rules: Vec<[String; 3]> = std::iter::once(["pairs", "rule", ""].map(str::to_owned))
            .chain(rules)
            .collect();
        *text += &aligned(&rules);
        for note in &plan.notes {
            let _ = writeln!(text, "{note}");
        }
    }
}

/// Cells in columns.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |at: usize| {
        rows.iter()
            .map(|row| row[at].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
