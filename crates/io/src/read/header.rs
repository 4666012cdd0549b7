//! The header of a delimited file: which field of a record is which.

use std::io::{self, BufRead};

use super::{Column, ReadError, ReadOptions};

pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) id: usize,
    pub(super) left: usize,
    pub(super) right: usize,
}

impl Header {
    pub(super) fn find(
        records: &mut csv::Reader<Box<dyn BufRead + Send>>,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        let first = records
            .byte_headers()
            .map_err(|error| ReadError::Io(io::Error::other(error)))?;
        let first = without_carriage_return(first.clone());
        let names: Vec<String> = if options.no_headers {
            (1..=first.len())
                .map(|position| position.to_string())
                .collect()
        } else {
            first
                .iter()
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect()
        };
        let place = |column: &Column| {
            let place = match column {
                // A header may well hold the column "3": a name wins over a position.
                Column::At(position) => names
                    .iter()
                    .position(|name| *name == position.to_string())
                    .or(Some(position - 1).filter(|&at| at < names.len())),
                Column::Named(wanted) => names.iter().position(|name| name == wanted),
            };
            place.ok_or_else(|| ReadError::NoColumn {
                wanted: column.shown(),
                found: names.clone(),
            })
        };
        Ok(Self {
            id: place(&options.id)?,
            left: place(&options.left)?,
            right: place(&options.right)?,
            names,
        })
    }

    pub(super) fn extra(&self) -> impl Iterator<Item = (usize, &String)> {
        let own = [self.id, self.left, self.right];
        self.names
            .iter()
            .enumerate()
            .filter(move |(at, _)| !own.contains(at))
    }
}

/// The record without the CR of its CR LF, which ends the last field.
pub(super) fn without_carriage_return(mut record: csv::ByteRecord) -> csv::ByteRecord {
    if let Some(last) = record
        .iter()
        .next_back()
        .and_then(|field| field.strip_suffix(b"\r"))
    {
        let last = last.to_vec();
        record.truncate(record.len() - 1);
        record.push_field(&last);
    }
    record
}
