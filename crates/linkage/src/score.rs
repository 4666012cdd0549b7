//! Scores of pairs, and why.

use crate::{
    classes::{CHANCE, CLASSES, SAME},
    comparison_levels::{self, MISSING},
    linker::Linker,
    model::{BESIDE, log_odds, probability},
};

/// What one column, or something beside the columns, adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Header of the left list; empty for the prior and for what is not of one column.
    pub column: String,
    /// The comparison level, in words.
    pub level: String,
    /// Match weight: logarithm to base 2 of the Bayes factor.
    pub weight_log2: f64,
}

/// The score of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Natural log odds of a match; the sum of the parts times ln 2.
    pub log_odds: f64,
    /// The prior first, then the columns, then what is beside them.
    pub parts: Vec<Part>,
}

impl Scored {
    /// Probability of a match, 0 to 1.
    pub fn probability(&self) -> f64 {
        probability(self.log_odds)
    }
}

/// A pair with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Record of the left list; in one list the smaller number.
    pub left: u32,
    /// Record of the right list, or the greater number in one list.
    pub right: u32,
    /// Natural log odds of a match.
    pub log_odds: f64,
}

impl Link {
    /// Probability of a match, 0 to 1.
    pub fn probability(&self) -> f64 {
        probability(self.log_odds)
    }
}

/// m and u of a level.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelWeight {
    /// The level, in words.
    pub level: &'static str,
    /// Share of true matches at this level, of those with a value on both sides.
    pub m: f64,
    /// Share of random pairs at this level.
    pub u: f64,
}

/// The learnt levels of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnWeights {
    /// Header of the left list.
    pub column: String,
    /// Its type.
    pub kind: crate::ColumnType,
    /// From most to least agreement.
    pub levels: Vec<LevelWeight>,
}

impl Linker {
    /// Learnt m and u by column and level; empty before the fit.
    pub fn weights(&self) -> Vec<ColumnWeights> {
        let Some((model, _)) = &self.fitted else {
            return Vec::new();
        };
        let fields = self.compared.fields.iter().enumerate();
        fields
            .map(|(at, field)| ColumnWeights {
                column: field.name.clone(),
                kind: field.kind,
                levels: comparison_levels::levels(field.kind)
                    .iter()
                    .zip(model.learnt.m[at].iter().zip(&model.chance.u[at]))
                    .map(|(level, (m, u))| LevelWeight {
                        level: level.name,
                        m: *m,
                        u: *u,
                    })
                    .collect(),
            })
            .collect()
    }

    /// Expected numbers of pairs: matches at one address, matches that moved, all pairs, pairs of one area, of
    /// one household, twins, people of one household and one name. None before the fit.
    pub fn class_sizes(&self) -> Option<[f64; CLASSES]> {
        self.fitted.as_ref().map(|(model, _)| model.learnt.pairs)
    }

    /// Score of any pair of records, candidate or not; none before the fit or where a record does not exist.
    pub fn score(&self, (left, right): (u32, u32)) -> Option<Scored> {
        let (a, b, levels) = self.levels_of(left, right)?;
        let (model, _) = self.fitted.as_ref()?;
        let classes = model.classes(&self.compared, &levels, a, b);
        let bits = |nats: f64| nats / std::f64::consts::LN_2;
        let beside = |level: &str, nats: f64| Part {
            column: String::new(),
            level: level.to_owned(),
            weight_log2: bits(nats),
        };
        let mut parts = vec![beside(
            "prior",
            model.learnt.pairs[SAME].ln() - model.learnt.pairs[CHANCE].ln(),
        )];
        for (at, (field, level)) in self.compared.fields.iter().zip(&levels).enumerate() {
            let (level, weight) = match *level {
                MISSING => ("missing", 0.0),
                level => (
                    comparison_levels::levels(field.kind)[level as usize].name,
                    model.weight(&self.compared, &levels, at, (a, b)),
                ),
            };
            parts.push(Part {
                column: field.name.clone(),
                level: level.to_owned(),
                weight_log2: bits(weight),
            });
        }
        let by_columns = log_odds(&classes);
        let moved = crate::learnt::ln_sum(&classes[..CHANCE]) - classes[SAME];
        parts.push(beside("or moved house", moved));
        parts.push(beside(
            "or another person of the place",
            by_columns - moved - (classes[SAME] - classes[CHANCE]),
        ));
        let context = self.context.get(&(a, b)).copied().unwrap_or(0.0);
        if context != 0.0 {
            parts.push(beside("other records", context));
        }
        Some(Scored {
            log_odds: by_columns + context,
            parts,
        })
    }

    /// All pairs with their scores, by left and right record: the candidates, and those that a third record
    /// brings together. Empty before the fit.
    pub fn links(&self) -> Vec<Link> {
        let shift = self.split.unwrap_or(0) as u32;
        let pairs = self
            .candidates
            .as_deref()
            .unwrap_or_default()
            .iter()
            .zip(&self.scores);
        let mut links: Vec<Link> = pairs
            .map(|(pair, score)| Link {
                left: pair.left,
                right: pair.right,
                log_odds: score
                    + self
                        .context
                        .get(&(pair.left, pair.right + shift))
                        .copied()
                        .unwrap_or(0.0),
            })
            .collect();
        let known = self.candidates.as_deref().unwrap_or_default();
        for (a, b) in self.context.keys() {
            let place =
                known.binary_search_by_key(&(*a, b - shift), |pair| (pair.left, pair.right));
            if place.is_err()
                && let Some(scored) = self.score((*a, b - shift))
            {
                links.push(Link {
                    left: *a,
                    right: b - shift,
                    log_odds: scored.log_odds,
                });
            }
        }
        links.sort_unstable_by_key(|link| (link.left, link.right));
        links
    }

    /// Names of what [`Linker::features`] writes.
    pub fn feature_names(&self) -> Vec<String> {
        let columns = self.compared.fields.iter().map(|field| field.name.clone());
        columns.chain(BESIDE.map(str::to_owned)).collect()
    }

    /// Match weights (log2) of a pair by column, then of what is beside the columns; zeros before the fit. The
    /// vector is cleared first.
    pub fn features(&self, (left, right): (u32, u32), out: &mut Vec<f64>) {
        out.clear();
        let width = self.compared.width() + BESIDE.len();
        let found = self.levels_of(left, right).zip(self.fitted.as_ref());
        let Some(((a, b, levels), (model, _))) = found else {
            out.resize(width, 0.0);
            return;
        };
        model.features(&self.compared, &levels, (a, b), out);
    }

    fn levels_of(&self, left: u32, right: u32) -> Option<(u32, u32, Vec<u8>)> {
        let (a, b) = match self.split {
            Some(split) => (left, right.checked_add(split as u32)?),
            None => (left.min(right), left.max(right)),
        };
        if a as usize >= self.split.unwrap_or(self.compared.rows)
            || b as usize >= self.compared.rows
            || a == b
        {
            return None;
        }
        let mut levels = vec![MISSING; self.compared.width()];
        self.compared.levels(a, b, &mut levels);
        Some((a, b, levels))
    }
}
