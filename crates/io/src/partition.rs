//! Columns that stand in the names of folders: `year=2024/part-0.parquet`, as Hive and Spark write them.

use std::path::{Component, Path};

use serde_json::{Map, Value};

/// What Hive writes in the place of a missing value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column whose value is the same in every row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The column's name.
    pub name: String,
    /// Its value as text; `None` where it is missing.
    pub value: Option<String>,
}

impl Partition {
    /// The columns in the folders of a path, outer ones first. A name that comes again counts once, as the inner one says.
    pub fn of(path: &Path) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for part in path.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(part) = part else {
                continue;
            };
            let part = part.to_string_lossy();
            let Some((name, value)) = part.split_once('=').filter(|(name, _)| !name.is_empty())
            else {
                continue;
            };
            let (name, value) = (unescaped(name), unescaped(value));
            let value = (value != MISSING && !value.is_empty()).then_some(value);
            all.retain(|known| known.name != name);
            all.push(Self { name, value });
        }
        all
    }

    /// Adds the columns that a row has none of: what the file itself says counts.
    pub fn add(all: &[Self], row: &mut Map<String, Value>) {
        for Self { name, value } in all {
            if !row.contains_key(name) {
                row.insert(
                    name.clone(),
                    value.clone().map_or(Value::Null, Value::String),
                );
            }
        }
    }
}

/// `%2F` and the like as the signs that they stand for; what is no such code stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        // `from_str_radix` takes a sign, which is no code.
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_columns() {
        let of = |path: &str| -> Vec<(String, Option<String>)> {
            let all = Partition::of(Path::new(path)).into_iter();
            all.map(|part| (part.name, part.value)).collect()
        };
        let some = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            of("data/year=2024/site=A%2FB/month=007/a=b.csv"),
            [
                some("year", "2024"),
                some("site", "A/B"),
                some("month", "007")
            ]
        );
        assert_eq!(
            of("x=1/y=__HIVE_DEFAULT_PARTITION__/x=2=3/=4/f"),
            [("y".to_owned(), None), some("x", "2=3")]
        );
        assert_eq!(
            of("k=100%/v=%zz%4/f"),
            [some("k", "100%"), some("v", "%zz%4")]
        );
        assert_eq!(of("plain.csv"), []);
    }
}
