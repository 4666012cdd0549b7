//! Two lists that cut the same thing into columns differently: given and family name against a full name; street, town and
//! postcode against one address. The list that has less gets the columns that it lacks.

use rustc_hash::FxHashSet;

use crate::{
    addresses::{Place, Places, Wanted, number_of},
    infer::infer,
    map::{Mapping, confidence_of},
    normalise,
    options::Options,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// Share of a column's values that must come apart.
const MOST: f64 = 0.5;
/// Share of a column's values with a number up to which streets are written without one.
const BARE: f64 = 0.3;
/// What the headers say for columns whose types complete each other, as a likeness of headers (0 to 1).
const BY_TYPE: f64 = 0.8;

/// What was added to two lists.
#[derive(Debug, Default)]
pub(crate) struct Added {
    /// The columns that were added, with their types.
    pub(crate) kinds: Vec<(String, ColumnType)>,
    pub(crate) mapped: Vec<Mapping>,
    /// Columns whose values are compared in the added ones.
    pub(crate) sources: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// One of two lists.
struct List<'a> {
    table: &'a mut Table,
    profiles: Vec<ColumnProfile>,
    is_left: bool,
}

impl List<'_> {
    /// The only column of a type; none where there are several.
    fn only(&self, kind: ColumnType) -> Option<&str> {
        let mut of_kind = self.profiles.iter().filter(|profile| profile.kind == kind);
        let found = of_kind.next().filter(|_| of_kind.next().is_none())?;
        Some(&found.name)
    }

    fn has(&self, kind: ColumnType) -> bool {
        self.profiles.iter().any(|profile| profile.kind == kind)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.table.column(name)
    }
}

/// Adds the columns that one list lacks. Columns that the options name stay as they are.
pub(crate) fn add(left: &mut Table, right: &mut Table, options: &Options) -> Added {
    let given = |name: &str| {
        options.types.contains_key(name)
            || options.ignore.iter().any(|one| one == name)
            || (options.map.iter()).any(|(left, right)| left == name || right == name)
    };
    let profiles = |table: &Table| -> Vec<ColumnProfile> {
        let found = infer(table).into_iter();
        found.filter(|profile| !given(&profile.name)).collect()
    };
    let mut one = List {
        profiles: profiles(left),
        table: left,
        is_left: true,
    };
    let mut two = List {
        profiles: profiles(right),
        table: right,
        is_left: false,
    };
    let mut added = Added::default();
    join_names(&mut one, &two, &mut added);
    join_names(&mut two, &one, &mut added);
    split_address(&one, &mut two, &mut added);
    split_address(&two, &mut one, &mut added);
    added
}

impl Added {
    /// Notes that `name` was added to `to`, to be compared with `other` of the other list.
    fn pair(&mut self, to: &List<'_>, name: &str, other: &str, kind: ColumnType, shared: f64) {
        let (left, right) = match to.is_left {
            true => (name, other),
            false => (other, name),
        };
        self.kinds.push((name.to_owned(), kind));
        self.mapped.push(Mapping {
            left: left.to_owned(),
            right: right.to_owned(),
            confidence: confidence_of(BY_TYPE, shared),
        });
    }
}

/// Given and family name of `split` as one, where `whole` has full names only.
fn join_names(split: &mut List<'_>, whole: &List<'_>, added: &mut Added) {
    use ColumnType::{FamilyName, FullName, GivenName};
    let (Some(given), Some(family)) = (split.only(GivenName), split.only(FamilyName)) else {
        return;
    };
    let Some(full) = whole.only(FullName) else {
        return;
    };
    if split.has(FullName) || whole.has(GivenName) || whole.has(FamilyName) {
        return;
    }
    let name = format!("{given} {family}");
    let parts = (split.column(given), split.column(family));
    let (Some(givens), Some(families), None) = (parts.0, parts.1, split.column(&name)) else {
        return;
    };
    let values: Vec<String> = (0..split.table.len())
        .map(|row| {
            let words = [givens.get(row), families.get(row)];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
        .collect();
    let shared = whole
        .column(full)
        .map_or(0.0, |full| shared_names(&values, full));
    let full = full.to_owned();
    added
        .notes
        .push(format!("{given} and {family}: joined, as {full}"));
    added.sources.extend([given.to_owned(), family.to_owned()]);
    added.pair(split, &name, &full, FullName, shared);
    split.table.add(&name, values);
}

/// Share of the full names that the joined ones hold, in any order of the words.
fn shared_names(joined: &[String], full: &Column) -> f64 {
    let key = |raw: &str| {
        let plain = normalise::text(raw);
        let mut words: Vec<&str> = plain.split(' ').collect();
        words.sort_unstable();
        words.join(" ")
    };
    let joined: FxHashSet<String> = joined.iter().map(|raw| key(raw)).collect();
    let full: FxHashSet<String> = full.values().iter().skip(1).map(|raw| key(raw)).collect();
    let shared = full.iter().filter(|name| joined.contains(*name)).count();
    shared as f64 / full.len().min(joined.len()).max(1) as f64
}

/// A part of an address, and the column of the other list that holds it; none where the part is not wanted.
struct PartColumn {
    other: Option<String>,
    part: &'static str,
    kind: ColumnType,
    of: fn(&Place) -> &str,
}

/// The address of `whole` in parts, where `split` has columns for them.
fn split_address(split: &List<'_>, whole: &mut List<'_>, added: &mut Added) {
    use ColumnType::{City, Postcode, Region, Street, StreetNumber};
    let (Some(street), Some(address)) = (split.only(Street), whole.only(Street)) else {
        return;
    };
    let lacks = |kind| split.only(kind).filter(|_| !whole.has(kind));
    let (city, postcode, region) = (lacks(City), lacks(Postcode), lacks(Region));
    let number = lacks(StreetNumber).filter(|_| share_with_number(split.column(street)) < BARE);
    let Some(column) = whole.column(address) else {
        return;
    };
    let places = Places::new(Wanted {
        city: city.and_then(|name| split.column(name)),
        postcode: postcode.and_then(|name| split.column(name)),
        region: region.and_then(|name| split.column(name)),
    });
    let parts: Vec<Place> = (column.values().iter())
        .map(|raw| places.take_apart(raw, number.is_some()))
        .collect();
    let filled = column.values().len().saturating_sub(1).max(1) as f64;
    let share =
        |has: fn(&Place) -> bool| parts.iter().filter(|place| has(place)).count() as f64 / filled;
    let with_town =
        share(|place| !place.postcode.is_empty()).max(share(|place| !place.city.is_empty()));
    let town = (city.is_some() || postcode.is_some()) && with_town >= MOST;
    let house = number.is_some() && share(|place| !place.number.is_empty()) >= MOST;
    if !town && !house {
        return;
    }
    let of_town = |other: Option<&str>| other.filter(|_| town).map(str::to_owned);
    let wanted = [
        PartColumn {
            other: Some(street.to_owned()),
            part: "street",
            kind: Street,
            of: |place| &place.street,
        },
        PartColumn {
            other: number.filter(|_| house).map(str::to_owned),
            part: "number",
            kind: StreetNumber,
            of: |place| &place.number,
        },
        PartColumn {
            other: of_town(city),
            part: "city",
            kind: City,
            of: |place| &place.city,
        },
        PartColumn {
            other: of_town(postcode),
            part: "postcode",
            kind: Postcode,
            of: |place| &place.postcode,
        },
        PartColumn {
            other: of_town(region),
            part: "region",
            kind: Region,
            of: |place| &place.region,
        },
    ];
    let address = address.to_owned();
    let mut columns = Vec::new();
    for PartColumn {
        other,
        part,
        kind,
        of,
    } in wanted
    {
        let Some(other) = other else { continue };
        let values: Vec<String> = (column.codes().iter())
            .map(|code| of(&parts[*code as usize]).to_owned())
            .collect();
        let filled = values.iter().filter(|value| !value.is_empty()).count();
        columns.push((format!("{address}: {part}"), values));
        let (name, _) = &columns[columns.len() - 1];
        let shared = filled as f64 / column.codes().len().max(1) as f64;
        added.pair(whole, name, &other, kind, shared);
    }
    added.sources.push(address.clone());
    let said: Vec<&str> = (columns.iter())
        .filter_map(|(name, _)| Some(name.rsplit_once(": ")?.1))
        .collect();
    added
        .notes
        .push(format!("{address}: taken apart into {}", said.join(", ")));
    for (name, values) in columns {
        whole.table.add(&name, values);
    }
}

/// Share of the distinct values that begin or end with a number.
fn share_with_number(column: Option<&Column>) -> f64 {
    let values = column.map_or(&[][..], |column| column.values());
    let numbered = values
        .iter()
        .skip(1)
        .filter(|raw| number_of(&normalise::text(raw)).is_some());
    numbered.count() as f64 / values.len().saturating_sub(1).max(1) as f64
}
