//! Opens an input as text, whatever it is packed in.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use crate::{
    Encoding, Format,
    compressed::{decompressed, looked_into},
    encoding::utf8,
    first_line,
};

/// Bytes of a file that are looked at for its form.
const BEGIN: u64 = 4096;
/// How a Parquet file starts and ends.
const PARQUET: [u8; 4] = *b"PAR1";

/// The text of a file: gzip and zstd decompressed, a Parquet file as the JSON lines that its rows are, one row group at
/// a time. What a file is its first bytes say.
///
/// # Errors
/// The file can't be opened or read, or is not the Parquet file that its ending promises.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    if is_parquet(path) {
        return parquet_lines(File::open(path)?);
    }
    if Format::from_ending(path) == Some(Format::Parquet) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it ends in .parquet but is not a Parquet file",
        ));
    }
    let ending = match Format::from_ending(path) {
        Some(Format::Xlsx) => Some("xlsx"),
        _ => Format::other_spreadsheet(path),
    };
    if let Some(ending) = ending {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("midband cannot read .{ending}; save the sheet as CSV (UTF-8)"),
        ));
    }
    unpacked(Box::new(BufReader::with_capacity(
        1 << 16,
        File::open(path)?,
    )))
}

/// True for a file that starts as Parquet does. A pipe is not looked into.
fn is_parquet(path: &Path) -> bool {
    let mut first = [0; 4];
    path.is_file()
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok())
        && first == PARQUET
}

/// The form of a file: Parquet by its first bytes, any other by its ending, or else by its first line; `None` for a file of
/// no line, and for what can be read once only if its ending names none.
pub fn form_of(path: &Path) -> Option<Format> {
    if is_parquet(path) {
        return Some(Format::Parquet);
    }
    Format::from_ending(path).or_else(|| path.is_file().then(|| form_within(path)).flatten())
}

/// The form that the first line of a file has.
fn form_within(path: &Path) -> Option<Format> {
    // What can't be read is told where it is read.
    let (_, text) = first_line::looked_at(utf8(open(path).ok()?, Encoding::Auto).ok()?).ok()?;
    let mut begin = Vec::new();
    text.take(BEGIN).read_to_end(&mut begin).ok()?;
    let mut lines = begin.trim_ascii_start().split(|byte| *byte == b'\n');
    let line = lines.next()?;
    Some(match line.first()? {
        b'{' | b'[' => Format::Jsonl,
        _ if first_line::delimiter(line) == b'\t' => Format::Tsv,
        _ => Format::Csv,
    })
}

/// The text of what comes by a pipe or in a request: as [`open`], but a Parquet file, whose index stands at its end, is
/// held in memory.
///
/// # Errors
/// The first bytes can't be read.
pub fn unpacked(input: Box<dyn BufRead + Send>) -> io::Result<Box<dyn BufRead + Send>> {
    let (first, _, mut whole) = looked_into(input)?;
    if first == PARQUET {
        let mut bytes = Vec::new();
        whole.read_to_end(&mut bytes)?;
        return parquet_bytes(bytes);
    }
    decompressed(first, whole)
}

/// Text as UTF-8 without a byte-order mark.
pub struct PlainText {
    /// The text.
    pub text: Box<dyn BufRead + Send>,
    /// True for a Parquet file, whose rows are JSON lines by now.
    pub is_rows: bool,
}

/// The text that bytes stand for, as the readers of rows take it: [`unpacked`], in whatever encoding.
///
/// # Errors
/// As [`unpacked`].
pub fn plain_text(bytes: Box<dyn BufRead + Send>, encoding: Encoding) -> io::Result<PlainText> {
    let (first, _, whole) = looked_into(bytes)?;
    let is_rows = first == PARQUET;
    // Its lines are made here.
    let encoding = if is_rows { Encoding::Auto } else { encoding };
    Ok(PlainText {
        text: utf8(unpacked(whole)?, encoding)?,
        is_rows,
    })
}

/// A whole file as text, whatever it is packed in and in whatever Unicode encoding; Parquet as its JSON lines.
///
/// # Errors
/// As [`open`]; or it is no text.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    utf8(open(path)?, Encoding::Auto)?.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(feature = "parquet")]
use crate::parquet::{lines as parquet_lines, lines_of_bytes as parquet_bytes};

#[cfg(not(feature = "parquet"))]
fn parquet_lines(_: File) -> io::Result<Box<dyn BufRead + Send>> {
    Err(without_parquet())
}

#[cfg(not(feature = "parquet"))]
fn parquet_bytes(_: Vec<u8>) -> io::Result<Box<dyn BufRead + Send>> {
    Err(without_parquet())
}

#[cfg(not(feature = "parquet"))]
pub(crate) fn without_parquet() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "this build cannot read Parquet: build midband with the feature `parquet`",
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// `zstd --check` of "one\n".
    const ONE: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x21, 0x00, 0x00, 0x6f, 0x6e, 0x65, 0x0a, 0xdf, 0x16,
        0x68, 0x09,
    ];

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        let input = BufReader::with_capacity(1, Cursor::new(bytes.to_vec()));
        unpacked(Box::new(input))?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut writer = GzEncoder::new(Vec::new(), Compression::default());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["", "a", "abc", "(a longer text"] {
            assert_eq!(read(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn a_name_without_an_ending_leaves_the_form_to_the_first_line() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text, form) in [
            ("pairs", "id,a,b\n1,x,y\n", Some(Format::Csv)),
            ("pairs.txt", "\u{feff}id;a;b\n", Some(Format::Csv)),
            ("pairs.dat", "id\ta\tb\n", Some(Format::Tsv)),
            ("rows", "\n {\"id\": 1}\n", Some(Format::Jsonl)),
            ("rows.txt", "[{\"id\": 1}]", Some(Format::Jsonl)),
            ("empty", "", None),
            ("named.jsonl", "id,a,b\n", Some(Format::Jsonl)),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert_eq!(form_of(&path), form, "{name}");
        }
        assert_eq!(form_of(dir.path()), None);
    }

    #[test]
    fn forms_that_are_not_read_are_named() {
        for (bytes, what) in [
            (&b"PK\x03\x04\x14\x00"[..], "Excel"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "Office"),
            (b"BZh91AY", "bzip2"),
            (b"\xfd7zXZ\x00", "xz"),
            (b"Obj\x01\x04", "Avro"),
            (b"ARROW1\x00\x00", "Arrow"),
            (b"<!DOCTYPE html><p>Jane Roe</p>", "web page"),
        ] {
            let said = read(bytes).unwrap_err().to_string();
            assert!(said.contains(what) && !said.contains("Roe"), "{said}");
        }
        for text in ["BZhX,a,b\n", "PK,a,b\n", "ARR", "<h>,a\n"] {
            assert_eq!(read(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn members_of_gzip_are_read_one_after_the_other() {
        let two = [gzip("one\n"), gzip("two\n")].concat();
        assert_eq!(read(&two).unwrap(), "one\ntwo\n");
        for cut in [5, two.len() / 2 + 3, two.len() - 1] {
            assert!(read(&two[..cut]).is_err(), "cut at {cut}");
        }
        let mut bent = gzip("one\n");
        let last = bent.len() - 6;
        bent[last] ^= 1;
        assert!(read(&bent).is_err(), "a wrong checksum");
    }

    #[test]
    fn frames_of_zstd_are_read_one_after_the_other() {
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
        let bytes = [ONE, &skippable, ONE].concat();
        assert_eq!(read(&bytes).unwrap(), "one\none\n");
        for cut in [6, ONE.len() - 2, ONE.len() + 9, bytes.len() - 1] {
            assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut bent = ONE.to_vec();
        bent[10] ^= 1;
        assert!(read(&bent).is_err(), "a wrong checksum");
    }
}
