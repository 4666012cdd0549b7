//! Lists that are read and compared as far as no engine is needed: what a run and its estimate have in common.

use std::path::PathBuf;

use anyhow::{Result, bail};
use midband_linkage::Linker;
use midband_report::Lists;

use super::{
    error::MatchError,
    gold::{self, Gold},
    known_pairs,
    linking::{self, Linked},
    list_counts,
    options::{CHANGES, Compare, ListInput, ListInputs, WEIGHTS},
    preconditions::Given,
    reading::{self, Named},
    record_columns::{self, Beside},
    records::Records,
    resolved::Resolved,
    state::State,
};
use crate::{
    GoldenColumn, Known, Notice, apart, beside as beside_file, labelled::labelled_ids, once_each,
    outputs_of_run,
};

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
    /// The clusters of a known list, beside which records are new.
    pub(super) resolved: Option<Resolved>,
    /// The folder that keeps the list.
    pub(super) state: Option<State>,
    /// Where two lists are one: the first record of the right list.
    pub(super) second: Option<usize>,
    /// Every file that was read, the lists' first.
    pub(super) files: Vec<PathBuf>,
}

impl Prepared {
    /// Reads the lists and learns what their columns say.
    pub(super) fn new(inputs: ListInputs, given: Given<'_>) -> Result<Self> {
        let state = given
            .options
            .state
            .as_deref()
            .map(State::open)
            .transpose()?;
        let kept = state.as_ref().is_some_and(State::is_there);
        let given = Given {
            known: given.known || kept,
            kept,
            ..given
        };
        given.check()?;
        let ListInputs {
            left,
            right,
            gold_pairs,
            known,
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
            list_counts::name(&left, "left"),
            right
                .as_ref()
                .map_or_else(String::new, |right| list_counts::name(right, "right")),
        ];
        let (mut left, known_clusters) = match known {
            Some(known) => {
                let left = reading::read_new(known.list, left, of_left, options, stop)?;
                (left, Some(known.clusters))
            }
            None => (reading::read(left, of_left, options, stop)?, None),
        };
        let mut resolved = None;
        if let Some(state) = state.as_ref().filter(|state| state.is_there()) {
            let labelled = given.run.labels.as_deref().map(labelled_ids).transpose()?;
            let ids = left
                .by_id
                .keys()
                .cloned()
                .chain(labelled.into_iter().flatten());
            if let Some(mut part) = state.part(&left.table, of_left.id, ids)? {
                let rows = ListInput::Rows(part.take_rows());
                let before = reading::read(rows, of("known", of_left.id), options, stop)?;
                left = before.followed_by(left);
                resolved = Some(Resolved::of_part(part, &left, state)?);
            }
        }
        let mut right = right
            .map(|right| reading::read(right, of_right, options, stop))
            .transpose()?;
        if let (true, Some(right)) = (given.within(), &mut right)
            && left.told_apart(right)
        {
            let said = "some ids are in both lists; the output has left:ID and right:ID";
            given.listener.notice(&Notice::Told(said.to_owned()));
        }
        let joined = (right.as_ref().filter(|_| given.within())).map(|right| left.ids_with(right));
        let mut files = left.files.clone();
        files.extend(right.iter().flat_map(|right| right.files.iter().cloned()));
        if let Some(ListInput::File(path)) = &gold_pairs {
            files.push(path.clone());
        }
        files.extend(given.run.labels.clone());
        files.extend(known_clusters.clone());
        let written = given.run.writing.output.as_deref();
        let outputs = written.map_or(Vec::new(), outputs_of_run);
        let golden = options.golden.as_ref().map(|golden| &golden.path);
        let beside_them: Vec<PathBuf> = options
            .clusters
            .iter()
            .flat_map(|clusters| [WEIGHTS, CHANGES].map(|ending| beside_file(clusters, ending)))
            .collect();
        let outputs = outputs.iter().chain(&options.clusters).chain(golden);
        let outputs = outputs.chain(&beside_them);
        apart(
            outputs.map(PathBuf::as_path),
            files.iter().map(PathBuf::as_path),
        )?;
        let right_ids = right.as_ref().map_or(&left.by_id, |right| &right.by_id);
        let ids = match &joined {
            Some(both) => (both, both),
            None => (&left.by_id, right_ids),
        };
        let mut gold = gold_pairs
            .map(|pairs| gold::read(pairs, given, ids.0, ids.1))
            .transpose()?;
        if let Some(clusters) = known_clusters {
            let read = Resolved::read(&clusters, &left, options)?;
            if read.weights.is_some() && given.compare() == Compare::Text {
                bail!(MatchError::KnownTexts);
            }
            resolved = Some(read);
        }
        if let (Some(gold), Some(resolved)) = (&mut gold, &resolved) {
            gold.retain(|(_, later)| *later as usize >= resolved.clusters.len());
        }
        stop.check()?;
        let known = known_pairs::known(given, &left, right.as_ref())?;
        let lists = [Some(&left), right.as_ref()];
        let nothing = (lists.into_iter().flatten()).any(|list| list.records.is_empty());
        let linker = match nothing {
            true => None,
            false => linking::linker(given, &mut left, right.as_mut(), resolved.as_ref())?,
        };
        let found = linker.as_ref().map(|found| &found.linker);
        let mut second = None;
        let mut names = names;
        if given.within()
            && let Some(other) = right.take()
        {
            second = Some(left.records.len());
            left = left.with(other, &record_columns::same_columns(options, found));
            names = [names.join(" + "), String::new()];
        }
        let golden = match &options.golden {
            Some(golden) => {
                let columns = record_columns::every(options, &left, right.as_ref(), found);
                golden
                    .rules
                    .check(&columns, given.two && second.is_none())?;
                Some(columns)
            }
            None => None,
        };
        let beside = Beside::of(options, &mut left, right.as_mut(), found)?;
        let [left_name, right_name] = names;
        let named = |name, id, records| list_counts::Named { name, id, records };
        let mut about = list_counts::of(
            named(left_name, &options.records.left_id, &left),
            right
                .as_ref()
                .map(|right| named(right_name, &options.records.right_id, right)),
            found.map(Linker::plan),
        );
        stop.check()?;
        let learnt = |linker| match &resolved {
            Some(resolved) => {
                let fresh = left.records.len() - resolved.clusters.len();
                linking::resume(linker, given, resolved, fresh).map(Ok)
            }
            None => Ok(linking::fit(linker, given, &known)),
        };
        let linked = match linker.map(learnt).transpose()? {
            Some(Err(why)) if options.compare == Compare::Columns => {
                bail!(MatchError::NotLearnt(why))
            }
            Some(Err(why)) => {
                let said = format!("{why}: comparing records as texts");
                given.listener.notice(&Notice::Told(said));
                None
            }
            Some(Ok(linked)) => Some(linked),
            None => None,
        };
        // Of a kept list only a part is read.
        if let (Some(linked), None) = (&linked, &resolved) {
            list_counts::add_copies(&mut about, &linked.copy_scores());
        }
        if linked.is_none() {
            options.check_text_rules()?;
            for list in [Some(&left), right.as_ref()].into_iter().flatten() {
                list.check_text_keys(options)?;
            }
        }
        let saved = || linked.as_ref().and_then(Linked::saved);
        if state.is_some() && resolved.is_none() && !nothing && saved().is_none() {
            bail!(MatchError::NothingToKeep);
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
            resolved,
            state,
            second,
            files,
        })
    }

    /// Rows of the lists that are no records.
    pub(super) fn rejected(&self) -> usize {
        let right = self.right.as_ref().map_or(0, |right| right.rejected.len());
        self.left.rejected.len() + right
    }
}
