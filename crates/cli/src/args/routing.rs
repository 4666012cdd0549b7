//! Which pairs the judge is asked about, and what a run learns.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use midband::{
    Band, BandError, DEFAULT_BAND_ON_COSINE, DEFAULT_BAND_ON_PROXY, ExpandTerms,
    features::FeatureSet,
    model::TaskKind,
    router::{GainOptions, Reference},
};

#[derive(Debug, Args)]
#[command(next_help_heading = "Routing")]
pub(crate) struct RoutingArgs {
    /// Which pairs to ask the judge about. [default: target with --target, band with --band, budget with --max-questions, else gain]
    #[arg(long, env = "MIDBAND_POLICY", value_enum)]
    pub(crate) policy: Option<PolicyArg>,
    /// The ambiguous band. Pairs below LOWER are rejected, pairs from UPPER up are accepted, and the judge is asked about the rest.
    /// [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]
    #[arg(
        long,
        env = "MIDBAND_BAND",
        value_name = "LOWER..UPPER",
        allow_hyphen_values = true
    )]
    pub(crate) band: Option<Band>,
    /// The score that the band applies to. [default: cosine]
    #[arg(long, env = "MIDBAND_BAND_ON", value_enum)]
    pub(crate) band_on: Option<BandOnArg>,
    #[command(flatten)]
    pub(crate) min_gain: MinGainArgs,
    /// Maximum number of pairs to ask the judge about. Implies `--policy budget`.
    #[arg(long, env = "MIDBAND_MAX_QUESTIONS", value_name = "N")]
    pub(crate) max_questions: Option<usize>,
    /// Time limit for asking the judge, such as 30m. The most useful questions come first; the rest stays unanswered.
    /// [default: none]
    #[arg(long, env = "MIDBAND_TIME_LIMIT", value_name = "TIME")]
    pub(crate) time_limit: Option<String>,
    /// Quality to certify against the judge's answers: accuracy=X, precision=X, recall=X, precision=X,recall=Y or f1=X.
    #[arg(long, env = "MIDBAND_TARGET", value_name = "QUALITY=X")]
    pub(crate) target: Option<String>,
    /// Probability that the certified quality is not met.
    #[arg(long, env = "MIDBAND_DELTA", default_value_t = 0.1, value_name = "D", value_parser = delta)]
    pub(crate) delta: f64,
    /// Reference for --target: the judge, or `gold` for the labels in the input. With `gold`, midband reads labels instead of
    /// asking a judge, and only those that the policy needs. Pairs without a label stay unanswered.
    #[arg(
        long,
        env = "MIDBAND_REFERENCE",
        default_value = "judge",
        value_name = "judge|gold"
    )]
    pub(crate) reference: Reference,
    /// A calibration that `midband calibrate` wrote.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Number of pairs to learn from. The other pairs of a longer input are scored with the result.
    #[arg(
        long,
        env = "MIDBAND_SAMPLE",
        default_value_t = midband_run::DEFAULT_SAMPLE,
        value_name = "N",
        value_parser = super::pairs::at_least::<1>
    )]
    pub(crate) sample: usize,
    /// Number of settled pairs, drawn at random, to ask the judge about at the end. Reports how often it disagrees, with an interval.
    #[arg(long, env = "MIDBAND_AUDIT", default_value_t = 0, value_name = "N")]
    pub(crate) audit: usize,
    /// Which pairs to embed if the policy learns.
    #[arg(long, env = "MIDBAND_EMBED", value_enum, default_value_t)]
    pub(crate) embed: EmbedArg,
    #[command(flatten)]
    pub(crate) learning: LearningArgs,
}

impl RoutingArgs {
    /// The fixed band: as given, or the default one if the band policy is named.
    pub(crate) fn wanted_band(&self) -> Result<Option<Band>, BandError> {
        let (lower, upper) = match (self.band, self.band_on) {
            (Some(band), _) => return Ok(Some(band)),
            (None, Some(BandOnArg::Proxy)) => DEFAULT_BAND_ON_PROXY,
            (None, Some(BandOnArg::Cosine)) => DEFAULT_BAND_ON_COSINE,
            (None, None) if self.policy == Some(PolicyArg::Band) => DEFAULT_BAND_ON_COSINE,
            (None, None) => return Ok(None),
        };
        Band::new(lower, upper).map(Some)
    }

    /// True if a fixed band is named.
    pub(crate) fn names_band(&self) -> bool {
        self.band.is_some() || self.band_on.is_some()
    }

    /// The policy in force.
    pub(crate) fn policy_in_force(&self) -> PolicyArg {
        PolicyHints {
            target: self.target.is_some(),
            band: self.names_band(),
            max_questions: self.max_questions.is_some(),
        }
        .policy(self.policy)
    }
}

/// What else is set that says which policy is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PolicyHints {
    pub(crate) target: bool,
    pub(crate) band: bool,
    pub(crate) max_questions: bool,
}

impl PolicyHints {
    /// The policy that is named, or else the one that is meant.
    pub(crate) fn policy(self, named: Option<PolicyArg>) -> PolicyArg {
        named.unwrap_or(if self.target {
            PolicyArg::Target
        } else if self.band {
            PolicyArg::Band
        } else if self.max_questions {
            PolicyArg::Budget
        } else {
            PolicyArg::Gain
        })
    }
}

/// When a question is worth its cost.
#[derive(Clone, Debug, Args)]
pub(crate) struct MinGainArgs {
    /// Minimum expected gain of a judge call, in wrong decisions avoided. At 0.02, the judge may be asked fifty questions to
    /// correct one decision. A higher value means fewer questions and more errors.
    #[arg(long, env = "MIDBAND_MIN_GAIN", default_value_t = GainOptions::default().min_gain, value_name = "P", value_parser = min_gain)]
    pub(crate) min_gain: f64,
}

impl MinGainArgs {
    pub(crate) fn options(&self) -> GainOptions {
        GainOptions::at_min_gain(self.min_gain)
    }
}

fn delta(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(delta) if delta > 0.0 && delta < 1.0 => Ok(delta),
        _ => Err("must be a probability between 0 and 1, both excluded".to_owned()),
    }
}

fn cost(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(cost) if cost.is_finite() && cost > 0.0 => Ok(cost),
        _ => Err("must be a number above 0".to_owned()),
    }
}

fn min_gain(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(min_gain) if (0.0..1.0).contains(&min_gain) => Ok(min_gain),
        _ => Err("must be at least 0 and below 1".to_owned()),
    }
}

/// Options that learning runs and calibrations share.
#[derive(Debug, Args)]
pub(crate) struct LearningArgs {
    /// Kind of texts. [default: records if most texts look like "field: value; …", narratives if most look like clinical notes,
    /// else general]
    #[arg(
        long,
        env = "MIDBAND_TASK_KIND",
        value_name = "records|questions|terms|narratives|general"
    )]
    pub(crate) task_kind: Option<TaskKind>,
    /// Features to use: all, cosine (the cosine alone), or a list of names and groups.
    #[arg(
        long,
        env = "MIDBAND_FEATURES",
        default_value = "all",
        value_name = "all|cosine|LIST"
    )]
    pub(crate) features: FeatureSet,
    /// Your own lexicon: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). midband adds its
    /// names to the built-in clinical ones. Repeatable. `midband lexicon import` makes one from a UMLS, RxNorm or SNOMED CT
    /// release.
    #[arg(
        long,
        env = "MIDBAND_LEXICON",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub(crate) lexicon: Vec<PathBuf>,
    /// Whether to write out names of the lexicons before texts are embedded: "T2DM (type 2 diabetes)". Only the embedding model
    /// reads these texts.
    #[arg(long, env = "MIDBAND_EXPAND_TERMS", value_enum, default_value_t)]
    pub(crate) expand_terms: ExpandTermsArg,
    /// Goal of the decisions. [default: cost if a cost is named; else that of the calibration; else f1 for texts that look like
    /// records, accuracy for other texts and for columns]
    #[arg(long, env = "MIDBAND_GOAL", value_enum)]
    pub(crate) goal: Option<GoalArg>,
    #[command(flatten)]
    pub(crate) costs: CostArgs,
    /// Cost of a manual review. Pairs that are worth it get decision = review. Implies --goal cost.
    #[arg(long, env = "MIDBAND_COST_REVIEW", value_name = "COST", value_parser = cost)]
    pub(crate) cost_review: Option<f64>,
}

/// Costs of wrong decisions. They set the threshold of a run, and `eval` adds them up.
#[derive(Debug, Args)]
pub(crate) struct CostArgs {
    /// Cost of a false match. [default: 1; 5 for lists of people compared by columns]
    #[arg(
        long = "cost-false-match",
        env = "MIDBAND_COST_FALSE_MATCH",
        value_name = "COST",
        value_parser = cost
    )]
    pub(crate) false_match: Option<f64>,
    /// Cost of a missed match. [default: 1]
    #[arg(
        long = "cost-missed-match",
        env = "MIDBAND_COST_MISSED_MATCH",
        value_name = "COST",
        value_parser = cost
    )]
    pub(crate) missed_match: Option<f64>,
}

impl CostArgs {
    /// True if a cost is given.
    pub(crate) fn are_given(&self) -> bool {
        self.false_match.is_some() || self.missed_match.is_some()
    }

    /// The costs as given; 1 for the rest.
    pub(crate) fn or_one(&self) -> midband_report::Costs {
        midband_report::Costs {
            false_match: self.false_match.unwrap_or(1.0),
            missed_match: self.missed_match.unwrap_or(1.0),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyArg {
    /// A fixed band. Works on a stream of any length.
    Band,
    /// Ask if a verdict is worth --min-gain, and learn from every verdict.
    Gain,
    /// As gain, with at most --max-questions questions.
    Budget,
    /// As many questions as --target needs.
    Target,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmbedArg {
    /// Every pair.
    All,
    /// Only pairs that the wording leaves undecided, if a calibration or the prior for records shows that nothing is lost.
    /// The cosine of the other pairs is null. With --target, every pair.
    #[default]
    Auto,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpandTermsArg {
    /// If 50 labels or more show that it helps, or the calibration was made so. Never for records or the pairs of lists.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl From<ExpandTermsArg> for ExpandTerms {
    fn from(arg: ExpandTermsArg) -> Self {
        match arg {
            ExpandTermsArg::Auto => Self::Auto,
            ExpandTermsArg::On => Self::On,
            ExpandTermsArg::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoalArg {
    /// The most correct decisions.
    Accuracy,
    /// The highest F1 for matches.
    F1,
    /// The lowest cost.
    Cost,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum BandOnArg {
    #[default]
    Cosine,
    Proxy,
}
