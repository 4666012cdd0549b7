//! What a model is and can do, by the servers that have it.

use std::time::{Duration, Instant};

use midband_llm::{About, Capabilities, ChatTemplate, Transport, Trial};

use super::probed::{Probed, names};
use crate::{plan::ChainModel, settings::JudgeSettings};

/// A model of the chain that some server has.
pub(super) struct Wanted<'a> {
    /// As it was asked for.
    pub(super) tag: &'a str,
    /// Its place in the chain.
    pub(super) place: usize,
    pub(super) settings: &'a JudgeSettings,
}

impl Wanted<'_> {
    /// What a model is, by the first server that has it; servers where the same tag is another model are
    /// left out for it.
    /// Notes in `has` which servers are asked for it, and in `notes` what the user should know.
    pub(super) async fn describe(
        &self,
        probed: &[Probed],
        has: &mut [Vec<usize>],
        notes: &mut Vec<String>,
    ) -> Option<ChainModel> {
        let Self {
            tag,
            place,
            settings,
        } = *self;
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
}

/// True where the server knows it as a thinking model, whose thought is switched by the request.
fn switches_thought(template: ChatTemplate, about: &About) -> bool {
    template == ChatTemplate::Chat && about.capabilities.iter().any(|can| can == "thinking")
}

/// What a model can do here: as it was measured, or as a trial shows where the way of asking depends on it.
async fn tried(
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
