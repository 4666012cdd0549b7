//! Drawings out of a few kinds of marks: written as SVG for the page, drawn as vectors into the PDF.

use std::fmt::Write;

/// What a mark is, not which colour it has: page and PDF choose that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Axes and their numbers.
    Axis,
    /// Lines behind the data.
    Grid,
    /// Text that matters.
    Text,
    /// The band.
    Band,
    /// Accepted, matches, the final score.
    Match,
    /// Rejected, non-matches, the cosine.
    NoMatch,
    /// Asked, review, the proxy score.
    Ask,
    /// The judge.
    Judge,
    /// Fallback.
    Fallback,
}

impl Ink {
    const ALL: [Self; 9] = [
        Self::Axis,
        Self::Grid,
        Self::Text,
        Self::Band,
        Self::Match,
        Self::NoMatch,
        Self::Ask,
        Self::Judge,
        Self::Fallback,
    ];

    /// The ink of a word that midband writes into its files.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "accept" | "match" | "score" => Self::Match,
            "reject" | "no_match" | "cosine" | "embedding" | "columns" => Self::NoMatch,
            "ask" | "review" | "proxy_score" | "cache" => Self::Ask,
            "judge" => Self::Judge,
            _ => Self::Fallback,
        }
    }

    /// Class of the page's style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Axis => "axis",
            Self::Grid => "grid",
            Self::Text => "text",
            Self::Band => "band",
            Self::Match => "match",
            Self::NoMatch => "no-match",
            Self::Ask => "ask",
            Self::Judge => "judge",
            Self::Fallback => "fallback",
        }
    }

    /// On white paper: colours that stay apart for colour-blind readers (Okabe and Ito, 2008) and in grey.
    pub(crate) fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Axis => (90, 98, 110),
            Self::Grid => (222, 226, 231),
            Self::Text => (24, 29, 38),
            Self::Band => (255, 240, 205),
            Self::Match => (0, 114, 178),
            Self::NoMatch => (148, 163, 178),
            Self::Ask => (230, 159, 0),
            Self::Judge => (0, 158, 115),
            Self::Fallback => (204, 85, 60),
        }
    }
}

/// Where a text stands from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Part of a drawing; lengths in points, y downwards.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Rect {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        ink: Ink,
    },
    Line {
        points: Vec<(f64, f64)>,
        width: f64,
        dashed: bool,
        ink: Ink,
    },
    Dot {
        x: f64,
        y: f64,
        r: f64,
        ink: Ink,
    },
    Text {
        x: f64,
        y: f64,
        size: f64,
        anchor: Anchor,
        bold: bool,
        ink: Ink,
        text: String,
    },
}

/// A drawing with a title and a sentence for those who can't see it.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: String,
    pub(crate) says: String,
    pub(crate) marks: Vec<Mark>,
}

impl Figure {
    /// As an SVG element. Colours are the style sheet's.
    pub(crate) fn svg(&self) -> String {
        self.written("", "")
    }

    /// As an SVG element with the paper's colours, at its own size.
    pub(crate) fn coloured_svg(&self) -> String {
        let mut style = String::from("<style>");
        for ink in Ink::ALL {
            let ((r, g, b), class) = (ink.rgb(), ink.class());
            // Writing to a String can't fail.
            let _ = write!(
                style,
                ".midband .f-{class}{{fill:rgb({r},{g},{b})}}.midband .s-{class}{{stroke:rgb({r},{g},{b});fill:none}}"
            );
        }
        style.push_str("</style>");
        let size = format!(
            r#" class="midband" width="{}" height="{}" font-family="sans-serif""#,
            self.width, self.height
        );
        self.written(&size, &style)
    }

    fn written(&self, attributes: &str, style: &str) -> String {
        let mut svg = format!(
            r#"<svg{attributes} viewBox="0 0 {} {}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">{style}"#,
            self.width,
            self.height,
            escaped(&format!("{}. {}", self.title, self.says))
        );
        for mark in &self.marks {
            // Writing to a String can't fail.
            let _ = match mark {
                Mark::Rect { x, y, w, h, ink } => write!(
                    svg,
                    r#"<rect class="f-{}" x="{x:.1}" y="{y:.1}" width="{w:.1}" height="{h:.1}"/>"#,
                    ink.class()
                ),
                Mark::Line {
                    points,
                    width,
                    dashed,
                    ink,
                } => {
                    let path: Vec<String> = points
                        .iter()
                        .map(|(x, y)| format!("{x:.1},{y:.1}"))
                        .collect();
                    write!(
                        svg,
                        r#"<polyline class="s-{}" points="{}" stroke-width="{width}"{}/>"#,
                        ink.class(),
                        path.join(" "),
                        if *dashed {
                            r#" stroke-dasharray="4 3""#
                        } else {
                            ""
                        }
                    )
                }
                Mark::Dot { x, y, r, ink } => write!(
                    svg,
                    r#"<circle class="f-{}" cx="{x:.1}" cy="{y:.1}" r="{r}"/>"#,
                    ink.class()
                ),
                Mark::Text {
                    x,
                    y,
                    size,
                    anchor,
                    bold,
                    ink,
                    text,
                } => write!(
                    svg,
                    r#"<text class="f-{}" x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="{}"{}>{}</text>"#,
                    ink.class(),
                    match anchor {
                        Anchor::Start => "start",
                        Anchor::Middle => "middle",
                        Anchor::End => "end",
                    },
                    if *bold { r#" font-weight="600""# } else { "" },
                    escaped(text)
                ),
            };
        }
        svg.push_str("</svg>");
        svg
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
