//! What was settled at connecting: task, models, way of asking, limits; and the names that follow
//! from it (fingerprint, cache keys, prompts).

use std::time::Duration;

use midband_core::{Fingerprint, Pair};
use midband_llm::{Capabilities, ChatTemplate, LoadOptions, Prompt, Request};

use crate::{
    answer::ReplyContext,
    batch::BatchSize,
    mode::{PromptingMode, Question, SecondLook},
    prompt::{prompt, reason_prompt, texts},
    retry::RetryPolicy,
    sanitize::{estimated_tokens, least_tokens},
    settings::load_options,
    task::Task,
};

/// Tokens of a slot beside its texts: key, `A:`, `B:`, line ends.
const SLOT_TOKENS: u32 = 12;
/// Tokens of the turns and of the prefilled beginning.
const TURN_TOKENS: u32 = 24;

/// One model of the chain, as the servers have it.
#[derive(Clone, Debug)]
pub(crate) struct ChainModel {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) template: ChatTemplate,
    /// True where the server knows it as a thinking model, whose thought is switched by the request.
    pub(crate) switches_thought: bool,
    /// What every server that has it can do.
    pub(crate) can: Capabilities,
    /// Tokens of context that the server gives each request, where requests can't set it; else 0.
    pub(crate) context: u32,
}

/// A pair on its way to the judge.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) pair: Pair,
    /// Estimated tokens of its slot.
    pub(crate) tokens: u32,
    /// A digest of both texts in their order.
    pub(crate) digest: blake3::Hash,
}

impl Words {
    pub(crate) fn new(task: &Task, pair: &Pair) -> Self {
        let (a, b) = (pair.a.as_str(), pair.b.as_str());
        let tokens = match task.concepts || task.differences {
            true => estimated_tokens(&texts(task, a, b)),
            false => estimated_tokens(a).saturating_add(estimated_tokens(b)),
        };
        Self {
            tokens: tokens.saturating_add(SLOT_TOKENS),
            digest: digest_of(a, b),
            pair: pair.clone(),
        }
    }
}

fn digest_of(a: &str, b: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(a.len() as u64).to_le_bytes());
    hasher.update(a.as_bytes());
    hasher.update(b.as_bytes());
    hasher.finalize()
}

/// Everything that the queue needs to know and never changes.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) task: Task,
    pub(crate) chain: Vec<ChainModel>,
    pub(crate) mode: PromptingMode,
    /// Pairs in a request of the first mode; found by measurement where both ends differ.
    pub(crate) batch: BatchSize,
    pub(crate) num_ctx: u32,
    pub(crate) seed: u64,
    pub(crate) keep_alive: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) second_look: Option<SecondLook>,
    pub(crate) unsure: (f64, f64),
    pub(crate) explain: bool,
    pub(crate) retry_policy: RetryPolicy,
    /// Tokens of the constant part, by the estimate, for the widest mode.
    pub(crate) constant_tokens: u32,
}

impl Plan {
    pub(crate) fn load_options(&self) -> LoadOptions {
        load_options(self.num_ctx, self.seed, self.keep_alive)
    }

    /// Pairs in a request of a mode to a model of the chain.
    pub(crate) fn batch_of(&self, question: Question, model: usize) -> BatchSize {
        let can = self.chain.get(model).map(|model| model.can);
        let default = BatchSize::of(question, can.is_some_and(|can| can.prompt_arrays));
        if question == self.mode.into() && !question.is_single() {
            self.batch
        } else {
            default
        }
    }

    /// Tokens that the pairs of a request may take together, by the estimate.
    pub(crate) fn room(&self, question: Question, pairs: usize) -> u32 {
        self.num_ctx
            .saturating_sub(question.budget(pairs) + self.constant_tokens + TURN_TOKENS)
    }

    /// True where no tokenizer could make the pair fit.
    pub(crate) fn never_fits(&self, pair: &Pair) -> bool {
        let least = least_tokens(pair.a.as_str()).saturating_add(least_tokens(pair.b.as_str()));
        least > self.num_ctx.saturating_sub(self.mode.budget(1))
    }

    pub(crate) fn constant_tokens(task: &Task, question: Question, template: ChatTemplate) -> u32 {
        estimated_tokens(&prompt(task, question, template, &[]).constant)
    }

    /// The order-independent name of a question to one model: what its verdict is kept under.
    pub(crate) fn cache_key(&self, model: usize, words: &Words) -> [u8; 32] {
        let (a, b) = (words.pair.a.as_str(), words.pair.b.as_str());
        let texts = if self.task.symmetric && b < a {
            digest_of(b, a)
        } else {
            words.digest
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.questioning(model).as_bytes());
        hasher.update(texts.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// Everything that shapes an answer of one model, pairs aside.
    fn questioning(&self, model: usize) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.task.digest().as_bytes());
        let (digest, template) = self
            .chain
            .get(model)
            .map_or(("", ChatTemplate::Chat), |model| {
                (model.digest.as_str(), model.template)
            });
        let look = self.second_look.map_or("none", SecondLook::as_str);
        let words = format!(
            "{digest}|{}|{template:?}|ctx {}|seed {}|look {look} {:?}",
            self.mode.cache_words(),
            self.num_ctx,
            self.load_options().seed,
            self.unsure
        );
        hasher.update(words.as_bytes());
        hasher.finalize()
    }

    /// Changes with anything that could change an answer, the size of a batch among it.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        for model in 0..self.chain.len() {
            hasher.update(self.questioning(model).as_bytes());
        }
        let BatchSize { least, most } = self.batch;
        hasher.update(format!("batch {least}..{most} seed {}", self.seed).as_bytes());
        Fingerprint::new(hasher.finalize().to_hex().to_string())
    }

    /// The request for pairs in the order given; each with true where `a` and `b` change places.
    pub(crate) fn ask(
        &self,
        model: usize,
        mode: PromptingMode,
        pairs: &[(&Pair, bool)],
    ) -> Option<(Request, ReplyContext)> {
        let chain = self.chain.get(model)?;
        let texts: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(pair, swapped)| {
                let (a, b) = (pair.a.as_str(), pair.b.as_str());
                if *swapped { (b, a) } else { (a, b) }
            })
            .collect();
        let written = |texts: &[_]| prompt(&self.task, mode, chain.template, texts);
        let prompts = if mode.is_single() {
            texts.chunks(1).map(written).collect()
        } else {
            vec![written(&texts)]
        };
        Some(self.ask_with(chain, mode.into(), prompts, pairs.len()))
    }

    /// The request for the reason of a score.
    pub(crate) fn ask_reason(
        &self,
        model: usize,
        pair: &Pair,
        score: f64,
    ) -> Option<(Request, ReplyContext)> {
        let chain = self.chain.get(model)?;
        let percent = (score.clamp(0.0, 1.0) * 100.0).round() as u8;
        let prompt = reason_prompt(
            &self.task,
            chain.template,
            (pair.a.as_str(), pair.b.as_str()),
            percent,
        );
        Some(self.ask_with(chain, Question::Reason, vec![prompt], 1))
    }

    fn ask_with(
        &self,
        chain: &ChainModel,
        question: Question,
        prompts: Vec<Prompt>,
        pairs: usize,
    ) -> (Request, ReplyContext) {
        let asked = ReplyContext {
            question,
            pairs,
            num_ctx: self.num_ctx,
            prompt_bytes: prompts.iter().map(Prompt::bytes).sum(),
        };
        let ask = Request {
            model: chain.name.clone(),
            prompts,
            template: chain.template,
            schema: question.schema(pairs).filter(|_| match question {
                Question::Score(PromptingMode::Digits) => chain.can.pattern,
                _ => chain.can.schema,
            }),
            top_logprobs: if question.wants_logprobs() {
                chain.can.top_logprobs
            } else {
                0
            },
            num_predict: question.budget(pairs),
            think: chain.switches_thought.then_some(question.thinks()),
            load: self.load_options(),
            timeout: self.retry_policy.most_timeout,
        };
        (ask, asked)
    }
}
