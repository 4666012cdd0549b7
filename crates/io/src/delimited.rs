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

/// The line without its end. A text that was written in text mode on Windows may have two carriage returns there.
fn without_end(line: &[u8]) -> &[u8] {
    let mut line = line.strip_suffix(b"\n").unwrap_or(line);
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    line
}

fn memchr(byte: u8, bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|other| *other == byte)
}

#[cfg(test)]
mod tests;
