//! Doses and laboratory values, each in one unit.

use crate::words::Words;

/// Words after a name among which its value is looked for.
const REACH: usize = 5;

/// A dose that stands at a word: milligrams, or units of insulin and the like as negative numbers, so that the two never
/// compare as equal. Gives the words that it takes.
pub(crate) fn dose(words: &Words, at: usize) -> Option<f64> {
    let amount = words.all().get(at)?.number.filter(|n| *n > 0.0)?;
    Some(match words.at(at + 1) {
        "mg" | "milligram" | "mgs" => amount,
        "g" | "gm" | "gram" => amount * 1000.0,
        "mcg" | "ug" | "microgram" | "µg" | "μg" => amount / 1000.0,
        "unit" | "iu" | "u" => -amount,
        _ => return None,
    })
}

/// The dose beside a drug: after it, else right before it ("40 mg of furosemide").
pub(crate) fn dose_beside(words: &Words, from: usize, to: usize) -> Option<f64> {
    let clause = words.all().get(from)?.clause;
    let all = words.all();
    let joined = |at: &usize| {
        all.get(*at)
            .is_some_and(|word| word.clause == clause && word.before != ',')
    };
    let after = (to..to + REACH)
        .take_while(joined)
        .find_map(|at| dose(words, at));
    let before = || {
        let starts = from.saturating_sub(3)..from.saturating_sub(1);
        starts
            .rev()
            .take_while(|at| all[*at].clause == clause && all[at + 1].before != ',')
            .find_map(|at| dose(words, at))
    };
    after.or_else(before)
}

/// How a value in the older unit becomes one in the SI unit: name, unit, factor, offset before the factor, and the value
/// from which on a bare number is taken to be in the older unit (below it where negative). Factors from molar masses;
/// HbA1c by the IFCC's master equation (Hoelzel et al. 2004, Clin Chem 50:166).
const OLDER: [(&str, &str, f64, f64, f64); 14] = [
    ("glycated haemoglobin", "%", 10.929, -2.15, -20.0),
    ("glucose", "mg", 1.0 / 18.016, 0.0, 35.0),
    ("creatinine", "mg", 88.42, 0.0, -20.0),
    ("cholesterol", "mg", 1.0 / 38.67, 0.0, 20.0),
    ("ldl cholesterol", "mg", 1.0 / 38.67, 0.0, 20.0),
    ("hdl cholesterol", "mg", 1.0 / 38.67, 0.0, 10.0),
    ("triglycerides", "mg", 1.0 / 88.57, 0.0, 30.0),
    ("haemoglobin", "g", 10.0, 0.0, -25.0),
    ("urate", "mg", 59.48, 0.0, -25.0),
    ("calcium", "mg", 1.0 / 4.008, 0.0, 5.0),
    ("magnesium", "mg", 1.0 / 2.431, 0.0, 1.4),
    ("bilirubin", "mg", 17.1, 0.0, -3.5),
    ("albumin", "g", 10.0, 0.0, -8.0),
    ("lactate", "mg", 1.0 / 9.008, 0.0, f64::INFINITY),
];

/// The value beside a lab's name in SI units; a blood pressure is its systolic value.
pub(crate) fn lab(words: &Words, text: &str, name: &str, to: usize) -> Option<f64> {
    let clause = words.all().get(to)?.clause;
    let near =
        (to..(to + REACH).min(words.len())).take_while(|at| words.all()[*at].clause == clause);
    let at = near
        .into_iter()
        .find(|at| words.all()[*at].number.is_some())?;
    let word = &words.all()[at];
    let value = word.number?;
    let unit = words.at(at + 1);
    if (1900.0..2100.0).contains(&value) || matches!(unit, "year" | "month" | "week" | "day") {
        return None;
    }
    let percent = text
        .get(word.end as usize..)
        .is_some_and(|rest| rest.trim_start().starts_with('%'));
    let Some((_, older, factor, offset, bound)) = OLDER.iter().find(|(of, ..)| *of == name) else {
        return Some(value);
    };
    let is_older = match unit {
        _ if percent => *older == "%",
        "mg" => *older == "mg",
        "g" => *older == "g" && words.at(at + 2) != "l",
        "mmol" | "umol" | "µmol" | "μmol" => false,
        _ if *bound < 0.0 => value < -bound,
        _ => value > *bound,
    };
    Some(if is_older {
        (value + offset) * factor
    } else {
        value
    })
}
