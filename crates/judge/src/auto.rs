//! Which way of asking `auto` takes, and why.
//!
//! Measured costs on the user's own server decide where there are any (`doctor` takes them); without
//! them the order of the costs that were recorded with both Ollama generations does: digits, array,
//! keyed, and one pair a request where nothing else works.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    mode::{Format, Mode, Style},
    transport::Capabilities,
};

/// Seconds a pair of each way of asking, by its words (`constrained digits`, `think`, …), as measured
/// on one server with one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCosts {
    /// Digest of the model that was measured.
    pub digest: String,
    /// Seconds a pair at the default batch size.
    pub seconds_a_pair: BTreeMap<String, f64>,
    /// True where a simulator was measured.
    #[serde(default)]
    pub simulated: bool,
}

/// What `auto` picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picked {
    /// The mode, never [`Mode::Auto`].
    pub mode: Mode,
    /// The form of a constrained answer.
    pub format: Format,
    /// One sentence for the user.
    pub why: String,
}

/// Settles the mode for a server with these capabilities and a model of this digest.
pub(crate) fn settle(
    mode: Mode,
    format: Format,
    can: Capabilities,
    costs: Option<(&MeasuredCosts, &str)>,
) -> Picked {
    if mode != Mode::Auto {
        return Picked {
            mode,
            format,
            why: "as set".to_owned(),
        };
    }
    let mut possible = Vec::new();
    if can.pattern && can.top_logprobs >= 10 {
        possible.push((Mode::Constrained, Format::Digits));
    }
    if can.schema {
        possible.push((Mode::Constrained, Format::Array));
        possible.push((Mode::Constrained, Format::Keyed));
    }
    if can.top_logprobs >= 10 {
        possible.push((Mode::Glance, Format::default()));
    }
    if possible.is_empty() && can.pattern {
        // Ten steps without anything finer are still a token a pair.
        possible.push((Mode::Constrained, Format::Digits));
    }
    let measured = costs
        .filter(|(costs, digest)| costs.digest == **digest)
        .map(|(costs, _)| costs);
    let cost = |&(mode, format): &(Mode, Format)| {
        let seconds = measured?
            .seconds_a_pair
            .get(Style::of(mode, format).as_str());
        seconds
            .copied()
            .filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    };
    let cheapest = possible
        .iter()
        .filter_map(|way| cost(way).map(|cost| (*way, cost)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some(((mode, format), seconds)) = cheapest {
        let why = format!("the cheapest measured on this server: {seconds:.3} s a pair");
        return Picked { mode, format, why };
    }
    match possible.first() {
        Some(&(mode, format)) => Picked {
            mode,
            format,
            why: "the cheapest that server and model can do, by recorded costs".to_owned(),
        },
        None => Picked {
            mode: Mode::Standard,
            format,
            why: "the server takes neither schema nor logprobs".to_owned(),
        },
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
        let pick = |can, costs: Option<(&MeasuredCosts, &str)>| {
            settle(Mode::Auto, Format::Digits, can, costs)
        };
        let picked = pick(ALL, None);
        assert_eq!(
            (picked.mode, picked.format),
            (Mode::Constrained, Format::Digits)
        );
        let blind = Capabilities {
            top_logprobs: 0,
            ..ALL
        };
        assert_eq!(pick(blind, None).format, Format::Array);
        let bare = Capabilities {
            schema: false,
            pattern: false,
            ..blind
        };
        assert_eq!(pick(bare, None).mode, Mode::Standard);
        let patternless = Capabilities {
            pattern: false,
            ..ALL
        };
        assert_eq!(pick(patternless, None).format, Format::Array);
        let coarse = Capabilities {
            pattern: true,
            ..bare
        };
        assert_eq!(pick(coarse, None).format, Format::Digits);
        let costs = MeasuredCosts {
            digest: "d".to_owned(),
            seconds_a_pair: [
                ("glance".to_owned(), 0.06),
                ("constrained digits".to_owned(), 0.15),
                ("think".to_owned(), 0.01),
            ]
            .into(),
            simulated: false,
        };
        let picked = pick(ALL, Some((&costs, "d")));
        assert_eq!(picked.mode, Mode::Glance);
        assert!(picked.why.contains("0.060 s"));
        // Costs of another model say nothing.
        assert_eq!(pick(ALL, Some((&costs, "e"))).mode, Mode::Constrained);
        assert_eq!(
            settle(Mode::Think, Format::Array, ALL, None).mode,
            Mode::Think
        );
    }
}
