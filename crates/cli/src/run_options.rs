//! What the command line says, in the words of a run.

use anyhow::{Result, bail};
use midband::{BandOn, judge::JudgeSettings, router::Reference};
use midband_run::{
    EmbeddingOptions, JudgeChoice, ReadingOptions, RunOptions, Stop, TaskFrom, WritingOptions,
};

use crate::{
    args::{BandOnArg, JudgeArg, ModelArgs, ReadingArgs, RunArgs},
    judging,
};

impl ReadingArgs {
    pub(crate) fn options(&self) -> ReadingOptions {
        ReadingOptions {
            format: self.format,
            id: self.id.clone(),
            left: self.left.clone(),
            right: self.right.clone(),
            gold: self.gold.clone(),
            delimiter: self.text.delimiter,
            quoting: self.text.quoting(),
            encoding: self.text.encoding,
            no_headers: self.no_headers,
            max_text_bytes: self.max_text_bytes,
        }
    }
}

impl ModelArgs {
    pub(crate) fn options(&self) -> EmbeddingOptions {
        EmbeddingOptions {
            embed_model: self.embed_model.clone(),
            embed_model_dir: self.embed_model_dir.clone(),
            max_tokens: self.max_tokens,
            allow_batch_dependent: self.allow_batch_dependent,
            onnxruntime: self.onnxruntime.clone(),
            cache: self.cache.clone(),
            cache_most_bytes: self.cache_max_size,
            threads: self.threads,
            batch_tokens: self.batch_tokens,
            opened: None,
        }
    }
}

impl RunArgs {
    pub(crate) fn options(&self) -> Result<RunOptions> {
        // Labels take the judge's place.
        let asks = self.routing.reference != Reference::Gold;
        let named = &self.judge.asking.server.task;
        let task_from = match (named == judging::AUTO, &self.routing.calibration) {
            (false, _) => TaskFrom::Caller,
            (true, Some(_)) => TaskFrom::Calibration,
            (true, None) => TaskFrom::Texts,
        };
        Ok(RunOptions {
            writing: WritingOptions {
                output: self.writing.output.clone(),
                output_format: self.writing.output_format,
                include_text: self.writing.include_text,
                parts: self.writing.parts,
                bom: self.writing.bom,
                only: self.writing.only.iter().copied().map(Into::into).collect(),
            },
            embedding: self.model.options(),
            band: self.routing.wanted_band()?,
            alone: false,
            band_on: match self.routing.band_on {
                Some(BandOnArg::Proxy) => BandOn::Proxy,
                Some(BandOnArg::Cosine) | None => BandOn::Cosine,
            },
            task: judging::task(named, self.routing.calibration.as_deref())?.name,
            task_from,
            kind: self.routing.learning.task_kind,
            reference: self.routing.reference,
            calibration: self.routing.calibration.clone(),
            labels: self.labels.clone(),
            sample: self.routing.sample,
            audit: self.audit()?,
            judge: match asks {
                true => self.asked()?.map_or(JudgeChoice::Nobody, |settings| {
                    JudgeChoice::Server(Box::new(settings))
                }),
                false => JudgeChoice::Nobody,
            },
            seed: self.seed,
            resume: self.resume,
            stop: Stop::default(),
        })
    }

    /// An audit wants somebody who can be asked.
    fn audit(&self) -> Result<usize> {
        if self.routing.audit > 0 && self.asks_nobody() {
            bail!("--audit needs a judge: omit it or `--judge none`");
        }
        Ok(self.routing.audit)
    }

    /// The judge's settings, with the task of the calibration where it alone names one.
    fn asked(&self) -> Result<Option<JudgeSettings>> {
        let task = judging::task(
            &self.judge.asking.server.task,
            self.routing.calibration.as_deref(),
        )?;
        let asked = judging::asked(&self.judge, self.seed)?;
        Ok(asked.map(|settings| JudgeSettings { task, ..settings }))
    }

    /// True where nobody is to be asked, in so many words.
    pub(crate) fn asks_nobody(&self) -> bool {
        self.judge.asking.server.judge == Some(JudgeArg::None)
    }
}
