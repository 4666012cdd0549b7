//! Lists that are read and compared as far as no engine is needed: what a run and its estimate have in common.

use std::path::PathBuf;

use anyhow::{Result, bail};
use midband_linkage::Linker;
use midband_report::Lists;

use super::{
    about,
    beside::{self, Beside},
    error::MatchError,
    gold::{self, Gold},
    linking::{self, Linked},
    options::{Compare, Given, ListInput, ListInputs},
    records::{self, Named, Records},
};
use crate::{GoldenColumn, Known, Notice, apart, once_each, outputs_of_run};

/// What is known of the lists before anything is scored.
pub(super) struct Prepared {
    pub(super) left: Records,
    pub(super) right: Option<Records>,
    pub(super) gold: Option<Gold>,
    pub(super) beside: Beside,
    /// What the lists are, for the summary and the report.
    pub(super) about: Lists,
    /// The columns of the golden records, where these are wanted.
    pub(super) golden: Option<Vec<GoldenColumn>>,
    /// A list has no record, so that there is no pair.
    pub(super) nothing: bool,
    /// What labels and rules say of pairs.
    pub(super) known: Known,
    /// What the columns say; none where records are compared as texts.
    pub(super) linked: Option<Linked>,
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
        } = inputs;
        let (options, stop) = (given.options, &given.run.stop);
        let named = [Some(&left), right.as_ref(), gold_pairs.as_ref()];
        let named = named.into_iter().flatten().filter_map(|input| match input {
            ListInput::File(path) => Some(path.as_path()),
            ListInput::Rows(_) => None,
        });
        let named = named.chain(given.run.labels.as_deref());
        once_each(&named.collect::<Vec<_>>())?;
        let of = |list, id| Named { list, id };
        let of_left = of("left", &options.records.left_id);
        let of_right = of("right", &options.records.right_id);
        let names = [
            about::name(&left, "left"),
            right
                .as_ref()
                .map_or_else(String::new, |right| about::name(right, "right")),
        ];
        let mut left = records::read(left, of_left, options, stop)?;
        let mut right = right
            .map(|right| records::read(right, of_right, options, stop))
            .transpose()?;
        let mut files = left.files.clone();
        files.extend(right.iter().flat_map(|right| right.files.iter().cloned()));
        if let Some(ListInput::File(path)) = &gold_pairs {
            files.push(path.clone());
        }
        files.extend(given.run.labels.clone());
        let written = given.run.writing.output.as_deref();
        let outputs = written.map_or(Vec::new(), outputs_of_run);
        let golden = options.golden.as_ref().map(|golden| &golden.path);
        let outputs = outputs.iter().chain(&options.clusters).chain(golden);
        apart(
            outputs.map(PathBuf::as_path),
            files.iter().map(PathBuf::as_path),
        )?;
        let right_ids = right.as_ref().map_or(&left.by_id, |right| &right.by_id);
        let gold = gold_pairs
            .map(|pairs| gold::read(pairs, given, &left.by_id, right_ids))
            .transpose()?;
        stop.check()?;
        let known = linking::known(given, &left, right.as_ref())?;
        let lists = [Some(&left), right.as_ref()];
        let nothing = (lists.into_iter().flatten()).any(|list| list.records.is_empty());
        let linker = match nothing {
            true => None,
            false => linking::linker(given, &mut left, right.as_mut())?,
        };
        let found = linker.as_ref().map(|found| &found.linker);
        let golden = match &options.golden {
            Some(golden) => {
                let columns = beside::every(options, &left, right.as_ref(), found);
                golden.rules.check(&columns, given.two)?;
                Some(columns)
            }
            None => None,
        };
        let beside = Beside::of(options, &mut left, right.as_mut(), found)?;
        let [left_name, right_name] = names;
        let named = |name, id, records| about::Named { name, id, records };
        let about = about::of(
            named(left_name, &options.records.left_id, &left),
            right
                .as_ref()
                .map(|right| named(right_name, &options.records.right_id, right)),
            found.map(Linker::plan),
        );
        stop.check()?;
        let linked = match linker.map(|linker| linking::fit(linker, given, &known)) {
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
            about,
            golden,
            known,
            nothing,
            linked,
            files,
        })
    }

    /// Rows of the lists that are no records.
    pub(super) fn rejected(&self) -> usize {
        let right = self.right.as_ref().map_or(0, |right| right.rejected.len());
        self.left.rejected.len() + right
    }
}
