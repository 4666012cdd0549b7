//! Blocking rules: which records are worth comparing.

use std::{fmt, str::FromStr};

use crate::{compare::Value, hash, normalise, prepare::Field};

/// What of a column must be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyForm {
    /// The whole normalised value.
    Value,
    /// Its first characters.
    Prefix(u8),
    /// Its last characters.
    Last(u8),
    /// How it sounds (Soundex).
    Soundex,
    /// The year of a date.
    Year,
    /// Month and day of a date.
    MonthDay,
    /// The words of one or more columns in any order, so that swapped names meet.
    Words,
}

/// One key of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// What must be equal.
    pub form: KeyForm,
    /// Headers (of the left list): one, or more for [`KeyForm::Words`].
    pub columns: Vec<String>,
}

/// A blocking rule: pairs of records whose keys are all equal and present.
///
/// Written as `birth_date`, `family_name+postcode`, `prefix(family_name,3)+year(birth_date)`,
/// `soundex(family_name)+city`, `last(phone,6)`, `month_day(birth_date)`, `words(given_name,family_name)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockingRule {
    /// All of these must agree.
    pub keys: Vec<Key>,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns.join(",");
        match self.form {
            KeyForm::Value => f.write_str(&columns),
            KeyForm::Prefix(count) => write!(f, "prefix({columns},{count})"),
            KeyForm::Last(count) => write!(f, "last({columns},{count})"),
            KeyForm::Soundex => write!(f, "soundex({columns})"),
            KeyForm::Year => write!(f, "year({columns})"),
            KeyForm::MonthDay => write!(f, "month_day({columns})"),
            KeyForm::Words => write!(f, "words({columns})"),
        }
    }
}

impl fmt::Display for BlockingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, key) in self.keys.iter().enumerate() {
            write!(f, "{}{key}", if at > 0 { "+" } else { "" })?;
        }
        Ok(())
    }
}

/// A rule that cannot be read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The text is no rule.
    #[error("blocking rule {0:?}: {1}")]
    Syntax(String, &'static str),
    /// A rule names a column that the list lacks.
    #[error("blocking rule {rule:?}: there is no column {column:?}; the columns are {known}")]
    Column {
        /// The rule as written.
        rule: String,
        /// The unknown header.
        column: String,
        /// Headers that there are.
        known: String,
    },
}

impl FromStr for BlockingRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let wrong = |why| RuleError::Syntax(text.to_owned(), why);
        let keys = text
            .split('+')
            .map(|part| {
                let part = part.trim();
                let Some((name, rest)) = part.split_once('(') else {
                    let plain = Key {
                        form: KeyForm::Value,
                        columns: vec![part.to_owned()],
                    };
                    return if part.is_empty() {
                        Err(wrong("an empty key"))
                    } else {
                        Ok(plain)
                    };
                };
                let inside = rest
                    .strip_suffix(')')
                    .ok_or_else(|| wrong("a bracket that is not closed"))?;
                let mut columns: Vec<String> = inside
                    .split(',')
                    .map(|part| part.trim().to_owned())
                    .collect();
                let mut count = || {
                    let number = columns
                        .pop()
                        .and_then(|number| number.parse().ok())
                        .filter(|count| *count > 0);
                    number.ok_or_else(|| {
                        wrong("a number of characters is missing, as in prefix(family_name,3)")
                    })
                };
                let form = match name.trim() {
                    "prefix" => KeyForm::Prefix(count()?),
                    "last" => KeyForm::Last(count()?),
                    "soundex" => KeyForm::Soundex,
                    "year" => KeyForm::Year,
                    "month_day" => KeyForm::MonthDay,
                    "words" => KeyForm::Words,
                    _ => {
                        return Err(wrong(
                            "keys are a column, prefix, last, soundex, year, month_day or words",
                        ));
                    }
                };
                if columns.iter().any(String::is_empty)
                    || columns.is_empty()
                    || (form != KeyForm::Words && columns.len() > 1)
                {
                    return Err(wrong("a key is of one column, words(a,b) of several"));
                }
                Ok(Key { form, columns })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }
}

/// A key on fields by their number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Atom {
    pub(crate) form: KeyForm,
    pub(crate) fields: Vec<usize>,
}

impl Atom {
    pub(crate) fn name(&self, fields: &[Field]) -> Key {
        Key {
            form: self.form,
            columns: self
                .fields
                .iter()
                .map(|field| fields[*field].name.clone())
                .collect(),
        }
    }

    /// One key a record as a hash of its content; 0 where the record has none.
    pub(crate) fn hashes(&self, fields: &[Field]) -> Vec<u64> {
        let own: Vec<&Field> = self.fields.iter().map(|field| &fields[*field]).collect();
        let of_value = |value: &Value| -> u64 {
            let text = &value.text;
            let key = match self.form {
                KeyForm::Value => return hash::of(text).max(1),
                KeyForm::Prefix(count) => text.chars().take(count.into()).collect(),
                KeyForm::Last(count) => {
                    let skip = text.chars().count().saturating_sub(count.into());
                    text.chars().skip(skip).collect()
                }
                KeyForm::Soundex => normalise::soundex(text),
                KeyForm::Year => value
                    .date
                    .map_or_else(String::new, |date| date.year.to_string()),
                KeyForm::MonthDay => value
                    .date
                    .map_or_else(String::new, |date| format!("{}-{}", date.month, date.day)),
                // Order is nothing in a sum.
                KeyForm::Words => {
                    return text
                        .split(' ')
                        .map(hash::of)
                        .fold(0, u64::wrapping_add)
                        .max(1);
                }
            };
            if key.is_empty() {
                0
            } else {
                hash::of(&key).max(1)
            }
        };
        let tables: Vec<Vec<u64>> = own
            .iter()
            .map(|field| {
                let mut table: Vec<u64> = field.values.iter().map(of_value).collect();
                table[0] = 0;
                table
            })
            .collect();
        let rows = own.first().map_or(0, |field| field.codes.len());
        (0..rows)
            .map(|row| {
                let keys = own
                    .iter()
                    .zip(&tables)
                    .map(|(field, table)| table[field.codes[row] as usize]);
                keys.reduce(|sum, key| {
                    if sum == 0 || key == 0 {
                        0
                    } else {
                        sum.wrapping_add(key).max(1)
                    }
                })
                .unwrap_or(0)
            })
            .collect()
    }
}
