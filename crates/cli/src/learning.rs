//! What a run learns by, from the settings.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use midband::{
    Learning,
    combiner::{Calibration, Costs, Goal},
    router::{Budget, GainOptions, Policy, Quality, Target},
};

use crate::args::{EmbedArg, GoalArg, LearningArgs, PolicyArg, RoutingArgs};

/// How the run learns; `None` for a fixed band.
pub(crate) fn learning(args: &RoutingArgs) -> Result<Option<Learning>> {
    let chosen = args
        .policy
        .unwrap_or(match (&args.target, &args.calibration) {
            (Some(_), _) => PolicyArg::Target,
            (None, Some(_)) => PolicyArg::Gain,
            (None, None) => PolicyArg::Band,
        });
    let policy = match (chosen, &args.target, args.max_questions) {
        (PolicyArg::Band, Some(_), _) => {
            bail!("--target needs `--policy target`: a fixed band certifies nothing")
        }
        (PolicyArg::Band, None, _) => return Ok(None),
        (PolicyArg::Gain, ..) => Policy::Gain(GainOptions::default()),
        (PolicyArg::Budget, _, None) => bail!("`--policy budget` needs --max-questions"),
        (PolicyArg::Budget, _, questions) => {
            let budget = Budget {
                questions,
                ..Budget::default()
            };
            Policy::Budget(GainOptions::default(), budget)
        }
        (PolicyArg::Target, None, _) => {
            bail!("`--policy target` needs --target, for example precision=0.95,recall=0.9")
        }
        (PolicyArg::Target, Some(text), _) => Policy::Target(Target {
            delta: args.delta,
            ..Target::new(quality(text)?)
        }),
    };
    let calibration = args
        .calibration
        .as_deref()
        .map(read_calibration)
        .transpose()?;
    let shared = options(&args.learning, policy)?;
    Ok(Some(Learning {
        // Its weights belong to its own features.
        features: calibration
            .as_ref()
            .map_or(shared.features, |calibration| calibration.features.clone()),
        calibration,
        embed_unsure_only: args.embed == EmbedArg::Auto,
        ..shared
    }))
}

/// Goal, features and kind.
pub(crate) fn options(args: &LearningArgs, policy: Policy) -> Result<Learning> {
    let goal = match args.goal {
        GoalArg::Accuracy => Goal::Accuracy,
        GoalArg::F1 => Goal::F1,
        GoalArg::Cost => Goal::Cost(Costs {
            false_match: args.costs.false_match,
            missed_match: args.costs.missed_match,
            review: args.cost_review,
        }),
    };
    Ok(Learning {
        goal,
        features: args.features.clone(),
        kind: args.task_kind,
        ..Learning::new(policy)
    })
}

/// A calibration that `midband calibrate` wrote.
pub(crate) fn read_calibration(path: &Path) -> Result<Arc<Calibration>> {
    let named = || format!("the calibration {} can't be used", path.display());
    let text = fs::read_to_string(path).with_context(named)?;
    Ok(Arc::new(Calibration::from_json(&text).with_context(named)?))
}

/// `accuracy=X`, `precision=X`, `recall=X`, `precision=X,recall=Y` or `f1=X`.
fn quality(text: &str) -> Result<Quality> {
    let wrong = || {
        anyhow!("{text:?} is no target; write precision=0.95,recall=0.9 or accuracy=0.95 or f1=0.9")
    };
    let mut parts = Vec::new();
    for part in text.split(',') {
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let value: f64 = value.trim().parse().map_err(|_| wrong())?;
        if !(value > 0.0 && value < 1.0) {
            bail!("a target lies between 0 and 1, got {value}");
        }
        parts.push((name.trim().to_ascii_lowercase(), value));
    }
    parts.sort_by(|x, y| x.0.cmp(&y.0));
    let parts: Vec<(&str, f64)> = parts
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    match parts[..] {
        [("accuracy", value)] => Ok(Quality::Accuracy(value)),
        [("precision", value)] => Ok(Quality::Precision(value)),
        [("recall", value)] => Ok(Quality::Recall(value)),
        [("f1", value)] => Ok(Quality::F1(value)),
        [("precision", precision), ("recall", recall)] => {
            Ok(Quality::PrecisionRecall { precision, recall })
        }
        _ => Err(wrong()),
    }
}
