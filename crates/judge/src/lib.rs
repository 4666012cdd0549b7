//! Asks a language model about the pairs that the proxy could not settle.
#![allow(dead_code, unused_imports)] // The queue that uses all of it comes next.

mod answer;
mod mode;
mod neutral;
mod prompt;
mod task;
mod transport;

pub use mode::{Format, MAX_BATCH, Mode};
pub use task::{Example, PROMPT_VERSION, Task, TaskError};
pub use transport::{Features, PullProgress};
