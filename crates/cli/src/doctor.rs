//! `midband doctor`: is everything there that a run needs, and how fast is it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use midband::{
    embed::{ModelFolder, data_folder, onnx_runtime},
    judge::doctor::examine,
};
use serde_json::json;

use crate::{args::DoctorArgs, exit, judging};

pub(crate) fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let runtime = onnx_runtime(args.model.onnxruntime.as_deref());
    let model = ModelFolder::find(
        args.model.embed_model_dir.as_deref(),
        &args.model.embed_model,
    )
    .and_then(|folder| folder.read(args.model.allow_batch_dependent));
    let settings = judging::settings(&args.judge, 0)?;
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let report = tokio.block_on(examine(&settings, !args.quick))?;
    // A simulator's times must not choose the way a real server is asked.
    let costs = report.costs().filter(|costs| !costs.simulated);
    if let (Some(costs), Some(folder)) = (costs, data_folder()) {
        costs
            .save(&folder)
            .with_context(|| format!("{} can't be written", folder.display()))?;
    }
    let healthy = runtime.is_ok() && model.is_ok() && report.is_healthy();
    if args.json {
        let shown = json!({
            "healthy": healthy,
            "onnxruntime": runtime.as_ref().map(|path| path.display().to_string()).map_err(ToString::to_string),
            "embedding_model": model.as_ref().map(|model| model.identity().clone()).map_err(ToString::to_string),
            "judge": report,
        });
        outln!("{}", serde_json::to_string_pretty(&shown)?)?;
    } else {
        match &runtime {
            Ok(path) => outln!("good     ONNX Runtime: {}", path.display())?,
            Err(error) => {
                let hint = exit::hint(error);
                outln!("failure  {}", exit::with_hint(&error.to_string(), hint))?;
            }
        }
        match &model {
            Ok(model) => outln!(
                "good     embedding model: {} ({})",
                model.identity().name,
                model.identity().digest
            )?,
            Err(error) => {
                let hint = exit::hint(error);
                outln!("failure  {}", exit::with_hint(&error.to_string(), hint))?;
            }
        }
        outln!("{report}")?;
    }
    Ok(if healthy {
        exit::SETTLED
    } else {
        ExitCode::from(exit::UNANSWERED)
    })
}
