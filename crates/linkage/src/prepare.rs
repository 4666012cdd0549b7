//! Columns of both lists in one dictionary, normalised and ready to compare.

use rustc_hash::FxHashMap;

use crate::{
    compare::{self, Value},
    comparison_levels, dates,
    missing::{self, Frequency},
    nicknames::Nicknames,
    normalise,
    reading::ColumnReading,
    strings::{self, letters},
    table::Column,
    types::{ColumnProfile, ColumnType},
    units,
    vocabulary::{Vocabulary, abbreviations},
};

/// Distinct values of a category that may be notations of a few, at most.
const MOST_FORMS: usize = 200;

/// A column of the records that are linked; the left list's records come first.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// Distinct normalised values; the first stands for "no value".
    pub(crate) values: Vec<Value>,
    /// One code a record.
    pub(crate) codes: Vec<u32>,
    /// Records whose value only said that there is none.
    pub(crate) placeholders: usize,
    /// How the column was read.
    pub(crate) reading: ColumnReading,
    /// How each of two lists was read.
    pub(crate) by_list: Option<[ColumnReading; 2]>,
}

impl Field {
    pub(crate) fn new(
        name: &str,
        kind: ColumnType,
        parts: &[(&Column, &ColumnProfile)],
        known: &Nicknames,
        before: Option<&ColumnReading>,
    ) -> Self {
        let mut field = Self {
            name: name.to_owned(),
            kind,
            values: vec![Value::default()],
            codes: Vec::new(),
            placeholders: 0,
            reading: before.cloned().unwrap_or_default(),
            by_list: None,
        };
        let mut readings = Vec::new();
        let mut seen: FxHashMap<Box<str>, u32> = FxHashMap::default();
        let forms = Forms::of(kind, parts, known, field.reading.vocabulary);
        for (at, (column, profile)) in parts.iter().enumerate() {
            let counts = column.counts();
            let rows = column.codes().len();
            let notation = field.reading.notation.or(profile.notation);
            let notation = notation.unwrap_or_else(|| {
                dates::notation(column.values().iter().skip(1).map(AsRef::as_ref))
            });
            if kind == ColumnType::Date && parts.len() == 1 {
                field.reading.notation = Some(notation);
            }
            let map: Vec<u32> = column
                .values()
                .iter()
                .zip(&counts)
                .map(|(raw, count)| {
                    let value = forms.read(at, Value::of(kind, raw, notation, known));
                    let frequency = Frequency {
                        count: *count,
                        rows,
                    };
                    let fillers = &mut field.reading.fillers;
                    let known_filler = fillers.iter().any(|filler| **filler == *value.text);
                    if !known_filler && missing::is_frequent_filler(kind, &value, frequency) {
                        fillers.push(value.text.to_string());
                    }
                    if known_filler || missing::stands_in(kind, raw, &value, frequency) {
                        field.placeholders += if raw.is_empty() { 0 } else { *count as usize };
                        return 0;
                    }
                    *seen.entry(value.text.clone()).or_insert_with(|| {
                        field.values.push(value);
                        field.values.len() as u32 - 1
                    })
                })
                .collect();
            field
                .codes
                .extend(column.codes().iter().map(|code| map[*code as usize]));
            readings.push(ColumnReading {
                notation: (kind == ColumnType::Date).then_some(notation),
                vocabulary: forms.vocabularies.get(at).copied().flatten(),
                fillers: field.reading.fillers.clone(),
                short: forms.listed(),
            });
        }
        field.by_list = <[ColumnReading; 2]>::try_from(readings).ok();
        field.reading.vocabulary = forms.vocabularies.first().copied().flatten();
        field
    }

    /// The level of two records in this column, the cross-comparison of names left aside.
    pub(crate) fn level(&self, a: u32, b: u32) -> u8 {
        self.level_of_codes(self.codes[a as usize], self.codes[b as usize])
    }

    pub(crate) fn level_of_codes(&self, a: u32, b: u32) -> u8 {
        if a == 0 || b == 0 {
            comparison_levels::MISSING
        } else if a == b {
            comparison_levels::EXACT
        } else {
            compare::compare(
                self.kind,
                &self.values[a as usize],
                &self.values[b as usize],
            )
        }
    }
}

/// Hashes of a text's words of four letters or with a digit, ascending.
fn telling_words(text: &str) -> Box<[u32]> {
    let tells = |word: &&str| {
        letters(word) >= 4 || letters(word) >= 2 && word.bytes().any(|byte| byte.is_ascii_digit())
    };
    let words = text.split(' ').filter(tells);
    let mut marks: Vec<u32> = words.map(|word| crate::hash::of(word) as u32).collect();
    marks.sort_unstable();
    marks.dedup();
    marks.into()
}

/// One form for the notations of a category.
struct Forms {
    /// By list.
    vocabularies: Vec<Option<Vocabulary>>,
    /// Short forms of one list with the long ones of the other.
    short: FxHashMap<Box<str>, Box<str>>,
}

impl Forms {
    fn of(
        kind: ColumnType,
        parts: &[(&Column, &ColumnProfile)],
        known: &Nicknames,
        before: Option<Vocabulary>,
    ) -> Self {
        let mut forms = Self {
            vocabularies: vec![before; parts.len()],
            short: FxHashMap::default(),
        };
        if before.is_some() || !matches!(kind, ColumnType::Category | ColumnType::Region) {
            return forms;
        }
        // Many distinct values are no notation of a few.
        let few = |column: &Column| column.values().len() <= MOST_FORMS;
        if !parts.iter().all(|(column, _)| few(column)) {
            return forms;
        }
        let texts: Vec<Vec<Box<str>>> = (parts.iter())
            .map(|(column, _)| {
                let values = column.values().iter().skip(1);
                let values = values.filter(|raw| !missing::is_missing(raw));
                let text = |raw: &str| Value::of(kind, raw, dates::Notation::DayFirst, known).text;
                values.map(|raw| text(raw)).collect()
            })
            .collect();
        let plain: Vec<Vec<&str>> = (texts.iter())
            .map(|texts| texts.iter().map(AsRef::as_ref).collect())
            .collect();
        forms.vocabularies = (parts.iter().zip(&plain))
            .map(|((column, _), texts)| Vocabulary::of(&column.name, texts.iter().copied()))
            .collect();
        if let ([left, right], [None, None]) = (&plain[..], &forms.vocabularies[..]) {
            forms.short = abbreviations(left, right);
        }
        forms
    }

    /// The short forms with their long ones, in order.
    fn listed(&self) -> Vec<(String, String)> {
        let short = self.short.iter();
        let mut listed: Vec<(String, String)> = short
            .map(|(short, long)| (short.to_string(), long.to_string()))
            .collect();
        listed.sort_unstable();
        listed
    }

    fn read(&self, part: usize, value: Value) -> Value {
        let vocabulary = self.vocabularies.get(part).copied().flatten();
        let form = vocabulary.and_then(|of| of.form(&value.text));
        match form.or_else(|| self.short.get(&value.text).map(AsRef::as_ref)) {
            Some(form) => value.renamed(form),
            None => value,
        }
    }
}

impl Value {
    /// The same value in another form.
    pub(crate) fn renamed(self, form: &str) -> Self {
        Self {
            mask: strings::mask(form),
            letters: letters(form),
            text: form.into(),
            ..self
        }
    }

    pub(crate) fn of(
        kind: ColumnType,
        raw: &str,
        notation: dates::Notation,
        known: &Nicknames,
    ) -> Self {
        let mut value = Self::default();
        let text = match kind {
            ColumnType::Date => {
                value.date = dates::parse(raw, notation);
                value
                    .date
                    .map_or_else(|| normalise::code(raw), |date| date.to_string())
            }
            ColumnType::Phone => normalise::phone(raw),
            ColumnType::Email => normalise::email(raw),
            ColumnType::Identifier | ColumnType::StreetNumber => normalise::code(raw),
            ColumnType::Postcode => normalise::postcode(raw),
            ColumnType::Street => normalise::street(raw),
            ColumnType::Number => match normalise::number(raw) {
                Some((number, unit)) => {
                    let (number, unit) = units::in_base(number, &unit);
                    value.number = number;
                    // A number without a unit is of any.
                    if !unit.is_empty() {
                        value.marks = [crate::hash::of(unit) as u32].into();
                    }
                    format!("{number} {unit}").trim_end().to_owned()
                }
                None => String::new(),
            },
            ColumnType::FullName => normalise::without_title(&normalise::text(raw)).to_owned(),
            ColumnType::EntityName => normalise::entity(raw),
            ColumnType::FreeText => {
                // Long texts are kept as what they are compared by.
                let plain = normalise::text(raw);
                value.marks = telling_words(&plain);
                match plain.is_empty() {
                    true => plain,
                    false => format!("{:016x}", crate::hash::of(&plain)),
                }
            }
            _ => normalise::text(raw),
        };
        if kind.is_name() || kind == ColumnType::FullName {
            if kind != ColumnType::FamilyName {
                value.marks = text
                    .split(' ')
                    .flat_map(|word| known.lines(word))
                    .map(|line| u32::from(*line))
                    .collect();
            }
        } else if kind == ColumnType::Street {
            let telling = text
                .split(' ')
                .filter(|word| !normalise::is_street_word(word));
            value.marks = telling.map(|word| crate::hash::of(word) as u32).collect();
        }
        value.mask = strings::mask(&text);
        value.letters = letters(&text);
        value.text = text.into();
        value
    }
}
