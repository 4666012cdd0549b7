//! How many labels a target takes at the very least, whatever the method: said before anything is spent.

use super::{Quality, exact::upper_bound};

/// Fewest labels with which a target can be certified over `n` pairs of which a share `prevalence`
/// match, with failure probability `delta`, if not one label is a surprise and the pairs that are not
/// asked are nearly all of them. `None` where no number of labels below `n` does.
pub fn label_floor(quality: Quality, n: usize, prevalence: f64, delta: f64) -> Option<usize> {
    let matches = prevalence * n as f64;
    // Pairs that are settled unasked, and mistakes among them that the target allows.
    let (settled, allowed) = match quality {
        Quality::Accuracy(t) => (n, (1.0 - t) * n as f64),
        Quality::Recall(t) => (n - matches as usize, (1.0 - t) * matches),
        Quality::Precision(t) => (matches as usize, (1.0 - t) * matches),
        Quality::PrecisionRecall { recall, .. } => (n - matches as usize, (1.0 - recall) * matches),
        Quality::F1(t) => (n - matches as usize, (1.0 - t) * matches),
    };
    let enough = |m: &usize| upper_bound(0, *m, settled, delta) as f64 <= allowed;
    let (mut low, mut high) = (0, settled);
    if settled == 0 || !enough(&high) {
        return (settled == 0).then_some(0);
    }
    while low < high {
        let middle = (low + high) / 2;
        if enough(&middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_about_ln_delta_over_the_share_allowed() {
        // m ~ ln(1/d) N_low / ((1-T) P): about 270 at 10 % prevalence, T = .90, d = .05; 3000 at 1 %.
        let of = |prevalence| label_floor(Quality::Recall(0.9), 100_000, prevalence, 0.05).unwrap();
        assert!((260..280).contains(&of(0.1)), "{}", of(0.1));
        assert!((2800..3050).contains(&of(0.01)), "{}", of(0.01));
        let accuracy = label_floor(Quality::Accuracy(0.95), 10_000, 0.5, 0.1).unwrap();
        assert!((44..47).contains(&accuracy), "{accuracy}");
    }
}
