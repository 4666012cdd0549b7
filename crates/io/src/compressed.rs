//! Compressed inputs, told by their first bytes and not by their names.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// RFC 8878, 3.1.1.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// RFC 8878, 3.1.2: the first byte is 0x50 to 0x5f.
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

/// The input, decompressed where it is gzip or zstd, of one member or frame or of several. Input that breaks off or does
/// not fit its checksum ends in an error, never in fewer rows.
pub(crate) fn decompressed(
    first: [u8; 4],
    whole: Box<dyn BufRead + Send>,
) -> io::Result<Box<dyn BufRead + Send>> {
    let is_gzip = first.starts_with(&GZIP);
    let is_zstd = first == ZSTD || first[0] & 0xf0 == 0x50 && first[1..] == ZSTD_SKIPPABLE;
    Ok(if is_gzip {
        buffered(MultiGzDecoder::new(whole))
    } else if is_zstd {
        buffered(zstd::Decoder::with_buffer(whole)?)
    } else {
        whole
    })
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
