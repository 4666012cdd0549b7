//! Records as their columns: "field: value; …" on both sides becomes one line a field, value beside value.

use crate::sanitize::sanitize;

/// Longest name of a column, bytes.
const LONGEST_NAME: usize = 40;
/// What stands where one side has no value.
const NONE: &str = "-";

/// Names and values of a text that reads "field: value; …"; `None` where it does not, or has one field alone. A segment
/// without a name belongs to the value before it.
pub fn record_fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    let mut start = 0;
    let mut begun = 0;
    for segment in text.split(';') {
        let end = start + segment.len();
        match named(segment) {
            Some((name, value)) => {
                begun = end - value.len();
                fields.push((name, value.trim()));
            }
            None => {
                let (_, value) = fields.last_mut()?;
                *value = text[begun..end].trim();
            }
        }
        start = end + 1;
    }
    (fields.len() > 1).then_some(fields)
}

fn named(segment: &str) -> Option<(&str, &str)> {
    let (name, value) = segment.split_once(':')?;
    let name = name.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.');
    let starts = name.chars().next().is_some_and(char::is_alphabetic);
    (starts && name.len() <= LONGEST_NAME && name.chars().all(plain)).then_some((name, value))
}

/// Both records field by field: `name: value of a | value of b`. `None` where one is not a record, has a field twice, or the
/// two share none.
pub(crate) fn aligned(a: &str, b: &str) -> Option<String> {
    let (left, right) = (record_fields(a)?, record_fields(b)?);
    let place = |fields: &[(&str, &str)], name: &str| {
        fields
            .iter()
            .position(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let doubled = |fields: &[(&str, &str)]| {
        (0..fields.len()).any(|at| place(fields, fields[at].0) != Some(at))
    };
    if doubled(&left) || doubled(&right) {
        return None;
    }
    let shown = |value: &str| match sanitize(value).replace('|', "/") {
        empty if empty.is_empty() => NONE.to_owned(),
        value => value,
    };
    let value = |fields: &[(&str, &str)], name: &str| {
        place(fields, name).map_or(NONE.to_owned(), |at| shown(fields[at].1))
    };
    let mut shared = 0;
    let mut lines = String::new();
    for (name, mine) in &left {
        shared += usize::from(place(&right, name).is_some());
        lines += &format!(
            "{}: {} | {}\n",
            sanitize(name),
            shown(mine),
            value(&right, name)
        );
    }
    for (name, other) in right
        .iter()
        .filter(|(name, _)| place(&left, name).is_none())
    {
        lines += &format!("{}: {NONE} | {}\n", sanitize(name), shown(other));
    }
    (shared > 0).then_some(lines)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_of_two_records_stand_side_by_side() {
        let a = "name: Anna Marsh; birth_date: 1985-03-17; note: tall; left-handed";
        let b = "birth_date: 1985-03-17; Name: Ana Marsh; city: x|y";
        assert_eq!(
            aligned(a, b).unwrap(),
            "name: Anna Marsh | Ana Marsh\nbirth_date: 1985-03-17 | 1985-03-17\nnote: tall; left-handed | -\ncity: - | x/y\n"
        );
        assert_eq!(aligned(a, "a note: she fell; and got up"), None);
        assert_eq!(aligned(a, "left: 1; right: 2"), None);
        assert_eq!(aligned("x: 1; x: 2", "x: 1; y: 2"), None);
    }

    proptest! {
        /// Each line holds one field: no value ends its line or adds a side.
        #[test]
        fn a_value_stays_in_its_place(values in prop::collection::vec("[^;]{0,12}", 2..6)) {
            let text = |extra: &str| {
                let fields = values.iter().enumerate().map(|(at, value)| format!("f{at}: {value}{extra}"));
                fields.collect::<Vec<_>>().join("; ")
            };
            let (a, b) = (text(""), text("x"));
            if let Some(lines) = aligned(&a, &b) {
                prop_assert_eq!(lines.lines().count(), record_fields(&a).unwrap().len());
                for line in lines.lines() {
                    prop_assert_eq!(line.matches(" | ").count(), 1, "{}", line);
                }
            }
        }
    }
}
