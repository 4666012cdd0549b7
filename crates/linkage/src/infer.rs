//! Types of columns, from their names and values.

use crate::{
    dates, headers, missing,
    nicknames::Nicknames,
    normalise,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// Words that a given or family name has on average, at most; a full name has two or more.
const MOST_WORDS: f64 = 1.6;

/// Share of values with a legal form (Ltd, GmbH) from which on a column holds names of firms.
const FIRMS: f64 = 0.2;

/// Profiles of all columns of a list.
pub fn infer(table: &Table) -> Vec<ColumnProfile> {
    let known = Nicknames::new();
    let mut found: Vec<ColumnProfile> = table
        .columns()
        .iter()
        .map(|column| profile(column, table.len(), &known))
        .collect();
    // Of unnamed name columns, the one without frequent given names is the family name.
    if !found
        .iter()
        .any(|profile| profile.kind == ColumnType::GivenName)
    {
        for profile in &mut found {
            if profile.kind == ColumnType::FamilyName && profile.why.starts_with("values:") {
                profile.kind = ColumnType::Category;
                "values: single words, but no given names beside them".clone_into(&mut profile.why);
                if profile.distinct > 100 {
                    profile.kind = ColumnType::City;
                }
            }
        }
    }
    settle_bare_names(table, &mut found);
    found
}

/// "Name" beside a column of given names is the family name, and beside one of family names the given name, where its
/// values are hardly more than a word each.
fn settle_bare_names(table: &Table, found: &mut [ColumnProfile]) {
    let named = |kind| {
        (found.iter()).any(|profile| profile.kind == kind && profile.why.starts_with("header"))
    };
    let (kind, other) = match (named(ColumnType::GivenName), named(ColumnType::FamilyName)) {
        (true, false) => (ColumnType::FamilyName, "given"),
        (false, true) => (ColumnType::GivenName, "family"),
        _ => return,
    };
    let bare = (found.iter_mut().zip(table.columns()))
        .find(|(one, _)| one.kind == ColumnType::FullName && headers::is_bare_name(&one.name));
    let Some((profile, column)) = bare else {
        return;
    };
    let values = || column.values().iter().skip(1);
    let words: usize = values()
        .map(|raw| normalise::text(raw).split(' ').count())
        .sum();
    if (words as f64) < MOST_WORDS * values().count() as f64 {
        profile.kind = kind;
        profile.why = format!("header, beside one of {other} names");
    }
}

/// Shares of the distinct values that have a form.
#[derive(Default)]
struct Forms {
    /// The same of the records: there are so many days, and wrong ones without end.
    date: f64,
    float: f64,
    email: f64,
    phone: f64,
    digits: f64,
    same_length: f64,
    number: f64,
    letters: f64,
    street: f64,
    given: f64,
    words: f64,
    code: f64,
    firm: f64,
    web: f64,
}

fn profile(column: &Column, rows: usize, known: &Nicknames) -> ColumnProfile {
    let counts = column.counts();
    let values: Vec<(&str, u32)> = column
        .values()
        .iter()
        .zip(&counts)
        .skip(1)
        .filter(|(value, _)| !missing::is_missing(value))
        .map(|(value, count)| (value.as_ref(), *count))
        .collect();
    let filled: usize = values.iter().map(|(_, count)| *count as usize).sum();
    let placeholders = rows - filled - counts.first().map_or(0, |empty| *empty as usize);
    // A share of some thousand values is exact enough; the smallest by text, so that the order of rows is nothing.
    let mut sample = values.clone();
    if sample.len() > 5000 {
        sample.sort_unstable();
        let step = sample.len() / 2500;
        sample = sample.into_iter().step_by(step).collect();
    }
    let notation = dates::notation(sample.iter().map(|(value, _)| *value));
    let mut forms = forms(&sample, notation, known);
    let distinct = values.len();
    if notation == dates::Notation::Serial && headers::type_of(&column.name).is_none() {
        // Numbers of five digits look like a spreadsheet's days: only a header makes dates of them.
        forms.date = 0.0;
    }
    let (kind, why) = decide(&column.name, &forms, distinct, filled, rows);
    ColumnProfile {
        name: column.name.clone(),
        kind,
        why,
        filled,
        placeholders,
        distinct,
        notation: (kind == ColumnType::Date).then_some(notation),
    }
}

fn forms(sample: &[(&str, u32)], notation: dates::Notation, known: &Nicknames) -> Forms {
    let mut forms = Forms::default();
    let mut lengths = [0_usize; 24];
    for (raw, count) in sample {
        let plain = normalise::text(raw);
        let words = plain.split(' ').filter(|word| !word.is_empty());
        let digits = raw.bytes().filter(u8::is_ascii_digit).count();
        let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
        let yes = |is: bool| f64::from(u8::from(is));
        forms.date += yes(dates::parse(raw, notation).is_some()) * f64::from(*count);
        forms.float += yes(raw.ends_with(".0"));
        forms.email += yes(raw.contains('@')
            && raw
                .rsplit('@')
                .next()
                .is_some_and(|host| host.contains('.')));
        forms.phone += yes((7..=15).contains(&digits)
            && letters <= 3
            && raw.contains(['-', '(', '.', ' ', '+', '/']));
        forms.digits += yes(digits > 0 && digits == raw.trim_end_matches(".0").len());
        forms.number += yes(normalise::number(raw).is_some());
        forms.letters += yes(digits == 0 && letters > 0);
        forms.code += yes(digits > 0 && !raw.contains(' '));
        forms.street +=
            yes(words.clone().count() > 1 && words.clone().skip(1).any(normalise::is_street_word));
        // "Miller, Anna" as well.
        let after = raw.split_once(',').map(|(_, after)| normalise::text(after));
        let given = match &after {
            Some(after) => after.split(' ').find(|word| !word.is_empty()),
            None => words.clone().next(),
        };
        forms.given += yes(known.knows(given.unwrap_or_default()));
        forms.firm += yes(words.clone().skip(1).any(normalise::is_legal_form));
        forms.web += yes(normalise::is_web_address(raw));
        forms.words += words.count() as f64;
        lengths[raw.len().min(23)] += 1;
    }
    let records: f64 = sample.iter().map(|(_, count)| f64::from(*count)).sum();
    forms.date /= records.max(1.0);
    let all = sample.len().max(1) as f64;
    forms.same_length = lengths.iter().max().map_or(0.0, |most| *most as f64);
    for share in [
        &mut forms.float,
        &mut forms.email,
        &mut forms.phone,
        &mut forms.digits,
        &mut forms.same_length,
        &mut forms.number,
        &mut forms.letters,
        &mut forms.street,
        &mut forms.given,
        &mut forms.words,
        &mut forms.code,
        &mut forms.firm,
        &mut forms.web,
    ] {
        *share /= all;
    }
    forms
}

fn decide(
    name: &str,
    forms: &Forms,
    distinct: usize,
    filled: usize,
    rows: usize,
) -> (ColumnType, String) {
    use ColumnType as T;
    let percent = |share: f64| format!("{:.0} % of {distinct} values", share * 100.0);
    let repeated = filled as f64 / distinct.max(1) as f64;
    if let Some(kind) = headers::type_of(name) {
        // A name may promise what the values do not keep.
        let kept = match kind {
            T::Date => forms.date >= 0.5,
            T::Email => forms.email >= 0.5,
            T::Number => forms.number >= 0.5,
            T::FullName if headers::is_bare_person(name) => {
                forms.letters >= 0.8 && (1.5..6.0).contains(&forms.words)
            }
            T::GivenName | T::FamilyName | T::FullName | T::MiddleName => {
                forms.letters >= 0.5 && forms.words < 6.0
            }
            T::EntityName => forms.letters >= 0.5 && forms.words < 12.0,
            T::Phone => forms.letters < 0.5,
            T::Street | T::City => forms.words < 12.0,
            T::Category | T::Region => forms.words < 4.0 && (repeated >= 3.0 || distinct < 20),
            T::Identifier => forms.words < 3.0 || forms.web >= 0.5,
            T::Postcode | T::StreetNumber => forms.words < 3.0,
            _ => true,
        };
        if kept || distinct == 0 {
            let unique = distinct == rows && rows > 20;
            let key = kind == T::Identifier && unique && forms.web < 0.5;
            // "name" alone may be of a person, a firm or a product.
            if kind == T::FullName && forms.firm >= FIRMS && headers::is_bare_name(name) {
                return (
                    T::EntityName,
                    format!("a name, legal forms in {}", percent(forms.firm)),
                );
            }
            if kind == T::FullName
                && forms.given < 0.1
                && forms.words > 2.5
                && headers::is_bare_name(name)
            {
                return (
                    T::FreeText,
                    format!("a name, but given names in {}", percent(forms.given)),
                );
            }
            return (
                if key { T::RecordKey } else { kind },
                format!("header, {distinct} distinct values"),
            );
        }
    }
    let found =
        |kind, share: f64, what: &str| (kind, format!("values: {what} in {}", percent(share)));
    if distinct == 0 {
        return (T::Category, "no value".to_owned());
    }
    if forms.email >= 0.8 {
        return found(T::Email, forms.email, "e-mail addresses");
    }
    if forms.web >= 0.8 {
        return found(T::Identifier, forms.web, "web addresses");
    }
    // Amounts that were read as floats look like a spreadsheet's days: only a header makes dates of them.
    if forms.date >= 0.8 && forms.float < 0.5 {
        return found(T::Date, forms.date, "dates");
    }
    if forms.phone >= 0.6 && repeated < 20.0 {
        return found(T::Phone, forms.phone, "phone numbers");
    }
    if forms.digits >= 0.9 || (forms.code >= 0.9 && forms.same_length >= 0.8) {
        if distinct == rows && rows > 20 {
            return found(T::RecordKey, 1.0, "another number in every record,");
        }
        return if repeated < 1.5
            || (forms.same_length > 0.8
                && repeated < 10.0
                && forms.digits >= 0.9
                && distinct > 1000)
        {
            found(T::Identifier, forms.code, "codes, hardly repeated,")
        } else if forms.same_length >= 0.8 && distinct > 50 {
            found(
                T::Postcode,
                forms.same_length,
                "codes of one length, repeated,",
            )
        } else if distinct > 30 {
            found(T::Number, forms.number, "numbers")
        } else {
            found(T::Category, forms.digits, "few numbers")
        };
    }
    if forms.number >= 0.9 {
        return found(T::Number, forms.number, "numbers");
    }
    if forms.firm >= FIRMS && forms.letters >= 0.5 {
        return found(T::EntityName, forms.firm, "legal forms");
    }
    if forms.street >= 0.4 {
        return found(T::Street, forms.street, "words of streets");
    }
    if forms.letters >= 0.8 && forms.words < 1.5 && forms.given >= 0.5 {
        return found(T::GivenName, forms.given, "given names");
    }
    if distinct <= 20.max(rows / 200) && forms.words < 4.0 && repeated >= 3.0 {
        return (
            T::Category,
            format!("values: {distinct} distinct in {filled} records"),
        );
    }
    if forms.letters >= 0.8 && forms.words < 1.5 {
        return if forms.given >= 0.2 {
            found(T::GivenName, forms.given, "given names")
        } else {
            found(T::FamilyName, forms.letters, "single words")
        };
    }
    if forms.letters >= 0.8 && forms.words < 3.5 && forms.given >= 0.4 {
        return found(T::FullName, forms.given, "given names and more");
    }
    (
        T::FreeText,
        format!("values: {:.1} words each, {distinct} distinct", forms.words),
    )
}
