//! A few sessions and many callers: whoever waits longest is next.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Sessions that take one caller at a time, in the order in which the callers came.
pub(crate) struct Sessions<S> {
    state: Mutex<State<S>>,
    changed: Condvar,
    count: usize,
}

struct State<S> {
    free: Vec<S>,
    /// Tickets of those who wait, the oldest first.
    waiting: VecDeque<u64>,
    next: u64,
}

impl<S> Sessions<S> {
    pub(crate) fn new(free: Vec<S>) -> Self {
        Self {
            count: free.len(),
            state: Mutex::new(State {
                free,
                waiting: VecDeque::new(),
                next: 0,
            }),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Does something with a session; `None` if it had none to give until then.
    pub(crate) fn with<T>(
        &self,
        until: Option<Instant>,
        work: impl FnOnce(&mut S) -> T,
    ) -> Option<T> {
        let session = self.take(until)?;
        let mut lease = Lease {
            sessions: self,
            session: Some(session),
        };
        lease.session.as_mut().map(work)
    }

    fn take(&self, until: Option<Instant>) -> Option<S> {
        let mut state = self.state();
        let ticket = state.next;
        state.next += 1;
        state.waiting.push_back(ticket);
        loop {
            if state.waiting.front() == Some(&ticket)
                && let Some(session) = state.free.pop()
            {
                state.waiting.pop_front();
                // Another session may be free for the next one.
                self.changed.notify_all();
                return Some(session);
            }
            state = match until {
                None => (self.changed.wait(state)).unwrap_or_else(PoisonError::into_inner),
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        state.waiting.retain(|&other| other != ticket);
                        self.changed.notify_all();
                        return None;
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the session back, however the work ends.
struct Lease<'a, S> {
    sessions: &'a Sessions<S>,
    session: Option<S>,
}

impl<S> Drop for Lease<'_, S> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.sessions.state().free.push(session);
            self.sessions.changed.notify_all();
        }
    }
}

/// Tokens from which on a batch shows how fast a session is: a shorter one shows what starting costs.
const TELLING: usize = 32;

/// Nanoseconds a token takes, as the last batches had it; 0 = not known yet.
#[derive(Default)]
pub(crate) struct Pace(AtomicU64);

impl Pace {
    /// Takes a batch of so many tokens into account, padding included.
    pub(crate) fn observe(&self, tokens: usize, took: Duration) {
        if tokens < TELLING {
            return;
        }
        let seen = (took.as_nanos() / tokens as u128).min(u128::from(u64::MAX / 8)) as u64;
        let known = self.0.load(Ordering::Relaxed);
        // Slower is believed sooner than faster: what is late can't be made up for.
        let next = match known {
            0 => seen,
            _ if seen >= known => (known + seen) / 2,
            _ => (3 * known + seen) / 4,
        };
        self.0.store(next, Ordering::Relaxed);
    }

    /// A batch was not begun because it would have ended too late. One slow moment must not keep all that follow from
    /// showing that it is over.
    pub(crate) fn refused(&self) {
        let known = self.0.load(Ordering::Relaxed);
        self.0.store(known - known / 8, Ordering::Relaxed);
    }

    /// Time that a batch is expected to take.
    pub(crate) fn expected(&self, tokens: usize) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed).saturating_mul(tokens as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn who_waits_longest_is_next_and_who_waits_too_long_goes() {
        let sessions = Sessions::new(vec![()]);
        let (begun, order) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            let (release, released) = mpsc::channel::<()>();
            let (held, holds) = mpsc::channel();
            let (sessions, begun, order) = (&sessions, &begun, &order);
            scope.spawn(move || {
                sessions.with(None, |()| {
                    held.send(()).unwrap();
                    released.recv().unwrap();
                })
            });
            holds.recv().unwrap();
            let soon = Instant::now() + Duration::from_millis(5);
            assert_eq!(sessions.with(Some(soon), |()| ()), None);
            for number in 0..3 {
                scope.spawn(move || {
                    begun.lock().unwrap().push(number);
                    sessions.with(None, |()| order.lock().unwrap().push(number))
                });
                while sessions.state().waiting.len() <= number {
                    thread::yield_now();
                }
            }
            release.send(()).unwrap();
        });
        assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
        assert_eq!(sessions.state().free.len(), 1);
    }

    #[test]
    fn a_session_comes_back_from_work_that_panics() {
        let sessions = Sessions::new(vec![7]);
        let failed = thread::scope(|scope| {
            scope
                .spawn(|| sessions.with(None, |_| panic!("on purpose")))
                .join()
        });
        assert!(failed.is_err());
        assert_eq!(sessions.with(Some(Instant::now()), |value| *value), Some(7));
    }

    #[test]
    fn the_pace_is_that_of_long_batches_and_doubts_what_is_fast() {
        let pace = Pace::default();
        assert_eq!(pace.expected(1_000), Duration::ZERO);
        pace.observe(5, Duration::from_secs(9));
        assert_eq!(pace.expected(1_000), Duration::ZERO);
        pace.observe(100, Duration::from_millis(10));
        assert_eq!(pace.expected(1_000), Duration::from_millis(100));
        pace.observe(100, Duration::from_millis(2));
        assert_eq!(pace.expected(1_000), Duration::from_millis(80));
        pace.observe(100, Duration::from_millis(40));
        assert_eq!(pace.expected(1_000), Duration::from_millis(240));
        // A slow moment is forgotten even if nothing is begun any more.
        for _ in 0..40 {
            pace.refused();
        }
        assert!(pace.expected(1_000) < Duration::from_millis(5));
    }
}
