//! Tables, over as many pages as they need.

use super::{Flow, LEFT, RIGHT, SMALL};
use crate::{
    drawing::{Anchor, Ink, Mark},
    tables::Table,
};

/// Space inside a cell, at each side.
const CELL: f64 = 4.0;
/// Longest text of a cell, in lines: a page must hold a row.
const MOST_LINES: usize = 30;

impl Flow<'_> {
    pub(super) fn table(&mut self, table: &Table) {
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
                    self.page().push(Mark::Text {
                        x,
                        y,
                        size: SMALL,
                        anchor,
                        bold: false,
                        ink: Ink::Text,
                        text,
                    });
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
                self.page().push(Mark::Text {
                    x,
                    y,
                    size: SMALL,
                    anchor,
                    bold: true,
                    ink: Ink::Axis,
                    text,
                });
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
}
