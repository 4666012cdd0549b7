//! The header of a GGUF file: what a model needs in memory, before it is loaded.
//!
//! The form is llama.cpp's (`ggml/docs/gguf.md`): a count of keys, then each key with a type and a value. Of the values only
//! a few numbers are kept; a file is the user's own, but may be cut off or another thing altogether, so every length is bounded.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

/// Longest key or text that is read, bytes; chat templates have some kilobytes.
const LONGEST: u64 = 1 << 24;
/// Most keys; models have about forty.
const MOST_KEYS: u64 = 1 << 16;
/// Bytes of a key or value of the context: 16 bits, llama.cpp's default.
const BYTES: u64 = 2;
/// Tokens that are computed at once, llama.cpp's default.
const BATCH: u64 = 512;

/// What is read of a header. A number that is not there is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) file_bytes: u64,
    /// Longest context that the model was made for, tokens.
    pub(super) context_length: u32,
    layers: u64,
    width: u64,
    heads: u64,
    heads_kv: u64,
    key_length: u64,
    value_length: u64,
    vocabulary: u64,
}

/// A value as far as it is needed.
enum Value {
    Number(u64),
    /// Length of a list, and its largest number where it is one of numbers.
    List(u64, u64),
    Other,
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Header {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let mut header = Self::of(&mut BufReader::new(file))?;
        header.file_bytes = bytes;
        Ok(header)
    }

    fn of(from: &mut (impl Read + Seek)) -> io::Result<Self> {
        if &bytes::<4>(from)? != b"GGUF" {
            return Err(malformed("it is not a GGUF file"));
        }
        let version = u32::from_le_bytes(bytes(from)?);
        if !(2..=3).contains(&version) {
            return Err(malformed("its GGUF version is neither 2 nor 3"));
        }
        let _tensors = number(from)?;
        let keys = number(from)?;
        if keys > MOST_KEYS {
            return Err(malformed("its header is damaged"));
        }
        let mut header = Self::default();
        for _ in 0..keys {
            let key = text(from)?;
            let kind = u32::from_le_bytes(bytes(from)?);
            let value = value(from, kind)?;
            header.note(&key, &value);
        }
        if header.layers == 0 || header.width == 0 {
            return Err(malformed("it does not hold a language model"));
        }
        Ok(header)
    }

    /// Keys of one model begin with its architecture.
    fn note(&mut self, key: &str, value: &Value) {
        let number = match value {
            Value::Number(number) => *number,
            // A number for each layer: the largest bounds the memory.
            Value::List(_, largest) => *largest,
            Value::Other => 0,
        };
        match key.split_once('.').map_or(key, |(_, rest)| rest) {
            "context_length" => self.context_length = u32::try_from(number).unwrap_or(u32::MAX),
            "block_count" => self.layers = number,
            "embedding_length" => self.width = number,
            "attention.head_count" => self.heads = number,
            "attention.head_count_kv" => self.heads_kv = number,
            "attention.key_length" => self.key_length = number,
            "attention.value_length" => self.value_length = number,
            "ggml.tokens" => {
                if let Value::List(length, _) = value {
                    self.vocabulary = *length;
                }
            }
            _ => {}
        }
    }

    /// Memory of a server with a context of so many tokens in all.
    pub(super) fn memory(&self, tokens: u64) -> super::LocalMemory {
        let heads = self.heads.max(1);
        let each = |length: u64| {
            if length == 0 {
                self.width / heads
            } else {
                length
            }
        };
        let heads_kv = if self.heads_kv == 0 {
            heads
        } else {
            self.heads_kv
        };
        let a_token = [self.layers, heads_kv, BYTES].into_iter().fold(
            each(self.key_length).saturating_add(each(self.value_length)),
            u64::saturating_mul,
        );
        super::LocalMemory {
            weights: self.file_bytes,
            context: a_token.saturating_mul(tokens),
            batch: BATCH.saturating_mul(self.vocabulary.saturating_add(8 * self.width)) * 4,
        }
    }
}

fn bytes<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    Ok(u64::from_le_bytes(bytes(from)?))
}

fn text(from: &mut impl Read) -> io::Result<String> {
    let length = number(from)?;
    if length > LONGEST {
        return Err(malformed("its header is damaged"));
    }
    let mut text = Vec::new();
    from.take(length).read_to_end(&mut text)?;
    if (text.len() as u64) < length {
        return Err(malformed("its header is cut off"));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn skip(from: &mut impl Seek, length: u64) -> io::Result<()> {
    from.seek_relative(i64::try_from(length).map_err(|_| malformed("its header is damaged"))?)
}

/// Bytes of a number of this type; `None` where it is not one.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn value(from: &mut (impl Read + Seek), kind: u32) -> io::Result<Value> {
    match kind {
        4 | 5 => Ok(Value::Number(u64::from(u32::from_le_bytes(bytes(from)?)))),
        10 | 11 => Ok(Value::Number(number(from)?)),
        8 => {
            let length = number(from)?;
            if length > LONGEST {
                return Err(malformed("its header is damaged"));
            }
            skip(from, length)?;
            Ok(Value::Other)
        }
        9 => list(from),
        _ => {
            let width = width(kind).ok_or_else(|| malformed("its header has an unknown type"))?;
            skip(from, width)?;
            Ok(Value::Other)
        }
    }
}

fn list(from: &mut (impl Read + Seek)) -> io::Result<Value> {
    let kind = u32::from_le_bytes(bytes(from)?);
    let length = number(from)?;
    let mut largest = 0;
    match (kind, width(kind)) {
        (4 | 5, _) if length <= MOST_KEYS => {
            for _ in 0..length {
                largest = largest.max(u64::from(u32::from_le_bytes(bytes(from)?)));
            }
        }
        (_, Some(width)) => {
            let all = length.checked_mul(width);
            skip(from, all.ok_or_else(|| malformed("its header is damaged"))?)?;
        }
        (8, None) => {
            if length > LONGEST {
                return Err(malformed("its header is damaged"));
            }
            for _ in 0..length {
                value(from, 8)?;
            }
        }
        _ => return Err(malformed("its header has an unknown type")),
    }
    Ok(Value::List(length, largest))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    }

    fn file() -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend(0u64.to_le_bytes());
        file.extend(8u64.to_le_bytes());
        let numbers = [
            ("toy.context_length", 4_096u32),
            ("toy.block_count", 10),
            ("toy.embedding_length", 64),
            ("toy.attention.head_count", 4),
            ("toy.attention.head_count_kv", 2),
        ];
        file.extend(written("general.name"));
        file.extend(8u32.to_le_bytes());
        file.extend(written("a toy"));
        file.extend(written("tokenizer.ggml.tokens"));
        file.extend(9u32.to_le_bytes());
        file.extend(8u32.to_le_bytes());
        file.extend(3u64.to_le_bytes());
        ["<bos>", "yes", "no"]
            .iter()
            .for_each(|token| file.extend(written(token)));
        file.extend(written("toy.rope.scale"));
        file.extend(6u32.to_le_bytes());
        file.extend(1f32.to_le_bytes());
        for (key, number) in numbers {
            file.extend(written(key));
            file.extend(4u32.to_le_bytes());
            file.extend(number.to_le_bytes());
        }
        file
    }

    #[test]
    fn a_header_says_what_a_context_costs() {
        let header = Header::of(&mut Cursor::new(file())).unwrap();
        assert_eq!((header.context_length, header.vocabulary), (4_096, 3));
        // 10 layers x 2 heads x (16 + 16 numbers) x 2 bytes.
        assert_eq!(header.memory(100).context, 1_280 * 100);
    }

    #[test]
    fn a_file_that_is_cut_off_or_damaged_is_an_error_and_never_more() {
        let whole = file();
        for length in 0..whole.len() {
            assert!(
                Header::of(&mut Cursor::new(&whole[..length])).is_err(),
                "{length}"
            );
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] = 0xff;
            // Whether it still reads does not matter: it must come back.
            let _ = Header::of(&mut Cursor::new(damaged));
        }
        let error = Header::of(&mut Cursor::new(b"PK\x03\x04 a zip")).unwrap_err();
        assert!(error.to_string().contains("not a GGUF"), "{error}");
    }
}
