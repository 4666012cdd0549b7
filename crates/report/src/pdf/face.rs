//! A font, and how wide its texts are.

use krilla::text::Font;
use ttf_parser::Face as Metrics;

use crate::ReportError;

pub(super) struct Face {
    pub(super) font: Font,
    metrics: Metrics<'static>,
}

impl Face {
    pub(super) fn new(bytes: &'static [u8]) -> Result<Self, ReportError> {
        let unreadable = || ReportError::Pdf("a font of midband's own can't be read".to_owned());
        Ok(Self {
            font: Font::new(bytes.to_vec().into(), 0).ok_or_else(unreadable)?,
            metrics: Metrics::parse(bytes, 0).map_err(|_| unreadable())?,
        })
    }

    /// Width in points, without kerning, which only makes it smaller.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        let units: u32 = text.chars().map(|char| u32::from(self.advance(char))).sum();
        f64::from(units) * size / f64::from(self.metrics.units_per_em())
    }

    fn advance(&self, char: char) -> u16 {
        let glyph = self.metrics.glyph_index(char).unwrap_or_default();
        self.metrics.glyph_hor_advance(glyph).unwrap_or(0)
    }

    /// The text in lines no wider than this; a word that is wider is cut.
    pub(super) fn lines(&self, text: &str, size: f64, width: f64) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        let space = self.width(" ", size);
        let mut used = 0.0;
        for word in text.split_whitespace() {
            let wide = self.width(word, size);
            if !line.is_empty() && used + space + wide > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
                line.push_str(word);
                used += space + wide;
            } else if wide <= width {
                line.push_str(word);
                used = wide;
            } else {
                used = 0.0;
                for char in word.chars() {
                    let wide = self.width(char.encode_utf8(&mut [0; 4]), size);
                    if used + wide > width && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(char);
                    used += wide;
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// The text, cut to a width.
    pub(super) fn fitting(&self, text: &str, size: f64, width: f64) -> String {
        let mut lines = self.lines(text, size, width).into_iter();
        let first = lines.next().unwrap_or_default();
        if lines.next().is_some() {
            format!("{first}…")
        } else {
            first
        }
    }
}
