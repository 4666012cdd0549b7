//! Addresses in one line, taken apart with what another list says of towns and postcodes.

use rustc_hash::FxHashSet;

use crate::{normalise, table::Column};

/// Words of the longest name of a town that is looked for.
const LONGEST: usize = 4;

/// The columns of the other list that an address may hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) city: Option<&'a Column>,
    pub(crate) postcode: Option<&'a Column>,
    pub(crate) region: Option<&'a Column>,
}

/// An address in parts; a part that it lacks is empty.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub(crate) street: String,
    pub(crate) number: String,
    pub(crate) city: String,
    pub(crate) postcode: String,
    pub(crate) region: String,
}

/// Names of towns and forms of postcodes.
#[derive(Debug)]
pub(crate) struct Places {
    cities: FxHashSet<String>,
    regions: FxHashSet<String>,
    postcodes: FxHashSet<String>,
    /// Forms of postcodes: digits as 0, letters as a.
    shapes: FxHashSet<String>,
    wants_city: bool,
}

/// A word of an address, and between which commas it is.
struct Word {
    text: String,
    chunk: usize,
}

impl Places {
    pub(crate) fn new(wanted: Wanted<'_>) -> Self {
        let all = |column: Option<&Column>, of: fn(&str) -> String| -> FxHashSet<String> {
            let values = column.map_or(&[][..], |column| column.values());
            let forms = values.iter().skip(1).map(|raw| of(raw));
            forms.filter(|form| !form.is_empty()).collect()
        };
        let postcodes = all(wanted.postcode, normalise::postcode);
        Self {
            cities: all(wanted.city, normalise::text),
            regions: all(wanted.region, normalise::text),
            shapes: postcodes.iter().map(|code| shape(code)).collect(),
            postcodes,
            wants_city: wanted.city.is_some(),
        }
    }

    /// The parts of an address; its number only where it is wanted by itself.
    pub(crate) fn take_apart(&self, raw: &str, number: bool) -> Place {
        let mut words: Vec<Word> = Vec::new();
        for (chunk, part) in raw.split([',', ';', '\n']).enumerate() {
            let plain = normalise::text(part);
            let of_part = plain.split(' ').filter(|word| !word.is_empty());
            words.extend(of_part.map(|word| Word {
                text: word.to_owned(),
                chunk,
            }));
        }
        let postcode = self.take_postcode(&mut words);
        let region = take_last(&self.regions, &mut words).unwrap_or_default();
        let city = match self.wants_city {
            true => self.take_city(&mut words),
            false => String::new(),
        };
        let mut place = Place {
            street: joined(&words),
            city,
            postcode,
            region,
            ..Place::default()
        };
        if number && let Some(found) = number_of(&place.street) {
            place.number = found.to_owned();
            let rest = match place.street.strip_prefix(&place.number) {
                Some(rest) => rest,
                None => place.street.trim_end_matches(&*place.number),
            };
            place.street = rest.trim().to_owned();
        }
        place
    }

    /// The last word, or the last two together, that have the form of a postcode; a known one before others. The first word of
    /// an address is its number.
    fn take_postcode(&self, words: &mut Vec<Word>) -> String {
        let mut found: Option<(bool, usize, usize)> = None;
        for last in 1..words.len() {
            for from in [last.max(1) - 1, last] {
                if from == 0 {
                    continue;
                }
                let code: String = words[from..=last].iter().map(|word| &*word.text).collect();
                let code = normalise::postcode(&code);
                if self.shapes.contains(&shape(&code)) && code.bytes().any(|b| b.is_ascii_digit()) {
                    found = found.max(Some((self.postcodes.contains(&code), from, last)));
                }
            }
        }
        let Some((_, from, last)) = found else {
            return String::new();
        };
        words.drain(from..=last).map(|word| word.text).collect()
    }

    /// The town at the end, a known one between commas, or else what is behind the last comma.
    fn take_city(&self, words: &mut Vec<Word>) -> String {
        if let Some(known) = take_last(&self.cities, words) {
            return known;
        }
        let last = words.last().map_or(0, |word| word.chunk);
        let mut from_last = None;
        for chunk in (1..=last).rev() {
            let Some(from) = words.iter().position(|word| word.chunk == chunk) else {
                continue;
            };
            let more = words[from..].iter().take_while(|word| word.chunk == chunk);
            let name = joined(&words[from..from + more.count()]);
            let known = self.cities.contains(&name);
            if known || from_last.is_none() {
                from_last = Some((from, name));
            }
            if known {
                break;
            }
        }
        let Some((from, name)) = from_last.filter(|(from, _)| *from > 0) else {
            return String::new();
        };
        words.truncate(from);
        name
    }
}

/// The longest known name that the words end with; not all of them.
fn take_last(known: &FxHashSet<String>, words: &mut Vec<Word>) -> Option<String> {
    let end = words.len();
    let from = (end.saturating_sub(LONGEST).max(1)..end)
        .find(|from| known.contains(&joined(&words[*from..])))?;
    let name = joined(&words[from..]);
    words.truncate(from);
    Some(name)
}

fn joined(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    texts.join(" ")
}

fn shape(code: &str) -> String {
    let form = |c: char| if c.is_ascii_digit() { '0' } else { 'a' };
    code.chars().map(form).collect()
}

/// The number at the beginning or the end of a street (normalised).
pub(crate) fn number_of(street: &str) -> Option<&str> {
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let first = street.split(' ').next().filter(is_number);
    first
        .or_else(|| street.rsplit(' ').next().filter(is_number))
        .filter(|word| *word != street)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::TableBuilder;

    fn places() -> Places {
        let mut list = TableBuilder::new(["city", "postcode", "state"]);
        for row in [
            ["Fort Worth", "76133", "TX"],
            ["Bad Homburg", "61348", ""],
            ["Leeds", "LS1 4AB", ""],
        ] {
            list.push(row.map(Some));
        }
        let list = list.finish();
        Places::new(Wanted {
            city: list.column("city"),
            postcode: list.column("postcode"),
            region: list.column("state"),
        })
    }

    #[test]
    fn addresses_of_several_countries_come_apart() {
        let cases = [
            (
                "12345 Oak St, Fort Worth, TX 76133",
                ["12345 oak st", "fort worth", "76133", "tx"],
            ),
            (
                "Parkstr. 7 61348 Bad Homburg",
                ["parkstr 7", "bad homburg", "61348", ""],
            ),
            (
                "4 Park Row, Leeds LS1 4AB",
                ["4 park row", "leeds", "ls14ab", ""],
            ),
            (
                "4 Park Row, Leeds, West Yorkshire",
                ["4 park row", "leeds", "", ""],
            ),
            (
                "9 Leeds Road, Otley, LS2 3AA",
                ["9 leeds road", "otley", "ls23aa", ""],
            ),
            ("Oak Street", ["oak street", "", "", ""]),
            ("", ["", "", "", ""]),
        ];
        for (raw, wanted) in cases {
            let place = places().take_apart(raw, false);
            let found = [
                &*place.street,
                &*place.city,
                &*place.postcode,
                &*place.region,
            ];
            assert_eq!(found, wanted, "{raw}");
        }
    }

    #[test]
    fn a_number_goes_where_it_is_wanted() {
        let place = places().take_apart("12a Oak Street, Leeds", true);
        assert_eq!((&*place.number, &*place.street), ("12a", "oak street"));
        let place = places().take_apart("Parkstr. 7, 61348 Bad Homburg", true);
        assert_eq!((&*place.number, &*place.street), ("7", "parkstr"));
    }
}
