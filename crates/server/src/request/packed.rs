//! What stands between a body's bytes and its text: compression and encoding. The reader of files takes both away.

use std::io::{Cursor, Read};

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
};
use midband_io::{Encoding, Packing, PlainText, plain_text};

use super::{parsing::parsing, wanted::Form};
use crate::{Limits, arriving::too_long, problem::Problem};

/// How the text of a body is packed, by its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// As `Content-Encoding` says; other bytes are known by themselves, as those of files are.
    packing: Option<Packing>,
    /// As `charset` says.
    encoding: Encoding,
}

/// A body's text.
pub(crate) struct Content {
    /// UTF-8, without a byte-order mark.
    pub(crate) bytes: Bytes,
    /// True for rows of a Parquet file, which are JSON lines here.
    pub(crate) is_rows: bool,
}

impl Content {
    /// The text and its form, where a header or a name says it: Parquet is known by itself.
    pub(super) fn into_rows(self, form: Form) -> (Form, Bytes) {
        (if self.is_rows { Form::Lines } else { form }, self.bytes)
    }
}

impl Packed {
    /// Of a whole body.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE);
        let mut packed = Self::of_kind(kind.and_then(|kind| kind.to_str().ok()))?;
        for given in headers.get_all(header::CONTENT_ENCODING) {
            let names = given.to_str().unwrap_or("?").split(',');
            for name in names.map(|name| name.trim().to_ascii_lowercase()) {
                let packing = match name.as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Packing::Gzip,
                    "zstd" => Packing::Zstd,
                    _ => return Err(unknown("content-encoding", "gzip or zstd")),
                };
                if packed.packing.replace(packing).is_some() {
                    return Err(Problem::new(
                        StatusCode::UNSUPPORTED_MEDIA_TYPE,
                        "compress the body once: it has more than one content-encoding",
                    ));
                }
            }
        }
        Ok(packed)
    }

    /// Of a body or a file of this `Content-Type`.
    pub(super) fn of_kind(kind: Option<&str>) -> Result<Self, Problem> {
        let parameters = kind.unwrap_or_default().split(';').skip(1);
        let charset = parameters.filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"'))
        });
        let encoding = match charset.last() {
            None => Encoding::Auto,
            Some(name) => name.parse().map_err(|_| {
                unknown(
                    "charset",
                    "a name of the WHATWG Encoding Standard, such as utf-8 or windows-1252",
                )
            })?,
        };
        Ok(Self {
            packing: None,
            encoding,
        })
    }

    pub(super) fn is_packed(self) -> bool {
        self.packing.is_some()
    }

    /// The text. What is larger than the limit is refused before it is whole.
    pub(super) fn unpacked(self, bytes: Bytes, limits: &Limits) -> Result<Content, Problem> {
        let found = Packing::of(&bytes);
        if self.packing.is_some() && self.packing != found {
            return Err(Problem::bad("the body is not of its content-encoding"));
        }
        // Of the library's words, none quote what they are about.
        let unreadable =
            |error: std::io::Error| Problem::bad(format!("cannot read the body: {error}"));
        let most = limits.body_bytes;
        // What is packed may be as large as the limit.
        let size = if found.is_some() { most } else { bytes.len() };
        parsing(size, || {
            let input = Box::new(Cursor::new(bytes));
            let PlainText { text, is_rows } =
                plain_text(input, self.encoding).map_err(unreadable)?;
            let mut whole = Vec::new();
            let mut within = text.take(most as u64 + 1);
            within.read_to_end(&mut whole).map_err(unreadable)?;
            if whole.len() > most {
                return Err(too_long(limits));
            }
            Ok(Content {
                bytes: whole.into(),
                is_rows,
            })
        })
    }
}

fn unknown(what: &str, known: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("midband cannot read this {what}: use {known}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = all.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn headers_say_how_a_body_is_packed() {
        let of = |all: &[(&'static str, &str)]| Packed::of(&headers(all));
        let plain = of(&[("content-type", "text/csv")]).unwrap();
        assert!(!plain.is_packed() && plain.encoding == Encoding::Auto);
        let latin = of(&[
            (
                "content-type",
                "text/csv; header=present; Charset=\"ISO-8859-1\"",
            ),
            ("content-encoding", "identity, GZIP"),
        ])
        .unwrap();
        assert_eq!(latin.packing, Some(Packing::Gzip));
        assert_eq!(latin.encoding, "windows-1252".parse().unwrap());
        for wrong in [
            &[("content-type", "text/csv; charset=klingon")][..],
            &[("content-encoding", "br")],
            &[("content-encoding", "gzip, gzip")],
        ] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_body_is_unpacked_within_the_limit() {
        let limits = Limits {
            body_bytes: 20,
            ..Limits::default()
        };
        let read = |packed: Packed, bytes: &'static [u8]| {
            packed.unpacked(Bytes::from_static(bytes), &limits)
        };
        let latin = Packed::of_kind(Some("text/csv;charset=latin1")).unwrap();
        let auto = Packed::of_kind(None).unwrap();
        assert_eq!(
            &read(latin, b"Z\xfcrich").unwrap().bytes[..],
            "Zürich".as_bytes()
        );
        assert_eq!(&read(auto, b"\xef\xbb\xbfid,a").unwrap().bytes[..], b"id,a");
        assert_eq!(&read(auto, b"\xff\xfei\0d\0").unwrap().bytes[..], b"id");
        assert_eq!(&read(auto, b"").unwrap().bytes[..], b"");
        assert!(read(auto, b"123456789012345678901").is_err());
        // 24 letters `a`, as gzip has them in fewer bytes.
        let bomb = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\x4c\xc4\x0e\0\x84\x7a\x02\xe6\x18\0\0\0";
        assert!(bomb.len() < 28 && read(auto, bomb).is_err());
        let gzip = Packed {
            packing: Some(Packing::Gzip),
            ..auto
        };
        assert!(read(gzip, b"id,a").is_err());
    }
}
