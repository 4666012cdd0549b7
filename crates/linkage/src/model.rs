//! Chance and what was learnt, and the odds of a pair by them.

use crate::{
    classes::{CHANCE, CLASSES, MOVED, SAME},
    comparison_levels::MISSING,
    frequency::Chance,
    learnt::{Learnt, Logs, ln_sum},
    pair_levels::Compared,
    types::ColumnType,
};

/// What a pair's score has beside its columns.
pub(crate) const BESIDE: [&str; 2] = ["moved house", "another person of the place"];

/// Chance and what was learnt: all that a score needs.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) chance: Chance,
    pub(crate) learnt: Learnt,
    pub(crate) logs: Logs,
}

impl Model {
    /// Match weight of a field (natural logarithm), where it is not missing.
    pub(crate) fn weight(
        &self,
        compared: &Compared,
        levels: &[u8],
        field: usize,
        pair: (u32, u32),
    ) -> f64 {
        self.logs.m[field][levels[field] as usize]
            - f64::from(self.chance.ln_u(compared, levels, field, pair))
    }

    /// How much of what tells records apart matches disagree on, from 0 to 1: columns count by what agreement on
    /// them costs by chance.
    pub(crate) fn doubt(&self, compared: &Compared) -> f64 {
        let (mut differ, mut all) = (0.0, 0.0);
        // Two texts about one person may be of two days.
        let fields = compared.fields.iter().enumerate();
        for (at, _) in fields.filter(|(_, field)| field.kind != ColumnType::FreeText) {
            let (m, u) = (&self.learnt.m[at], &self.chance.u[at]);
            let present = self.chance.present[at];
            let telling = -u[0].ln() * present;
            differ += telling * m.last().copied().unwrap_or(0.0);
            all += telling;
        }
        differ / f64::max(all, f64::MIN_POSITIVE)
    }

    /// Match weights (log2) of a pair by column, then of what is not of one column ([`BESIDE`]).
    pub(crate) fn features(
        &self,
        compared: &Compared,
        levels: &[u8],
        pair: (u32, u32),
        out: &mut Vec<f64>,
    ) {
        let bits = |nats: f64| nats / std::f64::consts::LN_2;
        out.extend(levels.iter().enumerate().map(|(at, level)| match *level {
            MISSING => 0.0,
            _ => bits(self.weight(compared, levels, at, pair)),
        }));
        let classes = self.classes(compared, levels, pair.0, pair.1);
        let moved = ln_sum(&classes[..CHANCE]) - classes[SAME];
        out.push(bits(moved));
        out.push(bits(
            log_odds(&classes) - moved - (classes[SAME] - classes[CHANCE]),
        ));
    }

    /// Logarithms of each class against chance.
    pub(crate) fn classes(
        &self,
        compared: &Compared,
        levels: &[u8],
        a: u32,
        b: u32,
    ) -> [f64; CLASSES] {
        let mut ln_u = [0.0_f32; 64];
        for field in (0..levels.len()).filter(|field| levels[*field] != MISSING) {
            ln_u[field] = self.chance.ln_u(compared, levels, field, (a, b));
        }
        self.learnt
            .classes(&self.logs, levels, &ln_u[..levels.len()])
    }
}

/// Natural log odds of a match from the classes.
pub(crate) fn log_odds(classes: &[f64; CLASSES]) -> f64 {
    ln_sum(&classes[SAME..=MOVED]) - ln_sum(&classes[CHANCE..])
}

/// Probability of log odds.
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
