//! Lists that are read and compared as far as no engine is needed: what a run and its estimate have in common.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{
    beside::Beside,
    error::MatchError,
    gold::{self, Gold},
    known::Known,
    linking::{self, Linked},
    options::{CHANGES, Compare, Given, ListInput, ListInputs, WEIGHTS},
    records::{self, Named, Records},
};
use crate::{Notice, apart, beside, outputs_of_run};

/// What is known of the lists before anything is scored.
pub(super) struct Prepared {
    pub(super) left: Records,
    pub(super) right: Option<Records>,
    pub(super) gold: Option<Gold>,
    pub(super) beside: Beside,
    /// What the columns say; none where records are compared as texts.
    pub(super) linked: Option<Linked>,
    /// The clusters of a known list, beside which records are new.
    pub(super) known: Option<Known>,
    /// Every file that was read, the lists' first.
    pub(super) files: Vec<PathBuf>,
}

impl Prepared {
    /// Reads the lists and learns what their columns say.
    pub(super) fn new(inputs: ListInputs, given: Given<'_>) -> Result<Self> {
        given.check()?;
        let ListInputs {
            left,
            right,
            gold_pairs,
            known,
        } = inputs;
        let (options, stop) = (given.options, &given.run.stop);
        let of = |list, id| Named { list, id };
        let of_left = of("left", &options.records.left_id);
        let of_right = of("right", &options.records.right_id);
        let (mut left, resolved) = match known {
            Some(known) => {
                let left = records::read_new(known.list, left, of_left, options, stop)?;
                (left, Some(known.clusters))
            }
            None => (records::read(left, of_left, options, stop)?, None),
        };
        let mut right = right
            .map(|right| records::read(right, of_right, options, stop))
            .transpose()?;
        let mut files = left.files.clone();
        files.extend(right.iter().flat_map(|right| right.files.iter().cloned()));
        if let Some(ListInput::File(path)) = &gold_pairs {
            files.push(path.clone());
        }
        files.extend(resolved.clone());
        let written = given.run.writing.output.as_deref();
        let outputs = written.map_or(Vec::new(), outputs_of_run);
        let beside_them = options
            .clusters
            .iter()
            .flat_map(|clusters| [WEIGHTS, CHANGES].map(|ending| beside(clusters, ending)));
        let outputs: Vec<PathBuf> = outputs
            .into_iter()
            .chain(options.clusters.clone())
            .chain(beside_them)
            .collect();
        let outputs = outputs.iter();
        apart(
            outputs.map(PathBuf::as_path),
            files.iter().map(PathBuf::as_path),
        )?;
        let right_ids = right.as_ref().map_or(&left.by_id, |right| &right.by_id);
        let mut gold = gold_pairs
            .map(|pairs| gold::read(pairs, given, &left.by_id, right_ids))
            .transpose()?;
        let known = resolved
            .map(|clusters| Known::read(&clusters, &left, options))
            .transpose()?;
        if let (Some(gold), Some(known)) = (&mut gold, &known) {
            gold.retain(|(_, later)| *later as usize >= known.clusters.len());
        }
        stop.check()?;
        let linker = linking::linker(given, &mut left, right.as_mut(), known.as_ref())?;
        let beside = Beside::of(
            options,
            &mut left,
            right.as_mut(),
            linker.as_ref().map(|found| &found.linker),
        )?;
        stop.check()?;
        let learnt = |linker| match &known {
            Some(known) => linking::resume(linker, given, known).map(Ok),
            None => Ok(linking::fit(linker, given)),
        };
        let linked = match linker.map(learnt).transpose()? {
            Some(Err(why)) if options.compare == Compare::Columns => {
                bail!(MatchError::NotLearnt(why))
            }
            Some(Err(why)) => {
                let said = format!("{why}: records are compared as texts");
                given.listener.notice(&Notice::Told(said));
                None
            }
            Some(Ok(linked)) => Some(linked),
            None => None,
        };
        if linked.is_none() {
            options.check_text_rules()?;
        }
        stop.check()?;
        Ok(Self {
            left,
            right,
            gold,
            beside,
            linked,
            known,
            files,
        })
    }

    /// Rows of the lists that are no records.
    pub(super) fn rejected(&self) -> usize {
        let right = self.right.as_ref().map_or(0, |right| right.rejected.len());
        self.left.rejected.len() + right
    }
}
