//! Long runs: they wait in a file, one runs at a time, and a restart loses none.

pub(crate) mod accept;
mod lists;
pub(crate) mod queue;
pub(crate) mod results;
pub(crate) mod routes;
mod store;
pub(crate) mod worker;
