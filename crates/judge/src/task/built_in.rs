//! The profiles that are built in.

/// Name, question, yes-no question, guidance, zero, hundred of each built-in profile.
pub(super) const BUILT_IN: [[&str; 6]; 8] = [
    [
        "patient-match",
        "Rate for each pair of patient histories how sure you are that both describe the same patient.",
        "Do both histories describe the same patient?",
        "Wording, abbreviations and detail may differ. Age, sex, conditions, drugs, procedures, sides and dates that contradict each other count against a match.",
        "surely different patients",
        "surely the same patient",
    ],
    [
        "same-question",
        "Rate for each pair of questions how sure you are that both ask for the same answer.",
        "Do both questions ask for the same answer?",
        "Wording and detail may differ. Another condition, drug, person or purpose makes it another question.",
        "surely different questions",
        "surely the same question",
    ],
    [
        "same-concept",
        "Rate for each pair of terms how sure you are that both name the same concept.",
        "Do both terms name the same concept?",
        "Synonyms, abbreviations and spellings of one concept match. A broader, narrower or merely related concept does not.",
        "surely different concepts",
        "surely the same concept",
    ],
    [
        "same-person",
        "Rate for each pair of records how sure you are that both are of the same person.",
        "Are both records of the same person?",
        "Spellings, nicknames, typing errors, swapped fields and old addresses may differ for one person. Relatives share a name or an address and differ in first name or date of birth.",
        "surely different people",
        "surely the same person",
    ],
    [
        "same-product",
        "Rate for each pair of offers how sure you are that both are the same product.",
        "Are both offers of the same product?",
        "Wording, detail and price may differ. Another model number, size, edition or colour, or an accessory, is another product.",
        "surely different products",
        "surely the same product",
    ],
    [
        "same-work",
        "Rate for each pair of citations how sure you are that both cite the same work.",
        "Do both citations cite the same work?",
        "Abbreviations, typing errors and the order of names may differ. Another title, or another year with other authors, is another work.",
        "surely different works",
        "surely the same work",
    ],
    [
        "same-thing",
        "Rate for each pair of texts how sure you are that both stand for the same thing.",
        "Do both texts stand for the same thing?",
        "Wording and detail may differ. What contradicts the other text counts against a match.",
        "surely different things",
        "surely the same thing",
    ],
    [
        "similarity",
        "Rate for each pair of texts how similar they are in meaning.",
        "Do both texts mean the same?",
        "",
        "unrelated in meaning",
        "the same in meaning",
    ],
];

/// Built-in profiles whose pairs are records.
pub(super) const IN_COLUMNS: [&str; 4] = ["same-person", "same-product", "same-work", "same-thing"];
