//! Reads the shared sets.
//!
//! The folder is `MIDBAND_SHARED`, else `../shared` beside the workspace.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use midband_model::TaskKind;

/// The labelled sets with cosines and features, and the kind of each.
pub(crate) const SETS: [(&str, TaskKind); 10] = [
    ("abt_buy", TaskKind::Records),
    ("amazon_google", TaskKind::Records),
    ("dblp_acm", TaskKind::Records),
    ("febrl1", TaskKind::Records),
    ("fodors_zagats", TaskKind::Records),
    ("mqp", TaskKind::Questions),
    ("rqe_consumer", TaskKind::Questions),
    ("askapatient", TaskKind::Terms),
    ("ncbi_disease", TaskKind::Terms),
    ("biomappings", TaskKind::Terms),
];

/// A table of numbers with an id a row.
pub(crate) struct Table {
    /// Ids, one a row.
    pub(crate) ids: Vec<String>,
    /// Column names without `id`.
    pub(crate) columns: Vec<String>,
    /// Row-major values.
    pub(crate) values: Vec<f64>,
}

impl Table {
    /// One column by name.
    pub(crate) fn column(&self, name: &str) -> Result<Vec<f64>> {
        let at = (self.columns.iter().position(|c| c == name))
            .with_context(|| format!("no column {name}"))?;
        Ok(self
            .values
            .chunks(self.columns.len())
            .map(|row| row[at])
            .collect())
    }
}

/// Where the shared data lies.
pub(crate) fn shared() -> Result<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("MIDBAND_SHARED").map_or(beside, PathBuf::from);
    if !path.join("router_bench").is_dir() {
        bail!(
            "no router_bench folder in {}; set MIDBAND_SHARED",
            path.display()
        );
    }
    Ok(path)
}

/// The workspace's root.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The workspace's `docs` folder.
pub(crate) fn docs() -> PathBuf {
    workspace().join("docs")
}

/// Where vectors are kept between runs: they take longer than all simulations.
pub(crate) fn vectors() -> PathBuf {
    workspace().join("target/study-vectors")
}

/// Reads `router_bench/<name>.csv.gz`.
pub(crate) fn table(name: &str) -> Result<Table> {
    let path = shared()?.join(format!("router_bench/{name}.csv.gz"));
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let mut lines = BufReader::new(GzDecoder::new(file)).lines();
    let head = lines.next().context("an empty table")??;
    let columns: Vec<String> = head.split(',').skip(1).map(str::to_owned).collect();
    let (mut ids, mut values) = (Vec::new(), Vec::new());
    for line in lines {
        let line = line?;
        let mut cells = line.split(',');
        ids.push(cells.next().unwrap_or_default().to_owned());
        let before = values.len();
        for cell in cells {
            values.push(
                cell.parse::<f64>()
                    .with_context(|| format!("{name}: {cell}"))?,
            );
        }
        if values.len() - before != columns.len() {
            bail!("{name}: a row has another number of cells");
        }
    }
    Ok(Table {
        ids,
        columns,
        values,
    })
}

/// A labelled pair of a set.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) a: String,
    pub(crate) b: String,
    pub(crate) label: bool,
}

/// The pairs of a set, in the order of the file.
pub(crate) fn rows(set: &str) -> Result<Vec<Row>> {
    rows_of(&shared()?.join(format!("datasets/{set}.jsonl")))
}

/// The pairs of a file, in its order.
pub(crate) fn rows_of(path: &Path) -> Result<Vec<Row>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let row = |line: std::io::Result<String>| {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        Ok(Row {
            id: text("id"),
            a: text("a"),
            b: text("b"),
            label: row["label"] == 1,
        })
    };
    BufReader::new(file).lines().map(row).collect()
}
