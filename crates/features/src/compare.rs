//! Two profiles and a cosine become one row of features.
//!
//! Every feature is the same for (a, b) and (b, a): where a quantity belongs to a side, its smaller
//! and its larger value are given. Counts enter as `ln(1 + n)`, rarities are shares of the rarest
//! possible word: so that weights learnt on one task mean the same on another.

use std::{collections::HashMap, panic::resume_unwind, thread};

use midband_lexicon::{CLINICAL, SharedLexicon, compare};

use crate::{
    DocumentFrequencies, FeatureSet, Group, TextProfile, codes, designators,
    feature::COUNT,
    fields,
    lists::OPPOSITES,
    overlap::{Overlap, Word},
    similar_words, trigrams,
};

/// Fewest texts or pairs for which a thread is started: a millisecond's work.
const WORTH_A_THREAD: usize = 100;

/// Turns text pairs into rows of features.
#[derive(Clone, Debug)]
pub struct FeatureRows {
    set: FeatureSet,
    frequencies: DocumentFrequencies,
    lexicon: SharedLexicon,
}

impl FeatureRows {
    /// Rows of the features of a set, with frozen word counts and the lexicon that is built in.
    pub fn new(set: FeatureSet, frequencies: DocumentFrequencies) -> Self {
        Self {
            set,
            frequencies,
            lexicon: SharedLexicon::default(),
        }
    }

    /// The same with another lexicon.
    #[must_use]
    pub fn with_lexicon(mut self, lexicon: &SharedLexicon) -> Self {
        self.lexicon = lexicon.clone();
        self
    }

    /// The lexicon behind the clinical features.
    pub fn lexicon(&self) -> &SharedLexicon {
        &self.lexicon
    }

    /// The features that are on.
    pub fn set(&self) -> &FeatureSet {
        &self.set
    }

    /// The frozen word counts.
    pub fn frequencies(&self) -> &DocumentFrequencies {
        &self.frequencies
    }

    /// Reads a text; the profile serves every pair that the text stands in.
    pub fn profile(&self, text: &str) -> TextProfile {
        let profile = TextProfile::new(text, &self.frequencies);
        if self.set.has(Group::Clinical) {
            profile.with_clinical(text, &self.frequencies, self.lexicon.get())
        } else {
            profile
        }
    }

    /// Appends one row to `out`: a finite number for each of the set's columns. A pair without a
    /// cosine has 0 in the cosine's columns; use [`FeatureSet::without_cosine`] where none has one.
    pub fn push_row(
        &self,
        a: &TextProfile,
        b: &TextProfile,
        cosine: Option<f64>,
        out: &mut Vec<f64>,
    ) {
        if self.set.places() == [0] {
            out.push(cosine.unwrap_or(0.0));
            return;
        }
        let values = values(a, b, cosine.unwrap_or(0.0));
        out.extend(self.set.places().iter().map(|at| values[*at]));
    }

    /// One row a pair, in the order given, each of [`FeatureSet::len`] numbers: the same numbers as by
    /// [`FeatureRows::row`]. Every distinct text is read once, on all cores.
    pub fn table(&self, pairs: &[(&str, &str, Option<f64>)]) -> Vec<f64> {
        let mut places = HashMap::new();
        let mut texts = Vec::new();
        let mut place = |text| {
            *places.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() - 1
            })
        };
        let sides: Vec<[usize; 2]> = pairs
            .iter()
            .map(|&(a, b, _)| [place(a), place(b)])
            .collect();
        let profiles: Vec<TextProfile> = on_all_cores(&texts, |part| {
            part.iter().map(|text| self.profile(text)).collect()
        });
        let wanted: Vec<([usize; 2], Option<f64>)> = sides
            .into_iter()
            .zip(pairs.iter().map(|pair| pair.2))
            .collect();
        on_all_cores(&wanted, |part| {
            let mut values = Vec::with_capacity(part.len() * self.set.len());
            for &([a, b], cosine) in part {
                self.push_row(&profiles[a], &profiles[b], cosine, &mut values);
            }
            values
        })
    }

    /// One row from two texts; profiles are cheaper where a text stands in several pairs.
    pub fn row(&self, a: &str, b: &str, cosine: Option<f64>) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.set.len());
        self.push_row(&self.profile(a), &self.profile(b), cosine, &mut out);
        out
    }
}

/// What `work` makes of the parts of `items`, in order, each part on a core of its own.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let part = items.len().div_ceil(cores);
    if part < WORTH_A_THREAD {
        return work(items);
    }
    let work = &work;
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| scope.spawn(move || work(part)))
            .collect();
        let done = parts.into_iter().map(|part| part.join());
        // A panic in a thread is a panic here.
        done.flat_map(|part| part.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn count(n: usize) -> f64 {
    (n as f64).ln_1p()
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

fn has(words: &[Word], hash: u64) -> bool {
    words.binary_search_by_key(&hash, |word| word.hash).is_ok()
}

/// Numbers shared and in one text only; whether both have numbers and share none.
fn numbers(a: &[Word], b: &[Word]) -> (usize, usize, bool) {
    let of = |words: &[Word]| words.iter().filter(|w| w.is_number).count();
    let shared = a.iter().filter(|w| w.is_number && has(b, w.hash)).count();
    let (left, right) = (of(a), of(b));
    (
        shared,
        left + right - 2 * shared,
        left > 0 && right > 0 && shared == 0,
    )
}

/// Pairs of words that exclude each other, one on either side and neither on both.
fn opposites(a: &[Word], b: &[Word]) -> usize {
    let faces = |x: u64, y: u64| has(a, x) && has(b, y) && !has(a, y) && !has(b, x);
    OPPOSITES
        .iter()
        .filter(|(x, y)| faces(*x, *y) || faces(*y, *x))
        .count()
}

fn is_acronym(short: &TextProfile, long: &TextProfile) -> bool {
    long.initials
        .is_some_and(|initials| has(&short.words, initials))
}

/// All features, in the order of [`crate::FEATURES`].
pub(crate) fn values(a: &TextProfile, b: &TextProfile, cosine: f64) -> [f64; COUNT] {
    let words = Overlap::of(&a.words, &b.words);
    let stems = Overlap::of(&a.stems, &b.stems);
    let fields = fields::compare(&a.fields, &b.fields);
    let codes = codes::compare(&a.codes, &b.codes);
    let (soft_smaller, soft_larger) = similar_words::contained(a, b, &words);
    let (shared, differing, conflict) = numbers(&a.words, &b.words);
    let (few, many) = designators::differing(&a.designators, &b.designators);
    let (only_few, only_many) = (
        words.only_a_count.min(words.only_b_count),
        words.only_a_count.max(words.only_b_count),
    );
    let (short, long) = (a.length.min(b.length), a.length.max(b.length));
    let trigrams = trigrams::overlap(&a.trigrams, &b.trigrams);
    let ends = a.ends.zip(b.ends);
    let of_wording = [
        cosine,
        words.jaccard(),
        words.contained_in_smaller(),
        words.contained_in_larger(),
        words.rarest_shared,
        words.rarest_only_a.min(words.rarest_only_b),
        words.rarest_only_a.max(words.rarest_only_b),
        count(only_few),
        count(only_many),
        flag(only_many == 0),
        flag(only_few == 0 && only_many > 0),
        flag(ends.is_some_and(|(x, y)| x.0 == y.0)),
        flag(ends.is_some_and(|(x, y)| x.1 == y.1)),
        count(shared),
        count(differing),
        flag(conflict),
        f64::from(a.negations.count_ones().abs_diff(b.negations.count_ones())),
        count((a.markers ^ b.markers).count_ones() as usize),
        count(few),
        count(many),
        count(opposites(&a.words, &b.words)),
        count(long) - count(short),
        count(short),
        trigrams,
        flag(is_acronym(a, b) || is_acronym(b, a)),
        codes.shared,
        codes.conflict,
        codes.prefix,
        stems.jaccard(),
        stems.contained_in_smaller(),
        soft_smaller,
        soft_larger,
        fields.mean,
        fields.smallest,
        fields.largest,
        fields.equal,
        fields.conflicting,
        fields.number_difference,
        fields.first.jaccard(),
        fields.first.contained_in_smaller(),
        fields.first.rarest_shared,
        fields.first.rarest_only_a.min(fields.first.rarest_only_b),
        fields.first.rarest_only_a.max(fields.first.rarest_only_b),
        fields.first_trigrams,
    ];
    let clinical = match (&a.clinical, &b.clinical) {
        (Some(a), Some(b)) => compare(a, b).values,
        _ => [0.0; CLINICAL.len()],
    };
    let mut all = [0.0; COUNT];
    let (first, rest) = all.split_at_mut(of_wording.len());
    let (second, last) = rest.split_at_mut(clinical.len());
    first.copy_from_slice(&of_wording);
    second.copy_from_slice(&clinical);
    last.copy_from_slice(&a.asks.compare(b.asks));
    all
}
