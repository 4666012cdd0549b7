//! Connecting: which servers answer, which models of the chain they have, how each is spoken to.

mod missing;
mod model;
mod probed;

use std::sync::Arc;

use midband_core::JudgeError;
use midband_llm::{Address, Failure, FailureKind, Present, PullProgress, Transport};

pub(crate) use self::probed::names;
use self::{
    missing::{absent, none_there},
    model::Wanted,
    probed::Probed,
};
use crate::{
    plan::ChainModel,
    settings::{DEFAULT_MODELS, JudgeSettings},
};

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
            JudgeError::Unreachable(notes)
        });
    }
    let there = |probed: &[Probed], tag: &str| {
        probed
            .iter()
            .any(|server| server.present.iter().any(|model| names(tag, &model.name)))
    };
    let present: Vec<Present> = (probed.iter())
        .flat_map(|server| server.present.clone())
        .collect();
    let wanted = wanted(settings, &present);
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
        let wanted = Wanted {
            tag,
            place: chain.len(),
            settings,
        };
        if let Some(model) = wanted.describe(&probed, &mut has, &mut notes).await {
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

/// The models that are asked for: those named, else the one that a server lists first. Of the defaults, which are one model under
/// two names, the first that is there.
pub(crate) fn wanted(settings: &JudgeSettings, present: &[Present]) -> Vec<String> {
    match &settings.models[..] {
        [] => present
            .iter()
            .take(1)
            .map(|model| model.name.clone())
            .collect(),
        named if named == DEFAULT_MODELS => {
            let there = |tag: &&String| present.iter().any(|model| names(tag, &model.name));
            let found = named.iter().find(there);
            found.map_or_else(|| named.to_vec(), |tag| vec![tag.clone()])
        }
        named => named.to_vec(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_model_is_the_one_that_is_there() {
        let chosen = |models: &[&str], there: &[&str]| {
            let settings = JudgeSettings {
                models: models.iter().map(ToString::to_string).collect(),
                ..JudgeSettings::default()
            };
            let present: Vec<Present> = (there.iter())
                .map(|name| Present {
                    name: (*name).to_owned(),
                    digest: String::new(),
                    quantisation: String::new(),
                })
                .collect();
            wanted(&settings, &present)
        };
        let [official, import] = DEFAULT_MODELS;
        let both = &DEFAULT_MODELS[..];
        assert_eq!(
            chosen(both, &["gemma3:4b", "medgemma1.5:latest"]),
            [official]
        );
        assert_eq!(chosen(both, &[import]), [import]);
        assert_eq!(chosen(both, &[import, official]), [official]);
        // None is there: both are named, the one that can be pulled first.
        assert_eq!(chosen(both, &["gemma3:4b"]), both);
        assert_eq!(chosen(&["a", "b"], &["b"]), ["a", "b"]);
        assert_eq!(chosen(&[], &["b", "a"]), ["b"]);
    }
}
