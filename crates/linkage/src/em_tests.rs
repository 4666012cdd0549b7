//! The fit on simulated agreements.

use crate::{
    classes::{CHANCE, Classes, MOVED, SAME},
    comparison_levels::{self, MISSING, SWAPPED},
    em::{self, Pairs},
    hash,
    learnt::Learnt,
    monotone_levels::falling,
    pair_levels::Compared,
    prepare::Field,
    region::Region,
    types::ColumnType,
};

const KINDS: [ColumnType; 5] = [
    ColumnType::FamilyName,
    ColumnType::MiddleName,
    ColumnType::Date,
    ColumnType::Identifier,
    ColumnType::Category,
];

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 += 1;
        hash::mix(self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)) as f64 / u64::MAX as f64
    }

    fn level(&mut self, of: &[f64]) -> u8 {
        let mut left = self.roll();
        for (level, p) in of.iter().enumerate() {
            if left < *p {
                return level as u8;
            }
            left -= p;
        }
        of.len() as u8 - 1
    }
}

fn compared() -> Compared {
    let field = |(at, kind): (usize, &ColumnType)| Field {
        name: format!("c{at}"),
        kind: *kind,
        values: Vec::new(),
        codes: Vec::new(),
        placeholders: 0,
        reading: crate::ColumnReading::default(),
    };
    Compared::new(KINDS.iter().enumerate().map(field).collect(), 0)
}

/// True m falls with the levels, u grows; the free level of names is rare in both.
fn truth(kind: ColumnType, at: usize) -> (Vec<f64>, Vec<f64>) {
    let count = comparison_levels::levels(kind).len();
    let mut m: Vec<f64> = (0..count)
        .map(|level| 0.3_f64.powi(level as i32) + 0.02)
        .collect();
    let mut u: Vec<f64> = (0..count)
        .map(|level| 0.1_f64.powi((count - 1 - level) as i32) * (0.2 + 0.1 * at as f64) + 1e-3)
        .collect();
    for of in [&mut m, &mut u] {
        let sum: f64 = of.iter().sum();
        of.iter_mut().for_each(|p| *p /= sum);
    }
    (m, u)
}

struct Simulated {
    pairs: Pairs,
    m: Vec<Vec<f64>>,
    u: Vec<Vec<f64>>,
    all: usize,
    matches: usize,
    /// Matches among the pairs that are seen; they come first.
    seen: usize,
}

/// Pairs of a list of which only those in the region are seen.
fn simulate(
    region: Option<&Region>,
    matches: usize,
    others: usize,
    missing: f64,
    seed: u64,
) -> Simulated {
    let mut dice = Dice(seed << 32);
    let (m, u): (Vec<_>, Vec<_>) = KINDS
        .iter()
        .enumerate()
        .map(|(at, kind)| truth(*kind, at))
        .unzip();
    let mut pairs = Pairs::default();
    let mut seen = 0;
    for pair in 0..matches + others {
        let from = if pair < matches { &m } else { &u };
        let levels: Vec<u8> = from
            .iter()
            .map(|of| {
                if dice.roll() < missing {
                    MISSING
                } else {
                    dice.level(of)
                }
            })
            .collect();
        if region.is_none_or(|region| region.holds(&levels)) {
            let ln_u = levels
                .iter()
                .zip(&u)
                .map(|(level, u)| u.get(*level as usize).map_or(0.0, |u| u.ln() as f32));
            pairs.ln_u.extend(ln_u);
            pairs.levels.extend(levels);
            pairs.weight.push(1.0);
            pairs.said.push(0.5);
            pairs.inside.push(true);
            seen += usize::from(pair < matches);
        }
    }
    Simulated {
        pairs,
        m,
        u,
        all: matches + others,
        matches,
        seen,
    }
}

fn run(simulated: &Simulated, region: Option<&Region>, missing: f64) -> (Learnt, Vec<f64>) {
    let compared = compared();
    let classes = Classes::new(&compared.fields);
    let start = Learnt::start(
        &compared,
        &classes,
        simulated.matches as f64 / 4.0,
        simulated.all as f64,
    );
    let present = vec![(1.0 - missing).powi(1); KINDS.len()];
    em::fit(
        &simulated.pairs,
        start,
        em::Given {
            classes: &classes,
            compared: &compared,
            u: &simulated.u,
            present: &present,
            region,
        },
    )
}

fn assert_recovered(simulated: &Simulated, learnt: &Learnt, what: &str) {
    let found = learnt.pairs[SAME] + learnt.pairs[MOVED];
    let true_matches = simulated.matches as f64;
    // Overlap with chance costs some of the information; four standard errors and that.
    assert!(
        (found - true_matches).abs() < 6.0 * true_matches.sqrt() + 0.01 * true_matches,
        "{what}: {found} matches of {true_matches}"
    );
    for (field, (estimate, truth)) in learnt.m.iter().zip(&simulated.m).enumerate() {
        for (level, (estimate, truth)) in estimate.iter().zip(truth).enumerate() {
            if KINDS[field].is_name() && level == SWAPPED as usize {
                continue;
            }
            let error = (truth * (1.0 - truth) / true_matches).sqrt();
            assert!(
                (estimate - truth).abs() < 6.0 * error + 0.004,
                "{what}: field {field} level {level}: {estimate} for {truth}, error {error}"
            );
        }
    }
}

#[test]
fn parameters_are_recovered_when_all_pairs_are_seen() {
    let simulated = simulate(None, 4000, 100_000, 0.1, 1);
    let (learnt, _) = run(&simulated, None, 0.1);
    assert_recovered(&simulated, &learnt, "all pairs");
    assert_eq!(learnt.pairs[CHANCE], simulated.all as f64);
}

#[test]
fn parameters_are_recovered_from_the_pairs_of_blocking_rules_alone() {
    // Pairs that agree on the date, on the identifier, or on name and category. Agreement on these columns is
    // nearly certain among what is seen; the estimate must be that of all matches all the same.
    let region = Region::new(&[vec![2], vec![3], vec![0, 4]]);
    let simulated = simulate(region.as_ref(), 6000, 150_000, 0.1, 2);
    let (learnt, _) = run(&simulated, region.as_ref(), 0.1);
    assert_recovered(&simulated, &learnt, "blocked");
    let seen = simulated
        .pairs
        .levels
        .chunks(KINDS.len())
        .take(simulated.seen)
        .filter(|levels| levels[2] != MISSING);
    let naive = seen.clone().filter(|levels| levels[2] == 0).count() as f64 / seen.count() as f64;
    assert!(
        naive - simulated.m[2][0] > 0.05,
        "{naive} {}",
        simulated.m[2][0]
    );
}

#[test]
fn the_objective_never_falls() {
    for seed in 0..12 {
        let region = (seed % 2 == 1)
            .then(|| Region::new(&[vec![2], vec![0, 3], vec![1, 4]]))
            .flatten();
        let mut simulated = simulate(
            region.as_ref(),
            40 + 60 * seed as usize,
            3000,
            0.2,
            100 + seed,
        );
        for (at, said) in simulated.pairs.said.iter_mut().enumerate().step_by(7) {
            *said = [0.9, 0.2, 0.5][at % 3];
        }
        for inside in simulated.pairs.inside.iter_mut().step_by(29) {
            *inside = seed % 3 != 0;
        }
        let (_, trace) = run(&simulated, region.as_ref(), 0.2);
        assert!(trace.len() > 2, "{trace:?}");
        for step in trace.windows(2) {
            assert!(
                step[1] >= step[0] - 1e-7 * step[0].abs(),
                "seed {seed}: {trace:?}"
            );
        }
    }
}

#[test]
fn pooled_levels_fall_and_keep_their_sum() {
    let u = [0.01, 0.02, 0.07, 0.9];
    let m = falling(&[50.0, 1.0, 40.0, 9.0], &u, None, 1.0);
    assert!((m.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(
        m.windows(2)
            .zip(u.windows(2))
            .all(|(m, u)| m[0] / u[0] >= m[1] / u[1] - 1e-12),
        "{m:?}"
    );
    assert!(
        (m[1] / m[2] - u[1] / u[2]).abs() < 1e-12,
        "pooled levels share one weight: {m:?}"
    );
    let kept = falling(&[90.0, 5.0, 5.0], &[0.1, 0.1, 0.8], None, 1.0);
    assert!(
        kept.iter()
            .zip([0.9, 0.05, 0.05])
            .all(|(a, b)| (a - b).abs() < 1e-12),
        "{kept:?}"
    );
}
