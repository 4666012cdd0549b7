//! The nearest records by their vectors: exact, within blocking keys, or through a graph.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use midband_core::Vectors;

use crate::{
    exact::{Matrix, dot, nearest, on_all_cores},
    graph::Graph,
    keys::Keys,
    list::{BlockError, List},
    top::{Hit, Top},
};

/// What is searched for what.
pub(crate) struct Sides<'a> {
    pub(crate) left: &'a List<'a>,
    pub(crate) right: &'a List<'a>,
    /// True where both are the same list, whose records are no partners of their own.
    pub(crate) one_list: bool,
}

/// Hits of each left record, and the time for building a graph, which is built from so many right ones on.
pub(crate) fn by_vectors(
    sides: &Sides<'_>,
    keys: Option<&Keys<'_>>,
    depth: usize,
    graph_from: usize,
) -> Result<(Vec<Vec<Hit>>, Duration), BlockError> {
    let Sides {
        left,
        right,
        one_list,
    } = *sides;
    let a = one_each(left).ok_or(BlockError::Vectors("left"))?;
    let b = one_each(right)
        .filter(|b| b.width() == a.width() || a.is_empty() || b.is_empty())
        .ok_or(BlockError::Vectors("right"))?;
    let (a, b) = (Matrix::of(a), Matrix::of(b));
    let mut graph_took = Duration::ZERO;
    let hits = match keys {
        Some(keys) => within_keys(&a, &b, keys, depth, one_list),
        None if b.len() >= graph_from => {
            let begin = Instant::now();
            let graph = Graph::build(&b);
            graph_took = begin.elapsed();
            graph.nearest(&a, depth, one_list)
        }
        None => nearest(&a, &b, depth, one_list),
    };
    // From places in the matrix to rows of the list: what has no direction has no hits.
    let mut all = vec![Vec::new(); left.texts.len()];
    for (&row, hits) in a.rows.iter().zip(hits) {
        all[row as usize] = hits;
    }
    Ok((all, graph_took))
}

/// The vectors of a list that has one for each text.
fn one_each<'a>(list: &List<'a>) -> Option<&'a Vectors> {
    list.vectors.filter(|all| all.len() == list.texts.len())
}

/// Groups of equal keys are small, so that each of their pairs is compared.
fn within_keys(
    left: &Matrix,
    right: &Matrix,
    keys: &Keys<'_>,
    k: usize,
    one_list: bool,
) -> Vec<Vec<Hit>> {
    let mut place = HashMap::with_capacity(right.len());
    for (at, &row) in right.rows.iter().enumerate() {
        place.insert(row, at);
    }
    let places: Vec<usize> = (0..left.len()).collect();
    on_all_cores(&places, |&at| {
        let own = left.rows[at];
        let mut top = Top::new(k);
        for row in keys.partners(own) {
            if let Some(&other) = place.get(&row).filter(|_| !(one_list && row == own)) {
                top.offer(row, dot(left.vector(at), right.vector(other)));
            }
        }
        vec![top.into_hits()]
    })
}
