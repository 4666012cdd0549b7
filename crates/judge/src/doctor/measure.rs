//! What each mode costs on this server, and whether it works at all.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use midband_core::Pair;
use midband_llm::{Capabilities, Reply, Transport};
use serde::Serialize;

use super::{Finding, Level, found};
use crate::{
    answer::read,
    mode::{MAX_BATCH, PromptingMode},
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
}

/// Made-up histories: even ones are the same patient.
const SAMPLES: [(&str, &str); 8] = [
    (
        "62 y/o woman, hypertension, type 2 diabetes on metformin, chest pain",
        "62-year-old female with HTN and T2DM (metformin), presents with chest pain",
    ),
    (
        "Left knee replacement 2019, no complications",
        "Right hip fracture 2021, surgically repaired",
    ),
    (
        "Allergic to penicillin, asthma since childhood",
        "Childhood asthma; penicillin allergy (rash)",
    ),
    (
        "34 y/o G2P1 at 28 weeks, gestational diabetes",
        "71 y/o male with COPD, 40 pack-years",
    ),
    (
        "Atrial fibrillation on apixaban, pacemaker 2020",
        "AF, anticoagulated with apixaban; PPM implanted 2020",
    ),
    (
        "Migraine with aura, sumatriptan as needed",
        "Chronic kidney disease stage 3b, on ramipril",
    ),
    (
        "Hypothyroidism, levothyroxine 75 micrograms",
        "Underactive thyroid treated with levothyroxine 75 mcg",
    ),
    (
        "Appendicectomy aged 9, otherwise well",
        "Crohn's disease, ileal resection 2016",
    ),
];

const PROBED_MODES: [PromptingMode; 6] = [
    PromptingMode::YesNo,
    PromptingMode::Digits,
    PromptingMode::Array,
    PromptingMode::Keyed,
    PromptingMode::Standard,
    PromptingMode::Think,
];

struct Bench<'a> {
    transport: &'a Arc<dyn Transport>,
    plan: Plan,
    pairs: Vec<Pair>,
}

struct Timed {
    reply: Reply,
    seconds: f64,
    answered: usize,
    thought: bool,
}

impl Bench<'_> {
    async fn time(&self, mode: PromptingMode, first: usize, count: usize) -> Result<Timed, String> {
        let pairs: Vec<(&Pair, bool)> = self
            .pairs
            .iter()
            .cycle()
            .skip(first)
            .take(count)
            .map(|pair| (pair, false))
            .collect();
        let (mut ask, asked) = self.plan.ask(0, mode, &pairs).ok_or("no model")?;
        ask.timeout = self.plan.retry_policy.most_timeout;
        let begin = Instant::now();
        let reply = self
            .transport
            .ask(&ask)
            .await
            .map_err(|failure| failure.to_string())?;
        let seconds = begin.elapsed().as_secs_f64();
        let reading = read(&asked, &reply);
        let answered = reading.slots.iter().filter(|slot| slot.is_ok()).count();
        Ok(Timed {
            seconds,
            answered,
            thought: reading.thought_bytes > 0,
            reply,
        })
    }
}

fn rate(tokens: Option<u32>, time: Duration) -> f64 {
    if time.is_zero() {
        0.0
    } else {
        f64::from(tokens.unwrap_or(0)) / time.as_secs_f64()
    }
}

/// Loads the model and times every mode with it.
pub(super) async fn measure(
    transport: &Arc<dyn Transport>,
    model: ChainModel,
    settings: &JudgeSettings,
    findings: &mut Vec<Finding>,
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
    let pairs = SAMPLES
        .iter()
        .enumerate()
        .map(|(i, (a, b))| Pair::new(i.to_string(), *a, *b))
        .collect();
    let mut measured = Measured::default();
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
    let bench = Bench {
        transport,
        plan,
        pairs,
    };
    prefixes(&bench, &mut measured).await;
    for mode in PROBED_MODES {
        let count = mode.default_batch();
        match bench.time(mode, 2, count).await {
            Ok(timed) => note(mode, &timed, count, &mut measured, findings),
            Err(failure) => found(
                findings,
                Level::Warning,
                format!("asking {name} in {mode} fails: {failure}"),
                "choose another mode",
            ),
        }
    }
    if can.prompt_arrays
        && let Ok(timed) = bench.time(PromptingMode::YesNo, 2, ARRAY).await
        && timed.answered == ARRAY
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
        "the constant beginning of a prompt is read anew for every pair".to_owned(),
        hint,
    );
}

/// Two yes-no prompts that differ in the pair alone: what the second saves, the first had read.
async fn prefixes(bench: &Bench<'_>, measured: &mut Measured) {
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

fn note(
    mode: PromptingMode,
    timed: &Timed,
    count: usize,
    measured: &mut Measured,
    findings: &mut Vec<Finding>,
) {
    if timed.answered == count {
        measured
            .seconds_a_pair
            .insert(mode, timed.seconds / count as f64);
    } else {
        let what = format!(
            "{} of {count} pairs were answered in {mode}",
            timed.answered
        );
        found(
            findings,
            Level::Warning,
            what,
            "choose another mode with this model",
        );
    }
    measured.logprobs |= timed
        .reply
        .logprobs
        .iter()
        .any(|token| token.top.len() >= 10);
    measured.schema |= mode.schema(1).is_some() && timed.answered == count;
    measured.thoughts |= timed.thought;
    if timed.reply.answer_tokens.unwrap_or(0) > 8 {
        measured.answer_rate = rate(timed.reply.answer_tokens, timed.reply.answer_time);
        measured.prompt_rate = rate(timed.reply.prompt_tokens, timed.reply.prompt_time);
    }
}
