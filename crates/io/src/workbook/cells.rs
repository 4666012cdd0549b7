//! Single cells.

use rust_xlsxwriter::{Format, Worksheet, XlsxError};
use serde_json::Value;

/// UTF-16 units of a cell at most; see the bounds of a sheet.
const MOST_UNITS: usize = 32_767;
/// Greater whole numbers lose digits in a spreadsheet.
const EXACT: f64 = 999_999_999_999_999.0;

/// A value with its place in a sheet, from 0.
pub(super) struct Cell<'a> {
    pub(super) row: u32,
    pub(super) column: u16,
    pub(super) value: &'a Value,
    /// It stays text, whatever it looks like.
    pub(super) is_id: bool,
}

/// Writes a value. True if its text was cut.
pub(super) fn write(
    sheet: &mut Worksheet,
    cell: &Cell<'_>,
    quoted: &Format,
) -> Result<bool, XlsxError> {
    let Cell {
        row, column, value, ..
    } = *cell;
    let number = value
        .as_f64()
        .filter(|number| !cell.is_id && number.abs() <= EXACT);
    match (value, number) {
        (Value::Null, _) => {}
        (Value::Bool(yes), _) => {
            sheet.write_boolean(row, column, *yes)?;
        }
        (_, Some(number)) => {
            sheet.write_number(row, column, number)?;
        }
        (value, None) => {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            if text.is_empty() {
                return Ok(false);
            }
            let kept = cut(&text);
            let is_cut = kept.len() < text.len();
            if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                sheet.write_string_with_format(row, column, kept, quoted)?;
            } else {
                sheet.write_string(row, column, kept)?;
            }
            return Ok(is_cut);
        }
    }
    Ok(false)
}

/// As much of a text as a cell holds; what is cut ends with an ellipsis.
pub(super) fn cut(text: &str) -> String {
    // UTF-16 has no more units than UTF-8 has bytes.
    if text.len() <= MOST_UNITS || text.encode_utf16().count() <= MOST_UNITS {
        return text.to_owned();
    }
    let mut units = 1;
    let kept = text.chars().take_while(|char| {
        units += char.len_utf16();
        units <= MOST_UNITS
    });
    let mut kept: String = kept.collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_letter() {
        let whole = "x".repeat(MOST_UNITS);
        assert_eq!(cut(&whole), whole);
        // Two units each.
        let long = "𝄞".repeat(MOST_UNITS);
        let kept = cut(&long);
        assert!(kept.ends_with('…') && kept.encode_utf16().count() <= MOST_UNITS);
        assert_eq!(kept.chars().count(), (MOST_UNITS - 1) / 2 + 1);
    }
}
