//! What a run learns by, from the settings.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband::{
    Learning,
    lexicon::SharedLexicon,
    model::{Calibration, Costs, Goal},
    router::{Budget, Policy, Reference, Target},
};

use crate::{
    args::{EmbedArg, GoalArg, LearningArgs, PolicyArg, RoutingArgs},
    judging::duration,
};

/// How the run learns; `None` for a fixed band.
pub(crate) fn learning(args: &RoutingArgs) -> Result<Option<Learning>> {
    let chosen = args.policy_in_force();
    if args.names_band() && chosen != PolicyArg::Band {
        bail!("--band and --band-on need `--policy band`");
    }
    if args.calibration.is_some() && chosen == PolicyArg::Band {
        bail!("a fixed band cannot use a calibration: omit --calibration or the band");
    }
    if args.reference == Reference::Gold && chosen != PolicyArg::Target {
        bail!("--reference gold needs --target");
    }
    let time_limit = args.time_limit.as_deref().map(duration).transpose()?;
    if !args.learning.lexicon.is_empty() && chosen == PolicyArg::Band {
        bail!("a fixed band cannot use a lexicon: omit --lexicon or the band");
    }
    if time_limit.is_some() && chosen == PolicyArg::Band {
        bail!(
            "a fixed band asks about every pair in it: use --max-judge-time, or omit --time-limit or the band"
        );
    }
    if time_limit.is_some() && chosen == PolicyArg::Target {
        bail!("a target needs all of its questions: omit --time-limit or --target");
    }
    let policy = match (chosen, &args.target, args.max_questions) {
        (PolicyArg::Band, Some(_), _) => {
            bail!("--target needs `--policy target`; a fixed band cannot certify anything")
        }
        (PolicyArg::Band, None, _) => return Ok(None),
        (PolicyArg::Gain, ..) => Policy::Gain(args.min_gain.options()),
        (PolicyArg::Budget, _, None) => bail!("`--policy budget` needs --max-questions"),
        (PolicyArg::Budget, _, questions) => {
            let budget = Budget {
                questions,
                ..Budget::default()
            };
            Policy::Budget(args.min_gain.options(), budget)
        }
        (PolicyArg::Target, None, _) => {
            bail!("`--policy target` needs --target, for example precision=0.95,recall=0.9")
        }
        (PolicyArg::Target, Some(text), _) => Policy::Target(Target {
            delta: args.delta,
            reference: args.reference,
            ..Target::new(text.parse()?)
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
        time_limit,
        ..shared
    }))
}

/// Goal, features and kind.
pub(crate) fn options(args: &LearningArgs, policy: Policy) -> Result<Learning> {
    let midband_report::Costs {
        false_match,
        missed_match,
    } = args.costs.or_one();
    let costs = Goal::Cost(Costs {
        false_match,
        missed_match,
        review: args.cost_review,
    });
    let given = args.costs.are_given() || args.cost_review.is_some();
    if given && args.goal.is_some_and(|goal| goal != GoalArg::Cost) {
        bail!("costs need --goal cost: omit --goal or the costs");
    }
    let goal = match args.goal {
        Some(GoalArg::Accuracy) => Some(Goal::Accuracy),
        Some(GoalArg::F1) => Some(Goal::F1),
        Some(GoalArg::Cost) => Some(costs),
        // Whoever names a cost wants it weighed.
        None => given.then_some(costs),
    };
    Ok(Learning {
        goal,
        features: args.features.clone(),
        lexicon: lexicon(&args.lexicon)?,
        expand_terms: args.expand_terms.into(),
        kind: args.task_kind,
        ..Learning::new(policy)
    })
}

fn lexicon(files: &[PathBuf]) -> Result<SharedLexicon> {
    let is_release = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        file.is_dir() || name.to_ascii_lowercase().ends_with(".rrf") || name.starts_with("sct2_")
    };
    if let Some(release) = files.iter().find(|file| is_release(file)) {
        bail!(
            "{} is part of a release: convert its folder first with `midband lexicon import FOLDER -o lexicon.csv`",
            release.display()
        );
    }
    midband_run::lexicon(files)
}

/// A calibration that `midband calibrate` wrote.
pub(crate) fn read_calibration(path: &Path) -> Result<Arc<Calibration>> {
    let named = || format!("cannot use the calibration {}", path.display());
    let text = midband_io::read_text(path).with_context(named)?;
    Ok(Arc::new(Calibration::from_json(&text).with_context(named)?))
}
