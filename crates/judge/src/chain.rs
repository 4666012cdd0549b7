//! Connecting: which servers answer, which models of the chain they have, how each is spoken to.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use midband_core::JudgeError;
use midband_llm::{
    About, Address, Capabilities, ChatTemplate, Failure, FailureKind, Present, PullProgress,
    Transport, Trial,
};

use crate::{plan::ChainModel, settings::JudgeSettings};

/// What connecting found.
pub(crate) struct Connected {
    pub(crate) servers: Vec<Reached>,
    /// The models that are there, in the order of the chain.
    pub(crate) chain: Vec<ChainModel>,
    /// What the user should know: servers and models that are left out, and why.
    pub(crate) notes: Vec<String>,
    pub(crate) simulated: bool,
}

/// A server that answered.
pub(crate) struct Reached {
    pub(crate) transport: Arc<dyn Transport>,
    /// Places in the chain of the models that it has.
    pub(crate) models: Vec<usize>,
}

/// True where a tag names a present model: whatever the case, `:latest` where no tag stands.
pub(crate) fn names(tag: &str, present: &str) -> bool {
    let full = |name: &str| {
        let name = name.trim().to_lowercase();
        if name
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':'))
        {
            name
        } else {
            name + ":latest"
        }
    };
    full(tag) == full(present)
}

/// A transport for each address, in the protocol that the settings name.
pub(crate) fn transports(
    settings: &JudgeSettings,
    addresses: Vec<Address>,
) -> Result<Vec<Arc<dyn Transport>>, JudgeError> {
    let key = settings.api_key.as_ref();
    addresses
        .into_iter()
        .map(|address| {
            midband_llm::connect_keeping(settings.protocol, address, key, settings.probes.as_ref())
                .map_err(|failure| {
                    JudgeError::Settings(format!("the HTTP client can't be set up: {failure}"))
                })
        })
        .collect()
}

struct Probed {
    transport: Arc<dyn Transport>,
    simulated: bool,
    present: Vec<Present>,
}

pub(crate) async fn connect(
    settings: &JudgeSettings,
    progress: &PullProgress<'_>,
) -> Result<Connected, JudgeError> {
    let mut notes = Vec::new();
    let mut failures = Vec::new();
    let servers = transports(settings, settings.checked()?)?;
    let mut probed = probe(servers, &mut notes, &mut failures).await;
    if probed.is_empty() {
        let notes = notes.join("; ");
        // Whoever answers in another protocol is there: starting it would not help.
        let strangers = failures.iter().all(|kind| *kind == FailureKind::Garbled);
        return Err(if strangers {
            JudgeError::NotAJudge(notes)
        } else {
            JudgeError::Unreachable(format!("{notes}. Is it running?"))
        });
    }
    let there = |probed: &[Probed], tag: &str| {
        probed
            .iter()
            .any(|server| server.present.iter().any(|model| names(tag, &model.name)))
    };
    let wanted = wanted(settings, &probed[0].present);
    if settings.pull && !wanted.iter().any(|tag| there(&probed, tag)) {
        pull(settings, &mut probed, progress, &mut notes).await;
    }
    let mut chain = Vec::new();
    let mut has: Vec<Vec<usize>> = vec![Vec::new(); probed.len()];
    for tag in &wanted {
        if !there(&probed, tag) {
            notes.push(absent(tag, &probed));
            continue;
        }
        if let Some(model) = describe(
            (tag, chain.len()),
            settings,
            &probed,
            (&mut has, &mut notes),
        )
        .await
        {
            chain.push(model);
        }
    }
    if chain.is_empty() {
        if !wanted.is_empty() && !wanted.iter().any(|tag| there(&probed, tag)) {
            return Err(JudgeError::NoModel(none_there(&wanted, &probed)));
        }
        if notes.is_empty() {
            notes.push(format!("{} lists no model", probed[0].transport.address()));
        }
        return Err(JudgeError::Unreachable(notes.join("; ")));
    }
    let simulated = probed.iter().any(|server| server.simulated);
    let servers = probed
        .into_iter()
        .zip(has)
        .map(|(server, models)| Reached {
            transport: server.transport,
            models,
        })
        .collect();
    Ok(Connected {
        servers,
        chain,
        notes,
        simulated,
    })
}

/// The models that are asked for: those named, else the one that a server lists first.
pub(crate) fn wanted(settings: &JudgeSettings, present: &[Present]) -> Vec<String> {
    match &settings.models[..] {
        [] => present
            .iter()
            .take(1)
            .map(|model| model.name.clone())
            .collect(),
        named => named.to_vec(),
    }
}

/// Names of the models that are there.
fn model_names(probed: &[Probed]) -> impl Iterator<Item = &str> {
    let models = probed.iter().flat_map(|server| &server.present);
    models.map(|model| model.name.as_str())
}

/// True where a server can fetch a model.
fn some_pulls(probed: &[Probed]) -> bool {
    let mut servers = probed.iter().map(|server| &server.transport);
    servers.any(|server| server.capabilities().pulls_models)
}

/// What to do about a model that no server has.
fn absent(tag: &str, probed: &[Probed]) -> String {
    if some_pulls(probed) {
        return format!(
            "model {tag} is on no server and is skipped; `ollama pull {tag}` fetches it"
        );
    }
    let there = model_names(probed).collect::<Vec<_>>().join(", ");
    format!("model {tag} is on no server and is skipped; there is {there}")
}

/// That no server has any of these models, with those that they have.
fn none_there(wanted: &[String], probed: &[Probed]) -> String {
    let mut there: Vec<&str> = model_names(probed).collect();
    there.sort_unstable();
    there.dedup();
    let there = match &there[..] {
        [] => "it has none at all".to_owned(),
        names => format!("there is {}", names.join(", ")),
    };
    let way = match (some_pulls(probed), wanted.first()) {
        (true, Some(tag)) => format!("; `ollama pull {tag}` fetches it"),
        _ => String::new(),
    };
    let addresses: Vec<&str> = probed
        .iter()
        .map(|server| server.transport.address())
        .collect();
    format!(
        "{} does not have {}; {there}{way}",
        addresses.join(", "),
        wanted.join(", ")
    )
}

async fn probe(
    transports: Vec<Arc<dyn Transport>>,
    notes: &mut Vec<String>,
    failures: &mut Vec<FailureKind>,
) -> Vec<Probed> {
    let mut tasks = tokio::task::JoinSet::new();
    for (place, transport) in transports.into_iter().enumerate() {
        tasks.spawn(async move {
            let both =
                async { Ok::<_, Failure>((transport.version().await?, transport.models().await?)) };
            let result = both.await;
            (place, transport, result)
        });
    }
    let mut all: Vec<_> = tasks.join_all().await;
    all.sort_by_key(|(place, ..)| *place);
    let mut probed = Vec::new();
    for (_, transport, result) in all {
        match result {
            Ok((version, present)) => probed.push(Probed {
                simulated: version.is_simulator,
                transport,
                present,
            }),
            Err(failure) => {
                failures.push(failure.kind);
                let does = match failure.kind {
                    FailureKind::Garbled => "does not speak the API that was expected",
                    _ => "does not answer",
                };
                notes.push(format!("{} {does}: {failure}", transport.address()));
            }
        }
    }
    probed
}

/// Pulls the first model of the chain that can be had, to the first server.
async fn pull(
    settings: &JudgeSettings,
    probed: &mut [Probed],
    progress: &PullProgress<'_>,
    notes: &mut Vec<String>,
) {
    for tag in &settings.models {
        for server in probed
            .iter_mut()
            .filter(|server| server.transport.capabilities().pulls_models)
        {
            match server.transport.pull(tag, progress).await {
                Ok(()) => {
                    notes.push(format!(
                        "model {tag} was pulled to {}",
                        server.transport.address()
                    ));
                    match server.transport.models().await {
                        Ok(present) => server.present = present,
                        Err(failure) => {
                            notes.push(format!("{}: {failure}", server.transport.address()))
                        }
                    }
                    return;
                }
                Err(failure) => notes.push(format!(
                    "model {tag} can't be pulled to {}: {failure}",
                    server.transport.address()
                )),
            }
        }
    }
}

/// What a model is, by the first server that has it; servers where the same tag is another model are
/// left out for it.
async fn describe(
    (tag, place): (&str, usize),
    settings: &JudgeSettings,
    probed: &[Probed],
    (has, notes): (&mut [Vec<usize>], &mut Vec<String>),
) -> Option<ChainModel> {
    let mut model: Option<ChainModel> = None;
    for (server, models) in probed.iter().zip(has) {
        let Some(present) = server.present.iter().find(|model| names(tag, &model.name)) else {
            continue;
        };
        if let Some(known) = model
            .as_ref()
            .filter(|known| known.digest != present.digest)
        {
            notes.push(format!(
                "{} has another {} and is not asked for it",
                server.transport.address(),
                known.name
            ));
            continue;
        }
        let begin = Instant::now();
        let about = match server.transport.about(&present.name).await {
            Ok(about) => about,
            Err(failure) => {
                notes.push(format!(
                    "{} says nothing of {tag}: {failure}",
                    server.transport.address()
                ));
                continue;
            }
        };
        if about.probe_requests > 0 {
            notes.push(format!(
                "what {} can do was found out by {} requests in {:.1} s",
                present.name,
                about.probe_requests,
                begin.elapsed().as_secs_f64()
            ));
        }
        let template = ChatTemplate::of(&present.name, &about);
        // Only the first model is loaded for it: what a server keeps to is not the model's doing.
        let can = if place == 0 {
            tried(server.transport.as_ref(), &present.name, &about, settings).await
        } else {
            about.can
        };
        if can != about.can {
            notes.push(format!(
                "{} does not keep to what its API promises ({})",
                server.transport.address(),
                broken(about.can, can)
            ));
        }
        let context = if can.sets_context {
            0
        } else {
            about.context_length
        };
        models.push(place);
        match &mut model {
            None => {
                model = Some(ChainModel {
                    name: present.name.clone(),
                    digest: present.digest.clone(),
                    template,
                    switches_thought: switches_thought(template, &about),
                    can,
                    context,
                });
            }
            Some(known) => {
                known.can = known.can.common(can);
                known.context = known.context.min(context);
                if known.template != template {
                    known.template = ChatTemplate::Chat;
                }
            }
        }
    }
    model
}

/// True where the server knows it as a thinking model, whose thought is switched by the request.
fn switches_thought(template: ChatTemplate, about: &About) -> bool {
    template == ChatTemplate::Chat && about.capabilities.iter().any(|can| can == "thinking")
}

/// What a model can do here: as it was measured, or as a trial shows where the way of asking depends on it.
pub(crate) async fn tried(
    transport: &dyn Transport,
    model: &str,
    about: &About,
    settings: &JudgeSettings,
) -> Capabilities {
    let matters = settings.mode.is_none_or(|mode| !mode.thinks());
    if transport.measures() || !settings.warm_up || !matters {
        return about.can;
    }
    let template = ChatTemplate::of(model, about);
    let trial = Trial {
        model: model.to_owned(),
        template,
        think: switches_thought(template, about).then_some(false),
        load: settings.load_options(),
        promised: about.can,
        // Long enough for a model to load; who hangs is dealt with by the requests that follow.
        timeout: (settings.retry_policy.give_up * 2)
            .min(settings.deadline.unwrap_or(Duration::MAX)),
    };
    trial.run(transport).await
}

/// Which promises were broken.
fn broken(promised: Capabilities, can: Capabilities) -> String {
    let all = [
        (promised.pattern && !can.pattern, "patterns"),
        (promised.schema && !can.schema, "schemas"),
        (
            promised.top_logprobs > can.top_logprobs,
            "token alternatives",
        ),
    ];
    let words = all
        .into_iter()
        .filter_map(|(broken, word)| broken.then_some(word));
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_matched_as_ollama_matches_them() {
        assert!(names("MedGemma", "medgemma:latest") && names("a/b:7b", "A/b:7B"));
        assert!(
            !names("medgemma:4b", "medgemma:27b")
                && !names("host:5000/medgemma", "medgemma:latest")
        );
    }
}
