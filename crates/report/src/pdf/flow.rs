//! Lays the report's blocks on pages, from top to bottom.

use super::face::Face;
use crate::{
    figure::{Anchor, Figure, Ink, Mark},
    shown::Block,
    tables::Table,
};

/// A4, in points.
pub(super) const PAGE: (f64, f64) = (595.0, 842.0);
const LEFT: f64 = 48.0;
const RIGHT: f64 = PAGE.0 - 48.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = PAGE.1 - 56.0;
const BODY: f64 = 9.5;
const SMALL: f64 = 8.5;
const GAP: f64 = 14.0;
/// Space inside a table's cell, at each side.
const CELL: f64 = 4.0;
/// Longest text of a cell, in lines: a page must hold a row.
const MOST_LINES: usize = 30;

/// Pages of marks.
pub(super) struct Flow<'a> {
    regular: &'a Face,
    bold: &'a Face,
    pages: Vec<Vec<Mark>>,
    y: f64,
}

impl<'a> Flow<'a> {
    pub(super) fn new(regular: &'a Face, bold: &'a Face) -> Self {
        Self {
            regular,
            bold,
            pages: vec![Vec::new()],
            y: TOP,
        }
    }

    /// The pages, each with its number.
    pub(super) fn pages(mut self, name: &str) -> Vec<Vec<Mark>> {
        let all = self.pages.len();
        for (at, page) in self.pages.iter_mut().enumerate() {
            let foot = |x, anchor, text| Mark::Text {
                x,
                y: PAGE.1 - 30.0,
                size: SMALL,
                anchor,
                bold: false,
                ink: Ink::Axis,
                text,
            };
            let name = self.regular.fitting(name, SMALL, RIGHT - LEFT - 90.0);
            page.push(foot(LEFT, Anchor::Start, name));
            page.push(foot(
                RIGHT,
                Anchor::End,
                format!("page {} of {all}", at + 1),
            ));
        }
        self.pages
    }

    pub(super) fn title(&mut self, text: &str) {
        self.y += 12.0;
        self.text(LEFT, 20.0, true, Ink::Text, text.to_owned());
        self.y += 14.0;
    }

    pub(super) fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => {
                // Not alone at the foot of a page.
                self.room(90.0);
                self.y += 18.0;
                self.text(LEFT, 13.0, true, Ink::Text, (*text).to_owned());
                self.y += 8.0;
            }
            Block::Note(text) => self.note(text),
            Block::Text(text) => self.paragraph(text),
            Block::Facts(facts) => self.facts(facts),
            Block::Table(table) => self.table(table),
            Block::Figures(figures) => self.figures(figures),
        }
    }

    fn page(&mut self) -> &mut Vec<Mark> {
        if self.pages.is_empty() {
            self.pages.push(Vec::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Begins a page where less than this is left.
    fn room(&mut self, height: f64) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    fn text(&mut self, x: f64, size: f64, bold: bool, ink: Ink, text: String) {
        self.anchored((x, self.y), (size, bold), Anchor::Start, ink, text);
    }

    fn anchored(
        &mut self,
        (x, y): (f64, f64),
        (size, bold): (f64, bool),
        anchor: Anchor,
        ink: Ink,
        text: String,
    ) {
        self.page().push(Mark::Text {
            x,
            y,
            size,
            anchor,
            bold,
            ink,
            text,
        });
    }

    fn paragraph(&mut self, text: &str) {
        for line in self.regular.lines(text, BODY, RIGHT - LEFT) {
            self.room(GAP);
            self.y += GAP;
            self.text(LEFT, BODY, false, Ink::Text, line);
        }
        self.y += 6.0;
    }

    fn note(&mut self, text: &str) {
        let lines = self.regular.lines(text, BODY, RIGHT - LEFT - 20.0);
        let height = lines.len() as f64 * GAP + 8.0;
        self.room(height + 6.0);
        self.y += 4.0;
        let y = self.y;
        let rect = |x, w, ink| Mark::Rect {
            x,
            y,
            w,
            h: height,
            ink,
        };
        self.page().push(rect(LEFT, RIGHT - LEFT, Ink::Band));
        self.page().push(rect(LEFT, 3.0, Ink::Ask));
        for line in lines {
            self.y += GAP;
            self.text(LEFT + 12.0, BODY, false, Ink::Text, line);
        }
        self.y += 12.0;
    }

    fn facts(&mut self, facts: &[(String, String)]) {
        let column = 150.0;
        self.y += 4.0;
        for (name, value) in facts {
            let names = self.regular.lines(name, BODY, column - 10.0);
            let values = self.regular.lines(value, BODY, RIGHT - LEFT - column);
            let lines = names.len().max(values.len());
            self.room(lines as f64 * GAP);
            for at in 0..lines {
                self.y += GAP;
                if let Some(name) = names.get(at) {
                    self.text(LEFT, BODY, false, Ink::Axis, name.clone());
                }
                if let Some(value) = values.get(at) {
                    self.text(LEFT + column, BODY, false, Ink::Text, value.clone());
                }
            }
        }
        self.y += 8.0;
    }

    fn table(&mut self, table: &Table) {
        let widths = self.widths(table);
        self.room(80.0);
        self.y += 16.0;
        self.text(LEFT, SMALL, false, Ink::Axis, table.caption.clone());
        self.y += 4.0;
        self.head(table, &widths);
        for row in &table.rows {
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    let mut lines = self.regular.lines(cell, SMALL, width - 2.0 * CELL);
                    if lines.len() > MOST_LINES {
                        lines.truncate(MOST_LINES);
                        lines.push("…".to_owned());
                    }
                    lines
                })
                .collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
            let height = lines as f64 * 11.5 + 5.0;
            let page = self.pages.len();
            self.room(height);
            if self.pages.len() > page {
                self.head(table, &widths);
            }
            let top = self.y;
            let mut x = LEFT;
            for (at, (lines, width)) in cells.into_iter().zip(&widths).enumerate() {
                let numeric = table.head.get(at).is_some_and(|column| column.1);
                for (line, text) in lines.into_iter().enumerate() {
                    let y = top + 11.0 + line as f64 * 11.5;
                    let (x, anchor) = Self::at(x, *width, numeric);
                    self.anchored((x, y), (SMALL, false), anchor, Ink::Text, text);
                }
                x += width;
            }
            self.y = top + height;
            self.rule(0.5, Ink::Grid);
        }
        self.y += 6.0;
    }

    fn at(x: f64, width: f64, numeric: bool) -> (f64, Anchor) {
        if numeric {
            (x + width - CELL, Anchor::End)
        } else {
            (x + CELL, Anchor::Start)
        }
    }

    fn head(&mut self, table: &Table, widths: &[f64]) {
        let cells: Vec<Vec<String>> = table
            .head
            .iter()
            .zip(widths)
            .map(|((name, _), width)| self.bold.lines(name, SMALL, width - 2.0 * CELL))
            .collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
        let top = self.y;
        let mut x = LEFT;
        for ((lines, width), (_, numeric)) in cells.into_iter().zip(widths).zip(&table.head) {
            for (line, text) in lines.into_iter().enumerate() {
                let (x, anchor) = Self::at(x, *width, *numeric);
                let y = top + 11.0 + line as f64 * 11.5;
                self.anchored((x, y), (SMALL, true), anchor, Ink::Axis, text);
            }
            x += width;
        }
        self.y = top + lines as f64 * 11.5 + 5.0;
        self.rule(1.0, Ink::Axis);
    }

    fn rule(&mut self, width: f64, ink: Ink) {
        let points = vec![(LEFT, self.y), (RIGHT, self.y)];
        self.page().push(Mark::Line {
            points,
            width,
            dashed: false,
            ink,
        });
    }

    /// Columns as wide as their contents; where that is too much, the widest give way.
    fn widths(&self, table: &Table) -> Vec<f64> {
        let full = RIGHT - LEFT;
        let mut widths: Vec<f64> = (0..table.head.len())
            .map(|at| {
                let words = table.head[at].0.split(' ');
                let head = words
                    .map(|word| self.bold.width(word, SMALL))
                    .fold(0.0, f64::max);
                let cells = table.rows.iter().filter_map(|row| row.get(at));
                let widest = cells
                    .map(|cell| self.regular.width(cell, SMALL))
                    .fold(head, f64::max);
                widest + 2.0 * CELL + 2.0
            })
            .collect();
        let sum: f64 = widths.iter().sum();
        if sum <= full {
            let more = (full - sum) / widths.len().max(1) as f64;
            widths.iter_mut().for_each(|width| *width += more);
            return widths;
        }
        // The cap that makes all of them fit: those below it keep their width.
        let mut sorted = widths.clone();
        sorted.sort_by(f64::total_cmp);
        let (mut left, mut cap) = (full, full);
        for (at, width) in sorted.iter().enumerate() {
            cap = left / (sorted.len() - at) as f64;
            if *width > cap {
                break;
            }
            left -= width;
        }
        widths.iter().map(|width| width.min(cap)).collect()
    }

    fn figures(&mut self, figures: &[Figure]) {
        for figure in figures {
            let scale = 0.86;
            let says = self.regular.lines(&figure.says, SMALL, RIGHT - LEFT);
            self.room(figure.height * scale + 34.0 + says.len() as f64 * 12.0);
            self.y += 18.0;
            self.text(LEFT, 10.5, true, Ink::Text, figure.title.clone());
            self.y += 6.0;
            let y = self.y;
            self.page().extend(placed(figure, (LEFT, y), scale));
            self.y += figure.height * scale;
            for line in says {
                self.y += 12.0;
                self.text(LEFT, SMALL, false, Ink::Axis, line);
            }
        }
    }
}

/// A drawing's marks at a place of the page.
fn placed(figure: &Figure, (left, top): (f64, f64), scale: f64) -> impl Iterator<Item = Mark> {
    let to = move |x: f64, y: f64| (left + x * scale, top + y * scale);
    figure.marks.iter().cloned().map(move |mark| match mark {
        Mark::Rect { x, y, w, h, ink } => {
            let (x, y) = to(x, y);
            let (w, h) = (w * scale, h * scale);
            Mark::Rect { x, y, w, h, ink }
        }
        Mark::Line {
            points,
            width,
            dashed,
            ink,
        } => Mark::Line {
            points: points.into_iter().map(|(x, y)| to(x, y)).collect(),
            width: width * scale,
            dashed,
            ink,
        },
        Mark::Dot { x, y, r, ink } => {
            let (x, y) = to(x, y);
            let r = r * scale;
            Mark::Dot { x, y, r, ink }
        }
        Mark::Text {
            x,
            y,
            size,
            anchor,
            bold,
            ink,
            text,
        } => {
            let (x, y) = to(x, y);
            Mark::Text {
                x,
                y,
                size: size * scale,
                anchor,
                bold,
                ink,
                text,
            }
        }
    })
}
