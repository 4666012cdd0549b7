//! What the columns of a golden record are called.

use std::collections::HashSet;

use midband_io::input_name;

use super::GoldenColumn;

/// The fields of a golden record that are no column's.
const OWN: [&str; 5] = ["cluster", "size", "confidence", "review", "ids"];

/// The field with the id of the record that a value is from.
pub(super) fn from(name: &str) -> String {
    format!("{name}_from")
}

/// The field with the list of that record.
pub(super) fn list(name: &str) -> String {
    format!("{name}_list")
}

/// All fields of a column of this name.
fn fields_of(name: &str) -> [String; 3] {
    [name.to_owned(), from(name), list(name)]
}

/// The name of each column as it is written: its own, or `input_` before it where a field of the golden record has it.
pub(super) fn written(columns: &[GoldenColumn]) -> Vec<String> {
    let given: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut fields: HashSet<String> = OWN.map(str::to_owned).into();
    fields.extend(given.iter().flat_map(|name| [from(name), list(name)]));
    let mut written = Vec::with_capacity(columns.len());
    for column in columns {
        if !fields.contains(&column.name) {
            written.push(column.name.clone());
            continue;
        }
        let name = input_name(&column.name, |name| {
            let mut all = fields_of(name).into_iter();
            all.any(|field| given.contains(field.as_str()) || fields.contains(&field))
        });
        fields.extend(fields_of(&name));
        written.push(name);
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_field_has_the_name_of_another(names in prop::collection::hash_set("(input_){0,2}(cluster|ids|a)(_from|_list){0,2}", 1..12)) {
            let columns: Vec<GoldenColumn> = names
                .into_iter()
                .map(|name| GoldenColumn { name, left: None, right: None })
                .collect();
            let written = written(&columns);
            let mut fields: Vec<String> = OWN.map(str::to_owned).into();
            fields.extend(written.iter().flat_map(|name| fields_of(name)));
            let all: HashSet<&String> = fields.iter().collect();
            prop_assert_eq!(all.len(), fields.len());
            for (column, name) in columns.iter().zip(&written) {
                prop_assert!(name.ends_with(&column.name));
            }
        }
    }
}
