//! Spellings of "no value".

use crate::{compare::Value, dates, types::ColumnType};

/// How many records hold a value, and how many there are.
#[derive(Clone, Copy, Default)]
pub(crate) struct Frequency {
    pub(crate) count: u32,
    pub(crate) rows: usize,
}

/// Whether a value that is so frequent says no more than that there is none. A filler or a default day does
/// where it is far more frequent than chance would have it.
pub(crate) fn stands_in(kind: ColumnType, raw: &str, value: &Value, frequency: Frequency) -> bool {
    value.text.is_empty() || is_missing(raw) || is_frequent_filler(kind, value, frequency)
}

/// Whether a value is a filler or a default day, and frequent.
pub(crate) fn is_frequent_filler(kind: ColumnType, value: &Value, frequency: Frequency) -> bool {
    let often = 3.max(frequency.rows / 500) as u32;
    frequency.count >= often
        && (value.date.is_some_and(dates::is_sentinel)
            || matches!(kind, ColumnType::Identifier | ColumnType::Phone) && is_filler(&value.text))
}

/// Whether a value is one of the usual spellings of "missing", whatever its column.
pub fn is_missing(raw: &str) -> bool {
    let word: String = raw.trim().to_lowercase();
    if word.is_empty()
        || raw.trim() == "NA"
        || word
            .chars()
            .all(|c| matches!(c, '-' | '.' | '?' | '*' | '_' | '/' | '#' | ' ' | '–' | '—'))
    {
        return true;
    }
    matches!(
        word.trim_matches(|c: char| matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '#')),
        "null"
            | "nan"
            | "n/a"
            | "n.a."
            | "n.a"
            | "none"
            | "nil"
            | "unknown"
            | "unk"
            | "missing"
            | "not available"
            | "not known"
            | "not applicable"
            | "not provided"
            | "not recorded"
            | "not stated"
            | "undefined"
            | "no value"
            | "k.a."
            | "k.a"
            | "k. a."
            | "keine angabe"
            | "unbekannt"
            | "nicht bekannt"
            | "inconnu"
            | "inconnue"
            | "non renseigné"
            | "non renseigne"
            | "non communiqué"
            | "desconocido"
            | "desconocida"
            | "no consta"
            | "sin datos"
            | "s/d"
            | "sconosciuto"
            | "sconosciuta"
            | "non disponibile"
            | "desconhecido"
            | "desconhecida"
            | "não informado"
            | "onbekend"
            | "nieznany"
            | "brak danych"
            | "неизвестно"
            | "не указано"
            | "нет данных"
            | "未知"
            | "无"
            | "nat"
            | "\\n"
            | "unspecified"
            | "9999-12-31"
            | "31/12/9999"
            | "12/31/9999"
            | "99991231"
            | "0000-00-00"
            | "00/00/0000"
            | "00000000"
    )
}

/// Whether digits are a filler (000000, 999999999, 123456789): four or more that are equal, or a run up from 1.
fn is_filler(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() >= 4
        && bytes.iter().all(u8::is_ascii_digit)
        && (bytes.iter().all(|b| *b == bytes[0])
            || "1234567890".starts_with(code) && bytes.len() >= 6)
}
