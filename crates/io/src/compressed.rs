//! Compressed inputs, told by their first bytes and not by their names.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// RFC 8878, 3.1.1.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// RFC 8878, 3.1.2: the first byte is 0x50 to 0x5f.
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

/// Forms that are not read, told by their first bytes, and what they are.
const FOREIGN: [(&[u8], &str); 12] = [
    (
        b"PK\x03\x04",
        "a ZIP archive or an Excel workbook: save its sheet as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an Office document of the old form: save its sheet as CSV",
    ),
    (
        b"BZh",
        "compressed by bzip2: unpack it, or use gzip or zstd",
    ),
    (
        b"\xfd7zX",
        "compressed by xz: unpack it, or use gzip or zstd",
    ),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it"),
    (
        b"\x04\x22\x4d\x18",
        "compressed by LZ4: unpack it, or use gzip or zstd",
    ),
    (
        b"\x1f\x9d",
        "compressed by compress: unpack it, or use gzip or zstd",
    ),
    (b"%PDF", "a PDF document"),
    (b"Obj\x01", "an Avro file: save it as Parquet or CSV"),
    (b"ARRO", "an Arrow file: save it as Parquet or CSV"),
    (b"<!DO", "a web page"),
    (b"<htm", "a web page"),
];

/// Names a form that is not read.
fn foreign(first: [u8; 4]) -> Option<&'static str> {
    let mut found = FOREIGN.iter().filter(|(magic, _)| first.starts_with(magic));
    // A header may begin with letters; a digit after them is bzip2's.
    let (magic, words) = found.next()?;
    (*magic != b"BZh" || first[3].is_ascii_digit()).then_some(words)
}

/// The input, decompressed where it is gzip or zstd, of one member or frame or of several. Input that breaks off or does
/// not fit its checksum ends in an error, never in fewer rows; so does input of a form that is not read.
pub(crate) fn decompressed(
    first: [u8; 4],
    whole: Box<dyn BufRead + Send>,
) -> io::Result<Box<dyn BufRead + Send>> {
    if let Some(what) = foreign(first) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is {what}"),
        ));
    }
    Ok(match Packing::of(&first) {
        Some(Packing::Gzip) => buffered(MultiGzDecoder::new(whole)),
        Some(Packing::Zstd) => buffered(zstd::Decoder::with_buffer(whole)?),
        None => whole,
    })
}

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Packing {
    /// What the first four bytes show; `None` where they are none that midband unpacks.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let skippable = bytes.first().is_some_and(|first| first & 0xf0 == 0x50)
            && bytes[1..].starts_with(&ZSTD_SKIPPABLE);
        if bytes.starts_with(&GZIP) {
            Some(Self::Gzip)
        } else if skippable || bytes.starts_with(&ZSTD) {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

fn buffered(input: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(1 << 16, input))
}

/// The first four bytes, fewer filled with zeros, how many there are, and the input with them.
pub(crate) fn looked_into(
    mut input: Box<dyn BufRead + Send>,
) -> io::Result<([u8; 4], usize, Box<dyn BufRead + Send>)> {
    let mut start = Vec::new();
    input.by_ref().take(4).read_to_end(&mut start)?;
    let mut first = [0; 4];
    first[..start.len()].copy_from_slice(&start);
    Ok((
        first,
        start.len(),
        Box::new(Cursor::new(start).chain(input)),
    ))
}
