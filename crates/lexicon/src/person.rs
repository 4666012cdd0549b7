//! Who the note is about: age, sex, date of birth, blood group.

use crate::{
    age::age,
    date::{Date, date},
    kind::Sex,
    words::Words,
};

/// Whose note it is, as far as the text says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Person {
    /// Age in years: the youngest and the oldest that the text allows.
    pub age: Option<(f64, f64)>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Date of birth.
    pub birth: Option<Date>,
    /// When the note was written, if it says so.
    pub noted: Option<Date>,
    /// Blood group: A, B, AB or O as 1 to 4.
    pub blood_group: Option<u8>,
    /// Rhesus factor.
    pub rhesus: Option<bool>,
}

const MALE: [&str; 14] = [
    "male",
    "man",
    "gentleman",
    "boy",
    "he",
    "him",
    "his",
    "himself",
    "mr",
    "husband",
    "chap",
    "widower",
    "schoolboy",
    "grandfather",
];
const FEMALE: [&str; 15] = [
    "female",
    "woman",
    "lady",
    "girl",
    "she",
    "her",
    "hers",
    "herself",
    "mrs",
    "housewife",
    "schoolgirl",
    "widow",
    "waitress",
    "wife",
    "grandmother",
];
const OWNERS: [&str; 8] = ["his", "her", "my", "their", "our", "with", "a", "patient"];
const OF_OTHERS: [&str; 6] = [
    "husband",
    "wife",
    "grandfather",
    "grandmother",
    "boy",
    "girl",
];

/// What words say of the person; `sexes` are what mentions imply (male, female).
pub(crate) fn read(words: &Words, text: &str, sexes: (usize, usize)) -> Person {
    let mut person = Person::default();
    let (mut male, mut female) = (3 * sexes.0, 3 * sexes.1);
    for at in 0..words.len() {
        let word = words.at(at);
        // "His wife" says nothing of a wife's sex.
        let another = OF_OTHERS.contains(&word)
            && (at.checked_sub(1)).is_some_and(|at| OWNERS.contains(&words.at(at)));
        male += usize::from(MALE.contains(&word) && !another);
        // "Ms", not "MS".
        let ms = word == "ms" && !words.all()[at].capitals;
        female += usize::from((FEMALE.contains(&word) || ms) && !another);
        if person.age.is_none()
            && let Some(age) = age(words, at)
        {
            person.age = Some(age.years);
            male += 5 * usize::from(age.sex == Some(Sex::Male));
            female += 5 * usize::from(age.sex == Some(Sex::Female));
        }
        if person.birth.is_none() && is_birth(words, at) {
            person.birth = (at + 1..(at + 6).min(words.len()))
                .find_map(|from| date(words, from).map(|(date, _)| date));
        }
        if person.blood_group.is_none()
            && let Some((group, rhesus)) = blood(words, text, at)
        {
            (person.blood_group, person.rhesus) = (Some(group), rhesus);
        }
        if ["sex", "gender"].contains(&word) {
            male += 5 * usize::from(matches!(words.at(at + 1), "m" | "male"));
            female += 5 * usize::from(matches!(words.at(at + 1), "f" | "female"));
        }
    }
    person.noted = (0..words.len()).find_map(|at| noted(words, at));
    person.age = person.age.or_else(|| person.age_at_note());
    person.sex = match male.cmp(&female) {
        std::cmp::Ordering::Greater => Some(Sex::Male),
        std::cmp::Ordering::Less => Some(Sex::Female),
        std::cmp::Ordering::Equal => None,
    };
    person
}

impl Person {
    /// The age by the date of birth and that of the note: of dates without a day, a year of doubt.
    fn age_at_note(&self) -> Option<(f64, f64)> {
        let (birth, noted) = (self.birth?, self.noted?);
        let years = f64::from(noted.year.checked_sub(birth.year)?);
        (years <= OLDEST).then_some(((years - 1.0).max(0.0), years))
    }
}

/// Years beyond which a date of birth is misread.
const OLDEST: f64 = 115.0;

/// The date of the note: "Date: 3/4/2021", "Clinic date 03.04.2021"; "seen on 3 April 2021" at its beginning. A year alone is an
/// event's.
fn noted(words: &Words, at: usize) -> Option<Date> {
    let of_note = |at: usize| {
        matches!(
            words.at(at),
            "note" | "letter" | "visit" | "clinic" | "consultation" | "review" | "appointment"
        )
    };
    let of = words.at(at + 1) == "of";
    let from = match words.at(at) {
        // Not "date of birth", "operation date".
        "date" if of && of_note(at + 2) => at + 3,
        "date" if !of && at.checked_sub(1).is_none_or(of_note) => at + 1,
        "dated" => at + 1,
        "seen" | "reviewed" if at < 3 && words.at(at + 1) == "on" => at + 2,
        _ if of_note(at) => at + 1,
        _ => return None,
    };
    let (found, _) = date(words, from)?;
    (found.day_month.1 != 0).then_some(found)
}

fn is_birth(words: &Words, at: usize) -> bool {
    matches!(
        words.at(at),
        "born" | "dob" | "birth" | "birthdate" | "birthday"
    ) || words.stand_at(at, &["d", "o", "b"])
}

/// "Blood group O+", "O Rh negative", "group AB".
fn blood(words: &Words, text: &str, at: usize) -> Option<(u8, Option<bool>)> {
    let after = match words.at(at) {
        "blood" if matches!(words.at(at + 1), "group" | "type") => at + 2,
        "group" | "abo" => at + 1,
        "rh" | "rhesus" | "neg" | "negative" | "positive" | "pos" => {
            return before_rhesus(words, text, at);
        }
        _ => return None,
    };
    let at = (after..after + 2).find(|at| letter(words.at(*at)).is_some())?;
    Some((letter(words.at(at))?, rhesus(words, text, at)))
}

fn letter(word: &str) -> Option<u8> {
    match word {
        "a" => Some(1),
        "b" => Some(2),
        "ab" => Some(3),
        "o" => Some(4),
        _ => None,
    }
}

fn before_rhesus(words: &Words, text: &str, at: usize) -> Option<(u8, Option<bool>)> {
    let group = letter(words.at(at.checked_sub(1)?))?;
    Some((group, rhesus(words, text, at - 1)))
}

/// The rhesus factor after a letter: "+", "neg", "Rh positive".
fn rhesus(words: &Words, text: &str, letter: usize) -> Option<bool> {
    let at = letter + 1;
    let from = at + usize::from(matches!(words.at(at), "rh" | "rhesus" | "rhd" | "d"));
    let sign = || {
        let end = words.all().get(letter)?.end as usize;
        text.get(end..)?.trim_start().chars().next()
    };
    match words.at(from) {
        "positive" | "pos" => Some(true),
        "negative" | "neg" => Some(false),
        _ => match sign() {
            Some('+') => Some(true),
            Some('-' | '\u{2212}' | '\u{2013}') => Some(false),
            _ => None,
        },
    }
}
