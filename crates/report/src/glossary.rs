//! The report's words, explained.

/// A word, the name of its anchor, and what it means.
pub(crate) struct Word {
    pub(crate) word: &'static str,
    pub(crate) anchor: &'static str,
    pub(crate) means: &'static str,
}

pub(crate) const WORDS: [Word; 9] = [
    Word {
        word: "Match",
        anchor: "word-match",
        means: "Two records or texts that are taken for the same person, thing or question.",
    },
    Word {
        word: "Match probability",
        anchor: "word-probability",
        means: "How likely a pair is a match, from 0 to 1. Of 100 pairs at 0.9, some 90 are matches if the scores are \
                correct.",
    },
    Word {
        word: "Review",
        anchor: "word-review",
        means: "A pair that midband leaves to a person, because nothing it knows settles the pair.",
    },
    Word {
        word: "Language model",
        anchor: "word-model",
        means: "A program that reads two texts and says whether they are the same. midband asks it about unclear pairs only. Its \
                answers can be wrong.",
    },
    Word {
        word: "Calibration",
        anchor: "word-calibration",
        means: "What midband learned from pairs that a person labeled. Without it nobody has checked the scores on these data.",
    },
    Word {
        word: "Match weight",
        anchor: "word-weight",
        means: "How far a piece of evidence moves the odds of a match, as a power of two: +1 doubles the odds, -1 halves them.",
    },
    Word {
        word: "Threshold",
        anchor: "word-threshold",
        means: "The score from which a pair is called a match.",
    },
    Word {
        word: "Precision and recall",
        anchor: "word-precision",
        means: "Precision: the share of the matches found that are right. Recall: the share of all true matches that were found.",
    },
    Word {
        word: "95 % interval",
        anchor: "word-interval",
        means: "The range in which the true figure lies in 95 of 100 such measurements.",
    },
];
