//! The report in words: one list of blocks that page and PDF both show, so that they can't differ.
//!
//! The answer comes first, in the words of whoever asked for it; routes and policies come last, for engineers.

mod checks;
mod engineers;
mod headline;
mod spent;

use crate::{
    Report, Threshold, charts,
    drawing::Figure,
    glossary::WORDS,
    pair::Card,
    tables::{self, Table, confusion, groups, measures, review},
    waterfall::{PARTS, graph},
    words::counted,
};

/// Clusters that are drawn: of three records and more.
const DRAWN: usize = 6;

/// A piece of the report.
pub(crate) enum Block<'a> {
    Heading(&'static str),
    /// A warning or a caveat.
    Note(String),
    Text(String),
    /// Sentences, one below the other.
    List(Vec<String>),
    /// The figures that answer the question.
    Answer(Vec<Big>),
    /// Names with values.
    Facts(Vec<(String, String)>),
    Table(Table),
    /// The same, coloured by how far the columns agree.
    Levels(Table),
    Figures(Vec<Figure>),
    /// A slider on the page, and nothing on paper.
    Chooser(&'a Report),
    /// Pairs one by one on the page, and nothing in the PDF.
    Cards(Vec<Card>),
    /// Combinations of agreement that open to some of their pairs, on the page alone.
    Combinations(Vec<Combination>),
    /// A table of the PDF alone: the page shows the same as cards.
    Paper(Table),
}

/// A combination of agreement, and pairs that have it.
pub(crate) struct Combination {
    pub(crate) pairs: String,
    pub(crate) levels: String,
    pub(crate) cards: Vec<Card>,
}

/// A figure in large type.
pub(crate) struct Big {
    pub(crate) value: String,
    pub(crate) what: String,
    pub(crate) detail: String,
}

/// The whole report.
pub(crate) fn document(report: &Report) -> Vec<Block<'_>> {
    let mut blocks = headline::answer(report);
    blocks.push(Block::Heading("How sure this is"));
    blocks.extend(checks::sure(report));
    blocks.push(Block::Heading("What to check first"));
    blocks.push(Block::List(checks::first(report)));
    blocks.extend(chooser(report));
    blocks.push(Block::Heading("Time and cost"));
    blocks.push(Block::Facts(spent::cost(report)));
    blocks.extend(pairs(report));
    blocks.extend(lists(report));
    blocks.extend(against(report));
    blocks.push(Block::Heading("Words"));
    let words = WORDS.iter();
    blocks.push(Block::Facts(
        words
            .map(|word| (word.word.to_owned(), word.means.to_owned()))
            .collect(),
    ));
    blocks.extend(engineers::section(report));
    blocks
}

fn chooser(report: &Report) -> Vec<Block<'_>> {
    if report.thresholds.first().is_none_or(|all| all.pairs == 0) {
        return Vec::new();
    }
    let from = if has_labels(&report.thresholds) {
        "Precision and recall are counted on the labeled pairs."
    } else {
        "Precision and recall are estimated from the scores, as if they were correct; no label was used."
    };
    vec![
        Block::Heading("Choosing a threshold"),
        Block::Text(format!(
            "What this run would give if every pair from a score on were called a match. {from}"
        )),
        Block::Chooser(report),
        Block::Figures(vec![charts::thresholds(report), charts::scored(report)]),
        Block::Table(tables::thresholds(report)),
    ]
}

/// True where labels of both kinds speak for precision and recall.
pub(crate) fn has_labels(thresholds: &[Threshold]) -> bool {
    thresholds
        .first()
        .is_some_and(|all| all.labelled_matches > 0 && all.labelled > all.labelled_matches)
}

fn pairs(report: &Report) -> Vec<Block<'_>> {
    let lists = report.run.as_ref().and_then(|run| run.lists.as_ref());
    let mut blocks = vec![
        Block::Heading("For review, by priority"),
        Block::Text(format!(
            "{} of {} pairs have the decision review. The {} most worth checking, whatever their decision:",
            report.to_review,
            report.pairs,
            counted(report.review.len() as u64, "pair")
        )),
    ];
    let cards: Vec<Card> = report
        .review
        .iter()
        .map(|item| Card::of(&item.row, lists))
        .collect();
    blocks.push(Block::Paper(review(report)));
    blocks.push(Block::Cards(cards));
    blocks.extend(parts(report).map(Block::Paper));
    if let Some(patterns) = &report.patterns {
        blocks.push(Block::Heading("Which columns agreed"));
        blocks.push(Block::Text(format!(
            "Each row is a combination of agreement that occurs, the most frequent first ({} of {}).",
            patterns.found.len(),
            patterns.all
        )));
        blocks.push(Block::Levels(tables::patterns(patterns)));
        let opened = patterns.found.iter().zip(&report.examples);
        let opened = opened.filter(|(_, rows)| !rows.is_empty());
        blocks.push(Block::Combinations(
            opened
                .map(|(pattern, rows)| Combination {
                    pairs: counted(pattern.pairs, "pair"),
                    levels: told(&patterns.columns, &pattern.levels),
                    cards: rows.iter().map(|row| Card::of(row, lists)).collect(),
                })
                .collect(),
        ));
    }
    blocks
}

/// The levels of a combination in words; columns without a value are left out.
fn told(columns: &[String], levels: &[String]) -> String {
    let levels = columns.iter().zip(levels);
    let levels = levels.filter(|(_, level)| !level.is_empty() && *level != "missing");
    let levels: Vec<String> = levels
        .map(|(column, level)| format!("{column} {level}"))
        .collect();
    levels.join(", ")
}

/// What the scores of the pairs for review are made of, where the scored file says it.
fn parts(report: &Report) -> Option<Table> {
    let known = report.review.iter().filter_map(|item| {
        let weights = item.row.weights(PARTS);
        let shown: Vec<String> = weights
            .iter()
            .map(|(name, weight)| format!("{name} {weight:+.1}"))
            .collect();
        (!shown.is_empty()).then(|| vec![item.row.id.clone(), shown.join(", ")])
    });
    let rows: Vec<Vec<String>> = known.collect();
    (!rows.is_empty()).then(|| Table {
        caption: "Match weights (log2 of the odds) that add up to a pair's score: +1 doubles the odds of a match, -1 halves them"
            .to_owned(),
        head: vec![("pair".to_owned(), false), ("why this score".to_owned(), false)],
        rows,
    })
}

fn lists(report: &Report) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    if let Some(lists) = report.run.as_ref().and_then(|run| run.lists.as_ref())
        && !lists.columns.is_empty()
    {
        blocks.push(Block::Heading("The lists"));
        let drawn = std::iter::once(charts::completeness(lists));
        blocks.push(Block::Figures(
            drawn.chain(charts::unfindable(lists)).collect(),
        ));
        blocks.push(Block::Table(tables::columns(lists)));
    }
    let clusters = report.answer.clusters.as_ref();
    if let Some(clusters) = clusters.filter(|clusters| !clusters.by_size.is_empty()) {
        blocks.push(Block::Heading("Records that belong together"));
        blocks.push(Block::Table(tables::clusters(clusters)));
        let drawn = clusters.largest.iter();
        let drawn = drawn.filter(|cluster| (3..=30).contains(&cluster.records.len()));
        let drawn: Vec<Figure> = drawn.take(DRAWN).map(graph).collect();
        if !drawn.is_empty() {
            blocks.push(Block::Figures(drawn));
        }
    }
    blocks
}

fn against(report: &Report) -> Vec<Block<'_>> {
    let Some(evaluation) = &report.evaluation else {
        return Vec::new();
    };
    let mut blocks = vec![Block::Heading("Against labels")];
    if report.uncalibrated == Some(false) {
        blocks.push(Block::Note(
            "The run learned from labels. If these are the same labels, the figures below flatter: measure on labels that \
             taught nothing."
                .to_owned(),
        ));
    }
    blocks.push(Block::Facts(spent::against(evaluation)));
    if let Some(all) = &evaluation.decisions {
        blocks.push(Block::Table(confusion(all)));
        blocks.push(Block::Table(groups(evaluation, all)));
    }
    blocks.push(Block::Table(measures(evaluation)));
    blocks.push(Block::Figures(charts::against(report)));
    blocks
}
