//! The report as a PDF: the page's content, typeset with embedded fonts (Noto Sans) and drawn as vectors.
//!
//! Latin, Greek and Cyrillic letters are in the fonts; others show as boxes, here and not in the HTML page.

mod face;
mod flow;

use krilla::{
    Document,
    color::rgb,
    geom::{Path, PathBuilder, Point, Rect},
    metadata::Metadata,
    page::PageSettings,
    paint::{Fill, Stroke, StrokeDash},
    surface::Surface,
    text::TextDirection,
};

use self::{
    face::Face,
    flow::{Flow, PAGE},
};
use crate::{
    Report, ReportError,
    drawing::{Anchor, Ink, Mark},
    render::document,
};

const REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");

/// The report as the bytes of a PDF. The same report gives the same bytes.
///
/// # Errors
/// The PDF could not be put together.
pub fn pdf(report: &Report) -> Result<Vec<u8>, ReportError> {
    let (regular, bold) = (Face::new(REGULAR)?, Face::new(BOLD)?);
    let mut flow = Flow::new(&regular, &bold);
    flow.title("midband report");
    for block in document(report) {
        flow.block(&block);
    }
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(format!("midband report: {}", report.source))
            .language("en".to_owned())
            .creator("midband".to_owned()),
    );
    let (width, height) = (PAGE.0 as f32, PAGE.1 as f32);
    for marks in flow.pages(&report.source) {
        let settings = PageSettings::from_wh(width, height)
            .ok_or_else(|| ReportError::Pdf("the page has no size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in &marks {
            draw(&mut surface, mark, &regular, &bold);
        }
        surface.finish();
        page.finish();
    }
    document
        .finish()
        .map_err(|error| ReportError::Pdf(format!("{error:?}")))
}

fn fill(ink: Ink) -> Option<Fill> {
    let (red, green, blue) = ink.rgb();
    Some(Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        ..Fill::default()
    })
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, regular: &Face, bold: &Face) {
    match mark {
        Mark::Rect { x, y, w, h, ink } => {
            let rect = Rect::from_xywh(*x as f32, *y as f32, *w as f32, *h as f32);
            filled(surface, *ink, |path| {
                if let Some(rect) = rect {
                    path.push_rect(rect);
                }
            });
        }
        Mark::Dot { x, y, r, ink } => filled(surface, *ink, |path| circle(path, (*x, *y), *r)),
        Mark::Line {
            points,
            width,
            dashed,
            ink,
        } => {
            let (red, green, blue) = ink.rgb();
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: rgb::Color::new(red, green, blue).into(),
                width: *width as f32,
                dash: dashed.then(|| StrokeDash {
                    array: vec![4.0, 3.0],
                    offset: 0.0,
                }),
                ..Stroke::default()
            }));
            let mut path = PathBuilder::new();
            for (at, (x, y)) in points.iter().enumerate() {
                if at == 0 {
                    path.move_to(*x as f32, *y as f32);
                } else {
                    path.line_to(*x as f32, *y as f32);
                }
            }
            drawn(surface, path.finish());
        }
        Mark::Text {
            x,
            y,
            size,
            anchor,
            bold: is_bold,
            ink,
            text,
        } => {
            let face = if *is_bold { bold } else { regular };
            let width = face.width(text, *size);
            let x = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            surface.set_stroke(None);
            surface.set_fill(fill(*ink));
            surface.draw_text(
                Point::from_xy(x as f32, *y as f32),
                face.font.clone(),
                *size as f32,
                text,
                false,
                TextDirection::Auto,
            );
        }
    }
}

fn filled(surface: &mut Surface<'_>, ink: Ink, shape: impl FnOnce(&mut PathBuilder)) {
    surface.set_stroke(None);
    surface.set_fill(fill(ink));
    let mut path = PathBuilder::new();
    shape(&mut path);
    drawn(surface, path.finish());
}

/// An empty path draws nothing.
fn drawn(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

/// Four cubic curves; 0.5523 makes them a circle to within 0.03 % (Goldapp, 1991).
fn circle(path: &mut PathBuilder, (x, y): (f64, f64), r: f64) {
    let (x, y, r) = (x as f32, y as f32, r as f32);
    let k = r * 0.5523;
    path.move_to(x + r, y);
    path.cubic_to(x + r, y + k, x + k, y + r, x, y + r);
    path.cubic_to(x - k, y + r, x - r, y + k, x - r, y);
    path.cubic_to(x - r, y - k, x - k, y - r, x, y - r);
    path.cubic_to(x + k, y - r, x + r, y - k, x + r, y);
    path.close();
}
