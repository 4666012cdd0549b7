//! Where a pair stands among the best partners of its two records: what tells a match from a near miss.
//!
//! It depends on the lists and the sources alone, never on which pairs are candidates or how many are kept.

use midband_features::NEIGHBOURS;

use crate::{source::Source, top::Hit};

/// Best partners of a record that are looked at; a pair further down ranks behind the last of them.
pub(crate) const RANKED: usize = 15;

/// What a search found for each record of one list, best first.
pub(crate) struct Hits {
    pub(crate) vectors: Vec<Vec<Hit>>,
    pub(crate) words: Vec<Vec<Hit>>,
}

/// Where pairs of two lists, or of one with itself, stand.
pub struct NeighbourRanks {
    pub(crate) source: Source,
    pub(crate) forward: Hits,
    /// From the right list; `None` where there is one list.
    pub(crate) back: Option<Hits>,
}

impl NeighbourRanks {
    /// Names of the columns, each one of [`NEIGHBOURS`]: four for each source that was asked.
    pub fn columns(&self) -> &'static [&'static str] {
        let (cosine, words) = NEIGHBOURS.split_at(NEIGHBOURS.len() / 2);
        match self.source {
            Source::Embedding => cosine,
            Source::Words => words,
            Source::Both => &NEIGHBOURS,
        }
    }

    /// Appends a pair's values, one a column; rows of the lists.
    pub fn push(&self, left: u32, right: u32, out: &mut Vec<f64>) {
        let back = self.back.as_ref().unwrap_or(&self.forward);
        let hits = |of: fn(&Hits) -> &Vec<Vec<Hit>>| {
            [
                (of(&self.forward)[left as usize].as_slice(), right),
                (of(back)[right as usize].as_slice(), left),
            ]
        };
        if self.source != Source::Words {
            push(
                hits(|all| &all.vectors).map(|(hits, other)| by_cosine(hits, other)),
                out,
            );
        }
        if self.source != Source::Embedding {
            push(
                hits(|all| &all.words).map(|(hits, other)| by_words(hits, other)),
                out,
            );
        }
    }
}

/// Smaller and larger of both sides' margins and ranks: the same for (a, b) and (b, a).
fn push([(margin_a, rank_a), (margin_b, rank_b)]: [(f32, usize); 2], out: &mut Vec<f64>) {
    let rank = |rank: usize| (rank as f64).ln();
    out.extend([
        f64::from(margin_a.min(margin_b)),
        f64::from(margin_a.max(margin_b)),
        rank(rank_a.min(rank_b)),
        rank(rank_a.max(rank_b)),
    ]);
}

/// Similarity less the best other one, and the rank from 1. A record that has no other partner has no margin. One that is
/// not among the hits is at best as near as the last of them.
fn by_cosine(hits: &[Hit], other: u32) -> (f32, usize) {
    let hits = &hits[..hits.len().min(RANKED)];
    let own = hits.iter().find(|hit| hit.row == other).or(hits.last());
    let best = hits.iter().find(|hit| hit.row != other);
    let (Some(own), Some(best)) = (own, best) else {
        return (0.0, 1);
    };
    (own.score - best.score, rank(hits, other, own.score))
}

/// The same by words, where a record with fewer hits than were wanted shares no looked-up word with any other: its
/// similarity to them is 0.
fn by_words(hits: &[Hit], other: u32) -> (f32, usize) {
    let all = hits.len() < RANKED;
    let hits = &hits[..hits.len().min(RANKED)];
    let own = hits
        .iter()
        .find(|hit| hit.row == other)
        .map(|hit| hit.score);
    let own = own.unwrap_or_else(|| match hits.last() {
        Some(last) if !all => last.score,
        _ => 0.0,
    });
    let best = hits.iter().find(|hit| hit.row != other);
    let best = best.map_or(0.0, |hit| hit.score);
    (own - best, rank(hits, other, own))
}

/// Equals share the better rank; what is not among the hits comes behind them.
fn rank(hits: &[Hit], other: u32, own: f32) -> usize {
    if hits.iter().any(|hit| hit.row == other) {
        1 + hits.iter().filter(|hit| hit.score > own).count()
    } else {
        hits.len() + 1
    }
}
