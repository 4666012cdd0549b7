//! Small invented lists from end to end.

#![allow(clippy::unwrap_used)]

mod applied;
mod exports;
mod linked;
mod made;
mod order;
mod rules;
mod splits;
