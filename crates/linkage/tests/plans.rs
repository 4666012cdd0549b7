//! What a plan says of columns that do not fit, and headers of other languages.

#![allow(clippy::unwrap_used)]

use midband_linkage::{
    ColumnType as T, LinkError, Linker, Options, Plan, Table, TableBuilder, infer, map_columns,
};

const GIVEN: [&str; 5] = ["Anna", "Peter", "Maria", "John", "Ruth"];
const FAMILY: [&str; 6] = ["Meyer", "Okoro", "Quist", "Lindqvist", "Sandoval", "Mayhew"];

/// Thirty people; `born` writes the day of birth of each.
fn people(headers: [&str; 4], born: impl Fn(usize) -> String) -> Table {
    let mut list = TableBuilder::new(headers);
    for at in 0..30 {
        let born = born(at);
        let sex = ["f", "m"][at % 2];
        list.push([GIVEN[at % 5], FAMILY[at % 6], born.as_str(), sex].map(Some));
    }
    list.finish()
}

fn english(born: impl Fn(usize) -> String) -> Table {
    people(["first_name", "surname", "dob", "sex"], born)
}

fn iso(at: usize) -> String {
    format!("19{}-03-{:02}", 40 + at, at % 28 + 1)
}

fn plan(left: Table, right: Option<Table>, options: Options) -> Plan {
    Linker::new(left, right, options).unwrap().plan().clone()
}

#[test]
fn days_of_a_spreadsheet_that_were_read_as_floats_are_dates() {
    let list = english(|at| format!("{}.0", 20_000 + at * 300));
    assert_eq!(infer(&list)[2].kind, T::Date);
    // Without a header they may as well be amounts.
    let amounts = people(["first_name", "surname", "deposit", "sex"], |at| {
        format!("{}.0", 20_000 + at * 300)
    });
    assert_ne!(infer(&amounts)[2].kind, T::Date);
    assert_eq!(
        infer(&english(|at| format!("{:02}JAN19{}", at % 28 + 1, 40 + at)))[2].kind,
        T::Date
    );
}

#[test]
fn a_column_of_dates_without_dates_is_named() {
    let given = Options {
        types: [("dob".to_owned(), T::Date)].into(),
        ..Options::default()
    };
    let said = "dob: 30 of 30 values are no dates".to_owned();
    let told = plan(english(|at| format!("day {at}")), None, given.clone()).notes;
    assert!(told.contains(&said), "{told:?}");
    let told = plan(english(iso), None, given.clone()).notes;
    assert!(
        !told.iter().any(|note| note.contains("no dates")),
        "{told:?}"
    );
    let told = plan(english(iso), Some(english(|at| format!("day {at}"))), given).notes;
    let said = "dob (right list): 30 of 30 values are no dates".to_owned();
    assert!(told.contains(&said), "{told:?}");
}

#[test]
fn dates_are_not_compared_with_numbers() {
    let numbers = || english(|at| format!("{}", 7_000_000 + at * 7));
    let found = plan(english(iso), Some(numbers()), Options::default());
    let said = "dob: date in the left list, key in the right one, not compared".to_owned();
    assert!(found.notes.contains(&said), "{:?}", found.notes);
    assert!(!found.compared.contains(&"dob".to_owned()));
    // Who gives the type has the last word.
    let given = Options {
        types: [("dob".to_owned(), T::Date)].into(),
        ..Options::default()
    };
    let found = plan(english(iso), Some(numbers()), given);
    assert!(
        found.compared.contains(&"dob".to_owned()),
        "{:?}",
        found.notes
    );
}

#[test]
fn a_column_has_one_partner() {
    let refused = |map: [(&str, &str); 2]| {
        let map = map.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        let options = Options {
            map,
            ..Options::default()
        };
        match Linker::new(english(iso), Some(english(iso)), options) {
            Err(LinkError::PairedTwice(name)) => Some(name),
            _ => None,
        }
    };
    let twice = refused([("surname", "first_name"), ("surname", "surname")]);
    assert_eq!(twice.as_deref(), Some("surname"));
    let twice = refused([("surname", "dob"), ("first_name", "dob")]);
    assert_eq!(twice.as_deref(), Some("dob"));
    // Crosswise is no repetition.
    assert_eq!(
        refused([("surname", "first_name"), ("first_name", "surname")]),
        None
    );
}

#[test]
fn headers_of_other_languages_are_understood() {
    let expected = [T::GivenName, T::FamilyName, T::Date, T::Category];
    for headers in [
        ["Vorname", "Name", "Geburtsdatum", "Geschlecht"],
        ["Prénom", "Nom", "Date de naissance", "Sexe"],
        ["Nombre", "Apellidos", "Fecha de nacimiento", "Sexo"],
        ["name", "surname", "birth date", "gender"],
        ["Nome", "Cognome", "Data di nascita", "Sesso"],
        ["Voornaam", "Achternaam", "Geboortedatum", "Geslacht"],
        ["имя", "фамилия", "дата рождения", "пол"],
    ] {
        let list = people(headers, iso);
        let kinds: Vec<T> = infer(&list).iter().map(|column| column.kind).collect();
        assert_eq!(kinds, expected, "{headers:?}");
        let mapped = map_columns(&list, &english(iso));
        for (left, right) in headers.iter().zip(["first_name", "surname", "dob", "sex"]) {
            let found = mapped.iter().find(|same| same.left == *left);
            assert_eq!(
                found.map(|same| same.right.as_str()),
                Some(right),
                "{headers:?}"
            );
        }
    }
}

#[test]
fn full_names_beside_given_names_stay_full_names() {
    let mut list = TableBuilder::new(["Vorname", "Name"]);
    for at in 0..30 {
        let (given, family) = (GIVEN[at % 5], FAMILY[at % 6]);
        let whole = format!("{given} {family}");
        list.push([Some(given), Some(whole.as_str())]);
    }
    assert_eq!(infer(&list.finish())[1].kind, T::FullName);
}

#[test]
fn a_rule_on_which_no_two_records_agree_is_said() {
    let rules = ["dob", "surname+sex"].map(|rule| rule.parse().unwrap());
    let options = Options {
        rules: rules.to_vec(),
        ..Options::default()
    };
    let notes = plan(english(iso), None, options).notes;
    let said: Vec<&String> = notes.iter().filter(|note| note.contains("agree")).collect();
    assert_eq!(said, ["dob: no two records agree on it"]);
}

/// Long lists are counted by every eighth key: ten towns that hold nearly all records are easily none of these.
#[test]
fn a_column_of_few_large_blocks_is_no_rule_of_a_long_list() {
    // Few misspelt towns beside the ten, and so many that not every key is counted.
    for (rows, misspelt) in [(21_000_usize, 300), (60_000, 20_000)] {
        for shift in 0..3 {
            let mut list = TableBuilder::new(["first_name", "surname", "dob", "town"]);
            for at in 0..rows {
                let letter = |place: usize| (b'a' + (place % 26) as u8) as char;
                let given = format!("{}{}{}", GIVEN[at % 5], letter(at / 5), letter(at / 130));
                let family = format!("{}{}{}", FAMILY[at % 6], letter(at / 6), letter(at / 156));
                let born = format!(
                    "19{:02}-{:02}-{:02}",
                    at % 90,
                    at / 90 % 12 + 1,
                    at / 7 % 28 + 1
                );
                let town = at % 10 + 10 * shift;
                let mut town = format!("{}ville{}", FAMILY[town % 6], letter(town));
                if at % (rows / misspelt).max(2) == 0 {
                    town.extend([
                        letter(at),
                        letter(at / 26),
                        letter(at / 676),
                        letter(at / 17_576),
                    ]);
                }
                list.push([
                    Some(given.as_str()),
                    Some(&family),
                    Some(&born),
                    Some(&town),
                ]);
            }
            let linker = Linker::new(list.finish(), None, Options::default()).unwrap();
            let rules = &linker.plan().rules;
            let town = rules
                .iter()
                .find(|one| one.rule.to_string() == "town")
                .unwrap();
            assert!(town.dropped.is_some(), "{rows}, {shift}: {town:?}");
        }
    }
}

#[test]
fn lists_of_people_are_told_from_lists_of_places() {
    let of = |headers: [&str; 3]| {
        let mut list = TableBuilder::new(headers);
        for at in 0..60 {
            let name = format!(
                "{} {}",
                ["Anna", "Peter", "Maria"][at % 3],
                ["Meyer", "Ray"][at % 2]
            );
            let other = format!("{}", 1930 + at);
            let phone = format!("0207 946 {:04}", at * 37);
            list.push([
                Some(name.as_str()),
                Some(other.as_str()),
                Some(phone.as_str()),
            ]);
        }
        plan(list.finish(), None, Options::default()).is_of_people()
    };
    assert!(of(["full_name", "year_of_birth", "phone"]));
    assert!(of(["surname", "points", "phone"]));
    assert!(!of(["name", "points", "phone"]));
}

#[test]
fn dates_of_a_long_list_stay_dates_however_many_are_wrong() {
    let mut list = TableBuilder::new(["given_name", "surname", "date_of_birth"]);
    for at in 0..6_000 {
        // Hundred days, each of many people, and as many wrong dates as there are typos.
        let born = match at % 3 {
            0 => format!("19{:02}13{:02}{}", at % 90, 40 + at % 50, at),
            _ => format!("19{:02}04{:02}", 60 + at % 4, 1 + at % 25),
        };
        list.push([Some("Anna"), Some("Meyer"), Some(born.as_str())]);
    }
    let found = plan(list.finish(), None, Options::default());
    assert_eq!(found.left[2].kind, T::Date, "{}", found.left[2].why);
}
