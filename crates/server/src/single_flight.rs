//! A pair that several requests wait for is asked about once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use midband::{Pair, Verdict};
use tokio::sync::mpsc::UnboundedSender;

/// Pairs that are being asked about, and who waits for each: a client that asks again before the verdict is in the cache
/// must not double the judge's work.
#[derive(Default)]
pub(crate) struct Open(Mutex<State>);

#[derive(Default)]
struct State {
    /// Askings so far.
    asked: u64,
    pairs: HashMap<blake3::Hash, Entry>,
}

struct Entry {
    /// Which asking it belongs to.
    asking: u64,
    waiting: Vec<Waiting>,
    /// The verdict, until it is in the cache.
    told: Option<Verdict>,
}

/// The place of a pair among those of its request, with its verdict; or why none will come.
pub(crate) type Told = Result<(usize, Verdict), String>;

/// A request's channel, and the place of the pair in it.
type Waiting = (UnboundedSender<Told>, usize);

/// Pairs that nobody is asking about yet, with what closes them.
pub(crate) struct Fresh {
    asking: u64,
    keys: Vec<blake3::Hash>,
    pub(crate) pairs: Vec<Pair>,
}

impl Open {
    /// Waits for all pairs. What comes back is to be asked about by the caller.
    pub(crate) fn wait(&self, pairs: &[Pair], sender: &UnboundedSender<Told>) -> Fresh {
        let mut state = self.state();
        state.asked += 1;
        let mut fresh = Fresh {
            asking: state.asked,
            keys: Vec::new(),
            pairs: Vec::new(),
        };
        for (place, pair) in pairs.iter().enumerate() {
            let key = key(pair);
            let waiting = (sender.clone(), place);
            match state.pairs.get_mut(&key) {
                Some(Entry {
                    told: Some(verdict),
                    ..
                }) => {
                    // Whoever asks has the other end.
                    let _ = sender.send(Ok((place, verdict.clone())));
                }
                Some(entry) => entry.waiting.push(waiting),
                None => {
                    let entry = Entry {
                        asking: fresh.asking,
                        waiting: vec![waiting],
                        told: None,
                    };
                    state.pairs.insert(key, entry);
                    fresh.keys.push(key);
                    fresh.pairs.push(pair.clone());
                }
            }
        }
        fresh
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One asking; however it ends, it leaves no pair open: nobody would ask about it again.
pub(crate) struct Asking<'a> {
    open: &'a Open,
    fresh: &'a Fresh,
    why: String,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(open: &'a Open, fresh: &'a Fresh) -> Self {
        Self {
            open,
            fresh,
            why: "no verdict came".to_owned(),
        }
    }

    /// Hands a verdict to all who wait for it, and keeps it until the asking ends. Returns how many had gone.
    pub(crate) fn tell(&self, place: usize, verdict: &Verdict) -> u64 {
        let mut state = self.open.state();
        let Some(entry) = (self.fresh.keys.get(place)).and_then(|key| state.pairs.get_mut(key))
        else {
            return 0;
        };
        entry.told = Some(verdict.clone());
        let gone = entry
            .waiting
            .drain(..)
            .filter(|(sender, place)| sender.send(Ok((*place, verdict.clone()))).is_err());
        gone.count() as u64
    }

    /// The asking failed as a whole.
    pub(crate) fn failed(&mut self, why: String) {
        self.why = why;
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.open.state();
        for key in &self.fresh.keys {
            if (state.pairs.get(key)).is_none_or(|entry| entry.asking != self.fresh.asking) {
                continue;
            }
            let waiting = state.pairs.remove(key).map(|entry| entry.waiting);
            for (sender, _) in waiting.unwrap_or_default() {
                let _ = sender.send(Err(self.why.clone()));
            }
        }
    }
}

/// The texts with their lengths, so that no two pairs share it.
fn key(pair: &Pair) -> blake3::Hash {
    let (a, b) = (pair.a.as_str(), pair.b.as_str());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(a.len() as u64).to_le_bytes());
    hasher.update(a.as_bytes()).update(b.as_bytes());
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use midband::Answer;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    fn yes() -> Verdict {
        Verdict::answered(Answer::new(1.0, "m").unwrap(), Duration::ZERO)
    }

    #[test]
    fn a_pair_is_asked_about_once_until_its_verdict_is_in_the_cache() {
        let open = Open::default();
        let pairs = [Pair::new("1", "a", "b"), Pair::new("2", "c", "d")];
        let (sender, mut told) = unbounded_channel();
        let (late_sender, mut late_told) = unbounded_channel();
        let first = open.wait(&pairs, &sender);
        assert_eq!(first.pairs.len(), 2);
        let asking = Asking::new(&open, &first);
        assert_eq!(asking.tell(0, &yes()), 0);
        assert_eq!(told.try_recv().unwrap().unwrap().0, 0);
        // Told but not yet in the cache: whoever comes now gets it at once, the rest waits.
        let second = open.wait(&pairs[..1], &late_sender);
        assert!(second.pairs.is_empty());
        assert_eq!(late_told.try_recv().unwrap().unwrap().0, 0);
        drop(told);
        assert_eq!(asking.tell(1, &yes()), 1);
        drop(asking);
        // The cache has both: a new asking looks there.
        let third = open.wait(&pairs, &late_sender);
        assert_eq!(third.pairs.len(), 2);
        // The end of an asking closes no pair of another one.
        drop(Asking::new(&open, &first));
        assert!(late_told.try_recv().is_err());
        let mut failing = Asking::new(&open, &third);
        failing.failed("gone".to_owned());
        drop(failing);
        assert_eq!(late_told.try_recv().unwrap().unwrap_err(), "gone");
        assert!(open.state().pairs.is_empty());
    }
}
