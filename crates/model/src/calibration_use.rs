//! Whether a run may use a calibration.

use midband_core::{Fingerprint, ModelIdentity};
use midband_features::Group;

use crate::{Calibration, CalibrationError};

/// What a run is about to use a calibration for.
#[derive(Clone, Debug, PartialEq)]
pub struct Use<'a> {
    /// The embedding model of the run.
    pub embedding_model: &'a ModelIdentity,
    /// The task of the run.
    pub task: &'a str,
    /// Digest of the run's lexicon; `None` for the one that is built in.
    pub lexicon: Option<&'a str>,
    /// How the run asks its judge; `None` where it asks none.
    pub judge_fingerprint: Option<&'a Fingerprint>,
    /// True where the pairs are those of lists.
    pub lists: bool,
}

impl Calibration {
    /// Says whether a run may use it.
    ///
    /// # Errors
    /// Another embedding model, task or way of asking the judge, and which.
    pub fn check(&self, run: &Use<'_>) -> Result<(), CalibrationError> {
        // Before the embedding model, whose identity holds the lexicon where its names are written out.
        if self.lexicon.as_deref() != run.lexicon && self.features.has(Group::Clinical) {
            return Err(CalibrationError::Lexicon);
        }
        if self.embedding_model.digest != run.embedding_model.digest {
            return Err(CalibrationError::EmbeddingModel {
                made_for: named(&self.embedding_model),
                used: named(run.embedding_model),
            });
        }
        if self.task != run.task {
            return Err(CalibrationError::Task {
                made_for: self.task.clone(),
                used: run.task.to_owned(),
            });
        }
        if !run.lists && self.proxy.columns.len() > self.features.len() {
            return Err(CalibrationError::Lists);
        }
        match (&self.judge_fingerprint, run.judge_fingerprint) {
            (Some(made_for), Some(used)) if made_for != used => Err(CalibrationError::Judge),
            _ => Ok(()),
        }
    }
}

fn named(model: &ModelIdentity) -> String {
    format!("{} ({})", model.name, model.digest)
}
