//! Levels whose weights fall from more to less agreement.

/// The most likely m probabilities for these counts whose ratio to u falls from level to level: pooling of
/// neighbours that violate it (Barlow et al. 1972). Level `free` is left out of the order.
/// No more than `most` of them are at the last level: what two records of a person hardly ever disagree on cannot
/// be what a class of matches disagrees on.
pub(crate) fn falling(counts: &[f64], u: &[f64], free: Option<usize>, most: f64) -> Vec<f64> {
    let all: f64 = counts.iter().sum();
    let mut m: Vec<f64> = counts.iter().map(|count| count / all).collect();
    let mut pools: Vec<(f64, f64, Vec<usize>)> = Vec::new();
    for level in (0..counts.len()).filter(|level| Some(*level) != free) {
        pools.push((counts[level], u[level], vec![level]));
        while let [.., (a, ua, _), (b, ub, _)] = pools.as_slice()
            && b / ub > a / ua
            && let Some((b, ub, more)) = pools.pop()
            && let Some((a, ua, levels)) = pools.last_mut()
        {
            *a += b;
            *ua += ub;
            levels.extend(more);
        }
    }
    for (count, of, levels) in pools {
        for level in levels {
            m[level] = count / all * u[level] / of;
        }
    }
    if let Some((last, others)) = m.split_last_mut()
        && *last > most
    {
        let scale = (1.0 - most) / (1.0 - *last).max(1e-12);
        others.iter_mut().for_each(|m| *m *= scale);
        *last = most;
    }
    m
}
