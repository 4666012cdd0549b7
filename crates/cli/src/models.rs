//! `midband models`: what there is, where it is, and whether it is what was recorded.

use std::{fs, process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context, Result, bail};
use midband::{
    embed::{
        DEFAULT_MODEL, DOMAIN_MODELS, DomainModel, ModelError, ModelFolder, OnnxOptions, catalogue,
        distil, fetch, onnx_runtime,
    },
    judge::{ApiKey, HUB, Hub, Weights, WeightsSource},
};

use crate::{
    args::{ModelsArgs, ModelsCommand},
    compare_models, exit, judging,
    progress::Steps,
};

pub(crate) fn run(args: &ModelsArgs) -> Result<ExitCode> {
    match &args.command {
        ModelsCommand::List { json } => list(*json),
        ModelsCommand::Fetch {
            name,
            accept_terms,
            quiet,
            ..
        } if name.ends_with(".gguf") => fetch_judge(name, *accept_terms, *quiet),
        ModelsCommand::Fetch {
            name, onnxruntime, ..
        } => {
            onnx_runtime(onnxruntime.as_deref())?;
            let folder = fetch(name)?;
            outln!("{}", folder.path().display())?;
            Ok(exit::SETTLED)
        }
        ModelsCommand::Distil {
            name,
            embed_model_dir,
            onnxruntime,
            again,
            quiet,
        } => {
            let folder = ModelFolder::find(embed_model_dir.as_deref(), name)?;
            if *again || folder.read_static().is_err() {
                onnx_runtime(onnxruntime.as_deref())?;
                make_static(&folder, *quiet)?;
            }
            outln!("{}", folder.static_table().display())?;
            Ok(exit::SETTLED)
        }
        ModelsCommand::Verify {
            embed_model_dir: Some(dir),
            record,
            ..
        } => {
            let folder = ModelFolder::find(Some(dir), DEFAULT_MODEL)?;
            if *record {
                folder.record("a folder of the user's", None)?;
            }
            verify(&[folder])
        }
        ModelsCommand::Verify {
            name: Some(name), ..
        } => match judging::weights()?.list()? {
            judges if judges.iter().any(|judge| judge.name == *name) => {
                verify_judges(judges.iter().filter(|judge| judge.name == *name))
            }
            _ => verify(&[ModelFolder::find(None, name)?]),
        },
        ModelsCommand::Verify { .. } => {
            verify(&here()?)?;
            verify_judges(judging::weights()?.list()?.iter())
        }
        ModelsCommand::Compare(args) => compare_models::run(args),
        ModelsCommand::Where { name, onnxruntime } => {
            outln!(
                "onnxruntime  {}",
                onnx_runtime(onnxruntime.as_deref())?.display()
            )?;
            outln!(
                "{name}  {}",
                ModelFolder::find(None, name)?.path().display()
            )?;
            Ok(exit::SETTLED)
        }
    }
}

fn list(json: bool) -> Result<ExitCode> {
    for entry in catalogue() {
        let here = ModelFolder::find(None, &entry.name).is_ok();
        if json {
            let object = serde_json::json!({
                "name": entry.name, "repository": entry.repository, "width": entry.width,
                "batch_safe": entry.batch_safe, "here": here, "description": entry.description,
            });
            outln!("{object}")?;
        } else {
            let mark = if here { "here" } else { "" };
            let unsafe_mark = if entry.batch_safe {
                ""
            } else {
                "  (batch-dependent: refused by default)"
            };
            outln!(
                "{:42} {:5} {mark:5} {}{unsafe_mark}",
                entry.name,
                entry.width,
                entry.description
            )?;
        }
    }
    for DomainModel {
        repository,
        width,
        pooling,
        license,
        description,
    } in DOMAIN_MODELS
    {
        if json {
            let object = serde_json::json!({
                "name": repository, "repository": repository, "width": width, "pooling": pooling, "license": license,
                "untried": true, "here": false, "description": description,
            });
            outln!("{object}")?;
        } else {
            outln!(
                "{repository:42} {width:5}       {description} (untried; {license}; export it to ONNX, then use --embed-model-dir)"
            )?;
        }
    }
    for judge in judging::weights()?.list()? {
        if json {
            let object = serde_json::json!({
                "name": judge.name, "judge": true, "source": judge.record.source, "bytes": judge.record.bytes,
                "licence": judge.record.licence, "here": true,
            });
            outln!("{object}")?;
        } else {
            outln!(
                "{:42} judge here  {} ({:.2} GB)",
                judge.name,
                judge.record.source,
                judge.record.bytes as f64 / 1e9
            )?;
        }
    }
    Ok(exit::SETTLED)
}

/// Fetches the weights of a judge, once their terms are accepted.
fn fetch_judge(name: &str, accepted: bool, quiet: bool) -> Result<ExitCode> {
    let source = WeightsSource::parse(name)?;
    let variable = |name: &str| std::env::var(name).ok();
    let endpoint = variable("HF_ENDPOINT").filter(|address| !address.is_empty());
    let token = variable("HF_TOKEN").as_deref().and_then(ApiKey::new);
    let hub = Hub::new(endpoint.as_deref().unwrap_or(HUB), token)?;
    let runtime = midband_run::runtime()?;
    let terms = runtime.block_on(hub.terms(&source))?;
    let licence = terms.licence.as_deref().unwrap_or("not stated by the hub");
    let gated = if terms.gated {
        "; the owner requires you to accept them on that page"
    } else {
        ""
    };
    let said = format!("terms of these weights: {licence}, {}{gated}", terms.page);
    if !accepted {
        bail!("{said}. Read them there, then use --accept-terms to fetch the weights");
    }
    if !quiet {
        noteln!("midband: {said}");
    }
    let steps = Steps::new(quiet, "fetching", "MB");
    let progress = |_: &str, done: u64, all: u64| {
        steps.at((done / 1_000_000) as usize, (all / 1_000_000) as usize);
    };
    let fetched = judging::weights()?;
    let fetched = runtime.block_on(fetched.fetch(&hub, &source, &terms, &progress))?;
    steps.finish();
    if !quiet {
        noteln!("midband: use it with --judge local:{}", fetched.name);
    }
    outln!("{}", fetched.path.display())?;
    Ok(exit::SETTLED)
}

fn verify_judges<'a>(judges: impl Iterator<Item = &'a Weights>) -> Result<ExitCode> {
    for judge in judges {
        judge.verify()?;
        outln!(
            "{}  {}  {}",
            judge.name,
            judge.record.digest,
            judge.path.display()
        )?;
    }
    Ok(exit::SETTLED)
}

fn make_static(folder: &ModelFolder, quiet: bool) -> Result<()> {
    // A table is made once, of whatever runs of the model would give.
    let model = folder.read(true)?;
    let steps = Steps::new(quiet, "distilling", "words");
    let begin = Instant::now();
    let table = distil(
        &model,
        OnnxOptions::default(),
        &Arc::default(),
        |done, all| steps.at(done, all),
    )?;
    folder.write_static(&table)?;
    steps.finish();
    if !quiet {
        noteln!(
            "midband: distilled {} words of {} to {} numbers each in {:.0} s",
            table.len(),
            model.identity().name,
            table.width(),
            begin.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// Every model in the data folder.
fn here() -> Result<Vec<ModelFolder>> {
    let models = ModelFolder::home("")?;
    let entries = fs::read_dir(&models).with_context(|| {
        format!(
            "no model is installed: cannot read {}; run `scripts/setup`",
            models.display()
        )
    })?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names
        .iter()
        .map(|name| ModelFolder::find(None, name))
        .collect::<Result<_, ModelError>>()?)
}

fn verify(folders: &[ModelFolder]) -> Result<ExitCode> {
    for folder in folders {
        // Allowed here: whether to use such a model is decided where it is used.
        let model = folder.read(true)?;
        outln!(
            "{}  {}  {}",
            model.identity().name,
            model.identity().digest,
            folder.path().display()
        )?;
        if folder.static_table().is_file() {
            folder.read_static()?;
        }
    }
    Ok(exit::SETTLED)
}
