//! What each mode costs on this server, and whether it works at all.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use midband_llm::{Capabilities, Transport};
use serde::Serialize;

use super::{Finding, Level, Progress, found};
use crate::{
    bench::{Bench, Timed},
    measurements::{Escalation, Scored},
    mode::{MAX_BATCH, PromptingMode},
    mode_information::Knowledge,
    plan::{ChainModel, Plan},
    settings::JudgeSettings,
};

/// What was measured with one model on one server. Rates are tokens a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// Loading with the judge's options; next to nothing where it was loaded with them.
    pub load_seconds: f64,
    /// Reading a prompt.
    pub prompt_rate: f64,
    /// Writing an answer.
    pub answer_rate: f64,
    /// Share of the prompt, or of its time where the server counts no reuse, that a common beginning
    /// saves, 0..=1.
    pub prefix_reuse: f64,
    /// True where answers keep to a schema.
    pub schema: bool,
    /// True where tokens come with their alternatives.
    pub logprobs: bool,
    /// True where the model thinks when it may.
    pub thoughts: bool,
    /// Seconds a pair in yes-no, sent as one array of 8 prompts, where the server takes arrays.
    pub yes_no_array: Option<f64>,
    /// Seconds a pair by mode.
    pub seconds_a_pair: BTreeMap<PromptingMode, f64>,
    /// What the answers were worth, by mode.
    pub knowledge: BTreeMap<PromptingMode, Knowledge>,
    /// Yes or no first and then a thought about what it leaves unsure, where both were measured on enough pairs.
    pub escalation: Option<Escalation>,
    /// Name of the task whose known pairs were asked about.
    pub task: String,
}

/// Time that one mode gets, if it takes that long: thoughts take minutes for forty pairs.
const A_MODE: Duration = Duration::from_secs(60);

/// Pairs that a mode is asked about, however long that takes.
const LEAST: usize = 8;

/// Where an examination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measuring {
    /// The mode that is measured.
    pub mode: PromptingMode,
    /// Known pairs that were asked about in it.
    pub asked: usize,
    /// Known pairs in all.
    pub pairs: usize,
}

const PROBED_MODES: [PromptingMode; 6] = [
    PromptingMode::YesNo,
    PromptingMode::Digits,
    PromptingMode::Array,
    PromptingMode::Keyed,
    PromptingMode::Standard,
    PromptingMode::Think,
];

fn rate(tokens: Option<u32>, time: Duration) -> f64 {
    if time.is_zero() {
        0.0
    } else {
        f64::from(tokens.unwrap_or(0)) / time.as_secs_f64()
    }
}

/// The known pairs, and how long one request about them may take.
struct Modes<'a> {
    bench: Bench<'a>,
    limit: Duration,
    progress: &'a Progress<'a>,
}

/// Loads the model and times every mode with it.
pub(super) async fn measure(
    transport: &Arc<dyn Transport>,
    model: ChainModel,
    settings: &JudgeSettings,
    findings: &mut Vec<Finding>,
    progress: &Progress<'_>,
) -> Measured {
    let (name, can) = (model.name.clone(), model.can);
    let plan = Plan {
        task: settings.task.clone(),
        chain: vec![model],
        mode: PromptingMode::Keyed,
        batch: MAX_BATCH.into(),
        num_ctx: settings.num_ctx,
        seed: settings.seed,
        keep_alive: settings.keep_alive,
        max_wait: settings.max_wait,
        second_look: None,
        unsure: settings.unsure,
        explain: false,
        retry_policy: settings.retry_policy,
        constant_tokens: 0,
    };
    let mut measured = Measured {
        task: settings.task.name.clone(),
        ..Measured::default()
    };
    match transport.load(&name, &plan.load_options()).await {
        Ok(took) => measured.load_seconds = took.as_secs_f64(),
        Err(failure) => {
            found(
                findings,
                Level::Failure,
                format!("{name} can't be loaded: {failure}"),
                "look into the server's log",
            );
            return measured;
        }
    }
    let bench = Modes {
        bench: Bench::new(transport, plan),
        limit: settings.retry_policy.most_timeout,
        progress,
    };
    prefixes(&bench, &mut measured).await;
    let mut scores = BTreeMap::new();
    for mode in PROBED_MODES {
        match bench.mode(mode, &mut measured, findings).await {
            Ok(answers) => drop(scores.insert(mode, answers)),
            Err(failure) => found(
                findings,
                Level::Warning,
                format!("asking {name} in {mode} fails: {failure}"),
                "choose another mode",
            ),
        }
    }
    measured.escalation = escalation(&measured, &scores, bench.bench.truths(), settings.unsure);
    worthless(&measured, findings);
    if can.prompt_arrays
        && let Ok(timed) = bench.time(PromptingMode::YesNo, 2, ARRAY).await
        && timed.scores.iter().all(Option::is_some)
    {
        measured.yes_no_array = Some(timed.seconds / ARRAY as f64);
    }
    measured
}

/// Prompts of the array that is timed against single ones.
const ARRAY: usize = 8;

/// Less reuse of a common beginning than this share of the prompt is none: BOS alone is always known.
const LEAST_REUSE: f64 = 0.05;

/// What to say where a common beginning is read again for every pair.
pub(super) fn beginnings(measured: &Measured, can: Capabilities, findings: &mut Vec<Finding>) {
    if !measured.logprobs || measured.prefix_reuse >= LEAST_REUSE {
        return;
    }
    let hint = if can.sets_context {
        "pack several pairs into a request (the modes digits, array and keyed): Ollama 0.33 reuses none for Gemma 3"
    } else {
        "start llama.cpp's server with --swa-full (Gemma 3 attends to a sliding window, of which nothing can be reused otherwise; measured: 4.5 times faster), vLLM with --enable-prefix-caching; or pack several pairs into a request (the modes digits, array and keyed)"
    };
    found(
        findings,
        Level::Warning,
        "the server does not reuse the constant start of the prompt: it reads it again for every pair".to_owned(),
        hint,
    );
}

/// Two yes-no prompts that differ in the pair alone: what the second saves, the first had read.
async fn prefixes(bench: &Modes<'_>, measured: &mut Measured) {
    let (Ok(first), Ok(second)) = (
        bench.time(PromptingMode::YesNo, 0, 1).await,
        bench.time(PromptingMode::YesNo, 1, 1).await,
    ) else {
        return;
    };
    // Where the server counts what it reused, its count is better than its clock.
    if let (Some(cached), Some(all)) = (second.reply.cached_tokens, second.reply.prompt_tokens) {
        measured.prefix_reuse = f64::from(cached) / f64::from(all.max(1));
        return;
    }
    let each = |timed: &Timed| {
        timed.reply.prompt_time.as_secs_f64()
            / f64::from(timed.reply.prompt_tokens.unwrap_or(1).max(1))
    };
    if each(&first) > 0.0 {
        measured.prefix_reuse = (1.0 - each(&second) / each(&first)).clamp(0.0, 1.0);
    }
}

impl Modes<'_> {
    async fn time(&self, mode: PromptingMode, first: usize, count: usize) -> Result<Timed, String> {
        self.bench.ask(mode, first, count, self.limit).await
    }

    /// Scores of the known pairs in one mode, as many as its time allows.
    async fn mode(
        &self,
        mode: PromptingMode,
        measured: &mut Measured,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Option<f64>>, String> {
        let truths = self.bench.truths();
        let (mut asked, mut seconds, mut scores) = (0, 0.0, Vec::new());
        while asked < truths.len() && (asked < LEAST || seconds < A_MODE.as_secs_f64()) {
            let count = mode.default_batch().min(truths.len() - asked);
            let timed = self.time(mode, asked, count).await?;
            scores.extend(timed.scores.iter().copied());
            (asked, seconds) = (asked + count, seconds + timed.seconds);
            scores.resize(asked, None);
            measured.note(&timed);
            (self.progress)(Measuring {
                mode,
                asked,
                pairs: truths.len(),
            });
        }
        let known = Knowledge::of_slots(&scores, truths);
        // Hardly any answer is no way of asking.
        if 2 * known.answered > asked {
            measured
                .seconds_a_pair
                .insert(mode, seconds / asked.max(1) as f64);
        }
        measured.schema |= mode.schema(1).is_some() && known.answered == asked;
        measured.knowledge.insert(mode, known);
        if known.answered < asked {
            found(
                findings,
                Level::Warning,
                format!(
                    "{} of {asked} pairs were answered in {mode}",
                    known.answered
                ),
                "choose another mode with this model",
            );
        }
        Ok(scores)
    }
}

/// What yes or no with a thought about the unsure pairs is worth, where both modes were measured.
fn escalation(
    measured: &Measured,
    scores: &BTreeMap<PromptingMode, Vec<Option<f64>>>,
    truths: &[bool],
    unsure: (f64, f64),
) -> Option<Escalation> {
    let scored = |mode| {
        Some(Scored {
            scores: scores.get(&mode)?,
            seconds_a_pair: *measured.seconds_a_pair.get(&mode)?,
        })
    };
    let (first, second) = (scored(PromptingMode::YesNo)?, scored(PromptingMode::Think)?);
    Escalation::of(first, second, truths, unsure)
}

impl Measured {
    fn note(&mut self, timed: &Timed) {
        let reply = &timed.reply;
        self.logprobs |= reply.logprobs.iter().any(|token| token.top.len() >= 10);
        self.thoughts |= timed.thought;
        if reply.answer_tokens.unwrap_or(0) > 8 {
            self.answer_rate = rate(reply.answer_tokens, reply.answer_time);
            self.prompt_rate = rate(reply.prompt_tokens, reply.prompt_time);
        }
    }
}

/// Says which modes tell nothing about the known pairs.
fn worthless(measured: &Measured, findings: &mut Vec<Finding>) {
    let silent: Vec<&str> = measured
        .knowledge
        .iter()
        .filter(|(_, known)| known.has_signal() == Some(false))
        .map(|(mode, _)| mode.as_str())
        .collect();
    let judged = measured
        .knowledge
        .values()
        .filter(|known| known.has_signal().is_some());
    if silent.is_empty() {
        return;
    }
    let (level, hint) = if silent.len() == judged.count() {
        (
            Level::Warning,
            "no mode that could be measured has signal: another model may know this task",
        )
    } else {
        (Level::Good, "auto leaves these modes out")
    };
    found(
        findings,
        level,
        format!(
            "in {} the answers do not tell the known pairs of {} apart beyond chance",
            silent.join(", "),
            measured.task
        ),
        hint,
    );
}
