//! Which prompting mode `auto` takes, and why.
//!
//! Where `doctor` has measured the model on this server, the mode with the most information a second, of those that tell
//! matches from other pairs at all. Unmeasured, a thinking model gets thoughts that several pairs share, and any other is asked yes or no
//! by the probabilities of one token: with a 1.8 B model that mode alone ranked 100 pairs of medical questions well (AUROC .85; .40 to
//! .66 in the others), for less time.

use midband_core::Pace;
use midband_llm::Capabilities;
use serde::Serialize;

use crate::{
    measurements::{Escalation, MeasuredCosts},
    mode::{PromptingMode, SecondLook},
    mode_information::Knowledge,
};

/// Seconds per pair that share a thought in threes (MedGemma 1.5 4B, q4, on an M3 Pro: 7.37 s for three).
const THINKING: f64 = 7.37 / 3.0;
/// Seconds per pair for an answer of one token (a 1.8 B model, q4, on two cores).
const ANSWERING: f64 = 0.89;

/// The mode that was set, or that `auto` picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picked {
    /// The mode.
    pub mode: PromptingMode,
    /// One sentence for the user.
    pub why: String,
    /// How pairs are asked again that the mode leaves unsure, where the measurements say that it pays.
    pub second_look: Option<SecondLook>,
}

/// Seconds per pair in a mode: as measured, else as others measured it.
pub(crate) fn pace(mode: PromptingMode, measured: Option<&MeasuredCosts>) -> Pace {
    let known = measured.and_then(|measured| measured.seconds_a_pair.get(&mode));
    let guess = if mode.thinks() { THINKING } else { ANSWERING };
    Pace {
        seconds_a_pair: known.copied().unwrap_or(guess),
        measured: known.is_some(),
    }
}

/// Settles the mode for a server with these capabilities and a model that may think.
pub(crate) fn settle(
    mode: Option<PromptingMode>,
    can: Capabilities,
    thinks: bool,
    measured: Option<&MeasuredCosts>,
) -> Picked {
    let picked = |mode, why: String| Picked {
        mode,
        why,
        second_look: None,
    };
    if let Some(mode) = mode {
        return picked(mode, "as set".to_owned());
    }
    let possible = possible(can);
    if let Some(tried) = measured.filter(|measured| measured.tried) {
        let known = possible
            .iter()
            .filter_map(|mode| Some((*mode, *tried.knowledge.get(mode)?)));
        let known: Vec<_> = known.collect();
        if !known.is_empty() {
            return pick_tried(&known);
        }
    }
    let best = measured.and_then(|measured| {
        let mode = measured.best_of(&possible)?;
        Some((
            mode,
            measured.knowledge.get(&mode)?,
            measured.seconds_a_pair.get(&mode)?,
        ))
    });
    if let Some((mode, escalation)) = measured.and_then(|measured| escalated(measured, best?.0)) {
        let known = escalation.knowledge;
        return Picked {
            mode,
            why: format!(
                "the most information a second that was measured: AUROC {:.2} on {} known pairs at {:.3} s a pair, with a thought about \
                 the {:.0} % that yes or no leaves unsure",
                known.auroc.unwrap_or(0.5),
                known.answered,
                escalation.seconds_a_pair,
                escalation.unsure * 100.0
            ),
            second_look: Some(SecondLook::Think),
        };
    }
    if let Some((mode, known, seconds)) = best {
        let why = format!(
            "the most information a second that was measured: AUROC {:.2} on {} known pairs at {seconds:.3} s a pair",
            known.auroc.unwrap_or(0.5),
            known.answered
        );
        return picked(mode, why);
    }
    let silent = measured.is_some_and(|measured| {
        let mut known = measured.knowledge.values();
        known.any(|known| known.has_signal() == Some(false))
    });
    let prefix = if silent {
        "no mode that was measured tells matches from other pairs: this model may know nothing of the task; "
    } else {
        ""
    };
    if thinks {
        let why = "a thinking model: several pairs share a thought; `doctor` measures what other modes know";
        return picked(PromptingMode::Think, format!("{prefix}{why}"));
    }
    match possible.first() {
        Some(&mode) => picked(
            mode,
            format!(
                "{prefix}the first that server and model can do; `doctor` measures what each mode knows"
            ),
        ),
        None => picked(
            PromptingMode::Standard,
            format!("{prefix}the server takes neither schema nor logprobs"),
        ),
    }
}

/// The first mode with signal, unless a later one is better beyond chance; without any signal, the first that answers.
pub(crate) fn pick_tried(known: &[(PromptingMode, Knowledge)]) -> Picked {
    let mut best: Option<&(PromptingMode, Knowledge)> = None;
    for candidate in known {
        if candidate.1.has_signal() != Some(true) {
            continue;
        }
        if best.is_none_or(|(_, other)| candidate.1.is_better_than(other)) {
            best = Some(candidate);
        }
    }
    let figures = known.iter().map(|(mode, known)| match known.auroc {
        Some(area) => format!("{mode} {area:.2}"),
        None => format!("{mode} no answer"),
    });
    let figures = figures.collect::<Vec<_>>().join(", ");
    let asked = known.iter().map(|(_, known)| known.asked).max();
    let asked = asked.unwrap_or(0);
    match best {
        Some((mode, _)) => Picked {
            mode: *mode,
            why: format!("tried first on {asked} known pairs, AUROC {figures}"),
            second_look: None,
        },
        None => {
            let answers = known
                .iter()
                .find(|(_, known)| 2 * known.answered > known.asked);
            let mode = answers.or(known.first()).map(|(mode, _)| *mode);
            Picked {
                mode: mode.unwrap_or(PromptingMode::Standard),
                why: format!(
                    "no mode told {asked} known pairs apart beyond chance (AUROC {figures}): this model may know nothing of the task; \
                     `doctor` measures thoughts too"
                ),
                second_look: None,
            }
        }
    }
}

/// Yes or no with a thought about what it leaves unsure, where that is worth more a second than the best mode alone.
fn escalated(measured: &MeasuredCosts, best: PromptingMode) -> Option<(PromptingMode, Escalation)> {
    let escalation = measured.escalation?;
    let pays = escalation.worth()? > measured.worth(best)?;
    pays.then_some((PromptingMode::YesNo, escalation))
}

/// What can be asked of a server, the mode that ranked pairs best with a real model first.
pub(crate) fn possible(can: Capabilities) -> Vec<PromptingMode> {
    let mut possible = Vec::new();
    if can.top_logprobs >= 10 {
        possible.push(PromptingMode::YesNo);
        if can.pattern {
            possible.push(PromptingMode::Digits);
        }
    }
    if can.schema {
        possible.extend([PromptingMode::Array, PromptingMode::Keyed]);
    }
    if possible.is_empty() && can.pattern {
        // Ten steps without anything finer are still a token a pair.
        possible.push(PromptingMode::Digits);
    }
    if !possible.is_empty() {
        possible.extend([PromptingMode::Think, PromptingMode::Standard]);
    }
    possible
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Capabilities = Capabilities {
        raw_turns: true,
        schema: true,
        pattern: true,
        top_logprobs: 20,
        prompt_arrays: false,
        loads_models: true,
        pulls_models: true,
        sets_context: true,
    };

    fn known(auroc: f64) -> Knowledge {
        Knowledge {
            asked: 40,
            answered: 40,
            right: 20,
            auroc: Some(auroc),
            auroc_error: 0.05,
            distinct: 30,
        }
    }

    fn measured(modes: &[(PromptingMode, f64, f64)]) -> MeasuredCosts {
        MeasuredCosts {
            digest: "d".to_owned(),
            seconds_a_pair: modes
                .iter()
                .map(|(mode, seconds, _)| (*mode, *seconds))
                .collect(),
            knowledge: modes
                .iter()
                .map(|(mode, _, auroc)| (*mode, known(*auroc)))
                .collect(),
            ..MeasuredCosts::default()
        }
    }

    #[test]
    fn unmeasured_a_thinking_model_thinks_and_others_say_yes_or_no() {
        let pick = |can, thinks| settle(None, can, thinks, None).mode;
        assert_eq!(pick(ALL, true), PromptingMode::Think);
        assert_eq!(pick(ALL, false), PromptingMode::YesNo);
        let blind = Capabilities {
            top_logprobs: 0,
            ..ALL
        };
        assert_eq!(pick(blind, false), PromptingMode::Array);
        let coarse = Capabilities {
            schema: false,
            ..blind
        };
        assert_eq!(pick(coarse, false), PromptingMode::Digits);
        let bare = Capabilities {
            pattern: false,
            ..coarse
        };
        assert_eq!(pick(bare, false), PromptingMode::Standard);
        let set = settle(Some(PromptingMode::Keyed), ALL, true, None);
        assert_eq!(set.mode, PromptingMode::Keyed);
    }

    #[test]
    fn measured_the_most_information_a_second_wins_and_noise_is_given_up() {
        use PromptingMode::{Array, Digits, Keyed, Think, YesNo};
        let issue = measured(&[(YesNo, 0.89, 0.852), (Digits, 0.2, 0.52), (Keyed, 1.4, 0.5)]);
        let picked = settle(None, ALL, true, Some(&issue));
        assert_eq!(picked.mode, YesNo);
        assert!(
            picked.why.contains("0.85") && picked.why.contains("0.890 s"),
            "{}",
            picked.why
        );
        // Half as sure for a tenth of the time.
        let cheap = measured(&[(Think, 5.0, 0.95), (Array, 0.1, 0.75)]);
        assert_eq!(settle(None, ALL, true, Some(&cheap)).mode, Array);
        let noise = measured(&[(YesNo, 0.2, 0.55), (Digits, 0.2, 0.5)]);
        let picked = settle(None, ALL, false, Some(&noise));
        assert_eq!(picked.mode, YesNo);
        assert!(picked.why.contains("may know nothing"), "{}", picked.why);
        // Of the version before: time without knowledge decides nothing.
        let old =
            r#"{"digest": "d", "seconds_a_pair": {"glance": 0.06, "constrained digits": 0.01}}"#;
        let old: MeasuredCosts = serde_json::from_str(old).unwrap();
        assert_eq!(settle(None, ALL, false, Some(&old)).mode, YesNo);
    }

    fn tried(auroc: f64, answered: usize) -> Knowledge {
        Knowledge {
            asked: 16,
            answered,
            right: 8,
            auroc: (answered > 0).then_some(auroc),
            auroc_error: 0.1,
            distinct: answered,
        }
    }

    #[test]
    fn the_first_mode_with_signal_stays_unless_another_is_better_beyond_chance() {
        use PromptingMode::{Array, Digits, YesNo};
        let mode = |known: &[(PromptingMode, Knowledge)]| pick_tried(known).mode;
        let (good, better, best) = (tried(0.75, 16), tried(0.85, 16), tried(0.99, 16));
        assert_eq!(mode(&[(YesNo, good), (Digits, better)]), YesNo);
        assert_eq!(mode(&[(YesNo, good), (Digits, best)]), Digits);
        let none = tried(0.5, 16);
        assert_eq!(mode(&[(YesNo, none), (Digits, good)]), Digits);
        assert_eq!(mode(&[(YesNo, none), (Digits, none)]), YesNo);
        let lost = pick_tried(&[(YesNo, tried(0.5, 0)), (Digits, none), (Array, none)]);
        assert_eq!(lost.mode, Digits);
        assert!(lost.why.contains("may know nothing") && lost.why.contains("yes-no no answer"));
    }

    #[test]
    fn a_thought_about_the_unsure_is_taken_where_it_pays() {
        use PromptingMode::{Think, YesNo};
        let escalation = |auroc, seconds_a_pair| Escalation {
            unsure: 0.3,
            seconds_a_pair,
            knowledge: known(auroc),
        };
        let with = |escalation| MeasuredCosts {
            escalation: Some(escalation),
            ..measured(&[(YesNo, 1.0, 0.75), (Think, 3.0, 0.9)])
        };
        let paid = settle(None, ALL, false, Some(&with(escalation(0.95, 2.0))));
        assert_eq!(
            (paid.mode, paid.second_look),
            (YesNo, Some(SecondLook::Think))
        );
        assert!(paid.why.contains("30 %"), "{}", paid.why);
        let dear = settle(None, ALL, false, Some(&with(escalation(0.8, 2.0))));
        assert_eq!((dear.mode, dear.second_look), (YesNo, None));
    }

    #[test]
    fn a_kept_trial_settles_as_it_did() {
        use PromptingMode::{Digits, YesNo};
        let trial = MeasuredCosts {
            tried: true,
            ..measured(&[(YesNo, 1.0, 0.8), (Digits, 0.1, 0.8)])
        };
        let picked = settle(None, ALL, false, Some(&trial));
        assert_eq!(picked.mode, YesNo);
        assert!(picked.why.contains("tried first"), "{}", picked.why);
    }
}
