//! Compressed inputs, told by their first bytes and not by their names.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// RFC 8878, 3.1.1.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// RFC 8878, 3.1.2: the first byte is 0x50 to 0x5f.
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

/// The input, decompressed where it is gzip or zstd, of one member or frame or of several. Input that breaks off or does
/// not fit its checksum ends in an error, never in fewer rows.
///
/// # Errors
/// The first bytes can't be read.
pub fn decompressed(mut input: Box<dyn BufRead + Send>) -> io::Result<Box<dyn BufRead + Send>> {
    let mut first = Vec::new();
    input.by_ref().take(4).read_to_end(&mut first)?;
    let is_gzip = first.starts_with(&GZIP);
    let is_zstd = first == ZSTD
        || first.len() == 4 && first[0] & 0xf0 == 0x50 && first[1..] == ZSTD_SKIPPABLE;
    let whole = Cursor::new(first).chain(input);
    Ok(if is_gzip {
        Box::new(BufReader::with_capacity(
            1 << 16,
            MultiGzDecoder::new(whole),
        ))
    } else if is_zstd {
        let frames = Frames {
            source: Box::new(whole),
            decoder: FrameDecoder::new(),
            open: false,
        };
        Box::new(BufReader::with_capacity(1 << 16, frames))
    } else {
        Box::new(whole)
    })
}

/// Frames of zstd, one after the other.
struct Frames {
    source: Box<dyn BufRead + Send>,
    decoder: FrameDecoder,
    /// True within a frame.
    open: bool,
}

impl Frames {
    /// Opens the next frame. False at the end of the input.
    fn next(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = self.source.by_ref().take(u64::from(length));
                    if io::copy(&mut skipped, &mut io::sink())? < u64::from(length) {
                        return Err(broken("it breaks off"));
                    }
                }
                Err(error) => return Err(broken(&error.to_string())),
            }
        }
        Ok(false)
    }
}

fn broken(why: &str) -> io::Error {
    let what = format!("the zstd data can't be read: {why}");
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if !self.open {
                if !self.next()? {
                    return Ok(0);
                }
                self.open = true;
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| broken(&error.to_string()))?;
                continue;
            }
            let told = self.decoder.get_checksum_from_data();
            if told.is_some() && told != self.decoder.get_calculated_checksum() {
                return Err(broken("it does not fit its checksum"));
            }
            self.open = false;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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
        decompressed(Box::new(input))?.read_to_string(&mut text)?;
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
