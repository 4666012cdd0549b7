//! An area for data, with axes, numbers and a legend.

use crate::{
    drawing::{Anchor, Figure, Ink, Mark},
    words::{count, named},
};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 230.0;
/// Room around the data: left, top, right, bottom.
const ROOM: (f64, f64, f64, f64) = (46.0, 30.0, 12.0, 38.0);
const SMALL: f64 = 9.5;

/// What the axes are called.
#[derive(Clone, Copy)]
pub(crate) struct Axes {
    /// Under the drawing.
    pub(crate) under: &'static str,
    /// Beside it.
    pub(crate) beside: &'static str,
}

/// An area for data with axes around it.
pub(crate) struct Plot {
    pub(crate) marks: Vec<Mark>,
    x: (f64, f64),
    y: (f64, f64),
}

/// Where a count stands on an axis of logarithms: 0 stays 0, and 1 can be seen.
pub(crate) fn logged(count: f64) -> f64 {
    (1.0 + count).log10()
}

impl Plot {
    pub(crate) fn new(x: (f64, f64), y: (f64, f64), axes: Axes) -> Self {
        Self::with(x, y, ticks(y), axes)
    }

    /// Counts up to `most` on an axis of logarithms; see [`logged`].
    pub(crate) fn log(x: (f64, f64), most: u64, axes: Axes) -> Self {
        let powers = (0..20u32).map(|power| 10u64.pow(power.min(18)));
        let powers: Vec<u64> = powers.take_while(|power| *power <= most.max(1)).collect();
        let top = logged(most.max(1) as f64) * 1.05;
        let marks = powers
            .into_iter()
            .map(|power| (logged(power as f64), count(power)))
            .collect();
        Self::with(x, (0.0, top), marks, axes)
    }

    fn with(x: (f64, f64), y: (f64, f64), marks: Vec<(f64, String)>, axes: Axes) -> Self {
        let mut plot = Self {
            marks: Vec::new(),
            x,
            y,
        };
        for (value, label) in marks {
            let at = plot.at_y(value);
            let ends = vec![(ROOM.0, at), (WIDTH - ROOM.2, at)];
            plot.line(ends, 0.7, false, Ink::Grid);
            plot.text((ROOM.0 - 5.0, at + 3.0), Anchor::End, Ink::Axis, label);
        }
        for (value, label) in ticks(x) {
            let at = (plot.at_x(value), HEIGHT - ROOM.3 + 13.0);
            plot.text(at, Anchor::Middle, Ink::Axis, label);
        }
        let floor = HEIGHT - ROOM.3;
        plot.line(
            vec![(ROOM.0, floor), (WIDTH - ROOM.2, floor)],
            1.0,
            false,
            Ink::Axis,
        );
        let middle = (ROOM.0 + WIDTH - ROOM.2) / 2.0;
        plot.text(
            (middle, HEIGHT - 8.0),
            Anchor::Middle,
            Ink::Axis,
            axes.under.to_owned(),
        );
        plot.text(
            (4.0, 12.0),
            Anchor::Start,
            Ink::Axis,
            axes.beside.to_owned(),
        );
        plot
    }

    pub(crate) fn at_x(&self, value: f64) -> f64 {
        let share = (value - self.x.0) / (self.x.1 - self.x.0);
        ROOM.0 + share.clamp(0.0, 1.0) * (WIDTH - ROOM.0 - ROOM.2)
    }

    pub(crate) fn at_y(&self, value: f64) -> f64 {
        let share = (value - self.y.0) / (self.y.1 - self.y.0);
        HEIGHT - ROOM.3 - share.clamp(0.0, 1.0) * (HEIGHT - ROOM.1 - ROOM.3)
    }

    pub(crate) fn line(&mut self, points: Vec<(f64, f64)>, width: f64, dashed: bool, ink: Ink) {
        self.marks.push(Mark::Line {
            points,
            width,
            dashed,
            ink,
        });
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, ink: Ink, text: String) {
        self.marks.push(Mark::Text {
            x,
            y,
            size: SMALL,
            anchor,
            bold: false,
            ink,
            text,
        });
    }

    pub(crate) fn rect(&mut self, (from, to): (f64, f64), (low, high): (f64, f64), ink: Ink) {
        let (x, y) = (self.at_x(from), self.at_y(high));
        self.marks.push(Mark::Rect {
            x,
            y,
            w: self.at_x(to) - x,
            h: self.at_y(low) - y,
            ink,
        });
    }

    /// Words that midband writes, with their colours, at the top right.
    pub(crate) fn legend(&mut self, words: &[String]) {
        let words: Vec<(&str, Ink)> = words
            .iter()
            .map(|word| (named(word), Ink::of(word)))
            .collect();
        self.key(&words);
    }

    /// Names with their colours, at the top right.
    pub(crate) fn key(&mut self, names: &[(&str, Ink)]) {
        let mut x = WIDTH - ROOM.2;
        for (shown, ink) in names.iter().rev() {
            self.text((x, 12.0), Anchor::End, Ink::Text, (*shown).to_owned());
            x -= shown.chars().count() as f64 * 6.9 + 13.0;
            self.marks.push(Mark::Rect {
                x,
                y: 4.5,
                w: 9.0,
                h: 9.0,
                ink: *ink,
            });
            x -= 12.0;
        }
    }

    pub(crate) fn figure(self, title: &str, says: String) -> Figure {
        Figure {
            width: WIDTH,
            height: HEIGHT,
            title: title.to_owned(),
            says,
            marks: self.marks,
        }
    }
}

/// Round numbers over a range, at most six.
fn ticks((from, to): (f64, f64)) -> Vec<(f64, String)> {
    let rough = (to - from) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(rough);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (from / step).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last)
        .map(|at| {
            let value = at as f64 * step;
            let value = if value == 0.0 { 0.0 } else { value };
            (value, format!("{value:.decimals$}"))
        })
        .collect()
}
