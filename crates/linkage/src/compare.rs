//! How much two values of a column agree: the level that they reach.

use crate::{
    dates::Date,
    strings::{edits, jaro_winkler_at_least as alike, letters},
    types::ColumnType,
};

/// A distinct value, ready to compare.
#[derive(Clone, Debug, Default)]
pub(crate) struct Value {
    pub(crate) text: Box<str>,
    /// Characters of the text.
    pub(crate) letters: usize,
    pub(crate) mask: u64,
    /// Lines of the table of nicknames; hashes of a street's or text's telling words, of a number's unit.
    pub(crate) marks: Box<[u32]>,
    pub(crate) date: Option<Date>,
    pub(crate) number: f64,
}

/// The level of two values that differ after normalisation.
pub(crate) fn compare(kind: ColumnType, a: &Value, b: &Value) -> u8 {
    match kind {
        ColumnType::GivenName | ColumnType::MiddleName | ColumnType::FamilyName => name(a, b),
        ColumnType::FullName | ColumnType::EntityName => full_name(a, b),
        ColumnType::Date => dates(a, b),
        ColumnType::Phone | ColumnType::Identifier => codes(a, b),
        ColumnType::Email => emails(a, b),
        ColumnType::Street => streets(a, b),
        ColumnType::FreeText => texts(a, b),
        ColumnType::StreetNumber => 2 - u8::from(a.letters.max(b.letters) > 1 && near(a, b, 1)),
        ColumnType::City => match () {
            () if typo(a, b) => 1,
            () if similar(a, b, 0.88) || contained(&a.text, &b.text) => 2,
            () => 3,
        },
        ColumnType::Postcode => match () {
            () if near(a, b, 1) => 1,
            () if a
                .text
                .get(..3)
                .is_some_and(|start| b.text.get(..3) == Some(start)) =>
            {
                2
            }
            () => 3,
        },
        ColumnType::Number => {
            let off = (a.number - b.number).abs()
                / a.number.abs().max(b.number.abs()).max(f64::MIN_POSITIVE);
            let units = !a.marks.is_empty() && !b.marks.is_empty() && a.marks != b.marks;
            if units {
                3
            } else if off <= 0.01 {
                1
            } else if off <= 0.1 {
                2
            } else {
                3
            }
        }
        _ => 2 - u8::from(a.letters.min(b.letters) >= 3 && near(a, b, 1)),
    }
}

fn near(a: &Value, b: &Value, most: usize) -> bool {
    edits(&a.text, &b.text, a.mask, b.mask, most).is_some()
}

/// One edit in four characters or more, two in nine or more.
fn typo(a: &Value, b: &Value) -> bool {
    let long = a.letters.max(b.letters);
    long >= 4 && near(a, b, if long >= 9 { 2 } else { 1 })
}

fn similar(a: &Value, b: &Value, least: f64) -> bool {
    alike(&a.text, &b.text, a.mask, b.mask, least)
}

fn contained(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= 4 && long.split(' ').count() > short.split(' ').count() && long.contains(short)
}

fn share(a: &[u32], b: &[u32]) -> bool {
    a.iter().any(|mark| b.contains(mark))
}

fn name(a: &Value, b: &Value) -> u8 {
    if typo(a, b) {
        return 2;
    }
    if share(&a.marks, &b.marks) {
        return 3;
    }
    let (short, long) = if a.letters <= b.letters {
        (&a.text, &b.text)
    } else {
        (&b.text, &a.text)
    };
    if a.letters.min(b.letters) == 1 {
        return if long.starts_with(&**short) { 6 } else { 7 };
    }
    if similar(a, b, 0.88) {
        return 4;
    }
    let part = a.letters.min(b.letters) >= 3 && long.starts_with(&**short)
        || (long.contains(' ') || short.contains(' '))
            && long
                .split(' ')
                .any(|word| letters(word) > 2 && short.split(' ').any(|other| other == word));
    if part { 5 } else { 7 }
}

fn full_name(a: &Value, b: &Value) -> u8 {
    let words = |value: &'_ Value| value.text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (mut one, mut two) = (words(a), words(b));
    one.sort_unstable();
    two.sort_unstable();
    if one == two {
        return 1;
    }
    if one.len() > two.len() {
        std::mem::swap(&mut one, &mut two);
    }
    let initial = |x: &str, y: &str| {
        (letters(x) == 1 && y.starts_with(x)) || (letters(y) == 1 && x.starts_with(y))
    };
    let typo =
        |x: &str, y: &str| letters(x).max(letters(y)) >= 4 && strsim::osa_distance(x, y) <= 1;
    let nick = || share(&a.marks, &b.marks);
    let equal = one
        .iter()
        .filter(|word| letters(word) > 1 && two.contains(word))
        .count();
    let every = |x: &String| two.iter().any(|y| x == y || initial(x, y) || typo(x, y));
    let agreeing = one.iter().filter(|word| every(word)).count();
    if one.len() > 1
        && (agreeing == one.len() && (equal > 0 || agreeing > 1)
            || agreeing + 1 == one.len() && equal > 0 && nick())
    {
        return 2;
    }
    if strsim::jaro_winkler(&one.join(" "), &two.join(" ")) >= 0.9 {
        3
    } else if equal > 0 {
        4
    } else {
        5
    }
}

fn dates(a: &Value, b: &Value) -> u8 {
    if let (Some(x), Some(y)) = (a.date, b.date)
        && x.year == y.year
        && x.day == y.month
        && x.month == y.day
    {
        return 1;
    }
    if near(a, b, 1) {
        return 2;
    }
    if let (Some(x), Some(y)) = (a.date, b.date) {
        let same = [x.year == y.year, x.month == y.month, x.day == y.day];
        if same.iter().filter(|same| **same).count() == 2 {
            return 3;
        }
        if near(a, b, 2) {
            return 4;
        }
        return if same[0] { 5 } else { 6 };
    }
    if near(a, b, 2) {
        4
    } else if a
        .text
        .get(..4)
        .is_some_and(|year| b.text.get(..4) == Some(year))
    {
        5
    } else {
        6
    }
}

fn codes(a: &Value, b: &Value) -> u8 {
    let short = a.text.len().min(b.text.len());
    if short >= 3 && near(a, b, 1) {
        1
    } else if short >= 7 && near(a, b, 2)
        || (short >= 4 && (a.text.ends_with(&*b.text) || b.text.ends_with(&*a.text)))
    {
        2
    } else {
        3
    }
}

fn emails(a: &Value, b: &Value) -> u8 {
    let user = |value: &Value| value.text.find('@').map_or(value.text.len(), |at| at);
    let (one, two) = (&a.text[..user(a)], &b.text[..user(b)]);
    if near(a, b, 2) {
        1
    } else if one == two && one.len() > 2 {
        2
    } else if one.len().min(two.len()) > 3 && strsim::jaro_winkler(one, two) >= 0.92 {
        3
    } else {
        4
    }
}

/// By the share of the shorter text's telling words that the longer one has.
fn texts(a: &Value, b: &Value) -> u8 {
    let (short, long) = match a.marks.len() <= b.marks.len() {
        true => (&a.marks, &b.marks),
        false => (&b.marks, &a.marks),
    };
    let shared = short.iter().filter(|mark| long.binary_search(mark).is_ok());
    let share = shared.count() as f64 / short.len().max(1) as f64;
    match share {
        0.8.. => 1,
        0.5.. => 2,
        0.25.. => 3,
        _ => 4,
    }
}

fn streets(a: &Value, b: &Value) -> u8 {
    if typo(a, b) {
        return 1;
    }
    let common = (a.mask & b.mask).count_ones() > 1;
    if !common {
        return 4;
    }
    if similar(a, b, 0.92) {
        return 2;
    }
    if !a.text.contains(' ') && !b.text.contains(' ') {
        return 4;
    }
    let shared = a.marks.iter().filter(|mark| b.marks.contains(mark)).count();
    match shared {
        0 => 4,
        _ if shared == a.marks.len().min(b.marks.len()) => 2,
        _ => 3,
    }
}
