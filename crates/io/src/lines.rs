//! Lines, with a bound on what one of them may hold.

use std::io::{self, BufRead, Read};

/// Longest line that is read whole: it holds two texts, escaped, and what is passed through.
pub(crate) const LONGEST_LINE: usize = 64 << 20;

pub(crate) enum Line {
    /// With its line feed, where it has one.
    Whole(Vec<u8>),
    /// It was skipped.
    TooLong,
    End,
}

pub(crate) fn next_line(input: &mut dyn BufRead) -> io::Result<Line> {
    let mut bytes = Vec::new();
    let read = Read::take(&mut *input, LONGEST_LINE as u64).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if read == LONGEST_LINE && bytes.last() != Some(&b'\n') {
        skip(input)?;
        return Ok(Line::TooLong);
    }
    Ok(Line::Whole(bytes))
}

pub(crate) fn too_long() -> String {
    format!("the line is longer than {} MiB", LONGEST_LINE >> 20)
}

fn skip(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (length, ended) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(length);
        if ended {
            return Ok(());
        }
    }
}
