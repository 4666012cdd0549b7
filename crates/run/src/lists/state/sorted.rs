//! Files of lines that are sorted by a key and looked up without reading them: JSON arrays whose first element is the key.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::Path,
};

use serde_json::Value;

/// Digits of a key: 48 bits are told apart well enough, since what is found is compared by itself.
const DIGITS: usize = 12;
/// Where a key begins in its line: after `["`.
const BEGIN: usize = 2;
/// Bytes that are read at once, and the range that is searched line by line.
const BLOCK: usize = 4096;

/// A key as lines have it, from a hash.
pub(super) fn digits(hash: u64) -> String {
    format!("{:012x}", hash >> 16)
}

/// A file of sorted lines.
pub(super) struct Sorted {
    file: File,
    length: u64,
}

impl Sorted {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    /// Finds keys, which come in order; `found` takes a key and what stands beside it.
    pub(super) fn look_up<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k String>,
        mut found: impl FnMut(&'k str, &[Value]),
    ) -> io::Result<()> {
        let keys: Vec<&'k str> = keys.into_iter().map(String::as_str).collect();
        self.among(&keys, 0..self.length, &mut found)
    }

    /// The key in the middle first: its line bounds where the others are looked for.
    fn among<'k>(
        &mut self,
        keys: &[&'k str],
        within: Range<u64>,
        found: &mut impl FnMut(&'k str, &[Value]),
    ) -> io::Result<()> {
        let middle = keys.len() / 2;
        let Some(key) = keys.get(middle) else {
            return Ok(());
        };
        let (at, line) = self.find(key.as_bytes(), within.clone())?;
        self.among(&keys[..middle], within.start..at, found)?;
        if let Some(line) = line {
            let fields: Vec<Value> = serde_json::from_slice(&line).map_err(bad)?;
            found(key, fields.get(1..).unwrap_or_default());
        }
        self.among(&keys[middle + 1..], at..within.end, found)
    }

    /// The line of a key among the lines that begin within a range, by bisection, and where the first line of this key or a
    /// later one begins.
    fn find(&mut self, key: &[u8], within: Range<u64>) -> io::Result<(u64, Option<Vec<u8>>)> {
        let Range { mut start, mut end } = within;
        while end - start > BLOCK as u64 {
            let middle = start + (end - start) / 2;
            match self.next_line(middle, end)? {
                Some(begin) if self.key(begin)?.as_slice() <= key => start = begin,
                // No line of this key or an earlier one begins beyond the middle.
                _ => end = middle + 1,
            }
        }
        while start < end {
            let line = self.line(start)?;
            let there = line.get(BEGIN..BEGIN + DIGITS).unwrap_or_default();
            if there >= key {
                return Ok((start, (there == key).then_some(line)));
            }
            start += line.len() as u64;
        }
        Ok((start, None))
    }

    fn key(&mut self, begin: u64) -> io::Result<Vec<u8>> {
        self.read(begin + BEGIN as u64, DIGITS)
    }

    /// Where the first line begins after this place and before another one.
    fn next_line(&mut self, from: u64, before: u64) -> io::Result<Option<u64>> {
        let mut at = from;
        while at < before {
            let block = self.read(at, BLOCK)?;
            if block.is_empty() {
                break;
            }
            if let Some(end) = block.iter().position(|byte| *byte == b'\n') {
                let begin = at + end as u64 + 1;
                return Ok((begin < before).then_some(begin));
            }
            at += block.len() as u64;
        }
        Ok(None)
    }

    /// The line that begins here, its end included.
    pub(super) fn line(&mut self, at: u64) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let block = self.read(
                at + line.len() as u64,
                if line.is_empty() { 1024 } else { 1 << 16 },
            )?;
            if block.is_empty() {
                return Ok(line);
            }
            match block.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    line.extend_from_slice(&block[..=end]);
                    return Ok(line);
                }
                None => line.extend_from_slice(&block),
            }
        }
    }

    /// So many bytes from here, or what there is.
    fn read(&mut self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let there = self.length.saturating_sub(at).min(most as u64);
        let mut block = vec![0; there as usize];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut block)?;
        Ok(block)
    }
}

/// Writes lines in the order of their keys.
pub(super) struct Writer {
    file: BufWriter<File>,
}

impl Writer {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(1 << 18, File::create(path)?),
        })
    }

    pub(super) fn line(&mut self, key: &str, rest: &[Value]) -> io::Result<()> {
        write!(self.file, "[\"{key}\"")?;
        for value in rest {
            write!(self.file, ",{value}")?;
        }
        self.file.write_all(b"]\n")
    }

    /// The file is on disk.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()
    }
}

/// A file that holds something else than sorted lines.
pub(super) fn bad(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn written(path: &Path, lines: &BTreeMap<String, usize>) {
        let mut writer = Writer::create(path).unwrap();
        for (key, length) in lines {
            let rest: Vec<Value> = (0..*length).map(|at| Value::from(at as u64)).collect();
            writer.line(key, &rest).unwrap();
        }
        writer.finish().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_there_is_found_and_nothing_else(
            keys in prop::collection::btree_map(any::<u64>(), prop_oneof![9 => 0..3_usize, 1 => 2000..9000_usize], 0..400),
            others in prop::collection::vec(any::<u64>(), 40),
            close in any::<bool>(),
        ) {
            // Keys that are not evenly spread are found as well.
            let lines: BTreeMap<String, usize> = (keys.iter())
                .map(|(key, length)| (digits(if close { key >> 30 } else { *key }), *length))
                .collect();
            let folder = std::env::temp_dir().join(format!("midband-sorted-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join("keys.jsonl");
            written(&path, &lines);
            let mut wanted: Vec<String> = lines.keys().cloned().chain(others.iter().map(|key| digits(*key))).collect();
            wanted.sort();
            wanted.dedup();
            let mut found = BTreeMap::new();
            Sorted::open(&path).unwrap()
                .look_up(&wanted, |key, rest| { found.insert(key.to_owned(), rest.len()); })
                .unwrap();
            prop_assert_eq!(&found, &lines);
        }
    }
}
