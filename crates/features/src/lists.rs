//! Closed lists of words that change a meaning whatever the subject.

use crate::hash::Hash;

const fn hash(word: &str) -> u64 {
    Hash::of_ascii(word.as_bytes())
}

/// Words that deny: "fever" and "no fever" share every rare word.
pub(crate) const NEGATIONS: [u64; 10] = [
    hash("no"),
    hash("not"),
    hash("without"),
    hash("never"),
    hash("denies"),
    hash("none"),
    hash("negative"),
    hash("non"),
    hash("nor"),
    hash("cannot"),
];

/// Words of side, place and grade: "left knee" and "right knee" are different things.
pub(crate) const MARKERS: [u64; 11] = [
    hash("left"),
    hash("right"),
    hash("bilateral"),
    hash("upper"),
    hash("lower"),
    hash("anterior"),
    hash("posterior"),
    hash("medial"),
    hash("lateral"),
    hash("type"),
    hash("stage"),
];

/// Words that initials leave out.
const STOP_WORDS: [u64; 27] = [
    hash("a"),
    hash("an"),
    hash("and"),
    hash("the"),
    hash("of"),
    hash("in"),
    hash("on"),
    hash("for"),
    hash("to"),
    hash("with"),
    hash("by"),
    hash("at"),
    hash("from"),
    hash("or"),
    hash("is"),
    hash("are"),
    hash("was"),
    hash("were"),
    hash("be"),
    hash("as"),
    hash("it"),
    hash("its"),
    hash("this"),
    hash("that"),
    hash("i"),
    hash("my"),
    hash("s"),
];

pub(crate) fn is_stop_word(hash: u64) -> bool {
    STOP_WORDS.contains(&hash)
}

/// Letters that stand for a number, with the number they stand for.
pub(crate) const NUMERALS: [(u64, u64); 20] = [
    (hash("i"), 1),
    (hash("ii"), 2),
    (hash("iii"), 3),
    (hash("iv"), 4),
    (hash("v"), 5),
    (hash("vi"), 6),
    (hash("vii"), 7),
    (hash("viii"), 8),
    (hash("ix"), 9),
    (hash("x"), 10),
    (hash("one"), 1),
    (hash("two"), 2),
    (hash("three"), 3),
    (hash("four"), 4),
    (hash("first"), 1),
    (hash("second"), 2),
    (hash("third"), 3),
    (hash("fourth"), 4),
    (hash("fifth"), 5),
    (hash("single"), 1),
];

/// Greek letters in words, with the letter that is written for them.
pub(crate) const GREEK: [(u64, char); 6] = [
    (hash("alpha"), 'a'),
    (hash("beta"), 'b'),
    (hash("gamma"), 'g'),
    (hash("delta"), 'd'),
    (hash("epsilon"), 'e'),
    (hash("omega"), 'o'),
];

/// Words that exclude each other.
pub(crate) const OPPOSITES: [(u64, u64); 16] = [
    (hash("left"), hash("right")),
    (hash("upper"), hash("lower")),
    (hash("anterior"), hash("posterior")),
    (hash("medial"), hash("lateral")),
    (hash("acute"), hash("chronic")),
    (hash("benign"), hash("malignant")),
    (hash("male"), hash("female")),
    (hash("mother"), hash("father")),
    (hash("son"), hash("daughter")),
    (hash("start"), hash("stop")),
    (hash("before"), hash("after")),
    (hash("increase"), hash("decrease")),
    (hash("increased"), hash("decreased")),
    (hash("high"), hash("low")),
    (hash("primary"), hash("secondary")),
    (hash("dominant"), hash("recessive")),
];
