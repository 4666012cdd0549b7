//! Which pairs a fit learns from.

use crate::{comparison_levels::MISSING, em::Pairs, fit::Task, hash, model::Model, region::Region};

/// Candidates that are fitted at most of those that may match by the shipped weights, and half as many of the
/// others; more are thinned by chance, and what is left stands for all of them.
const FITTED: usize = 60_000;
/// Log odds by the shipped weights from which a candidate may match.
const MAY_MATCH: f64 = -8.0;

/// A labelled pair with its levels.
pub(crate) struct Labelled {
    pair: (u32, u32),
    p_match: f64,
    levels: Vec<u8>,
}

impl Task<'_> {
    /// Labelled pairs with their levels.
    pub(crate) fn said(&self, said: &[((u32, u32), f64)]) -> Vec<Labelled> {
        said.iter()
            .map(|((a, b), p)| {
                let mut levels = vec![MISSING; self.compared.width()];
                self.compared.levels(*a, *b, &mut levels);
                Labelled {
                    pair: (*a, *b),
                    p_match: p.clamp(1e-4, 1.0 - 1e-4),
                    levels,
                }
            })
            .collect()
    }

    /// Numbers of the candidates that are fitted, each with how many it stands for.
    pub(crate) fn thin(
        &self,
        hashes: &[u64],
        region: Option<&Region>,
        said: &[Labelled],
        model: &Model,
    ) -> Vec<(usize, f64)> {
        let labelled: rustc_hash::FxHashSet<(u32, u32)> = said.iter().map(|one| one.pair).collect();
        let width = self.compared.width();
        let scores = self.scores(model);
        let inside = (0..self.pairs.len())
            .filter(|at| {
                region.is_none_or(|region| region.holds(&self.levels[at * width..][..width]))
            })
            .filter(|at| !labelled.contains(&self.pairs[*at]));
        let (strong, weak): (Vec<usize>, Vec<usize>) =
            inside.partition(|at| scores[*at] >= MAY_MATCH);
        let mut chosen = Vec::new();
        for (of, most) in [(strong, FITTED), (weak, FITTED / 2)] {
            let share = (most as f64 / of.len().max(1) as f64 * u64::MAX as f64) as u64;
            let drawn = |at: &usize| {
                let (a, b) = self.pairs[*at];
                hash::mix(self.seed ^ hashes[a as usize].wrapping_add(hashes[b as usize])) <= share
            };
            let all = of.len() as f64;
            let kept: Vec<usize> = of.into_iter().filter(drawn).collect();
            let weight = all / kept.len().max(1) as f64;
            chosen.extend(kept.into_iter().map(|at| (at, weight)));
        }
        chosen
    }

    pub(crate) fn fitted(
        &self,
        model: &Model,
        chosen: &[(usize, f64)],
        region: Option<&Region>,
        said: &[Labelled],
    ) -> Pairs {
        let width = self.compared.width();
        let mut out = Pairs::default();
        let mut add = |(a, b): (u32, u32), levels: &[u8], weight: f64, said: f64, inside: bool| {
            out.levels.extend_from_slice(levels);
            out.ln_u.extend(
                levels
                    .iter()
                    .enumerate()
                    .map(|(field, level)| match *level {
                        MISSING => 0.0,
                        _ => model.chance.ln_u(self.compared, levels, field, (a, b)),
                    }),
            );
            out.weight.push(weight);
            out.said.push(said);
            out.inside.push(inside);
        };
        for (at, weight) in chosen {
            add(
                self.pairs[*at],
                &self.levels[at * width..][..width],
                *weight,
                0.5,
                true,
            );
        }
        for one in said {
            let inside = region.is_none_or(|region| region.holds(&one.levels));
            add(one.pair, &one.levels, 1.0, one.p_match, inside);
        }
        out
    }
}
