//! A run over lists, and what it would cost.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::Result;
use midband::{Blocked, CostEstimate, Embedder, Learning, Pair, Part};
use midband_io::Format;

use super::{
    arrivals::Joining,
    candidates::{self, Candidates},
    known_pairs,
    linking::Linked,
    options::{ListInputs, MatchOptions},
    preconditions::Given,
    prepared::Prepared,
    preview, recorded, resolved,
    resolving::{self, ListFacts, Resolving},
    state::{Keeping, Pending, Update},
    texts::{self, Lists},
};
use crate::{
    Destination, Listener, NoEmbedder, Outcome, PairSource, PairsOf, ROWS, RunOptions, Session,
    Source, Sources, destination::Shape, embedder, engine, format_of, output_format,
    partnered::Partnered, runtime, until,
};

/// Matches lists of records: finds the pairs that are worth comparing, and scores them.
pub struct Matching<'a> {
    /// How lists are matched.
    pub options: &'a MatchOptions,
    /// What every run is told.
    pub run: &'a RunOptions,
    /// What is learnt by; none for a fixed band.
    pub learning: Option<Learning>,
    /// Hears what is found.
    pub listener: Arc<dyn Listener>,
}

/// What a run would ask.
pub struct Estimate {
    /// Questions by policy.
    pub cost: CostEstimate,
    /// Rows of the lists that are no records.
    pub rejected: usize,
}

impl Matching<'_> {
    /// Runs to the end.
    ///
    /// # Errors
    /// A list can't be read, the options don't fit the lists ([`MatchError`](super::MatchError)), the engine can't be set up,
    /// the output can't be written, or the run was stopped.
    pub fn run(self, inputs: ListInputs, to: Destination<'_>) -> Result<Outcome> {
        let begin = Instant::now();
        let (options, run) = (self.options, self.run);
        let learns = self.learning.is_some();
        let prepared = self.prepared(inputs)?;
        let neighbours = (self.learning.as_ref()).is_some_and(|learning| learning.neighbours);
        let search = recorded::search(options, &prepared, neighbours);
        let Prepared {
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
        } = prepared;
        let pending = state.as_ref().map(|_| Pending::default());
        let mut columns = vec!["left_id".to_owned(), "right_id".to_owned()];
        if second.is_some() {
            columns.extend(candidates::LISTS.map(str::to_owned));
        }
        if gold.is_some() {
            columns.push("label".to_owned());
        }
        if resolved.is_some() {
            columns.push(candidates::KNOWN_CLUSTER.to_owned());
        }
        columns.extend(beside.names());
        if options.partners.is_some() || options.clusters() {
            columns.push(resolving::FIELD.to_owned());
        }
        let read: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
        let first = read.first();
        let format = first.map_or(Format::Jsonl, |file| {
            format_of(options.records.format, file)
        });
        let is_workbook = output_format(&run.writing, format) == Format::Xlsx;
        let resolves = options.resolves() || is_workbook || resolved.is_some();
        let shape = Shape {
            format,
            columns: Some(columns),
            late: None,
            inputs: &read,
            // Pairs that decide about each other are all scored anew; their verdicts come from the cache.
            at_once: learns || resolves || !run.writing.only.is_empty(),
        };
        let mut sources = Sources::of(read.iter().copied(), run.calibration.as_deref());
        sources.search = Some(search);
        let begun = to.begin(run, &shape)?;
        let kind = match linked {
            Some(_) => PairsOf::Columns,
            None => PairsOf::Lists,
        };
        let listener = self.listener;
        let told_to = listener.clone();
        let mut run = run.clone();
        let texts = left.records.iter().map(|record| record.text.as_str());
        run.suit_task(texts, listener.as_ref());
        let run = &run;
        let mut session = Session::open(run, self.learning, &begun, kind, listener.clone())?;
        session.sources = sources;
        let lists = [Some(&left), right.as_ref()].into_iter().flatten();
        let rejected = lists
            .flat_map(|list| list.rejected.iter().cloned())
            .collect();
        let (columns_of_list, fresh_from) = (left.columns, left.fresh_from);
        let (left, right) = (left.records, right.map(|list| list.records));
        let blocked = match &linked {
            Some(linked) => {
                let engine = session.engine.clone();
                Blocked::of(linked.candidates(), engine, left, right)
            }
            None if nothing => Blocked::of(Vec::new(), session.engine.clone(), left, right),
            None => {
                let lists = Lists { left, right };
                let mut blocked =
                    texts::block_texts(&session, lists, options, run, listener.as_ref())?;
                texts::leave_known(&mut blocked, fresh_from);
                blocked
            }
        };
        let compared = linked.as_ref().map(Linked::compared);
        for said in preview::blocked(&blocked, compared, options, gold.as_ref()) {
            listener.notice(&said);
        }
        let blocked = known_pairs::with_known(blocked, &known);
        session.certainty = known_pairs::certainty(&blocked, &known);
        session.gold_pairs = gold.as_ref().map(|gold| gold.len());
        session.engine = blocked.engine.clone();
        let right_is_none = about.right.is_none();
        session.lists = Some(about);
        session.began = begin;
        session.before.embedding = blocked.embedding_took.as_secs_f64();
        session.before.total = begin.elapsed().as_secs_f64();
        let mut files = to.open(run, shape, begun, listener.as_ref())?;
        // Rows of an earlier try, and records that were known before, are not counted.
        let counts = files.skip == 0 && resolved.is_none();
        files.partnered = counts.then(|| Partnered::new(right_is_none));
        let (blocked, beside) = (Arc::new(blocked), Arc::new(beside));
        let gold = gold.map(Arc::new);
        let resolved = resolved.map(Arc::new);
        if let Some(resolved) = &resolved {
            listener.notice(&preview::fresh(&blocked, resolved));
            let joining =
                Joining::new(blocked.clone(), resolved.clone(), options, listener.clone())
                    .for_excel(run.writing.bom);
            let keeping = state.as_ref().zip(pending.clone());
            files.resolver = Some(Box::new(match keeping {
                Some((state, pending)) => joining.kept_by(Keeping {
                    pending,
                    beside: beside.clone(),
                    columns: columns_of_list.clone(),
                    known: state.listed(options.clusters.is_some())?,
                }),
                None => joining,
            }));
        } else if resolves {
            let facts = ListFacts {
                by_columns: linked.is_some(),
                gold: gold.clone(),
                golden,
                beside: beside.clone(),
                pending: pending.clone(),
                second,
            };
            let resolving = Resolving::new(blocked.clone(), options, facts, listener.clone())
                .for_excel(run.writing.bom);
            files.resolver = Some(Box::new(if is_workbook {
                resolving.with_sheets(beside.clone())
            } else {
                resolving
            }));
        }
        let pairs = Candidates {
            rejected,
            blocked: blocked.clone(),
            gold,
            beside,
            known: resolved,
            second,
        };
        let weights = linked.as_ref().and_then(Linked::saved);
        if let Some(path) = &options.clusters
            && (weights.is_some() || linked.is_none() && !nothing)
        {
            // Before the clusters: whoever finds them finds what belongs to them.
            let kept = pairs.known.as_ref().filter(|known| known.rest.is_some());
            let before = kept.and_then(|known| known.weights.as_ref());
            resolved::keep(before.or(weights.as_ref()), path)?;
        }
        let outcome = match linked {
            Some(linked) => {
                let known = linked.pairs(&blocked);
                let parts = move |at: usize, parts: Vec<Part>| linked.by_column(at, parts);
                session.score_linked(run, known, parts, pairs.rows()?, files)
            }
            None if learns => session.learn_and_score(run, &pairs, files),
            None => session.stream(run, pairs.rows()?, ROWS, files),
        }?;
        // After the run's own files: a run that is killed before is repeated, and finds the state as it was.
        if let (Some(mut state), Some(update)) = (state, pending.and_then(|pending| pending.take()))
        {
            state.add(Update {
                columns: columns_of_list,
                weights,
                ..update
            })?;
            told_to.notice(&state.told());
        }
        Ok(outcome)
    }

    /// Says what each policy would ask. Nobody is asked and nothing is written.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn estimate(self, inputs: ListInputs) -> Result<Estimate> {
        let (options, run) = (self.options, self.run);
        let prepared = self.prepared(inputs)?;
        let rejected = prepared.rejected();
        let Prepared {
            left,
            right,
            gold,
            linked,
            ..
        } = prepared;
        let fresh_from = left.fresh_from;
        let (left, right) = (left.records, right.map(|list| list.records));
        let listener = self.listener;
        let embedder: Arc<dyn Embedder> = match &linked {
            Some(_) => Arc::new(NoEmbedder::default()),
            None => embedder(&run.embedding, &run.stop, &listener)?,
        };
        let taken = PairSource {
            of_lists: true,
            ..PairSource::default()
        };
        let engine = engine(run, self.learning, taken, embedder, None, &listener)?;
        let tell = |blocked: &Blocked, compared: Option<usize>| {
            for said in preview::blocked(blocked, compared, options, gold.as_ref()) {
                listener.notice(&said);
            }
        };
        let cost = match linked {
            Some(linked) => {
                let blocked = Blocked::of(linked.candidates(), engine, left, right);
                tell(&blocked, Some(linked.compared()));
                let known = linked.pairs(&blocked);
                blocked.engine.estimate_linked_cost(known)?
            }
            None => {
                let runtime = runtime()?;
                let blocking = engine.block(left, right, texts::settings(options));
                let blocking = async { Ok(blocking.await?) };
                let mut blocked = runtime.block_on(until(&run.stop, blocking))?;
                texts::leave_known(&mut blocked, fresh_from);
                tell(&blocked, None);
                let pairs: Vec<Pair> = (blocked.candidates.iter())
                    .map(|candidate| blocked.pair(candidate))
                    .collect();
                runtime.block_on(blocked.engine.estimate_cost(pairs))?
            }
        };
        Ok(Estimate { cost, rejected })
    }

    fn prepared(&self, inputs: ListInputs) -> Result<Prepared> {
        let given = Given {
            options: self.options,
            run: self.run,
            listener: self.listener.as_ref(),
            two: inputs.right.is_some(),
            known: inputs.known.is_some(),
            kept: false,
        };
        Prepared::new(inputs, given)
    }
}
