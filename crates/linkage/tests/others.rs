//! Lists where other things than a match make records agree: names, households, nobody at all.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use midband_linkage::{Fit, Linker, Options, Reason, Table, TableBuilder};

const STARTS: [&str; 12] = [
    "Ash", "Brad", "Car", "Dal", "Ever", "Far", "Green", "Hol", "Lang", "Mor", "North", "Wood",
];
const ENDS: [&str; 10] = [
    "brook", "den", "field", "ford", "ham", "land", "ley", "man", "son", "ton",
];
const GIVEN: [&str; 24] = [
    "Alice", "Benjamin", "Clara", "David", "Emma", "Felix", "Grace", "Hugo", "Ivy", "Jonas",
    "Karin", "Leo", "Maria", "Noah", "Olga", "Peter", "Quentin", "Rosa", "Simon", "Thea", "Ursula",
    "Victor", "Wendy", "Yusuf",
];
const CITIES: [&str; 8] = [
    "Ashton",
    "Brookfield",
    "Dunmore",
    "Eastleigh",
    "Fairhaven",
    "Glenrock",
    "Hollis",
    "Lorne",
];

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn family(&mut self) -> String {
        format!("{}{}", STARTS[self.roll(12)], ENDS[self.roll(10)])
    }

    /// Someone with an e-mail address that is made of the name.
    fn person(&mut self) -> Vec<String> {
        let (given, family) = (GIVEN[self.roll(24)], self.family());
        let user = match self.roll(3) {
            0 => format!("{given}.{family}"),
            1 => format!("{}{family}", &given[..1]),
            _ => format!("{given}.{family}{}", self.roll(90)),
        };
        let city = self.roll(8);
        vec![
            given.to_owned(),
            family,
            format!(
                "{}-{:02}-{:02}",
                1930 + self.roll(80),
                1 + self.roll(12),
                1 + self.roll(28)
            ),
            format!("{} {} street", 1 + self.roll(200), STARTS[self.roll(12)]),
            CITIES[city].to_owned(),
            format!("{user}@{}.example", ["post", "mail"][self.roll(2)]).to_lowercase(),
        ]
    }
}

const HEADERS: [&str; 6] = [
    "given_name",
    "surname",
    "date_of_birth",
    "address",
    "city",
    "email",
];

fn table(headers: &[&str], rows: &[Vec<String>]) -> Table {
    let mut builder = TableBuilder::new(headers.iter().copied());
    for row in rows {
        builder.push(row.iter().map(|value| Some(value.as_str())));
    }
    builder.finish()
}

fn said(linker: &Linker) -> BTreeSet<(u32, u32)> {
    let links = linker.links();
    let likely = links.iter().filter(|link| link.probability() >= 0.5);
    likely.map(|link| (link.left, link.right)).collect()
}

#[test]
fn namesakes_with_like_addresses_are_no_matches() {
    let mut dice = Dice(5);
    let (left, mut right): (Vec<_>, Vec<_>) =
        (0..1_200).map(|_| (dice.person(), dice.person())).unzip();
    let lists = |right: &[Vec<String>]| {
        let (one, two) = (table(&HEADERS, &left), table(&HEADERS, right));
        Linker::new(one, Some(two), Options::default()).unwrap()
    };
    let mut nobody = lists(&right);
    // Among a million pairs a few people agree on name, birthday and town by chance.
    match nobody.fit(&[]) {
        Fit::Unidentified(reason) => assert_eq!(*reason, Reason::NoMatches),
        Fit::Learnt(_) => assert!(said(&nobody).len() < 6, "{:?}", said(&nobody)),
    }
    // A dozen people in both lists are found among them.
    for at in 0..12 {
        right[at * 90] = left[at * 70].clone();
        right[at * 90][3] = "1 other road".to_owned();
    }
    let mut few = lists(&right);
    few.fit(&[]);
    let truth: BTreeSet<(u32, u32)> = (0..12).map(|at| (at * 70, at * 90)).collect();
    let found = said(&few);
    assert!(
        found.is_superset(&truth) && found.len() < truth.len() + 6,
        "{found:?}"
    );
}

#[test]
fn a_household_is_not_one_person() {
    let mut dice = Dice(8);
    let (mut rows, mut truth) = (Vec::new(), BTreeSet::new());
    for _ in 0..250 {
        let home = dice.person();
        let from = dice.roll(24);
        for member in 0..1 + dice.roll(4) {
            let mut record = home[..5].to_vec();
            record[0] = GIVEN[(from + 5 * member) % 24].to_owned();
            record.remove(2);
            rows.push(record.clone());
            if dice.roll(3) == 0 {
                record[dice.roll(2)].replace_range(2..3, "q");
                truth.insert((rows.len() as u32 - 1, rows.len() as u32));
                rows.push(record);
            }
        }
    }
    let list = table(&["given_name", "surname", "address", "city"], &rows);
    let mut linker = Linker::new(list, None, Options::default()).unwrap();
    linker.fit(&[]);
    let found = said(&linker);
    let f1 = 2.0 * found.intersection(&truth).count() as f64 / (found.len() + truth.len()) as f64;
    assert!(f1 > 0.95, "{f1} of {} pairs", found.len());
}

#[test]
fn a_junior_is_not_the_senior() {
    let mut dice = Dice(21);
    let (mut rows, mut truth, mut juniors) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..300 {
        let person = dice.person()[..5].to_vec();
        let first = rows.len() as u32;
        rows.push(person.clone());
        if dice.roll(2) == 0 {
            let mut copy = person.clone();
            copy[dice.roll(2)].replace_range(2..3, "q");
            truth.insert((first, rows.len() as u32));
            rows.push(copy);
        }
        if dice.roll(6) == 0 {
            let mut junior = person.clone();
            let born: usize = junior[2][..4].parse().unwrap();
            junior[2] = format!(
                "{}-{:02}-{:02}",
                born + 26,
                1 + dice.roll(12),
                1 + dice.roll(28)
            );
            juniors.insert((first, rows.len() as u32));
            rows.push(junior);
        }
    }
    let mut linker = Linker::new(table(&HEADERS[..5], &rows), None, Options::default()).unwrap();
    linker.fit(&[]);
    let found = said(&linker);
    let recall = found.intersection(&truth).count() as f64 / truth.len() as f64;
    let taken = found.intersection(&juniors).count() as f64 / juniors.len() as f64;
    // A name of three letters with one wrong letter is another name.
    assert!(recall > 0.93 && taken < 0.1, "{recall} {taken}");
}
