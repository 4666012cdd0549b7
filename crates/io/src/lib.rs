//! Pairs in and scores out: JSONL, CSV, TSV and Parquet.
//!
//! Reading never loses a row: what is not a pair becomes a [`RejectedRow`] with its line and the reason,
//! and reading goes on. Writing goes to a file beside the target that is renamed at the end, so that
//! whoever finds the target finds a whole one.

mod compressed;
mod delimited;
mod encoding;
mod first_line;
mod format;
mod input;
mod json;
mod json_value;
mod lines;
mod objects;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod partition;
mod read;
mod recover;
mod row;
mod rows;
mod strict;
mod target;
mod unfinished;
mod workbook;
mod write;

/// For messages of parsers of files.
pub use midband_core::without_values;

pub use compressed::Packing;
pub use encoding::{Encoding, UnknownEncoding};
pub use format::{Format, UnknownFormat};
pub use input::{PlainText, form_of, open, plain_text, read_text, unpacked};
pub use json_value::{BadJson, has_no_number, json_value};
pub use objects::{ObjectRow, Objects, objects, read_objects, write_objects};
pub use output::Output;
pub use partition::Partition;
pub use read::{Column, ReadError, ReadOptions, Reader, near_column};
pub use recover::{Recovered, recovered_rows};
pub use row::{Item, PairRow, RejectedRow, id_of};
pub use rows::{Form, GivenRows, is_name};
pub use target::{is_special, same_file};
pub use unfinished::{Unfinished, unfinished};
pub use workbook::Sheet;
pub use write::{
    Beside, OUTPUT_FIELDS, ScoreWriter, ScoredRow, WriteError, input_name, written, written_part,
};
