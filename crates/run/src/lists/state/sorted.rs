//! Files of lines that are sorted by a key and looked up without reading them: JSON arrays whose first element is the key.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use serde_json::Value;

/// Digits of a key: 48 bits are told apart well enough, since what is found is compared by itself.
const DIGITS: usize = 12;
/// Where a key begins in its line: after `["`.
const BEGIN: usize = 2;
/// Bytes that are read at once.
const BLOCK: usize = 8192;

/// A key as lines have it, from a hash.
pub(super) fn digits(hash: u64) -> String {
    format!("{:012x}", hash >> 16)
}

/// A file of sorted lines.
pub(super) struct Sorted {
    file: File,
    length: u64,
}

/// Where a search stands: the line begins at `low` or later, and before `high`.
struct Range {
    low: u64,
    high: u64,
    low_key: u64,
    high_key: u64,
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
        let mut from = 0;
        for key in keys {
            let (at, line) = self.find(key, from)?;
            from = at;
            if let Some(line) = line {
                let fields: Vec<Value> = serde_json::from_slice(&line).map_err(bad)?;
                found(key, fields.get(1..).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// The line of a key, which does not begin before `from`, and where the search of a later key may begin.
    fn find(&mut self, key: &str, from: u64) -> io::Result<(u64, Option<Vec<u8>>)> {
        let number = |key: &[u8]| -> u64 {
            let text = std::str::from_utf8(key).unwrap_or_default();
            u64::from_str_radix(text, 16).unwrap_or(0)
        };
        let wanted = number(key.as_bytes());
        let mut range = Range {
            low: from,
            high: self.length,
            low_key: 0,
            high_key: 1 << (4 * DIGITS),
        };
        let mut guesses = 0;
        while range.high - range.low > BLOCK as u64 {
            // Keys are hashes, evenly spread: a guess is near. Every second step halves, whatever they are.
            let share = (wanted.saturating_sub(range.low_key)) as f64
                / (range.high_key.saturating_sub(range.low_key)).max(1) as f64;
            let share = if guesses % 2 == 0 { share } else { 0.5 };
            guesses += 1;
            let span = range.high - range.low;
            let guess = (share.clamp(0.0, 1.0) * span as f64) as u64;
            let middle = range.low + guess.saturating_sub(BLOCK as u64 / 2).min(span - 1);
            let block = self.read(middle, BLOCK)?;
            let mut lines = Lines {
                block: &block,
                at: 0,
            };
            let begins = middle == range.low || lines.skip();
            let mut first = None;
            let mut last = None;
            while let Some(begin) = lines.key().filter(|_| begins) {
                let there = number(&block[begin + BEGIN..][..DIGITS]);
                let at = middle + begin as u64;
                first = first.or(Some(there));
                if there >= wanted && first <= Some(wanted) {
                    let line = (there == wanted).then(|| self.line(at)).transpose()?;
                    return Ok((at, line));
                }
                last = Some((at, there));
                if there > wanted || !lines.skip() {
                    break;
                }
            }
            match (first, last) {
                (Some(first), _) if first > wanted => {
                    if middle == range.low {
                        return Ok((range.low, None));
                    }
                    (range.high, range.high_key) = (middle + 1, first);
                }
                (Some(_), Some((at, there))) if at > range.low => {
                    (range.low, range.low_key) = (at, there);
                }
                // Only a line that ends beyond the block, or none that begins in it: what follows it decides.
                _ => match self.next_line(middle, range.high)? {
                    Some(begin) => {
                        let found = self.read(begin, BEGIN + DIGITS)?;
                        let there = number(found.get(BEGIN..).unwrap_or_default());
                        if there <= wanted {
                            (range.low, range.low_key) = (begin, there);
                        } else {
                            (range.high, range.high_key) = (middle + 1, there);
                        }
                    }
                    None if middle == range.low => break,
                    None => range.high = middle + 1,
                },
            }
        }
        let mut at = range.low;
        while at < range.high {
            let line = self.line(at)?;
            let there = number(line.get(BEGIN..BEGIN + DIGITS).unwrap_or_default());
            if there == wanted {
                return Ok((at, Some(line)));
            }
            if there > wanted {
                break;
            }
            at += line.len() as u64;
        }
        Ok((at, None))
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

/// Lines of a block.
struct Lines<'a> {
    block: &'a [u8],
    at: usize,
}

impl Lines<'_> {
    /// Where the line begins, if its key is whole.
    fn key(&self) -> Option<usize> {
        (self.at + BEGIN + DIGITS <= self.block.len()).then_some(self.at)
    }

    /// Goes to the next line; false where it begins beyond the block.
    fn skip(&mut self) -> bool {
        let rest = &self.block[self.at.min(self.block.len())..];
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.at += end + 1;
                true
            }
            None => false,
        }
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

fn bad(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
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

            // Two halves and a third copy of the second make the same keys again, with twice as much beside some.
            let (one, two) = (folder.join("one.jsonl"), folder.join("two.jsonl"));
            let half = |odd: usize| -> BTreeMap<String, usize> {
                lines.iter().enumerate().filter(|(at, _)| at % 2 == odd).map(|(_, line)| (line.0.clone(), *line.1)).collect()
            };
            written(&one, &half(0));
            written(&two, &half(1));
            merge(&[&one, &two, &two], &path, |parts| parts.concat()).unwrap();
            let mut joined = BTreeMap::new();
            Sorted::open(&path).unwrap()
                .look_up(&wanted, |key, rest| { joined.insert(key.to_owned(), rest.len()); })
                .unwrap();
            for (at, (key, length)) in lines.iter().enumerate() {
                prop_assert_eq!(joined[key], length * (1 + at % 2));
            }
        }
    }
}
