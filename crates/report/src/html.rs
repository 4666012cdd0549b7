//! The report as one HTML file: no script, no font and no request of its own.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use crate::{
    Report,
    figure::Figure,
    render::{Block, document},
    tables::Table,
};

/// Light and dark; the drawings' colours are those of Okabe and Ito (2008), lifted for dark ground.
const STYLE: &str = include_str!("report.css");

/// Nothing may be loaded and nothing may run.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

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
                header { h1 { "midband report" } }
                main id="main" { @for block in &blocks { (shown(block)) } }
                footer { "Made by midband on this machine. Scores are probabilities of a match." }
            }
        }
    };
    page.into_string()
}

fn shown(block: &Block) -> Markup {
    markup! {
        @match block {
            Block::Heading(text) => h2 { (text) },
            Block::Note(text) => p.note { (text) },
            Block::Text(text) => p { (text) },
            Block::Facts(facts) => dl { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } },
            Block::Table(table) => (tabular(table)),
            Block::Figures(figures) => div.figures { @for figure in figures { (drawn(figure)) } },
        }
    }
}

fn tabular(table: &Table) -> Markup {
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
            figcaption { (figure.says) }
        }
    }
}
