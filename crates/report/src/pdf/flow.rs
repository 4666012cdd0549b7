//! Lays the report's blocks on pages, from top to bottom.

mod tables;

use super::face::Face;
use crate::{
    drawing::{Anchor, Figure, Ink, Mark},
    render::{Big, Block},
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

    pub(super) fn block(&mut self, block: &Block<'_>) {
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
            Block::List(all) => all
                .iter()
                .for_each(|text| self.paragraph(&format!("•  {text}"))),
            Block::Answer(all) => {
                all.iter().for_each(|big| self.big(big));
                self.y += 8.0;
            }
            Block::Facts(facts) => self.facts(facts),
            Block::Table(table) | Block::Levels(table) | Block::Paper(table) => self.table(table),
            // On paper the table of thresholds and the list of parts say the same.
            Block::Chooser(_) | Block::Cards(_) | Block::Combinations(_) => {}
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
        let mark = Mark::Text {
            x,
            y: self.y,
            size,
            anchor: Anchor::Start,
            bold,
            ink,
            text,
        };
        self.page().push(mark);
    }

    fn paragraph(&mut self, text: &str) {
        for line in self.regular.lines(text, BODY, RIGHT - LEFT) {
            self.room(GAP);
            self.y += GAP;
            self.text(LEFT, BODY, false, Ink::Text, line);
        }
        self.y += 6.0;
    }

    fn big(&mut self, big: &Big) {
        self.room(34.0);
        self.y += 24.0;
        self.text(LEFT, 17.0, true, Ink::Text, big.value.clone());
        let beside = LEFT + self.bold.width(&big.value, 17.0) + 10.0;
        let said = match big.detail.as_str() {
            "" => big.what.clone(),
            detail => format!("{} ({detail})", big.what),
        };
        let mut lines = self.regular.lines(&said, BODY, RIGHT - beside).into_iter();
        if let Some(first) = lines.next() {
            self.text(beside, BODY, false, Ink::Text, first);
        }
        for line in lines {
            self.room(GAP);
            self.y += GAP;
            self.text(beside, BODY, false, Ink::Text, line);
        }
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
