//! `midband calibrate --compare-modes`: which prompting mode is worth its time, on the user's own pairs and server.

use std::time::Instant;

use anyhow::Result;
use midband::{
    Judge, LabelledPair,
    judge::{JudgeSettings, LlmJudge, PromptingMode},
    model::{JudgeCovariates, JudgeModel, KeyedRng, PairKey, numeric::logit},
};

/// Keeps this draw apart from every other use of the seed.
const PURPOSE: u64 = 0xc09a_0000;

/// One mode, measured.
struct Measured {
    mode: PromptingMode,
    simulated: bool,
    answered: usize,
    right: usize,
    seconds_a_pair: f64,
    /// Wrong decisions put right, a pair asked.
    gain: f64,
}

/// A seeded sample of the gold pairs.
pub(crate) fn sample(gold: &[LabelledPair], pairs: usize, seed: u64) -> Vec<LabelledPair> {
    let draw = KeyedRng::new(seed, PURPOSE);
    let mut sample: Vec<LabelledPair> = gold.to_vec();
    sample.sort_by_key(|gold| draw.rank(PairKey::from(&gold.pair.id)));
    sample.truncate(pairs);
    sample
}

/// Asks the sample in every mode, past the cache, and shows agreement, time and what the time is worth.
/// `proxy` are probabilities of a match before any verdict, from which the worth of a verdict follows.
pub(crate) async fn compare(
    settings: &JudgeSettings,
    sample: &[LabelledPair],
    proxy: &[f64],
) -> Result<String> {
    let pairs: Vec<_> = sample.iter().map(|gold| gold.pair.clone()).collect();
    // One server of our own for all modes.
    let _kept = match &settings.local {
        Some(local) => Some(local.server().await?),
        None => None,
    };
    let mut rows = Vec::new();
    for mode in PromptingMode::ALL {
        let settings = JudgeSettings {
            mode: Some(mode),
            cache: None,
            ..settings.clone()
        };
        let judge = LlmJudge::connect(settings).await?;
        // The first request may load the model, which no later one does.
        judge.judge(&pairs[..1]).await?;
        let started = Instant::now();
        let verdicts = judge.judge(&pairs).await?;
        let seconds = started.elapsed().as_secs_f64();
        let answers = verdicts.iter().zip(sample).filter_map(|(verdict, gold)| {
            let answer = verdict.outcome.as_ref().ok()?;
            Some(answer.says_match() == gold.is_match)
        });
        let (answered, right) = answers.fold((0, 0), |(all, right), is| {
            (all + 1, right + usize::from(is))
        });
        rows.push(Measured {
            mode,
            simulated: judge.is_simulated(),
            answered,
            right,
            seconds_a_pair: seconds / pairs.len() as f64,
            gain: gain(answered, right, proxy),
        });
    }
    Ok(shown(&rows, pairs.len()))
}

/// Expected wrong decisions that a verdict puts right, over pairs with these probabilities. The share of
/// right answers is held back by two right and one wrong beforehand: forty pairs prove little.
fn gain(answered: usize, right: usize, proxy: &[f64]) -> f64 {
    let rate = (right as f64 + 2.0) / (answered as f64 + 3.0);
    let Ok(judge) = JudgeModel::new(rate, rate) else {
        return 0.0;
    };
    let worth = |p: &f64| {
        let (before, after) = judge.expected_loss(
            logit(p.clamp(1e-6, 1.0 - 1e-6)),
            &JudgeCovariates::AVERAGE,
            0.5,
        );
        (before - after).max(0.0)
    };
    proxy.iter().map(worth).sum::<f64>() / proxy.len().max(1) as f64
}

fn shown(rows: &[Measured], pairs: usize) -> String {
    let mut text = format!("midband: prompting modes, on {pairs} gold pairs\n");
    text += &format!(
        "{:20} {:>9} {:>10} {:>14} {:>12} {:>18}\n",
        "mode", "answered", "agreement", "seconds a pair", "gain a pair", "gain a second"
    );
    for row in rows {
        let agreement = if row.answered == 0 {
            f64::NAN
        } else {
            row.right as f64 / row.answered as f64
        };
        text += &format!(
            "{:20} {:>9} {agreement:>10.3} {:>14.4} {:>12.4} {:>18.4}{}\n",
            row.mode,
            row.answered,
            row.seconds_a_pair,
            row.gain,
            row.gain / row.seconds_a_pair.max(1e-9),
            if row.simulated { "  SIMULATED" } else { "" }
        );
    }
    text
}
