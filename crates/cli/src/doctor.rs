//! `midband doctor`: is everything there that a run needs, and how fast is it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use midband::{
    embed::{ModelFolder, data_folder, onnx_runtime},
    judge::{
        KeptProbes, Measurements,
        doctor::{Measuring, examine_with},
    },
};
use serde_json::json;

use crate::{args::DoctorArgs, exit, judging, progress::DoctorProgress};

pub(crate) fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let runtime = onnx_runtime(args.model.onnxruntime.as_deref());
    let model = ModelFolder::find(
        args.model.embed_model_dir.as_deref(),
        &args.model.embed_model,
    )
    .and_then(|folder| folder.read(args.model.allow_batch_dependent));
    let mut settings = judging::settings(&args.judge, 0)?;
    // It looks anew, and later runs know.
    settings.probes = midband_run::kept_probes().map(KeptProbes::fresh);
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if let (Some(local), false) = (&settings.local, args.quiet) {
        noteln!("midband: starting {}", midband_run::local_described(local));
    }
    let steps = DoctorProgress::new(args.quiet);
    let measuring = |at: Measuring| steps.show(at.mode.as_str(), at.asked, at.pairs);
    let report = tokio.block_on(examine_with(&settings, !args.quick, &measuring));
    steps.finish();
    let report = report?;
    // A simulator's times must not choose the way a real server is asked.
    let costs = report.costs().filter(|costs| !costs.simulated);
    if let (Some(costs), Some(folder)) = (costs, data_folder()) {
        let mut kept = Measurements::load(&folder);
        kept.add(costs);
        kept.save(&folder)
            .with_context(|| format!("cannot write {}", folder.display()))?;
    }
    if let (Some(_), None) = (&args.share, report.costs()) {
        noteln!("midband: nothing was measured, so there is nothing to share");
    } else if let Some(path) = &args.share {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let machine = format!(
            "{} {}, {cores} cores",
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        let shared = serde_json::to_string_pretty(&report.shared(&machine))?;
        std::fs::write(path, shared + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
        if !args.quiet {
            noteln!(
                "midband: {} has the figures of this machine and no texts; it is safe to share",
                path.display()
            );
        }
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
