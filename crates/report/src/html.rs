//! The report as one HTML file: no font and no request of its own, and one small script for the slider.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use serde_json::json;

use crate::{
    Report,
    drawing::Figure,
    glossary::{WORDS, Word},
    pair::Card,
    render::{Big, Block, Combination, document, has_labels},
    tables::Table,
};

/// Light and dark; the drawings' colours are those of Okabe and Ito (2008), lifted for dark ground.
const STYLE: &str = include_str!("report.css");

/// Moves the threshold.
const SCRIPT: &str = include_str!("report.js");

/// Nothing may be loaded or sent.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'";

/// The report as a page.
pub fn html(report: &Report) -> String {
    let blocks = document(report);
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "midband report: " (report.source) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header { h1 { "midband report" } p.source { (report.source) " · " (report.made) } }
                main id="main" { @for block in &blocks { (shown(block)) } }
                footer { (footer(report)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn footer(report: &Report) -> &'static str {
    if report.has_probabilities() {
        "Made by midband on this machine. Scores are probabilities of a match."
    } else {
        "Made by midband on this machine. Scores rank the pairs; nothing vouches for them as probabilities."
    }
}

fn shown(block: &Block<'_>) -> Markup {
    markup! {
        @match block {
            Block::Heading(text) => h2 { (text) },
            Block::Note(text) => p.note { (text) },
            Block::Text(text) => p { (explained(text)) },
            Block::List(all) => ul { @for text in all { li { (explained(text)) } } },
            Block::Answer(all) => div.answer { @for big in all { (large(big)) } },
            Block::Facts(facts) => dl { @for (name, value) in facts { div id=[anchor(name)] { dt { (name) } dd { (value) } } } },
            Block::Table(table) => (tabular(table, false)),
            Block::Levels(table) => (tabular(table, true)),
            Block::Figures(figures) => div.figures { @for figure in figures { (drawn(figure)) } },
            Block::Chooser(report) => (chooser(report)),
            Block::Paper(_) => {}
            Block::Combinations(all) => div.cards { @for combination in all { (opened(combination)) } },
            Block::Cards(cards) => div.cards { @for card in cards { (single(card)) } },
        }
    }
}

fn large(big: &Big) -> Markup {
    markup! {
        div.big {
            p.value { (big.value) }
            p.what { (big.what) }
            @if !big.detail.is_empty() { p.detail { (big.detail) } }
        }
    }
}

/// The anchor of a word that the glossary explains.
fn anchor(name: &str) -> Option<&'static str> {
    let word = WORDS.iter().find(|word| word.word == name);
    word.map(|word| word.anchor)
}

/// A sentence whose first use of each explained word leads to the glossary, and says what it means under the pointer.
fn explained(text: &str) -> Markup {
    let lower = text.to_lowercase();
    // Where upper and lower case differ in length, places would not fit.
    if lower.len() != text.len() {
        return markup! { (text) };
    }
    let mut found: Vec<(usize, usize, &Word)> = WORDS
        .iter()
        .filter_map(|word| {
            let name = word.word.to_lowercase();
            let at = lower.find(&name)?;
            let to = at + name.len();
            let is_whole = !lower[..at].ends_with(char::is_alphabetic)
                && !lower[to..].starts_with(char::is_alphabetic);
            is_whole.then_some((at, to, word))
        })
        .collect();
    found.sort_by_key(|(at, to, _)| (*at, std::cmp::Reverse(*to)));
    let mut done = 0;
    let mut pieces = Vec::new();
    for (from, to, word) in found {
        if from >= done {
            pieces.push((&text[done..from], word, &text[from..to]));
            done = to;
        }
    }
    markup! {
        @for (before, word, shown) in pieces {
            (before) a.word href={ "#" (word.anchor) } title=(word.means) { (shown) }
        }
        (text[done..])
    }
}

/// A slider over the thresholds; without a script the table below says the same.
fn chooser(report: &Report) -> Markup {
    let all = &report.thresholds;
    let labelled = has_labels(all);
    let numbers: Vec<[f64; 4]> = all
        .iter()
        .map(|point| {
            let round = |number: f64| (number * 1e3).round() / 1e3;
            [
                point.pairs as f64,
                round(point.expected),
                point.labelled as f64,
                point.labelled_matches as f64,
            ]
        })
        .collect();
    let data = json!({
        "labelled": labelled, "points": numbers,
        "now": {"matches": report.answer.matches, "review": report.answer.review},
    });
    let data = data.to_string().replace('<', "\\u003c");
    markup! {
        div.chooser id="chooser" hidden {
            div.sliders {
                label { "Call it a match from a score of " output id="upper-value" { "0.50" }
                    input id="upper" type="range" min="0" max="100" value="50"; }
                label { "Leave it to a person from a score of " output id="lower-value" { "0.50" }
                    input id="lower" type="range" min="0" max="100" value="50"; }
            }
            dl aria-live="polite" {
                div { dt { "Matches" } dd id="t-matches" {} }
                div { dt { "For a person" } dd id="t-review" {} }
                div { dt { "No matches" } dd id="t-other" {} }
                div { dt { @if labelled { "Precision (labeled pairs)" } @else { "Estimated precision" } } dd id="t-precision" {} }
                div { dt { @if labelled { "Recall (labeled pairs)" } @else { "Estimated recall" } } dd id="t-recall" {} }
                div { dt { "Against this run" } dd id="t-change" {} }
            }
        }
        script type="application/json" id="thresholds" { (PreEscaped(data)) }
    }
}

fn single(card: &Card) -> Markup {
    markup! {
        details.card {
            summary { strong { (card.id) } " " span.quiet { (card.decision) " · " (card.says) } }
            @if let Some(reason) = &card.reason { p { "In the language model's words: " (reason) } }
            @if !card.sides.is_empty() {
                div.scroll tabindex="0" role="region" aria-label={ "Pair " (card.id) } {
                    table {
                        thead { tr { th scope="col" { "column" } th scope="col" { "left" } th scope="col" { "right" } } }
                        tbody { @for side in &card.sides {
                            tr { th scope="row" { (side.name) } td { (side.left) } td { (side.right) } }
                        } }
                    }
                }
            }
            @if let Some(figure) = &card.figure { (drawn(figure)) }
        }
    }
}

fn opened(combination: &Combination) -> Markup {
    markup! {
        details.card.combination {
            summary { strong { (combination.pairs) } " " span.quiet { (combination.levels) } }
            @for card in &combination.cards { (single(card)) }
        }
    }
}

/// How far a comparison level is from agreement, as a class of the style sheet.
fn agreement(level: &str) -> &'static str {
    match level {
        "" | "missing" => "gone",
        "exact" | "initial" | "nickname" => "agrees",
        "different" => "differs",
        _ => "near",
    }
}

/// The first columns of a table of levels are no levels.
const NO_LEVELS: usize = 4;

fn tabular(table: &Table, levels: bool) -> Markup {
    markup! {
        // Focusable, so that a wide table can be scrolled by keys.
        div.scroll tabindex="0" role="region" aria-label=(table.caption) {
            table {
                caption { (table.caption) }
                thead { tr {
                    @for (name, numeric) in &table.head {
                        @if name.is_empty() { td {} } @else { th scope="col" class=[numeric.then_some("number")] { (name) } }
                    }
                } }
                tbody {
                    @for row in &table.rows { tr {
                        @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 { th scope="row" { (cell) } }
                            @else if levels && at >= NO_LEVELS { td class=(agreement(cell)) { (cell) } }
                            @else { td class=[table.head.get(at).is_some_and(|column| column.1).then_some("number")] { (cell) } }
                        }
                    } }
                }
            }
        }
    }
}

fn drawn(figure: &Figure) -> Markup {
    markup! {
        figure {
            h3 { (figure.title) }
            (PreEscaped(figure.svg()))
            figcaption { (explained(&figure.says)) }
        }
    }
}
