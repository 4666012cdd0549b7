//! Asks a language model about the pairs that the proxy could not settle.
#![allow(dead_code)] // The queue that uses all of it comes next.

mod answer;
mod mode;
mod neutral;
mod prompt;
mod task;

pub use mode::{Format, MAX_BATCH, Mode};
pub use task::{Example, PROMPT_VERSION, Task, TaskError};
