//! Makes one file of sorted lines of several.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde_json::Value;

use super::sorted::{Writer, bad};

/// Makes one file of several; `join` makes one of what stands beside a key in several of them, in their order.
pub(super) fn merge(
    from: &[impl AsRef<Path>],
    to: &Path,
    mut join: impl FnMut(Vec<Vec<Value>>) -> Vec<Value>,
) -> io::Result<()> {
    struct Reader {
        lines: io::Lines<BufReader<File>>,
        key: String,
        rest: Vec<Value>,
    }
    impl Reader {
        /// Goes on; false at the end.
        fn next(&mut self) -> io::Result<bool> {
            let Some(line) = self.lines.next() else {
                return Ok(false);
            };
            let mut fields: Vec<Value> = serde_json::from_str(&line?).map_err(bad)?;
            self.rest = fields.split_off(1.min(fields.len()));
            self.key = match fields.pop() {
                Some(Value::String(key)) => key,
                _ => return Err(bad("a line without a key")),
            };
            Ok(true)
        }
    }
    let mut readers = Vec::new();
    for path in from {
        let mut reader = Reader {
            lines: BufReader::with_capacity(1 << 18, File::open(path)?).lines(),
            key: String::new(),
            rest: Vec::new(),
        };
        if reader.next()? {
            readers.push(reader);
        }
    }
    let mut writer = Writer::create(to)?;
    while let Some(key) = readers.iter().map(|reader| reader.key.clone()).min() {
        let mut parts = Vec::new();
        let mut ended = Vec::new();
        for (at, reader) in readers.iter_mut().enumerate() {
            if reader.key == key {
                parts.push(std::mem::take(&mut reader.rest));
                if !reader.next()? {
                    ended.push(at);
                }
            }
        }
        ended.into_iter().rev().for_each(|at| {
            readers.remove(at);
        });
        writer.line(&key, &join(parts))?;
    }
    writer.finish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::lists::state::sorted::{Sorted, digits};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_key_keeps_what_stands_beside_it_in_each_file(
            files in prop::collection::vec(prop::collection::btree_map(0..200_u64, 0..9_u64, 0..60), 1..4),
        ) {
            let folder = std::env::temp_dir().join(format!("midband-merged-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let mut expected: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            let mut paths = Vec::new();
            for (at, lines) in files.iter().enumerate() {
                let path = folder.join(format!("{at}.jsonl"));
                let mut writer = Writer::create(&path).unwrap();
                for (key, value) in lines {
                    // Keys in the place of hashes: the digits that are kept.
                    let key = digits(key << 16);
                    writer.line(&key, &[Value::from(*value)]).unwrap();
                    expected.entry(key).or_default().push(Value::from(*value));
                }
                writer.finish().unwrap();
                paths.push(path);
            }
            let one = folder.join("one.jsonl");
            merge(&paths, &one, |parts| parts.concat()).unwrap();
            let mut found = BTreeMap::new();
            Sorted::open(&one).unwrap()
                .look_up(expected.keys(), |key, rest| { found.insert(key.to_owned(), rest.to_vec()); })
                .unwrap();
            prop_assert_eq!(found, expected);
        }
    }
}
