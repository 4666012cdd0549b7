//! What a run came to, once its rows are written.

use std::sync::Arc;

use anyhow::Result;
use midband::{PairId, judge::LlmJudge, model::Calibration};

use super::Session;
use crate::{Asked, Files, Notice, Outcome, RunOptions, flow::Ended, outcome, setup::until};

impl Session {
    /// Waits until the caches hold what was asked and embedded.
    pub(super) fn keep(&self) {
        let verdicts = self.judge.as_ref().map(|judge| judge.flush_cache());
        let vectors = self.vectors.as_ref().map(|cached| cached.lost());
        for (lost, what) in [(verdicts, "verdicts"), (vectors, "embeddings")] {
            if let Some(lost) = lost.filter(|&lost| lost > 0) {
                self.listener.notice(&Notice::NotKept(lost, what));
            }
        }
        let left_out = self.vectors.as_ref().map(|cached| cached.left_out());
        if let Some(vectors) = left_out.filter(|&vectors| vectors > 0) {
            self.listener.notice(&Notice::CacheFull(vectors));
        }
    }

    /// Gives the files their names and says what the run came to.
    pub(super) fn end(
        mut self,
        args: &RunOptions,
        ended: Result<(Ended, Files)>,
    ) -> Result<Outcome> {
        let (ended, mut files) = ended?;
        let audited = match (files.audit.take(), &self.asks) {
            (Some(audit), Some(judge)) => {
                Some(self.runtime.block_on(until(&args.stop, async {
                    Ok(audit.ask(judge.as_ref()).await)
                }))?)
            }
            _ => None,
        };
        let Ended {
            mut summary,
            fit,
            rejected_rows,
            first_rejected,
            taught,
        } = ended;
        summary.add_seconds(self.before);
        if let Some(fit) = &fit {
            self.provenance.word_counts = Some(fit.calibration.frequencies.digest());
            // Labels may have chosen to write names out.
            self.provenance.embedding_model = fit.calibration.embedding_model.clone();
        }
        self.keep();
        let usage = self.judge.as_ref().map(|judge| judge.usage());
        let mut written = outcome::written(&summary, rejected_rows, usage.as_ref())?;
        if let Some(fit) = &fit {
            let Calibration { goal, rule, .. } = &fit.calibration;
            written["goal"] = serde_json::to_value(goal)?;
            written["cut"] = rule.cut.into();
        }
        if files.left_out > 0 {
            written["left_out"] = files.left_out.into();
        }
        if !taught.is_empty() {
            written["taught"] = taught.iter().map(PairId::as_str).collect();
        }
        if let Some(known) = self.gold_pairs {
            written["gold_pairs"] = known.into();
        }
        for line in self.certainty.told() {
            self.listener.notice(&Notice::UnusedLabels(line));
        }
        for (name, value) in self.certainty.counts() {
            written[name] = value;
        }
        for (name, value) in &files.resolved {
            written[name] = value.clone();
        }
        let without_partner = (files.partnered.as_ref().zip(self.lists.as_ref()))
            .map(|(partnered, lists)| partnered.without(lists));
        if let Some(without) = &without_partner {
            written["without_partner"] = serde_json::to_value(without)?;
        }
        if let Some(lists) = &self.lists {
            written["lists"] = serde_json::to_value(lists)?;
        }
        written["vouched"] = fit.as_ref().map(|fit| fit.vouched).into();
        written["seconds"]["wall"] = self.began.elapsed().as_secs_f64().into();
        if let Some(audited) = &audited {
            written["audit"] = serde_json::to_value(audited)?;
        }
        let left_out = files.left_out;
        let recorded = self.sources.recorded(&self.provenance)?;
        let on_disk = files.finish(args, &recorded, &written, rejected_rows)?;
        if on_disk.cut_cells > 0 {
            self.listener.notice(&Notice::CutCells(on_disk.cut_cells));
        }
        let described = |judge: &Arc<LlmJudge>| Asked::Judge(outcome::described(judge));
        Ok(Outcome {
            asked: self.judge.as_ref().map_or(self.asked, described),
            summary,
            fit,
            audited,
            rejected_rows,
            first_rejected,
            rejected_file: on_disk.rejected_file,
            left_out,
            without_partner,
            provenance: self.provenance,
            recorded,
            written,
            has_side_files: on_disk.has_side_files,
        })
    }
}
