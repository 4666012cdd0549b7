//! What labels taught, in words.

use midband::{Calibrated, model::Calibration};
use midband_metrics::{Labelled, accuracy_at, auroc, brier, calibration_error, f1_at};
use midband_report::LabelWeights;
use midband_run::{number_of, number_that};

use crate::summary::WRITTEN_OUT;

/// What is said of labels that tell next to nothing apart; cross-validated, so chance alone lies at one half.
pub(super) fn weak(calibrated: &Calibrated) -> Option<String> {
    let of =
        auroc(&labelled(&calibrated.proxy, &calibrated.weights)).filter(|auroc| *auroc < WEAK)?;
    Some(format!(
        "midband: these labels separate matches hardly better than chance (AUROC {of:.2}): label more pairs, or use a judge\n"
    ))
}

/// AUROC below which labels are said to tell next to nothing.
const WEAK: f64 = 0.6;

/// Scores with their labels, each by its weight; without weights, all alike.
fn labelled(scored: &[(f64, bool)], weights: &[f64]) -> Vec<Labelled> {
    let weights = weights.iter().copied().chain(std::iter::repeat(1.0));
    let weighed = scored.iter().zip(weights);
    weighed
        .map(|(&(score, is_match), weight)| Labelled::new(score, is_match).weighing(weight))
        .collect()
}

/// How labels of pairs that waited for review were taken; none where all were drawn alike.
pub(super) fn weighed(all: &[f64], weights: &LabelWeights) -> Option<String> {
    let LabelWeights {
        by_value, drawn, ..
    } = weights;
    if weights.differ() {
        // Kish, Survey Sampling (1965).
        let squares: f64 = all.iter().map(|weight| weight * weight).sum();
        let effective = all.iter().sum::<f64>().powi(2) / squares;
        return Some(format!(
            "midband: {} labeled because they waited for review and {drawn} because they were drawn at random: each \
             label counts by the inverse of its chance to be drawn, and all together as much as {effective:.0} labels drawn at random\n",
            number_that(*by_value as u64, "pair", ["was", "were"])
        ));
    }
    (*by_value > 0).then(|| {
        "midband: all labels are of pairs that waited for review: these figures hold for such pairs alone. Add labels of pairs drawn at \
         random (`midband review --random 40`) for figures that hold for all\n"
            .to_owned()
    })
}

/// The figures of a calibration.
pub(super) fn figures_of(calibrated: &Calibrated, why_none: &str) -> String {
    let calibration = &calibrated.calibration;
    let figures = |name: &str, scored: &[(f64, bool)], weights: &[f64], cut: f64| {
        let labelled = labelled(scored, weights);
        let shown =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        format!(
            "midband: {name:24} AUROC {}, accuracy {}, F1 {}, Brier {}, ECE {}\n",
            shown(auroc(&labelled)),
            shown(accuracy_at(&labelled, cut)),
            shown(f1_at(&labelled, cut)),
            shown(brier(&labelled)),
            shown(calibration_error(&labelled))
        )
    };
    let mut text = format!(
        "midband: {}, texts treated as {}; all figures are cross-validated\n",
        number_of(calibration.labels as u64, "label"),
        calibration.kind
    );
    if calibration.embedding_model.writes_names_out() {
        text += &format!("midband: {WRITTEN_OUT}\n");
    }
    if calibration.labels < Calibration::ENOUGH_LABELS {
        text += &format!(
            "midband: {} few: these figures may be far off, and scores stay uncalibrated below {} labels\n",
            number_that(calibration.labels as u64, "label", ["is", "are"]),
            Calibration::ENOUGH_LABELS
        );
    }
    let weights = &calibrated.weights;
    text += &figures("cosine, default map", &calibrated.cosine, weights, 0.5);
    text += &figures("proxy", &calibrated.proxy, weights, calibration.rule.cut);
    text += &match calibrated.embed_plan {
        Some(plan) => format!(
            "midband: runs with this calibration embed {:.0} % of such pairs (`--embed all` embeds every pair); cost in likelihood: {:.3} ± {:.3} nats per pair\n",
            plan.share * 100.0,
            plan.loss,
            plan.error
        ),
        None => {
            "midband: runs with this calibration embed every pair, because wording alone would lose too much\n".to_owned()
        }
    };
    if calibrated.judged.is_empty() {
        text += &format!(
            "midband: judge: {}; its reliability is assumed\n",
            if why_none.is_empty() {
                "no answer"
            } else {
                why_none
            }
        );
    } else {
        text += &figures("judge alone", &calibrated.judged, &[], 0.5);
        text += &format!(
            "midband: the judge finds {:.0} % of matches and {:.0} % of non-matches ({})\n",
            calibration.judge.sensitivity() * 100.0,
            calibration.judge.specificity() * 100.0,
            number_of(calibrated.judged.len() as u64, "labeled pair")
        );
    }
    text
}
