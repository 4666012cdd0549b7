//! The one source of answers, whichever door a request came in by: faults, the clock, the model.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use futures_util::stream;

use crate::{
    OpenAiServer,
    body::{self, LINES, Told, respond},
    call::Call,
    fault::{Fault, strikes},
    labels::Belief,
    model::{Answer, Mind, Task},
    openai_body,
    profile::Api,
    question::Pairs,
    server::{Machine, Spent, lock, prompt_tokens},
};

/// Stands in midband's trial of a server, in which no pair is asked about.
const TRIAL: &str = "1000000000000000";

/// Answers a call, unless a fault strikes.
pub(crate) async fn answer(machine: &Machine, call: Call) -> Response {
    let pairs: Vec<Pairs> = call
        .prompts
        .iter()
        .map(|prompt| Pairs::of(prompt))
        .collect();
    let asked: usize = pairs.iter().map(|pairs| pairs.texts.len()).sum();
    let presence = machine.arrive(asked);
    // A client asks what the server can do before it asks about any pair.
    let tries = asked == 0 && call.prompts.iter().any(|prompt| prompt.contains(TRIAL));
    let draw = (call.door.is_openai() || !tries).then(|| machine.draw());
    let fault = draw.and_then(|draw| strikes(&machine.options.faults, draw));
    let fault = fault.filter(|_| asked > 0 || !call.door.is_openai() && !tries);
    lock(&machine.stats).faults += usize::from(fault.is_some());
    let response = match fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Error500) if !call.stream => call.door.runner_died(),
        Some(Fault::Busy503) => {
            let mut response = call.door.busy();
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
            response
        }
        Some(Fault::Absent404) => call.door.absent(&call.asked_as),
        fault => {
            if fault == Some(Fault::Unload) {
                machine.unload();
            }
            worked(machine, &call, &pairs, fault).await
        }
    };
    presence.finish();
    response
}

async fn worked(machine: &Machine, call: &Call, pairs: &[Pairs], fault: Option<Fault>) -> Response {
    let Ok(load) = machine.load(&call.model.name, call.num_ctx).await else {
        return call.door.busy();
    };
    let options = &machine.options;
    let mind = Mind {
        labels: &options.labels,
        log_prior_weight: Belief {
            manner: options.manner,
            accuracy: options.accuracy,
            correlation: options.difficulty,
            seed: options.seed,
        },
        knows: options.knows,
        profile: &options.profile,
        api: options.api,
        gives_up: !call.door.is_openai() || options.openai == OpenAiServer::Ollama,
        bare_thoughts: options.bare_thoughts,
    };
    let mut written: Vec<Answer> = Vec::new();
    let (mut spent, mut tokens) = (Spent::default(), 0);
    for (prompt, pairs) in call.prompts.iter().zip(pairs) {
        let answer = mind.write(&Task {
            prompt,
            form: &call.form,
            pairs,
            budget: call.budget,
            fault,
            thinks: call.model.thinks,
        });
        let mut read = prompt_tokens(prompt);
        if read.len() > call.num_ctx as usize {
            // Left to itself, the old engine keeps the whole context and the new one half of it.
            read.truncate(if options.api == Api::V0_24 {
                call.num_ctx as usize
            } else {
                call.num_ctx as usize / 2 + 3
            });
        }
        tokens += read.len();
        spent += machine.work(&read, answer.tokens.len()).await;
        written.push(answer);
    }
    spent.load += load;
    spent.total += load;
    let [first, ..] = &written[..] else {
        return call.door.runner_died();
    };
    if call.door.is_openai() {
        let whole = openai_body::whole(options.openai, call, &written, spent);
        return match fault {
            Some(Fault::ErrorLine | Fault::Error500) => {
                let mut died = call.door.runner_died();
                *died.status_mut() = axum::http::StatusCode::OK;
                died
            }
            Some(Fault::Drip) => respond(200, openai_body::JSON, dripping(whole, options.speed)),
            Some(Fault::Reset) => respond(200, openai_body::JSON, broken(&whole)),
            _ => respond(200, openai_body::JSON, whole),
        };
    }
    let told = Told {
        model: &call.asked_as,
        door: call.door,
        answer: first,
        spent,
        prompt_tokens: tokens,
        top: call.top,
        api: options.api,
    };
    let whole = || told.whole().to_string();
    match (fault, call.stream) {
        (Some(Fault::Error500 | Fault::ErrorLine), _) => {
            let lines: String = told.lines().into_iter().take(3).collect();
            let died = "{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n";
            respond(200, LINES, lines + died)
        }
        (Some(Fault::Drip), _) => respond(200, body::JSON, dripping(whole(), options.speed)),
        (Some(Fault::Reset), _) => respond(200, body::JSON, broken(&whole())),
        (_, false) => respond(200, body::JSON, whole()),
        // The whole stream comes at its end: the clock is that of the answer, not of its parts.
        (_, true) => {
            let chunks: Vec<Result<String, Infallible>> =
                told.lines().into_iter().map(Ok).collect();
            respond(200, LINES, Body::from_stream(stream::iter(chunks)))
        }
    }
}

/// The body in 60 parts, five simulated seconds apart.
fn dripping(text: String, speed: f64) -> Body {
    let parts: Vec<String> = text
        .chars()
        .collect::<Vec<_>>()
        .chunks(text.len().div_ceil(60).max(1))
        .map(|part| part.iter().collect())
        .collect();
    let pause = Duration::from_secs_f64(5.0 / speed);
    Body::from_stream(stream::unfold(
        parts.into_iter(),
        move |mut parts| async move {
            tokio::time::sleep(pause).await;
            parts.next().map(|part| (Ok::<_, Infallible>(part), parts))
        },
    ))
}

/// Half of the body, and then the connection is gone.
fn broken(text: &str) -> Body {
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    Body::from_stream(stream::iter([
        Ok(half),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ]))
}
