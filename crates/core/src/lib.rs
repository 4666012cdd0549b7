//! The words and the traits that every other crate of midband speaks.
//!
//! This crate is the bottom of the house: it knows pairs, scores, routes and verdicts, and the two
//! traits behind which the heavy work stands ([`Embedder`] and [`Judge`]). It does no I/O, has no
//! clock and no async runtime, so that the pure crates above it (router, model, features) stay
//! pure.
//!
//! A pair travels through these types in order: [`Pair`] → [`Cosine`] → [`ProxyScore`] → [`Route`]
//! → [`Verdict`] (only where the route is [`Route::Ask`]) → [`FinalScore`].

mod band;
mod embedder;
mod final_score;
mod fingerprint;
mod id;
mod judge;
mod mix;
mod pair;
mod pair_id;
mod provenance;
mod score;
mod truth;
mod unquoted;
mod verdict;

pub use band::{Band, BandError, BandOn, Route};
pub use embedder::{EmbedError, Embedder, Embedding, Reached, Vectors, embed_checked};
pub use final_score::{DecidedBy, Decision, FinalScore, Part, Status};
pub use fingerprint::Fingerprint;
pub use id::{Id, PairId};
pub use judge::{BoxFuture, Judge, JudgeError, NO_JUDGE, Pace};
pub use mix::{GOLDEN, hash_bytes, mix};
pub use pair::{Pair, Text};
pub use pair_id::{pair_id, record_ids};
pub use provenance::{ModelIdentity, Provenance};
pub use score::{Cosine, ProxyScore, ScoreError};
pub use truth::{is_unsure, truth};
pub use unquoted::without_values;
pub use verdict::{Answer, Unanswered, Verdict};
