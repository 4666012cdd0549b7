//! Work beside the interpreter: it is released, hears signals, and tells what happens.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use anyhow::anyhow;
use midband::{
    EngineError, JudgeError, Progress,
    embed::{ModelError, RuntimeError},
};
use midband_cli::tables::{Call, said};
use midband_run::{Listener, Notice, RunError, Stop};
use pyo3::prelude::*;

use crate::{embedder::Embedder, judge::Callable};

/// How often the interpreter looks for signals while it waits.
const LOOK: Duration = Duration::from_millis(50);

/// How long a call that was interrupted may take to end before it is left alone.
const GRACE: Duration = Duration::from_millis(800);

/// What a run said and nobody has told yet.
#[derive(Default)]
struct Heard {
    notices: Mutex<Vec<Notice>>,
    now: Mutex<Option<Progress>>,
}

impl Listener for Heard {
    fn notice(&self, notice: &Notice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.push(notice.clone());
    }

    fn progress(&self, now: Progress) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

impl Heard {
    /// Tells notices to the log, and how far the run is to the callback. Both run here, where the interpreter is held.
    fn tell(&self, py: Python<'_>, progress: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let notices =
            std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner));
        if !notices.is_empty() {
            let log = py
                .import("logging")?
                .call_method1("getLogger", ("midband",))?;
            for notice in notices {
                let level = match notice {
                    Notice::Told(_) | Notice::Expects { .. } | Notice::TaskFound(..) => "info",
                    _ => "warning",
                };
                log.call_method1(level, (notice.to_string(),))?;
            }
        }
        let now = self
            .now
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let (Some(now), Some(callback)) = (now, progress) {
            callback.call1((now.read, now.compared, now.asked, now.judged, now.finished))?;
        }
        Ok(())
    }
}

/// What a call is given beside its options.
#[derive(Default)]
pub(crate) struct Given<'a, 'py> {
    /// A callable in the place of a judge.
    pub(crate) judge: Option<&'a Bound<'py, PyAny>>,
    /// Told how far the run is.
    pub(crate) progress: Option<&'a Bound<'py, PyAny>>,
    /// A model that is open already.
    pub(crate) embedder: Option<&'a Embedder>,
}

/// Does work on a thread of its own while the interpreter goes on. An interrupt, or an error of the callback, ends it.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    given: &Given<'_, '_>,
    work: impl FnOnce(Call) -> anyhow::Result<T> + Send + 'static,
) -> PyResult<T> {
    let heard = Arc::new(Heard::default());
    let stop = Stop::default();
    let call = Call {
        listener: heard.clone(),
        stop: stop.clone(),
        judge: given.judge.map(|judge| Arc::new(Callable::new(judge)) as _),
        embedder: given.embedder.map(|embedder| embedder.0.clone()),
    };
    let progress = given.progress;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(|| work(call)));
        let done = done.unwrap_or_else(|_| Err(anyhow!(Died)));
        // Nobody waits where the call was interrupted.
        let _ = sender.send(done);
    });
    let receiver = Mutex::new(receiver);
    let wait = |time: Duration| {
        py.detach(|| {
            receiver
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv_timeout(time)
        })
    };
    loop {
        match wait(LOOK) {
            Ok(done) => {
                heard.tell(py, progress)?;
                return done.map_err(|error| raised(py, &error));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(raised(py, &anyhow!(Died))),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let told = py.check_signals().and_then(|()| heard.tell(py, progress));
                if let Err(error) = told {
                    stop.now();
                    let _ = wait(GRACE);
                    return Err(error);
                }
            }
        }
    }
}

/// A fault of ours.
#[derive(Debug)]
struct Died;

impl std::fmt::Display for Died {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the run ended unexpectedly: this is a fault of midband's")
    }
}

impl std::error::Error for Died {}

/// The error as Python has it.
pub(crate) fn raised(py: Python<'_>, error: &anyhow::Error) -> PyErr {
    let is = |found: fn(&(dyn std::error::Error + 'static)) -> bool| error.chain().any(found);
    let class = if is(|cause| {
        cause.is::<Died>()
            || cause.is::<RunError>() && cause.to_string() == RunError::Stopped.to_string()
    }) {
        "MidbandError"
    } else if is(|cause| cause.is::<JudgeError>()) {
        "JudgeError"
    } else if is(|cause| {
        cause.is::<ModelError>()
            || cause.is::<RuntimeError>()
            || cause.is::<midband::EmbedError>()
            || matches!(cause.downcast_ref(), Some(EngineError::Embedding(_)))
    }) {
        "ModelError"
    } else {
        "InputError"
    };
    let missing = is(|cause| matches!(cause.downcast_ref(), Some(ModelError::NotOnDisk { .. })));
    let made = py
        .import("midband._errors")
        .and_then(|errors| errors.call_method1("made", (class, said(error), missing)));
    made.map_or_else(|error| error, PyErr::from_value)
}
