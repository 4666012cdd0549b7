//! What the steps of a run over lists go by, and what can't go together.

use midband_linkage::Options;

use super::{
    error::MatchError,
    options::{Compare, LinkType, MatchOptions, Partners},
};
use crate::{JudgeChoice, Listener, RunOptions};

/// All that the steps of a run over lists go by.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) options: &'a MatchOptions,
    pub(super) run: &'a RunOptions,
    pub(super) listener: &'a dyn Listener,
    /// There is a right list.
    pub(super) two: bool,
    /// Records are new beside a known list.
    pub(super) known: bool,
    /// The known list is in a folder that keeps it.
    pub(super) kept: bool,
}

impl Given<'_> {
    /// How records are compared: what belongs to texts alone asks for texts.
    pub(super) fn compare(&self) -> Compare {
        match self.options.compare {
            Compare::Auto if self.names_texts() => Compare::Text,
            Compare::Auto if self.known => Compare::Columns,
            chosen => chosen,
        }
    }

    fn names_texts(&self) -> bool {
        let options = self.options;
        options.candidates.is_some()
            || options.exact
            || !options.text.is_empty()
            || self.run.calibration.is_some()
            || self.run.band.is_some()
    }

    /// Two lists are taken for one.
    pub(super) fn within(&self) -> bool {
        self.two && self.options.link_type == Some(LinkType::LinkAndDedupe)
    }

    /// How columns are compared.
    pub(super) fn linkage(&self) -> Options {
        let (options, run) = (self.options, self.run);
        let default = Options::default();
        Options {
            types: options.types.clone(),
            map: options.map.clone(),
            rules: options.block_on.clone(),
            within: self.within(),
            one_to_one: (options.partners == Some(Partners::OneToOne)).then_some(true),
            seed: run.seed,
            threads: match run.embedding.threads {
                0 => default.threads,
                threads => threads,
            },
            ..default
        }
    }

    pub(super) fn asks_nobody(&self) -> bool {
        matches!(self.run.judge, JudgeChoice::Nobody)
    }

    /// Refuses options that can't go together, before anything is read.
    pub(super) fn check(&self) -> Result<(), MatchError> {
        let options = self.options;
        if options
            .min_proxy
            .is_some_and(|least| !(0.0..=1.0).contains(&least))
        {
            return Err(MatchError::LeastProxy);
        }
        if !(options.cluster_threshold > 0.0 && options.cluster_threshold < 1.0) {
            return Err(MatchError::ClusterThreshold);
        }
        let one = matches!(options.link_type, Some(LinkType::DedupeOnly));
        if options.link_type.is_some() && one == self.two {
            return Err(MatchError::LinkType { one });
        }
        if options.partners.is_some() && (!self.two || self.within()) {
            return Err(MatchError::PartnersInOneList);
        }
        if options.state.is_some() && self.two {
            return Err(MatchError::StateAndRight);
        }
        if self.known && self.two {
            return Err(MatchError::KnownAndRight);
        }
        if self.known && !self.kept && options.state.is_some() {
            return Err(MatchError::KnownAndState);
        }
        if self.kept && !(options.block_on.is_empty() && options.same.is_empty()) {
            return Err(MatchError::StateRules);
        }
        if self.known && options.golden.is_some() {
            return Err(MatchError::KnownAndGolden);
        }
        if (self.kept || options.state.is_some()) && self.compare() == Compare::Text {
            return Err(MatchError::StateTexts);
        }
        if options.compare == Compare::Columns && self.names_texts() {
            return Err(MatchError::ColumnsWithTexts);
        }
        Ok(())
    }
}
