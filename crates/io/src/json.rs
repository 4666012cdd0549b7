//! JSON objects, one a line or as an array.
//!
//! Beyond the standard: NaN and the infinities that Python writes are null. A number that does not fit (a whole one of more
//! than 64 bits, or one beyond the range of floats) is a text, so that none of its digits is lost. An object with the same
//! field twice is rejected.

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use crate::{
    ReadError,
    json_value::{BadJson, json_value},
    lines::{LONGEST_LINE, Line, next_line, too_long},
};

pub(crate) struct Objects {
    input: Box<dyn BufRead + Send>,
    line: u64,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Lines,
    /// Within an array.
    Array,
}

/// A row with its line, or why it is none.
pub(crate) type Row = (u64, Result<Map<String, Value>, String>);

impl Objects {
    pub(crate) fn new(input: Box<dyn BufRead + Send>) -> Self {
        Self {
            input,
            line: 0,
            place: Place::Start,
        }
    }

    pub(crate) fn next(&mut self) -> Result<Option<Row>, ReadError> {
        if self.place == Place::Start {
            self.place = Place::Lines;
            if self.skip_white_space()? == Some(b'[') {
                self.input.consume(1);
                self.place = Place::Array;
            }
        }
        if self.place == Place::Array {
            // An error is told once.
            self.place = Place::Lines;
            if let Some(row) = self.element()? {
                self.place = Place::Array;
                return Ok(Some(row));
            }
        }
        loop {
            let line = match next_line(&mut self.input)? {
                Line::End => return Ok(None),
                line => {
                    self.line += 1;
                    line
                }
            };
            let Line::Whole(bytes) = line else {
                return Ok(Some((self.line, Err(too_long()))));
            };
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some((self.line, object(&bytes))));
        }
    }

    /// The next byte that is no white space; lines before it are counted.
    fn skip_white_space(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let found = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
            let length = found.unwrap_or(bytes.len());
            self.line += bytes[..length]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count() as u64;
            let byte = found.map(|at| bytes[at]);
            self.input.consume(length);
            if byte.is_some() {
                return Ok(byte);
            }
        }
    }

    /// The next element of the array; none at its end, behind which lines may follow.
    fn element(&mut self) -> Result<Option<Row>, ReadError> {
        let open = || io::Error::new(io::ErrorKind::InvalidData, "its JSON array is not closed");
        match self.skip_white_space()? {
            None => return Err(open().into()),
            Some(b']') => {
                self.input.consume(1);
                return Ok(None);
            }
            Some(_) => {}
        }
        let first = self.line + 1;
        let mut bytes = Vec::new();
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() || bytes.len() > LONGEST_LINE {
                return Err(open().into());
            }
            let mut end = None;
            for (at, &byte) in buffer.iter().enumerate() {
                if quoted {
                    quoted = escaped || byte != b'"';
                    escaped = !escaped && byte == b'\\';
                    continue;
                }
                match byte {
                    b'"' => quoted = true,
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' if depth > 0 => depth -= 1,
                    b',' | b']' | b'}' if depth == 0 => {
                        end = Some((at, byte));
                        break;
                    }
                    _ => {}
                }
            }
            let length = end.map_or(buffer.len(), |(at, _)| at);
            self.line += buffer[..length]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count() as u64;
            bytes.extend_from_slice(&buffer[..length]);
            // The end of the array is left to be found again.
            let taken = end.map_or(0, |(_, byte)| usize::from(byte != b']'));
            self.input.consume(length + taken);
            if end.is_some() {
                return Ok(Some((first, object(&bytes))));
            }
        }
    }
}

/// The object of a line.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    // Of a file that was put behind another one.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.trim_ascii_end();
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    match json_value(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(NO_OBJECT.to_owned()),
        Err(BadJson::NoUtf8) => Err(NO_UTF8.to_owned()),
        Err(BadJson::Doubled) => Err("a field occurs twice".to_owned()),
        Err(BadJson::At { .. }) if !is_object => Err(NO_OBJECT.to_owned()),
        Err(BadJson::At {
            column,
            ended: true,
            ..
        }) => Err(format!(
            "the JSON object does not end on its line (column {column})"
        )),
        Err(BadJson::At { column, .. }) => Err(format!("invalid JSON object (column {column})")),
    }
}

/// Why a line is none that begins as something else.
const NO_OBJECT: &str = "not a JSON object; if the input is CSV, name its format";

/// Why a row of other bytes is none.
pub(crate) const NO_UTF8: &str =
    "invalid UTF-8; if the text is Windows-1252 or another encoding, name it";

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<Value, String>)> {
        let input = BufReader::with_capacity(2, Cursor::new(text.as_bytes().to_vec()));
        let mut objects = Objects::new(Box::new(input));
        let mut rows = Vec::new();
        while let Some((line, row)) = objects.next().unwrap() {
            rows.push((line, row.map(Value::Object)));
        }
        rows
    }

    #[test]
    fn an_array_reads_like_lines() {
        let rows = read(
            "\n[\n {\"id\": 1,\n  \"a\": \"x ] , \\\" [\"},\n {\"id\": 2, \"l\": [1, {}]}, 7\n]\n",
        );
        assert_eq!(
            rows,
            [
                (3, Ok(json!({"id": 1, "a": "x ] , \" ["}))),
                (5, Ok(json!({"id": 2, "l": [1, {}]}))),
                (5, Err(NO_OBJECT.to_owned())),
            ]
        );
        assert_eq!(read("[]\n").len(), 0);
        assert_eq!(read("[1]\n{\"id\": 1}\n")[1], (2, Ok(json!({"id": 1}))));
        let mut open = Objects::new(Box::new(Cursor::new(b"[{\"id\": 1}".to_vec())));
        assert!(open.next().is_err());
        assert!(open.next().unwrap().is_none());
    }

    #[test]
    fn numbers_keep_their_digits_and_what_is_none_is_null() {
        let row = |text: &str| object(text.as_bytes()).map(Value::Object);
        assert_eq!(
            row(
                r#"{"id": 123456789012345678901234, "n": "NaN 99999999999999999999", "x": 1e30, "u": 18446744073709551615}"#
            ),
            Ok(
                json!({"id": "123456789012345678901234", "n": "NaN 99999999999999999999", "x": 1e30, "u": u64::MAX})
            )
        );
        assert_eq!(
            row(r#"{"id": 1, "x": NaN, "y": [-Infinity, "Infinity \" NaN"]}"#),
            Ok(json!({"id": 1, "x": null, "y": [null, "Infinity \" NaN"]}))
        );
        assert_eq!(
            row(r#"{"id": 1, "x": 1e400, "y": [-2E999, 1e30], "z": "1e400"}"#),
            Ok(json!({"id": 1, "x": "1e400", "y": ["-2E999", 1e30], "z": "1e400"}))
        );
        assert_eq!(
            row(r#"{"id": NaNa}"#),
            Err("invalid JSON object (column 8)".to_owned())
        );
    }

    #[test]
    fn a_field_that_stands_twice_makes_it_none() {
        assert_eq!(
            object(b"{\"a\": 1, \"a\": 2}"),
            Err("a field occurs twice".to_owned())
        );
    }
}
