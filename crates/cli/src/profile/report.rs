//! A profile as JSON and as a table.

use std::{collections::BTreeMap, fmt::Write};

use midband_linkage::{ColumnSummary, Linker};
use midband_run::number_of;
use serde_json::{Value, json};

use super::Ids;
use crate::args::ProfileArgs;

/// What was found of a list.
pub(super) struct Profile<'a> {
    pub(super) args: &'a ProfileArgs,
    pub(super) records: usize,
    pub(super) bad: u64,
    pub(super) ids: Ids,
    pub(super) columns: Vec<ColumnSummary>,
    pub(super) linker: Linker,
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

    pub(super) fn written(&self) -> Value {
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

    pub(super) fn shown(&self) -> String {
        let mut text = number_of(self.records as u64, "record");
        if self.bad > 0 {
            let _ = write!(text, ", {} can't be read", number_of(self.bad, "row"));
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
                "blocking: none needed, comparing all {} pairs; rules would propose",
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
