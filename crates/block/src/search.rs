//! Lists in, candidate pairs out.

use std::{collections::HashMap, time::Duration};

use crate::{
    by_vectors::{Sides, by_vectors},
    fuse::{Candidate, fuse},
    graph::GRAPH_FROM,
    keys::Keys,
    list::{BlockError, List},
    neighbour_ranks::{Hits, NeighbourRanks, RANKED},
    source::Source,
    ties::{Equals, complete},
    top::Hit,
    words::WordIndex,
};

/// Hits of each source that are fused: so many times the pairs that are wanted.
const DEPTH: usize = 3;

/// How candidates are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Who proposes pairs.
    pub source: Source,
    /// Partners that each record proposes, at most; others with the same texts as these come along
    /// ([`MOST_EQUAL`](crate::MOST_EQUAL)).
    pub top_k: usize,
    /// Right records from which on a graph is searched in the place of every vector.
    pub graph_from: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            source: Source::default(),
            top_k: 5,
            graph_from: GRAPH_FROM,
        }
    }
}

/// The candidates of every left record, before pairs that two records propose are taken together.
pub struct Search {
    /// By left row, best first.
    pub of: Vec<Vec<Candidate>>,
    /// Time that the graph took to build; none where there is no graph.
    pub graph_took: Duration,
    hits: Hits,
}

/// Candidate pairs of two lists, or of one list with itself: each pair once, never a record with itself. Every record
/// of either list proposes its best partners. Sorted by left row, then by rank, the proposals of the left
/// records first; the same whatever the number of cores.
///
/// # Errors
/// The lists lack what the settings need.
pub fn candidates(
    left: &List<'_>,
    right: Option<&List<'_>>,
    settings: &Settings,
) -> Result<Vec<Candidate>, BlockError> {
    Ok(find(left, right, settings)?.0)
}

/// [`candidates`], and where they and all other pairs stand among the best of their records.
///
/// # Errors
/// As [`candidates`].
pub fn find(
    left: &List<'_>,
    right: Option<&List<'_>>,
    settings: &Settings,
) -> Result<(Vec<Candidate>, NeighbourRanks), BlockError> {
    let Search {
        of, hits: forward, ..
    } = search(left, right, settings)?;
    // A record whose partner has nearer ones is often that partner's nearest the other way round.
    let back = right.map(|right| search(right, Some(left), settings));
    let (back, back_hits) = match back.transpose()? {
        Some(Search { of, hits, .. }) => (Some(of), Some(hits)),
        None => (None, None),
    };
    let found = of.into_iter().flatten();
    let proposed: Vec<Candidate> = match back {
        Some(back) => {
            let back = back.into_iter().flatten();
            found.chain(back.map(Candidate::turned)).collect()
        }
        None => found
            .map(|pair| {
                if pair.left < pair.right {
                    pair
                } else {
                    pair.turned()
                }
            })
            .collect(),
    };
    // Either record may propose the pair; what either source said of it is kept.
    let mut places: HashMap<(u32, u32), usize> = HashMap::with_capacity(proposed.len());
    let mut pairs: Vec<Candidate> = Vec::new();
    for pair in proposed {
        match places.get(&(pair.left, pair.right)) {
            Some(&place) => {
                let kept = &mut pairs[place];
                kept.cosine = kept.cosine.or(pair.cosine);
                kept.words = kept.words.or(pair.words);
            }
            None => {
                places.insert((pair.left, pair.right), pairs.len());
                pairs.push(pair);
            }
        }
    }
    pairs.sort_by_key(|pair| pair.left);
    let neighbour_ranks = NeighbourRanks {
        source: settings.source,
        forward,
        back: back_hits,
        equals: Equals::of(left.texts),
        right_equals: right.map(|list| Equals::of(list.texts)),
    };
    Ok((pairs, neighbour_ranks))
}

/// The best partners of each left record by themselves.
///
/// # Errors
/// As [`candidates`].
pub fn search(
    left: &List<'_>,
    right: Option<&List<'_>>,
    settings: &Settings,
) -> Result<Search, BlockError> {
    let one_list = right.is_none();
    let right = right.unwrap_or(left);
    if left.texts.len().max(right.texts.len()) > u32::MAX as usize {
        return Err(BlockError::TooLong);
    }
    let keys = match (left.keys, right.keys) {
        (None, None) => None,
        (Some(a), Some(b)) if a.len() == left.texts.len() && b.len() == right.texts.len() => {
            Some(Keys::new(a, b))
        }
        _ => return Err(BlockError::Keys),
    };
    let wanted = match settings.source {
        Source::Both => settings.top_k * DEPTH,
        _ => settings.top_k,
    };
    let depth = wanted.max(RANKED);
    let nothing = || vec![Vec::new(); left.texts.len()];
    let (by_vectors, graph_took) = if settings.source == Source::Words {
        (nothing(), Duration::ZERO)
    } else {
        let sides = Sides {
            left,
            right,
            one_list,
        };
        by_vectors(&sides, keys.as_ref(), depth, settings.graph_from)?
    };
    let by_words = if settings.source == Source::Embedding {
        nothing()
    } else {
        WordIndex::of(right).nearest(left, depth, |row, other| {
            !(one_list && row == other) && keys.as_ref().is_none_or(|keys| keys.agree(row, other))
        })
    };
    let (left_equals, right_equals) = (Equals::of(left.texts), Equals::of(right.texts));
    let of = by_vectors.iter().zip(&by_words).enumerate();
    Ok(Search {
        of: of
            .map(|(row, (vectors, words))| {
                let best = |hits: &Vec<Hit>| hits.len().min(wanted);
                let (vectors, words) = (&vectors[..best(vectors)], &words[..best(words)]);
                let row = row as u32;
                let candidates = fuse(row, vectors, words, settings.top_k);
                complete(candidates, &left_equals, &right_equals, |other| {
                    !(one_list && row == other)
                        && keys.as_ref().is_none_or(|keys| keys.agree(row, other))
                })
            })
            .collect(),
        graph_took,
        hits: Hits {
            vectors: by_vectors,
            words: by_words,
        },
    })
}
