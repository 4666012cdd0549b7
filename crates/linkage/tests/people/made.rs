//! Invented people, tables of them, and how well a linker finds who is who.

use std::collections::BTreeSet;

use midband_linkage::{Linker, Table, TableBuilder};

const GIVEN: [&str; 16] = [
    "William",
    "Margaret",
    "Thomas",
    "Elizabeth",
    "Robert",
    "Katherine",
    "James",
    "Susan",
    "Edward",
    "Jennifer",
    "Daniel",
    "Patricia",
    "Michael",
    "Rebecca",
    "Andrew",
    "Deborah",
];
const SHORT: [&str; 16] = [
    "Bill", "Peggy", "Tom", "Liz", "Bob", "Kate", "Jim", "Sue", "Ted", "Jenny", "Dan", "Trish",
    "Mike", "Becky", "Andy", "Debbie",
];
const FAMILY: [&str; 20] = [
    "Hartmann",
    "Okonkwo",
    "Fitzgerald",
    "Lindqvist",
    "Moreau",
    "Castellano",
    "Brunner",
    "Nakamura",
    "Petrov",
    "Vandenberg",
    "Sorensen",
    "Kowalczyk",
    "Abernathy",
    "Delacroix",
    "Rosenthal",
    "Macallister",
    "Underwood",
    "Yilmaz",
    "Quintero",
    "Whitfield",
];
const CITY: [&str; 12] = [
    "Ashford",
    "Bellmore",
    "Carrington",
    "Dunwich",
    "Eastleigh",
    "Fairhaven",
    "Glenrock",
    "Hollis",
    "Inverness",
    "Jasper",
    "Kingsley",
    "Lorne",
];

pub(crate) type Row = Vec<String>;

/// People with up to three records each: nicknames, typos, swapped names, days and months, moves, no value.
pub(crate) fn people(count: usize) -> (Vec<Row>, Vec<usize>) {
    let mut state = 77_u64;
    let mut dice = move |sides: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let (mut rows, mut owner) = (Vec::new(), Vec::new());
    for person in 0..count {
        let (given, family, city) = (dice(16), dice(20), dice(12));
        let (year, month, day) = (1930 + dice(70), 1 + dice(12), 1 + dice(28));
        let base: Row = vec![
            GIVEN[given].into(),
            FAMILY[family].into(),
            format!("{year}-{month:02}-{day:02}"),
            format!("{} {} street", 1 + dice(200), FAMILY[dice(20)]),
            CITY[city].into(),
            format!("{}", 10_000 + city * 700 + dice(3)),
            format!("0{}", 400_000_000 + dice(99_999_999)),
        ];
        rows.push(base.clone());
        owner.push(person);
        for _ in 0..dice(3) {
            let mut copy = base.clone();
            match dice(7) {
                0 => copy[0] = SHORT[given].into(),
                1 => copy.swap(0, 1),
                2 => copy[1].replace_range(2..3, "q"),
                3 => copy[2] = format!("{:02}/{:02}/{year}", day, month),
                4 => copy[2] = "1900-01-01".into(),
                5 => {
                    copy[3] = format!("{} {} road", 1 + dice(200), FAMILY[dice(20)]);
                    copy[4] = CITY[(city + 5) % 12].into();
                    copy[5] = format!("{}", 10_000 + ((city + 5) % 12) * 700);
                }
                _ => copy[6] = "N/A".into(),
            }
            rows.push(copy);
            owner.push(person);
        }
    }
    (rows, owner)
}

pub(crate) const HEADERS: [&str; 7] = [
    "first_name",
    "surname",
    "dob",
    "address",
    "city",
    "zip",
    "phone",
];

pub(crate) fn table(headers: &[&str], rows: &[Row]) -> Table {
    let mut builder = TableBuilder::new(headers.iter().copied());
    for row in rows {
        builder.push(row.iter().map(|value| Some(value.as_str())));
    }
    builder.finish()
}

pub(crate) fn gold(owner: &[usize]) -> BTreeSet<(u32, u32)> {
    let pairs = (0..owner.len()).flat_map(|a| (a + 1..owner.len()).map(move |b| (a, b)));
    pairs
        .filter(|(a, b)| owner[*a] == owner[*b])
        .map(|(a, b)| (a as u32, b as u32))
        .collect()
}

pub(crate) fn f1(linker: &Linker, gold: &BTreeSet<(u32, u32)>) -> f64 {
    let said: BTreeSet<(u32, u32)> = linker
        .links()
        .iter()
        .filter(|link| link.probability() >= 0.5)
        .map(|link| (link.left, link.right))
        .collect();
    2.0 * said.intersection(gold).count() as f64 / (said.len() + gold.len()) as f64
}
