//! What the first line of a text says of the rest: which byte ends a line, and what stands between fields.

use std::io::{self, BufRead, BufReader, Cursor, Read};

/// A first line is looked for so far.
const FARTHEST: usize = 64 << 10;

/// The text with lines that end in a line feed, and its first line. Files of old spreadsheets end each in a carriage
/// return alone.
pub(crate) fn looked_at(
    mut input: Box<dyn BufRead + Send>,
) -> io::Result<(Vec<u8>, Box<dyn BufRead + Send>)> {
    let mut taken = Vec::new();
    let mut returns = false;
    let mut quoted = false;
    'looking: while taken.len() < FARTHEST {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        let mut end = None;
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' | b'\r' if !quoted => {
                    end = Some((at + 1, *byte));
                    break;
                }
                _ => {}
            }
        }
        let length = end.map_or(bytes.len(), |(length, _)| length);
        taken.extend_from_slice(&bytes[..length]);
        input.consume(length);
        match end {
            None => {}
            Some((_, b'\n')) => break,
            Some(_) => {
                let next = input.fill_buf()?;
                match next.first() {
                    // CR LF.
                    Some(b'\n') => {
                        taken.push(b'\n');
                        input.consume(1);
                    }
                    // CR CR LF.
                    Some(b'\r') => continue,
                    _ if ends_in_returns(next) => returns = true,
                    // A carriage return within a line.
                    _ => continue,
                }
                break 'looking;
            }
        }
    }
    let first = taken.clone();
    let whole: Box<dyn BufRead + Send> = Box::new(Cursor::new(taken).chain(input));
    Ok((
        first,
        if returns {
            Box::new(BufReader::with_capacity(1 << 16, Returns(whole)))
        } else {
            whole
        },
    ))
}

/// True if carriage returns alone end the lines of this text: a line feed may be at its end or within quotes.
fn ends_in_returns(text: &[u8]) -> bool {
    let mut quoted = false;
    let (mut feeds, mut returns) = (0u64, 0u64);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => feeds += 1,
            b'\r' if !quoted && text.get(at + 1) != Some(&b'\n') => returns += 1,
            _ => {}
        }
    }
    feeds == 0 || returns > feeds
}

/// Carriage returns as line feeds.
struct Returns(Box<dyn BufRead + Send>);

impl Read for Returns {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        for byte in &mut buffer[..read] {
            if *byte == b'\r' {
                *byte = b'\n';
            }
        }
        Ok(read)
    }
}

/// The delimiter of a file by its first line: a semicolon, a tab or a bar if it has only one of these and no comma; else
/// the comma.
pub(crate) fn delimiter(first: &[u8]) -> u8 {
    let mut quoted = false;
    let mut found = Vec::new();
    for &byte in first {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b';' | b'\t' | b'|' if !quoted && !found.contains(&byte) => found.push(byte),
            _ => {}
        }
    }
    match found[..] {
        [one] => one,
        _ => b',',
    }
}

/// The delimiter that a first line `sep=;` names, as Excel writes and reads it.
pub(crate) fn named_delimiter(first: &[u8]) -> Option<u8> {
    let line = first.trim_ascii_end();
    // The delimiter itself may be white space.
    let line = if line.len() == 4 { first } else { line };
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let (name, rest) = line.split_at_checked(4)?;
    match rest {
        [byte, b'\r' | b'\n' | b'"', ..] | [byte]
            if name.eq_ignore_ascii_case(b"sep=")
                && !byte.is_ascii_alphanumeric()
                && !matches!(byte, b'\r' | b'\n') =>
        {
            Some(*byte)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
        for capacity in [1, 3, 1 << 16] {
            let input = BufReader::with_capacity(capacity, Cursor::new(text.to_vec()));
            let (first, mut rest) = looked_at(Box::new(input)).unwrap();
            let mut all = Vec::new();
            rest.read_to_end(&mut all).unwrap();
            if capacity > 3 {
                return (first, all);
            }
        }
        unreachable!()
    }

    #[test]
    fn carriage_returns_alone_end_lines() {
        assert_eq!(read(b"id,a\r1,x\r").1, b"id,a\n1,x\n");
        assert_eq!(read(b"\"i\rd\",a\r1,x").1, b"\"i\nd\",a\n1,x");
        let fed = b"id,a\r1,x\r2,\"y\nz\"\r3,q\r4,r\n";
        assert_eq!(read(fed).1, b"id,a\n1,x\n2,\"y\nz\"\n3,q\n4,r\n");
        for kept in [
            &b"id,a\r\n1,x\r\n"[..],
            b"id,\ra\n1,x\n",
            b"id,a\n1,\rx\n",
            b"id,a\r\r\n1,x\r\r\n",
            b"",
            b"x",
        ] {
            assert_eq!(read(kept).1, kept);
        }
        assert_eq!(read(b"id,a\r\n1").0, b"id,a\r\n");
    }

    #[test]
    fn semicolons_and_tabs_are_found_where_there_is_no_comma() {
        assert_eq!(delimiter(b"id;a;b\n"), b';');
        assert_eq!(delimiter(b"id;\"a,b\";c\n"), b';');
        assert_eq!(delimiter(b"id\ta\tb\n"), b'\t');
        assert_eq!(delimiter(b"id,a;b\n"), b',');
        assert_eq!(delimiter(b"id\n"), b',');
        assert_eq!(delimiter(b"id|a|b\n"), b'|');
        assert_eq!(delimiter(b"id|a;b\n"), b',');
    }

    #[test]
    fn a_line_for_excel_names_the_delimiter() {
        for (line, named) in [
            (&b"sep=;\r\n"[..], Some(b';')),
            (b"\"sep=|\"\n", Some(b'|')),
            (b"SEP=\t\n", Some(b'\t')),
            (b"sep=,", Some(b',')),
            (b"sep=\n", None),
            (b"sep=a\n", None),
            (b"sep=;id\n", None),
            (b"id;sep\n", None),
            (b"", None),
        ] {
            assert_eq!(named_delimiter(line), named, "{line:?}");
        }
    }
}
