//! Records of a delimited file, each with the line that it starts on.
//!
//! RFC 4180, and what files do beside it: a quote within a field is text, text after a closing quote belongs to the field.
//! No line goes without a word: it is in a record, or it is one of those that are named as none.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use crate::{
    ReadError,
    lines::{LONGEST_LINE, Line, next_line},
};

/// One record, or lines that are none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Fields(Fields),
    /// Why the line is no record.
    Bad(String),
}

/// Fields one after the other.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Lines that it takes up.
    pub(crate) lines: u64,
}

impl Fields {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The fields as texts; none where one is no UTF-8.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        let mut start = 0;
        let text = |&end: &usize| {
            let field = std::str::from_utf8(&self.bytes[start..end]).ok();
            start = end;
            field
        };
        self.ends.iter().map(text).collect()
    }

    fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Text,
    Quoted,
    /// Behind a quote within quotes: their end, or the first of two.
    Quote,
}

pub(crate) struct Records {
    input: Box<dyn BufRead + Send>,
    delimiter: u8,
    quotes: bool,
    /// Lines that are to be read again.
    again: VecDeque<Vec<u8>>,
    /// Lines that were handed on.
    line: u64,
    /// Lines that are no records, before what comes next.
    bad: VecDeque<(u64, String)>,
    /// Looked at before it was asked for.
    ready: Option<(u64, Record)>,
}

impl Records {
    pub(crate) fn new(input: Box<dyn BufRead + Send>, delimiter: u8, quotes: bool) -> Self {
        Self {
            input,
            delimiter,
            quotes,
            again: VecDeque::new(),
            line: 0,
            bad: VecDeque::new(),
            ready: None,
        }
    }

    /// Counts a line that was read before.
    pub(crate) fn skipped_line(&mut self) {
        self.line += 1;
    }

    /// The next record with its line; `None` at the end. Blank lines are none.
    ///
    /// # Errors
    /// The input can't be read, or ends within quotes.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Record)>, ReadError> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(ready));
        }
        loop {
            if let Some((line, why)) = self.bad.pop_front() {
                return Ok(Some((line, Record::Bad(why))));
            }
            let line = match self.line()? {
                Line::End => return Ok(None),
                Line::TooLong => {
                    return Ok(Some((self.line, Record::Bad(crate::lines::too_long()))));
                }
                Line::Whole(line) => line,
            };
            if without_end(&line).is_empty() {
                continue;
            }
            let first = self.line;
            if !self.quotes || memchr(b'"', &line).is_none() {
                return Ok(Some((first, Record::Fields(self.split(&line)))));
            }
            if let Some(fields) = self.quoted(line)? {
                return Ok(Some((first, Record::Fields(fields))));
            }
        }
    }

    /// How many fields the first record has, which is still to come; 0 where there is none.
    pub(crate) fn peek(&mut self) -> Result<usize, ReadError> {
        let ready = match self.ready.take() {
            None => self.next()?,
            ready => ready,
        };
        let length = match &ready {
            Some((_, Record::Fields(fields))) => fields.len(),
            _ => 0,
        };
        self.ready = ready;
        Ok(length)
    }

    /// Names the other lines of a record that is none: each of them is counted as what it was in the file.
    pub(crate) fn name_lines(&mut self, first: u64, lines: u64) {
        for line in first + 1..first + lines {
            let why = format!("part of the quoted record that starts on line {first}");
            self.bad.push_back((line, why));
        }
    }

    fn line(&mut self) -> io::Result<Line> {
        let line = match self.again.pop_front() {
            Some(line) => Line::Whole(line),
            None => next_line(&mut self.input)?,
        };
        if !matches!(line, Line::End) {
            self.line += 1;
        }
        Ok(line)
    }

    fn split(&self, line: &[u8]) -> Fields {
        let mut fields = Fields {
            lines: 1,
            ..Fields::default()
        };
        for field in without_end(line).split(|byte| *byte == self.delimiter) {
            fields.bytes.extend_from_slice(field);
            fields.end();
        }
        fields
    }

    /// The record that begins with this line, or none where its lines are to be read anew.
    fn quoted(&mut self, first: Vec<u8>) -> Result<Option<Fields>, ReadError> {
        let start = self.line;
        let mut fields = Fields::default();
        let mut state = State::Start;
        let mut opened = start;
        let mut lines = vec![first];
        let mut length = lines[0].len();
        loop {
            let line = &lines[lines.len() - 1];
            let content = without_end(line).len();
            for &byte in &line[..content] {
                state = match (state, byte) {
                    (State::Start, b'"') => {
                        opened = self.line;
                        State::Quoted
                    }
                    (State::Quoted, b'"') => State::Quote,
                    (State::Quote, b'"') => {
                        fields.bytes.push(byte);
                        State::Quoted
                    }
                    (State::Quoted, _) => {
                        fields.bytes.push(byte);
                        State::Quoted
                    }
                    (_, byte) if byte == self.delimiter => {
                        fields.end();
                        State::Start
                    }
                    // Quotes that close on another line than they open on, and not at the end of a field, were none.
                    (State::Quote, _) if opened < self.line => {
                        self.stray(start, opened, lines);
                        return Ok(None);
                    }
                    _ => {
                        fields.bytes.push(byte);
                        State::Text
                    }
                };
            }
            if state != State::Quoted {
                fields.end();
                fields.lines = lines.len() as u64;
                return Ok(Some(fields));
            }
            fields.bytes.extend_from_slice(&line[content..]);
            let line = match self.line()? {
                Line::Whole(line) if length + line.len() <= LONGEST_LINE => line,
                _ => return Err(ReadError::OpenQuote(opened)),
            };
            length += line.len();
            lines.push(line);
        }
    }

    /// The lines up to that of a stray quote are no record; those after it are read anew.
    fn stray(&mut self, start: u64, opened: u64, lines: Vec<Vec<u8>>) {
        let to_it = (opened - start + 1) as usize;
        let rest: Vec<Vec<u8>> = lines.into_iter().skip(to_it).collect();
        self.line -= rest.len() as u64;
        for line in rest.into_iter().rev() {
            self.again.push_front(line);
        }
        let why =
            "a quote that opens here closes in the middle of a field on another line".to_owned();
        if start < opened {
            let first = "part of a quoted record".to_owned();
            self.bad
                .extend((start..opened).map(|line| (line, first.clone())));
        }
        self.bad.push_back((opened, why));
    }
}

/// The line without its end.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn memchr(byte: u8, bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|other| *other == byte)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], quotes: bool) -> Result<Vec<(u64, Vec<String>)>, ReadError> {
        let mut records = Records::new(Box::new(Cursor::new(text.to_vec())), b',', quotes);
        let mut all = Vec::new();
        while let Some((line, record)) = records.next()? {
            let texts = match &record {
                Record::Fields(fields) => fields.texts().map_or(vec!["?".to_owned()], |texts| {
                    texts.into_iter().map(str::to_owned).collect()
                }),
                Record::Bad(_) => vec!["!".to_owned()],
            };
            all.push((line, texts));
        }
        Ok(all)
    }

    fn shown(text: &str) -> String {
        let rows = read(text.as_bytes(), true).unwrap().into_iter();
        let rows: Vec<String> = rows
            .map(|(line, texts)| format!("{line} {}", texts.join("|").replace('\n', "/")))
            .collect();
        rows.join("; ")
    }

    #[test]
    fn quotes_within_and_across_lines() {
        assert_eq!(
            shown("a,b\r\n\n\"x, y\",\"\"\"z\"\"\"\n"),
            "1 a|b; 3 x, y|\"z\""
        );
        assert_eq!(shown("\"one\ntwo\",b\nc,d"), "1 one/two|b; 3 c|d");
        assert_eq!(
            shown("5\" pipe,b\n\"Anna\" Smith,c\n"),
            "1 5\" pipe|b; 2 Anna Smith|c"
        );
        assert_eq!(shown("a,\n,\n\"\",\"\"\n"), "1 a|; 2 |; 3 |");
    }

    #[test]
    fn an_open_quote_is_an_error_that_names_its_line() {
        for text in ["id,a\n1,\"5 inch\n2,leg\n", "id,a\n1,\""] {
            let error = read(text.as_bytes(), true).unwrap_err();
            assert!(matches!(error, ReadError::OpenQuote(2)), "{error}");
        }
        assert_eq!(read(b"id,a\n1,\"5 inch\n2,leg\n", false).unwrap().len(), 3);
    }

    #[test]
    fn a_stray_quote_eats_no_rows() {
        assert_eq!(
            shown("1,\"5 inch\n2,leg\n3,\"6 inch\"\n4,x\n"),
            "1 !; 2 2|leg; 3 3|6 inch; 4 4|x"
        );
        assert_eq!(
            shown("\"a\nb\",\"5\n2,\"6 inch\n3,x\n\"q\"\n"),
            "1 !; 2 !; 3 !; 4 3|x; 5 q"
        );
    }

    proptest! {
        /// What a writer of RFC 4180 wrote comes back, and the csv crate reads the same.
        #[test]
        fn what_was_written_comes_back(cells in prop::collection::vec(prop::collection::vec("[ab,\"\n\r]{0,4}", 2..4), 1..6)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &cells {
                writer.write_record(row).unwrap();
            }
            let read = read(&writer.into_inner().unwrap(), true).unwrap();
            let read: Vec<Vec<String>> = read.into_iter().map(|(_, texts)| texts).collect();
            prop_assert_eq!(read, cells);
        }

        /// Every line is in one record, named as none, or blank; or the end is within quotes.
        #[test]
        fn no_line_goes_without_a_word(text in "[ab,\"\n]{0,40}") {
            let mut records = Records::new(Box::new(Cursor::new(text.clone().into_bytes())), b',', true);
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let mut seen = vec![false; lines.len()];
            let mut last = 0;
            loop {
                match records.next() {
                    Err(ReadError::OpenQuote(line)) => {
                        prop_assert!(lines[line as usize - 1].contains('"'));
                        return Ok(());
                    }
                    Err(error) => panic!("{error}"),
                    Ok(None) => break,
                    Ok(Some((line, record))) => {
                        prop_assert!(line > last);
                        last = line;
                        let lines = match record { Record::Fields(fields) => fields.lines, Record::Bad(_) => 1 };
                        for line in line..line + lines {
                            prop_assert!(!std::mem::replace(&mut seen[line as usize - 1], true));
                        }
                    }
                }
            }
            for (line, seen) in lines.iter().zip(seen) {
                prop_assert!(seen || *line == "\n");
            }
        }
    }
}
