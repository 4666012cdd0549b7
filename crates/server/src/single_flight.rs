//! A pair that several requests wait for is asked about once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use midband::{Pair, Verdict};
use tokio::sync::mpsc::UnboundedSender;

/// Pairs that are being asked about, and who waits for each: a client that asks again before the first verdict is there
/// must not double the judge's work.
#[derive(Default)]
pub(crate) struct Open(Mutex<HashMap<blake3::Hash, Vec<Waiting>>>);

/// The place of a pair among those of its request, with its verdict; or why none will come.
pub(crate) type Told = Result<(usize, Verdict), String>;

/// A request's channel, and the place of the pair in it.
type Waiting = (UnboundedSender<Told>, usize);

impl Open {
    /// Waits for all pairs; gives back those that nobody has asked about yet, with their keys.
    pub(crate) fn wait(
        &self,
        pairs: &[Pair],
        sender: &UnboundedSender<Told>,
    ) -> (Vec<blake3::Hash>, Vec<Pair>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut keys, mut fresh) = (Vec::new(), Vec::new());
        for (place, pair) in pairs.iter().enumerate() {
            let key = key(pair);
            let waiting = open.entry(key).or_default();
            if waiting.is_empty() {
                keys.push(key);
                fresh.push(pair.clone());
            }
            waiting.push((sender.clone(), place));
        }
        (keys, fresh)
    }

    /// Hands a pair's verdict, or why there is none, to all who wait for it. Returns how many had gone.
    pub(crate) fn close(&self, key: &blake3::Hash, verdict: &Result<Verdict, String>) -> u64 {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = open.remove(key).unwrap_or_default();
        let gone = waiting.into_iter().filter(|(sender, place)| {
            let told = verdict.clone().map(|verdict| (*place, verdict));
            sender.send(told).is_err()
        });
        gone.count() as u64
    }
}

/// Leaves no pair open, however the asking ends: nobody would ask about it again.
pub(crate) struct Closing<'a>(pub(crate) &'a Open, pub(crate) &'a [blake3::Hash]);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        for key in self.1 {
            self.0.close(key, &Err("no verdict came".to_owned()));
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
