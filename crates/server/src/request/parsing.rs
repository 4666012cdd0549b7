//! Work on a body that takes its time.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Bytes from which on a body is not read between other requests.
const LARGE: usize = 256 << 10;

/// Parses a body of so many bytes. What takes tenths of a second makes room for other requests, if the runtime has threads for
/// them.
pub(crate) fn parsing<T>(bytes: usize, parse: impl FnOnce() -> T) -> T {
    let threads = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes < LARGE || !threads {
        return parse();
    }
    tokio::task::block_in_place(parse)
}
