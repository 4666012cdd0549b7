//! A list that grows, kept in a folder of plain files: its records, the keys by which new ones find them, how many people have
//! each value, and what was learnt.
//!
//! `manifest` says which files belong to the state: it is written last, and what a killed run left beside it is passed over.
//! `reading` looks up the part of the list that new records may match, `writing` adds them.

mod key_files;
mod manifest;
mod merged;
mod reading;
mod sorted;
mod writing;

pub(super) use manifest::State;
pub(super) use reading::{Listed, Part};
pub(super) use writing::{Keeping, NewRecord, Pending, Shift, Update};
