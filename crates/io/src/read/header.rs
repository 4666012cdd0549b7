//! The header of a delimited file: which field of a record is which.

use super::{Column, ReadError, ReadOptions, options::near_column};
use crate::rows::no_doubles;

pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) id: usize,
    pub(super) left: usize,
    pub(super) right: usize,
}

impl Header {
    pub(super) fn find(names: Vec<String>, options: &ReadOptions) -> Result<Self, ReadError> {
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
                found: names.len(),
                near: near_column(&column.shown(), names.iter().map(String::as_str)),
            })
        };
        let columns = [&options.id, &options.left, &options.right];
        let [id, left, right] = columns.map(place);
        let (id, left, right) = (id?, left?, right?);
        // A name and a position may be one column.
        if left == id || right == id || right == left {
            let twice = if right == left { right } else { id };
            return Err(ReadError::SameColumn((twice + 1).to_string()));
        }
        let named = columns
            .iter()
            .any(|column| matches!(column, Column::Named(_)));
        no_doubles(&names, named)?;
        Ok(Self {
            id,
            left,
            right,
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
