//! Where a pair stands among the best partners of its two records: what tells a match from a near miss.
//!
//! It depends on the lists and the sources alone, never on which pairs are candidates or how many are kept.

use midband_features::NEIGHBOURS;

use crate::{source::Source, ties::Equals, top::Hit};

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
    /// Of the left list.
    pub(crate) equals: Equals,
    /// Of the right list, where there are two.
    pub(crate) right_equals: Option<Equals>,
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
        let right_equals = self.right_equals.as_ref().unwrap_or(&self.equals);
        let standings = |of: fn(&Hits) -> &Vec<Vec<Hit>>| {
            [
                Standing::of(&of(&self.forward)[left as usize], right, right_equals),
                Standing::of(&of(back)[right as usize], left, &self.equals),
            ]
        };
        if self.source != Source::Words {
            push(standings(|all| &all.vectors).map(Standing::by_cosine), out);
        }
        if self.source != Source::Embedding {
            push(standings(|all| &all.words).map(Standing::by_words), out);
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

/// A record's best partners, and one of its partners.
#[derive(Clone, Copy)]
struct Standing<'a> {
    hits: &'a [Hit],
    other: u32,
    /// The other's hit, or that of a record with its text.
    own: Option<Hit>,
    /// True where the hits are all that there are.
    all: bool,
}

impl<'a> Standing<'a> {
    fn of(hits: &'a [Hit], other: u32, equals: &Equals) -> Self {
        let all = hits.len() < RANKED;
        let hits = &hits[..hits.len().min(RANKED)];
        let own = hits.iter().find(|hit| hit.row == other);
        let own = own.or_else(|| hits.iter().find(|hit| equals.are_equal(hit.row, other)));
        Self {
            hits,
            other,
            own: own.copied(),
            all,
        }
    }

    /// The best hit beside the other.
    fn best(self) -> Option<&'a Hit> {
        self.hits.iter().find(|hit| hit.row != self.other)
    }

    /// Similarity less the best other one, and the rank from 1. A record that has no other partner has no margin. One that is
    /// not among the hits is at best as near as the last of them.
    fn by_cosine(self) -> (f32, usize) {
        let own = self.own.as_ref().or(self.hits.last());
        let (Some(own), Some(best)) = (own, self.best()) else {
            return (0.0, 1);
        };
        (own.score - best.score, self.rank())
    }

    /// The same by words, where a record with fewer hits than were wanted shares no looked-up word with any other: its
    /// similarity to them is 0.
    fn by_words(self) -> (f32, usize) {
        let own = match (self.own, self.hits.last()) {
            (Some(own), _) => own.score,
            (None, Some(last)) if !self.all => last.score,
            _ => 0.0,
        };
        let best = self.best().map_or(0.0, |hit| hit.score);
        (own - best, self.rank())
    }

    /// Equals share the better rank; what is not among the hits comes behind them.
    fn rank(self) -> usize {
        match self.own {
            Some(own) => 1 + self.hits.iter().filter(|hit| hit.score > own.score).count(),
            None => self.hits.len() + 1,
        }
    }
}
