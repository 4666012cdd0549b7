//! Looks at servers and models before a run does, and says what to change.
//!
//! Everything is asked of the real server: its version, what it holds, whether schema and logprobs
//! work, whether thoughts appear, and what each mode costs there. The pairs it sends are
//! made up and stand below. What it finds feeds `auto`.

mod measure;
mod render;
mod report;

use std::sync::Arc;

use midband_core::JudgeError;
use midband_llm::{Address, ChatTemplate, Present, Protocol, Transport};

pub use crate::measurements::{MeasuredCosts, Measurements};
use crate::{
    auto_mode::settle,
    chain::{names, transports, wanted},
    plan::ChainModel,
    settings::{JudgeSettings, local_name},
};
pub use measure::{Measured, Measuring};
pub use report::{DoctorReport, Finding, Level, ModelReport, Recommended, ServerReport};

/// Hears where an examination is.
pub type Progress<'a> = dyn Fn(Measuring) + Send + Sync + 'a;

/// Examines every server and the chain's models on it.
///
/// `measure` also loads the first model that is there and asks it about the task's known pairs in every mode, a minute
/// each at most; without it nothing is generated.
///
/// # Errors
/// The settings themselves can't work.
pub async fn examine(settings: &JudgeSettings, measure: bool) -> Result<DoctorReport, JudgeError> {
    examine_with(settings, measure, &|_| {}).await
}

/// The same, with progress.
///
/// # Errors
/// As [`examine`]'s.
pub async fn examine_with(
    settings: &JudgeSettings,
    measure: bool,
    progress: &Progress<'_>,
) -> Result<DoctorReport, JudgeError> {
    let (settings, _local) = settings.clone().started().await?;
    let settings = &settings;
    // A remote server is reported, not refused: no pair of the user's is sent here.
    let addresses = JudgeSettings {
        allow_remote: true,
        ..settings.clone()
    }
    .checked()?;
    let mut findings = Vec::new();
    let mut servers = Vec::new();
    for transport in transports(settings, addresses)? {
        let examined = Examined {
            transport: &transport,
            settings,
            progress,
        };
        servers.push(examined.server(measure, &mut findings).await);
    }
    prompts_in_logs(&mut findings);
    let mut report = DoctorReport {
        simulated: servers.iter().any(|server| server.simulated),
        environment: environment(settings),
        auto: None,
        servers,
        findings,
    };
    if let Some(local) = &settings.local {
        for server in &mut report.servers {
            // Its port is another in every run.
            server.address = local_name(local);
        }
    }
    if measure && !settings.task.has_own_pairs() {
        found(
            &mut report.findings,
            Level::Warning,
            format!(
                "the task {} has no known pairs: what the modes know was measured on general ones",
                settings.task.name
            ),
            "add [[known]] pairs to its file",
        );
    }
    let measured = report.costs();
    let first = report.servers.iter().find(|server| server.reachable);
    report.auto = first.and_then(|server| {
        let model = server.models.iter().find(|model| model.can.is_some())?;
        Some(settle(
            settings.mode,
            model.can?,
            model.thinks,
            measured.as_ref(),
        ))
    });
    report
        .findings
        .sort_by_key(|finding| std::cmp::Reverse(finding.level));
    Ok(report)
}

fn found(findings: &mut Vec<Finding>, level: Level, what: String, hint: &str) {
    findings.push(Finding {
        level,
        what,
        hint: hint.to_owned(),
    });
}

/// A server under examination.
struct Examined<'a> {
    transport: &'a Arc<dyn Transport>,
    settings: &'a JudgeSettings,
    progress: &'a Progress<'a>,
}

impl Examined<'_> {
    async fn server(&self, measure: bool, findings: &mut Vec<Finding>) -> ServerReport {
        let Self {
            transport,
            settings,
            ..
        } = *self;
        let address = transport.address().to_owned();
        let local = Address::parse(&address).is_ok_and(|address| address.is_local());
        if !local {
            found(
                findings,
                Level::Warning,
                format!("{address} is not on this machine: pair text leaves it"),
                "allow it on purpose, over a network that may carry patient data",
            );
        }
        let mut report = ServerReport {
            local,
            reachable: false,
            version: String::new(),
            simulated: false,
            models: Vec::new(),
            address,
        };
        let present = match (transport.version().await, transport.models().await) {
            (Ok(version), Ok(present)) => {
                report.simulated = version.is_simulator;
                report.version = version.words;
                report.reachable = true;
                present
            }
            (Err(failure), _) | (_, Err(failure)) => {
                found(
                    findings,
                    Level::Failure,
                    format!("{} does not answer: {failure}", report.address),
                    match settings.protocol {
                        Protocol::Ollama => "start it with `ollama serve`, or correct its address",
                        Protocol::OpenAi => "start it, or correct its address (it ends in /v1)",
                    },
                );
                return report;
            }
        };
        let mut measures = measure;
        let wanted = wanted(settings, &present);
        for tag in &wanted {
            let there = present.iter().find(|model| names(tag, &model.name));
            let model = self.model(tag, there, measures, findings).await;
            measures &= !model.present;
            report.models.push(model);
        }
        if report.models.iter().all(|model| !model.present) {
            found(
                findings,
                Level::Failure,
                format!(
                    "{} has none of the models {}",
                    report.address,
                    wanted.join(", ")
                ),
                &how_to_get_one(transport, &present),
            );
        }
        report
    }

    async fn model(
        &self,
        tag: &str,
        present: Option<&Present>,
        measure: bool,
        findings: &mut Vec<Finding>,
    ) -> ModelReport {
        let Self {
            transport,
            settings,
            progress,
        } = *self;
        let mut report = ModelReport {
            tag: tag.to_owned(),
            present: false,
            digest: String::new(),
            quantisation: String::new(),
            architecture: String::new(),
            template: String::new(),
            can: None,
            thinks: false,
            schema_by: String::new(),
            context_length: 0,
            loaded: false,
            gpu_share: None,
            measured: None,
        };
        let Some(found_model) = present else {
            found(
                findings,
                Level::Warning,
                format!("{} does not have {tag}", transport.address()),
                "the next model of the chain is asked",
            );
            return report;
        };
        report.present = true;
        report.digest = found_model.digest.clone();
        report.quantisation = found_model.quantisation.clone();
        let about = match transport.about(&found_model.name).await {
            Ok(about) => about,
            Err(failure) => {
                found(
                    findings,
                    Level::Failure,
                    format!("{} says nothing of {tag}: {failure}", transport.address()),
                    "",
                );
                return report;
            }
        };
        let can = about.can;
        let template = ChatTemplate::of(&found_model.name, &about);
        (report.can, report.schema_by) = (Some(can), about.schema_by.clone());
        let switches_thought = template == ChatTemplate::Chat
            && about.capabilities.iter().any(|can| can == "thinking");
        report.thinks = switches_thought || template.has_thought_tokens();
        report.template = match template {
            ChatTemplate::Gemma { thoughts: true } => "raw Gemma turns with thought tokens",
            ChatTemplate::Gemma { thoughts: false } => "raw Gemma turns",
            ChatTemplate::Chat => "the server's template",
        }
        .to_owned();
        report.context_length = about.context_length;
        report.architecture = about.architecture;
        if about.context_length > 0 && about.context_length < settings.num_ctx {
            found(
                findings,
                Level::Warning,
                if can.sets_context {
                    format!(
                        "{tag} was made for {} tokens of context, {} are set",
                        about.context_length, settings.num_ctx
                    )
                } else {
                    format!(
                        "the server gives each request to {tag} {} tokens of context",
                        about.context_length
                    )
                },
                if can.sets_context {
                    "set a smaller context"
                } else {
                    "8,192 hold 16 pairs of long histories: a larger -c (llama.cpp shares it out among its slots) or --max-model-len (vLLM)"
                },
            );
        }
        if let Some(loaded) = transport.loaded().await.ok().and_then(|all| {
            all.into_iter()
                .find(|loaded| loaded.digest == report.digest || names(tag, &loaded.name))
        }) {
            report.loaded = true;
            let share = if loaded.bytes == 0 {
                0.0
            } else {
                loaded.gpu_bytes as f64 / loaded.bytes as f64
            };
            report.gpu_share = Some(share);
            if share < 0.99 {
                found(
                    findings,
                    Level::Warning,
                    format!("{:.0} % of {tag} is in the GPU's memory", share * 100.0),
                    "a smaller context, fewer parallel slots or a smaller quantization may fit it in whole",
                );
            }
            if loaded.context_length != 0 && loaded.context_length != settings.num_ctx {
                found(
                    findings,
                    Level::Warning,
                    format!(
                        "{tag} is loaded with {} tokens of context, {} are set: the first request reloads it",
                        loaded.context_length, settings.num_ctx
                    ),
                    "",
                );
            }
        }
        if measure {
            let model = ChainModel {
                name: found_model.name.clone(),
                digest: found_model.digest.clone(),
                template,
                switches_thought,
                can,
                context: 0,
            };
            let measured = measure::measure(transport, model, settings, findings, progress).await;
            measure::beginnings(&measured, can, findings);
            report.measured = Some(measured);
        }
        report
    }
}

fn how_to_get_one(transport: &Arc<dyn Transport>, present: &[Present]) -> String {
    if transport.capabilities().pulls_models {
        return "pull one with `ollama pull`, import it, or name another".to_owned();
    }
    let there: Vec<&str> = present.iter().map(|model| model.name.as_str()).collect();
    format!("name one that it lists: {}", there.join(", "))
}

/// A server that was started with debugging writes prompts into its log (ollama issue 2245).
fn prompts_in_logs(findings: &mut Vec<Finding>) {
    let set =
        std::env::var_os("OLLAMA_DEBUG").is_some_and(|value| !value.is_empty() && value != "0");
    if set {
        found(findings, Level::Warning, "OLLAMA_DEBUG is set: a server started from this environment writes prompts into its log".to_owned(), "unset it before starting the server");
    }
}

fn environment(settings: &JudgeSettings) -> Vec<Recommended> {
    if settings.protocol == Protocol::OpenAi {
        return Vec::new();
    }
    let parallel = settings.max_in_flight.to_string();
    let context = settings.num_ctx.to_string();
    [
        ("OLLAMA_KEEP_ALIVE", "24h", "loading costs seconds; each request asks for the same"),
        ("OLLAMA_NUM_PARALLEL", parallel.as_str(), "as many as the judge sends at once; each parallel request needs its own context memory"),
        ("OLLAMA_CONTEXT_LENGTH", context.as_str(), "the judge's own, so that no other client makes it reload"),
        ("OLLAMA_MAX_LOADED_MODELS", "1", "two models side by side may push one out of the GPU"),
        ("OLLAMA_FLASH_ATTENTION", "1", "less memory for the context; measure both on your machine"),
        ("OLLAMA_KV_CACHE_TYPE", "f16", "q8_0 halves its memory and was five times slower for Gemma 3 on the old engine (ollama issue 11949)"),
        ("OLLAMA_DEBUG", "0", "above 0 the server writes prompts into its log"),
    ]
    .map(|(name, value, why)| Recommended { name: name.to_owned(), value: value.to_owned(), why: why.to_owned() })
    .to_vec()
}
