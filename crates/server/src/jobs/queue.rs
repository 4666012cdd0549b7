//! The jobs that are known, and the one that runs.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use midband::Progress;
use tokio::sync::Notify;

use super::store::{About, State, Store};
use crate::{ServeError, problem::Problem};

/// All jobs, and the one that runs.
pub(crate) struct Jobs {
    store: Store,
    running: Mutex<Option<Running>>,
    /// Told of each new job.
    pub(super) wake: Notify,
}

/// The job that is worked on.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) id: String,
    pub(super) progress: Arc<Mutex<Progress>>,
    pub(super) cancel: Arc<Notify>,
}

impl Jobs {
    pub(crate) fn open(folder: &Path) -> Result<Self, ServeError> {
        Ok(Self {
            store: Store::open(folder)?,
            running: Mutex::new(None),
            wake: Notify::new(),
        })
    }

    /// Does something with the store, off the async threads.
    pub(super) async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Problem::internal(format!("the job store failed: {error}"))),
            Err(_) => Err(Problem::internal("the job store failed")),
        }
    }

    /// Jobs by state.
    pub(crate) async fn counts(&self) -> Vec<(&'static str, usize)> {
        let all = self.with_store(Store::all).await.unwrap_or_default();
        [
            State::Queued,
            State::Running,
            State::Finished,
            State::Failed,
        ]
        .into_iter()
        .map(|state| {
            let count = all.iter().filter(|about| about.state == state).count();
            (state.as_str(), count)
        })
        .collect()
    }

    pub(super) fn running(&self) -> Option<Running> {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set_running(&self, running: Option<Running>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

/// Takes the oldest job that waits.
pub(super) fn next_queued(store: &Store) -> Result<Option<About>, redb::Error> {
    let mut all = store.all()?.into_iter();
    let Some(mut about) = all.find(|about| about.state == State::Queued) else {
        return Ok(None);
    };
    about.state = State::Running;
    about.started = Some(seconds());
    store.update(&about)?;
    Ok(Some(about))
}

/// Forgets jobs that ended more than `keep` seconds ago.
pub(super) fn sweep_old(store: &Store, keep: u64) -> Result<(), redb::Error> {
    let now = seconds();
    for about in store.all()? {
        if about.ended.is_some_and(|ended| ended + keep < now) {
            store.remove(&about.id)?;
        }
    }
    Ok(())
}

/// Now, in seconds since 1970.
pub(super) fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
