//! Text of any encoding as UTF-8.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Cursor, Read},
    str::FromStr,
};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

use crate::compressed::looked_into;

/// How an input's bytes stand for its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As its byte-order mark says, UTF-16 also where it has none, else UTF-8.
    #[default]
    Auto,
    /// As named, where no byte-order mark says otherwise.
    Named(&'static encoding_rs::Encoding),
}

/// The name is no encoding's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an encoding that midband knows: auto, utf-8, utf-16le, utf-16be, windows-1252, or another name of the WHATWG Encoding Standard"
)]
pub struct UnknownEncoding(pub String);

impl FromStr for Encoding {
    type Err = UnknownEncoding;
    fn from_str(text: &str) -> Result<Self, UnknownEncoding> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        encoding_rs::Encoding::for_label_no_replacement(text.as_bytes())
            .map(Self::Named)
            .ok_or_else(|| UnknownEncoding(text.to_owned()))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Named(encoding) => f.write_str(&encoding.name().to_ascii_lowercase()),
        }
    }
}

/// The input as UTF-8, without its byte-order mark. Bytes that are no text of their encoding come out as bytes that are
/// no UTF-8, so that their row is rejected as any other that is no text.
pub(crate) fn utf8(
    input: Box<dyn BufRead + Send>,
    encoding: Encoding,
) -> io::Result<Box<dyn BufRead + Send>> {
    let (first, length, mut input) = looked_into(input)?;
    let marked = match first {
        [0xff, 0xfe, 0, 0] if length == 4 => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "midband cannot read UTF-32",
            ));
        }
        [0xef, 0xbb, 0xbf, _] => Some((3, None)),
        [0xff, 0xfe, ..] => Some((2, Some(UTF_16LE))),
        [0xfe, 0xff, ..] => Some((2, Some(UTF_16BE))),
        _ => None,
    };
    let found = match (marked, encoding) {
        (Some((mark, found)), _) => {
            input.read_exact(&mut [0; 4][..mark])?;
            found
        }
        (None, Encoding::Named(named)) => Some(named),
        // No text of UTF-8 begins with a zero in every other byte.
        (None, Encoding::Auto) => match first {
            [a, 0, b, 0] if a != 0 && b != 0 => Some(UTF_16LE),
            [0, a, 0, b] if a != 0 && b != 0 => Some(UTF_16BE),
            _ => None,
        },
    };
    match found {
        Some(found) if found != encoding_rs::UTF_8 => Ok(Box::new(BufReader::with_capacity(
            1 << 16,
            Decoded {
                input,
                decoder: found.new_decoder_without_bom_handling(),
                ready: Cursor::new(Vec::new()),
                ended: false,
            },
        ))),
        _ => Ok(input),
    }
}

struct Decoded {
    input: Box<dyn BufRead + Send>,
    decoder: Decoder,
    ready: Cursor<Vec<u8>>,
    ended: bool,
}

impl Decoded {
    fn more(&mut self) -> io::Result<()> {
        let bytes = self.input.fill_buf()?;
        let last = bytes.is_empty();
        let mut out = vec![0; 4 * bytes.len() + 16];
        let (result, read, written) = self
            .decoder
            .decode_to_utf8_without_replacement(bytes, &mut out, last);
        out.truncate(written);
        self.input.consume(read);
        match result {
            DecoderResult::Malformed(..) => out.push(0xff),
            DecoderResult::InputEmpty => self.ended = last,
            DecoderResult::OutputFull => {}
        }
        self.ready = Cursor::new(out);
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.ready.read(buffer)?;
            if read > 0 || self.ended || buffer.is_empty() {
                return Ok(read);
            }
            self.more()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: &str) -> Vec<u8> {
        let mut text = Vec::new();
        let input = BufReader::with_capacity(3, Cursor::new(bytes.to_vec()));
        let mut input = utf8(Box::new(input), encoding.parse().unwrap()).unwrap();
        input.read_to_end(&mut text).unwrap();
        text
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_and_zeros_say_what_it_is() {
        let text = "id,a\n1,Zürich 😀\n";
        for mark in ["", "\u{feff}"] {
            let marked = format!("{mark}{text}");
            for bytes in [
                utf16(&marked, u16::to_le_bytes),
                utf16(&marked, u16::to_be_bytes),
                marked.clone().into_bytes(),
            ] {
                assert_eq!(read(&bytes, "auto"), text.as_bytes());
            }
        }
        assert_eq!(
            read(b"Z\xfcrich \x80", "windows-1252"),
            "Zürich €".as_bytes()
        );
        assert_eq!(read(b"Z\xfcrich", "latin1"), "Zürich".as_bytes());
        assert_eq!(
            read("\u{feff}Zürich".as_bytes(), "latin1"),
            "Zürich".as_bytes()
        );
        assert!("klingon".parse::<Encoding>().is_err());
    }

    #[test]
    fn what_is_no_text_stays_none() {
        let mut bytes = utf16("ab", u16::to_le_bytes);
        bytes.extend([0x00, 0xd8, b'c', 0]);
        let text = read(&bytes, "utf-16le");
        assert!(std::str::from_utf8(&text).is_err());
        assert!(text.starts_with(b"ab") && text.ends_with(b"c"));
        for bytes in [&b""[..], b"a", b"\xff", b"\xef\xbb"] {
            assert_eq!(read(bytes, "auto"), bytes);
        }
    }
}
