//! Search by a graph (HNSW: Malkov and Yashunin, TPAMI 42, 2020) where exact search would take too long.
//!
//! The graph proposes, exact products decide. hnsw_rs 0.3.5 can cut a point's last edge when a list of
//! neighbours is full, so every point is looked up once after the build, and those that are not found stand in
//! a list of strays that every query searches exactly. Points go in one after the other: its parallel
//! insertion gives another graph every time. The graph is never stored.

use hnsw_rs::{anndists::dist::distances::Distance, hnsw::Hnsw};
use midband_core::{GOLDEN, mix};

use crate::{
    exact::{Matrix, dot, nearest, on_all_cores},
    top::{Hit, Top},
};

/// Right records from which on the graph is searched. Measured on two busy cores with vectors of 384 numbers: exact search
/// answers 1,000 queries a second among 100,000 records, and ten times fewer among ten times more; a graph of 100,000 takes
/// ten minutes to build, one point after the other, and answers a hundred or so. Extrapolated, building and searching a list
/// with one of the same length, the graph pays from here on.
pub const GRAPH_FROM: usize = 2_000_000;
/// Edges of a point in the graph.
pub const NEIGHBOURS: usize = 24;
/// Points looked at while a point is added.
pub const EF_CONSTRUCTION: usize = 200;
/// Points looked at in a search, at least: a recall at 10 of .990 on 100,000 vectors, of which two fifths are invented people.
pub const EF_SEARCH: usize = 480;
/// Points that a second look at a lost point goes through, and how many it may return.
const WIDE: (usize, usize) = (1_024, 200);
/// Levels of the graph.
const LAYERS: usize = 16;

/// 1 minus the cosine, never below 0: rounding makes it negative, which the library takes for an error.
#[derive(Clone, Copy, Default)]
struct Clamped;

impl Distance<f32> for Clamped {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

/// All places once, the same way every time. A list whose records stand together by kind gives a worse graph in its own order
/// (recall .973 for .990 on 100,000 vectors): what comes first has no edges to what comes last.
fn shuffled(count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by_cached_key(|&place| mix((place as u64).wrapping_add(GOLDEN)));
    places
}

/// A searchable list.
pub(crate) struct Graph<'a> {
    points: &'a Matrix,
    graph: Hnsw<'a, f32, Clamped>,
    strays: Vec<usize>,
}

impl<'a> Graph<'a> {
    pub(crate) fn build(points: &'a Matrix) -> Self {
        let mut graph = Hnsw::new(NEIGHBOURS, points.len(), LAYERS, EF_CONSTRUCTION, Clamped);
        for at in shuffled(points.len()) {
            graph.insert_slice((points.vector(at), at));
        }
        graph.set_searching_mode(true);
        let mut built = Self {
            points,
            graph,
            strays: Vec::new(),
        };
        let places: Vec<usize> = (0..points.len()).collect();
        built.strays = on_all_cores(&places, |&at| {
            let found = |ef: usize, k: usize| {
                let hits = built.graph.search(points.vector(at), k, ef);
                hits.iter().any(|hit| hit.d_id == at)
            };
            // Among many equal points a narrow look misses one that is there.
            if found(EF_SEARCH, 10) || found(WIDE.0, WIDE.1) {
                Vec::new()
            } else {
                vec![at]
            }
        });
        built
    }

    /// The `k` nearest points of each row of `left`, as [`nearest`] gives them.
    pub(crate) fn nearest(&self, left: &Matrix, k: usize, skip_self: bool) -> Vec<Vec<Hit>> {
        let places: Vec<usize> = (0..left.len()).collect();
        on_all_cores(&places, |&at| {
            let (query, own) = (left.vector(at), left.rows[at]);
            let proposed = self.graph.search(query, k + 1, EF_SEARCH.max(2 * (k + 1)));
            if proposed.is_empty() && self.points.len() > 0 {
                let one = Matrix {
                    width: left.width,
                    values: query.to_vec(),
                    rows: vec![own],
                };
                return nearest(&one, self.points, k, skip_self);
            }
            let mut top = Top::new(k);
            let mut places: Vec<usize> = proposed.iter().map(|hit| hit.d_id).collect();
            places.extend(&self.strays);
            places.sort_unstable();
            places.dedup();
            for place in places {
                let row = self.points.rows[place];
                if !(skip_self && row == own) {
                    top.offer(row, dot(query, self.points.vector(place)));
                }
            }
            vec![top.into_hits()]
        })
    }
}
