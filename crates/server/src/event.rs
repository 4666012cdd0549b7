//! What a server tells the program around it: it prints nothing itself.

use std::{sync::Arc, time::Duration};

/// Told of each event, from any thread. It should return at once.
pub type OnEvent = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Something that happened; never a text of a pair.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request was answered.
    Answered(Answered<'a>),
    /// A job's result could not be kept, for this reason: it runs again after a restart.
    JobNotKept(&'a str),
    /// Requests that were still open when the time for stopping was over were broken off.
    StoppedLate,
}

/// An answered request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The route, not the path: a path is the caller's text. `none` if there is no such route.
    pub route: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// Time to the answer's head.
    pub took: Duration,
    /// The caller's id, or the server's own.
    pub id: &'a str,
    /// The trace that the request belongs to (W3C trace context), 32 hexadecimal digits.
    pub trace: Option<&'a str>,
}
