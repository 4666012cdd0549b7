//! Which prompting mode `auto` takes, and why.
//!
//! Measured costs on the user's own server decide where there are any (`doctor` takes them); without
//! them the order of the costs that were recorded with both Ollama generations does: digits, array,
//! keyed, and one pair a request where nothing else works.

use std::collections::BTreeMap;

use midband_llm::Capabilities;
use serde::{Deserialize, Serialize};

use crate::mode::PromptingMode;

/// Seconds a pair in each mode, as measured on one server with one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCosts {
    /// Digest of the model that was measured.
    pub digest: String,
    /// Seconds a pair at the default batch size.
    pub seconds_a_pair: BTreeMap<PromptingMode, f64>,
    /// True where a simulator was measured.
    #[serde(default)]
    pub simulated: bool,
}

/// The mode that was set, or that `auto` picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picked {
    /// The mode.
    pub mode: PromptingMode,
    /// One sentence for the user.
    pub why: String,
}

/// Settles the mode for a server with these capabilities and a model of this digest.
pub(crate) fn settle(
    mode: Option<PromptingMode>,
    can: Capabilities,
    costs: Option<(&MeasuredCosts, &str)>,
) -> Picked {
    let picked = |mode, why: String| Picked { mode, why };
    if let Some(mode) = mode {
        return picked(mode, "as set".to_owned());
    }
    let mut possible = Vec::new();
    if can.pattern && can.top_logprobs >= 10 {
        possible.push(PromptingMode::Digits);
    }
    if can.schema {
        possible.extend([PromptingMode::Array, PromptingMode::Keyed]);
    }
    if can.top_logprobs >= 10 {
        possible.push(PromptingMode::YesNo);
    }
    if possible.is_empty() && can.pattern {
        // Ten steps without anything finer are still a token a pair.
        possible.push(PromptingMode::Digits);
    }
    let measured = costs
        .filter(|(costs, digest)| costs.digest == **digest)
        .map(|(costs, _)| &costs.seconds_a_pair);
    let cheapest = possible
        .iter()
        .filter_map(|mode| Some((*mode, *measured?.get(mode)?)))
        .filter(|(_, seconds)| seconds.is_finite() && *seconds > 0.0)
        .min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((mode, seconds)) = cheapest {
        let why = format!("the cheapest measured on this server: {seconds:.3} s a pair");
        return picked(mode, why);
    }
    match possible.first() {
        Some(&mode) => picked(
            mode,
            "the cheapest that server and model can do, by recorded costs".to_owned(),
        ),
        None => picked(
            PromptingMode::Standard,
            "the server takes neither schema nor logprobs".to_owned(),
        ),
    }
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

    #[test]
    fn auto_takes_what_is_possible_and_cheapest() {
        let pick = |can, costs: Option<(&MeasuredCosts, &str)>| settle(None, can, costs);
        assert_eq!(pick(ALL, None).mode, PromptingMode::Digits);
        let blind = Capabilities {
            top_logprobs: 0,
            ..ALL
        };
        assert_eq!(pick(blind, None).mode, PromptingMode::Array);
        let bare = Capabilities {
            schema: false,
            pattern: false,
            ..blind
        };
        assert_eq!(pick(bare, None).mode, PromptingMode::Standard);
        let patternless = Capabilities {
            pattern: false,
            ..ALL
        };
        assert_eq!(pick(patternless, None).mode, PromptingMode::Array);
        let coarse = Capabilities {
            pattern: true,
            ..bare
        };
        assert_eq!(pick(coarse, None).mode, PromptingMode::Digits);
        // As a file of the version before has them.
        let costs = r#"{"digest": "d", "seconds_a_pair": {"glance": 0.06, "constrained digits": 0.15, "think": 0.01}}"#;
        let costs: MeasuredCosts = serde_json::from_str(costs).unwrap();
        let picked = pick(ALL, Some((&costs, "d")));
        assert_eq!(picked.mode, PromptingMode::YesNo);
        assert!(picked.why.contains("0.060 s"));
        // Costs of another model say nothing.
        let other = pick(ALL, Some((&costs, "e"))).mode;
        assert_eq!(other, PromptingMode::Digits);
        let set = settle(Some(PromptingMode::Think), ALL, None);
        assert_eq!(set.mode, PromptingMode::Think);
        let written = serde_json::to_string(&costs).unwrap();
        assert!(written.contains("yes-no") && !written.contains("glance"));
    }
}
