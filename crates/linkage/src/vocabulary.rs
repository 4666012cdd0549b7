//! Notations of one category: `M` and `male`, `1` and `0` for yes and no, `NSW` and `New South Wales`.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::headers;

/// Words that say the same, where all of a column's values are among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// Male and female.
    Sex,
    /// The same in the numbers of ISO/IEC 5218: 1 male, 2 female.
    SexNumber,
    /// Yes and no.
    YesNo,
}

const SEX: [(&str, &str); 3] = [
    (
        "male",
        "m male man men boy masculine masculin mann mannlich maennlich homme hombre masculino maschio uomo mr",
    ),
    (
        "female",
        "f female woman women girl feminine feminin frau weiblich w femme mujer femenino feminino femmina donna mrs ms",
    ),
    (
        "other",
        "x other o diverse d divers nonbinary non binary intersex i",
    ),
];
const SEX_NUMBER: [(&str, &str); 2] = [("male", "1"), ("female", "2")];
const YES_NO: [(&str, &str); 2] = [
    ("yes", "y yes true t 1 j ja si oui sim da on"),
    ("no", "n no false f 0 nein non nao off"),
];

impl Vocabulary {
    fn words(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Sex => &SEX,
            Self::SexNumber => &SEX_NUMBER,
            Self::YesNo => &YES_NO,
        }
    }

    /// The one form of a value, normalised before; none for a word that is not of these.
    pub(crate) fn form(self, text: &str) -> Option<&'static str> {
        let mut forms = self.words().iter();
        let found =
            forms.find(|(form, words)| *form == text || words.split(' ').any(|word| word == text));
        found.map(|(form, _)| *form)
    }

    /// The vocabulary of a column, by its header and its distinct values.
    pub(crate) fn of<'a>(
        header: &str,
        values: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<Self> {
        let all = |of: Self| {
            let mut values = values.clone().peekable();
            values.peek().is_some() && values.all(|value| of.form(value).is_some())
        };
        let sex = headers::is_sex(header);
        // Numbers and single letters say little without a header.
        let spelt = values.clone().any(|value| value.len() > 2);
        if (sex || spelt) && all(Self::Sex) {
            return Some(Self::Sex);
        }
        if sex && all(Self::SexNumber) {
            return Some(Self::SexNumber);
        }
        let both = ["yes", "no"].map(|form| {
            let mut values = values.clone();
            values.any(|value| Self::YesNo.form(value) == Some(form))
        });
        (!sex && both == [true, true] && all(Self::YesNo)).then_some(Self::YesNo)
    }
}

/// Which short form of one list stands for which long one of the other: its beginning, or the initials of its words. Both
/// are distinct values, normalised. Nothing where most values are the same in both, or where one form would fit several.
pub(crate) fn abbreviations(left: &[&str], right: &[&str]) -> FxHashMap<Box<str>, Box<str>> {
    let shared = left.iter().filter(|value| right.contains(value)).count();
    let fewer = left.len().min(right.len());
    if fewer == 0 || shared * 2 > fewer || left.len().max(right.len()) > MOST {
        return FxHashMap::default();
    }
    let length = |values: &[&str]| values.iter().map(|value| value.len()).sum::<usize>() as f64;
    let mean = |values: &[&str]| length(values) / values.len() as f64;
    let (short, long) = if mean(left) <= mean(right) {
        (left, right)
    } else {
        (right, left)
    };
    let stands_for = |short: &str, long: &str| {
        let initials: String = long
            .split(' ')
            .filter_map(|word| word.chars().next())
            .collect();
        short.len() < long.len()
            && (long.starts_with(short) || (long.contains(' ') && initials == short))
    };
    let mut found: FxHashMap<Box<str>, Box<str>> = FxHashMap::default();
    for one in short {
        let mut fitting = long.iter().filter(|other| stands_for(one, other));
        if let (Some(other), None) = (fitting.next(), fitting.next()) {
            found.insert((*one).into(), (*other).into());
        }
    }
    let mut taken: Vec<&str> = found.values().map(AsRef::as_ref).collect();
    taken.sort_unstable();
    let all = taken.len();
    taken.dedup();
    // Most short forms must find their own long one: otherwise likeness is chance.
    let enough = (found.len() + shared) * 4 >= short.len() * 3;
    if all == taken.len() && enough {
        found
    } else {
        FxHashMap::default()
    }
}

/// Distinct values of a category at most.
const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str, values: &[&str]) -> Option<Vocabulary> {
        Vocabulary::of(header, values.iter().copied())
    }

    #[test]
    fn the_words_of_a_column_say_what_it_is() {
        assert_eq!(of("gender", &["m", "f"]), Some(Vocabulary::Sex));
        assert_eq!(of("code", &["male", "female"]), Some(Vocabulary::Sex));
        assert_eq!(of("sex", &["1", "2"]), Some(Vocabulary::SexNumber));
        assert_eq!(of("smoker", &["y", "n"]), Some(Vocabulary::YesNo));
        assert_eq!(of("smoker", &["1", "0"]), Some(Vocabulary::YesNo));
        assert_eq!(of("grade", &["1", "2", "3"]), None);
        assert_eq!(of("wing", &["f", "m"]), None, "letters alone say nothing");
        assert_eq!(of("smoker", &["y"]), None, "one value is no choice");
        assert_eq!(Vocabulary::Sex.form("w"), Some("female"));
    }

    #[test]
    fn short_forms_stand_for_long_ones() {
        let states = [
            "new south wales",
            "victoria",
            "queensland",
            "south australia",
        ];
        let found = abbreviations(&["nsw", "vic", "q", "sa"], &states);
        assert_eq!(found.len(), 4);
        assert_eq!(&*found["nsw"], "new south wales");
        assert!(abbreviations(&["s", "m"], &["single", "separated", "married"]).is_empty());
        assert!(abbreviations(&["red", "blue"], &["blue", "red"]).is_empty());
    }
}
