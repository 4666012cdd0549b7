//! Finds every form of a lexicon in a text at once: the longest one that begins at a word, whole words only.
//!
//! The forms are one automaton, which is walked from each word on; no form is longer than [`LONGEST`] words, so that the
//! time is linear in the text's length.

use std::ops::Range;

use fst::raw::{Fst, Node};

use crate::{
    kind::{ConceptId, Kind},
    lexicon::{CAPITALS, Lexicon},
    words::Words,
};

/// Words of the longest form that is looked for.
const LONGEST: usize = 8;

/// Letters from which a name may be misspelled by one edit: shorter ones have too many neighbours.
const LONG_NAME: usize = 8;

/// Words of a text that are looked up with an edit: a bound on the work of long texts of other matters.
const MOST_MISSPELLED: usize = 48;

/// A form that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mention {
    /// Its words.
    pub(crate) place: Range<usize>,
    /// What it may mean.
    pub(crate) senses: Vec<ConceptId>,
}

struct Walk<'f> {
    fst: &'f Fst<Vec<u8>>,
    node: Node<'f>,
    sum: u64,
}

impl<'f> Walk<'f> {
    fn start(fst: &'f Fst<Vec<u8>>) -> Self {
        Self {
            fst,
            node: fst.root(),
            sum: 0,
        }
    }

    fn step(&mut self, byte: u8) -> bool {
        let Some(at) = self.node.find_input(byte) else {
            return false;
        };
        let transition = self.node.transition(at);
        self.sum += transition.out.value();
        self.node = self.fst.node(transition.addr);
        true
    }

    fn all(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.step(*byte))
    }

    fn value(&self) -> Option<u64> {
        self.node
            .is_final()
            .then(|| self.sum + self.node.final_output().value())
    }
}

/// All mentions of a text, in order, none of them overlapping.
pub(crate) fn mentions(lexicon: &Lexicon, words: &Words) -> Vec<Mention> {
    let fst = lexicon.forms.as_fst();
    let mut found = Vec::new();
    let (mut at, mut misspelled) = (0, 0);
    while at < words.len() {
        let hit = longest(fst, words, at).or_else(|| {
            let spelled = words.at(at);
            let tries = spelled.len() >= LONG_NAME && misspelled < MOST_MISSPELLED;
            misspelled += usize::from(tries);
            let value = tries.then(|| one_edit(fst, spelled.as_bytes())).flatten()?;
            let named = lexicon
                .senses(value)
                .iter()
                .all(|c| lexicon.kind(*c) != Some(Kind::Abbreviation));
            named.then_some((at + 1, value))
        });
        match hit {
            Some((end, value)) => {
                found.push(Mention {
                    place: at..end,
                    senses: lexicon.senses(value).to_vec(),
                });
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The longest form that begins at a word: its end, and what it means.
fn longest(fst: &Fst<Vec<u8>>, words: &Words, at: usize) -> Option<(usize, u64)> {
    let all = words.all();
    let mut best = None;
    if all[at].capitals {
        let mut walk = Walk::start(fst);
        if walk.step(CAPITALS) && walk.all(words.at(at).as_bytes()) {
            best = walk.value().map(|value| (at + 1, value));
        }
    }
    let mut walk = Walk::start(fst);
    for (end, word) in all.iter().enumerate().skip(at).take(LONGEST) {
        // A form runs over hyphens and commas, never over the end of a clause.
        if word.clause != all[at].clause || (end > at && (word.before == '.' || !walk.step(b' '))) {
            break;
        }
        if !walk.all(words.spelling(word).as_bytes()) {
            break;
        }
        if let Some(value) = walk.value() {
            // In capitals an abbreviation means itself before a word that is written alike.
            if end > at || best.is_none() {
                best = Some((end + 1, value));
            }
        }
    }
    best
}

/// The one form that a word becomes by one edit after its first letter: a letter added, dropped, changed, or two swapped.
/// `None` where there are two.
fn one_edit(fst: &Fst<Vec<u8>>, word: &[u8]) -> Option<u64> {
    let mut found = Vec::new();
    let mut walk = Walk::start(fst);
    for at in 0..word.len() {
        if at > 0 {
            edited(&walk, word, at, &mut found);
        }
        if !walk.step(word[at]) {
            return only(found);
        }
    }
    edited(&walk, word, word.len(), &mut found);
    only(found)
}

fn only(mut found: Vec<u64>) -> Option<u64> {
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// Forms that are reached by an edit at a place, and the rest of the word as it is.
fn edited(walk: &Walk<'_>, word: &[u8], at: usize, found: &mut Vec<u64>) {
    let mut ends = |from: &Walk<'_>, rest: &[u8]| {
        let mut walk = Walk {
            fst: from.fst,
            node: from.node,
            sum: from.sum,
        };
        if walk.all(rest) {
            found.extend(walk.value());
        }
    };
    if at < word.len() {
        ends(walk, &word[at + 1..]);
    }
    if at + 1 < word.len() {
        let mut swapped = Walk {
            fst: walk.fst,
            node: walk.node,
            sum: walk.sum,
        };
        if swapped.step(word[at + 1]) && swapped.step(word[at]) {
            ends(&swapped, &word[at + 2..]);
        }
    }
    for transition in walk.node.transitions() {
        if !transition.inp.is_ascii_alphabetic() {
            continue;
        }
        let next = Walk {
            fst: walk.fst,
            node: walk.fst.node(transition.addr),
            sum: walk.sum + transition.out.value(),
        };
        ends(&next, &word[at..]);
        if at < word.len() {
            ends(&next, &word[at + 1..]);
        }
    }
}
