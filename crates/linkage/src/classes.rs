//! Classes of pairs: why two records may agree.
//!
//! Two records of one person agree on everything, unless the person moved house in between, when all parts of
//! the address change at once. Records of two people agree by chance; on the place where they live in the same
//! area; on address, phone and often family name where they live together; on the birth date as well where they
//! are twins, on the given name where one is called after the other. With these classes what moves
//! together is counted once, without a constant that says by how much.

use crate::{prepare::Field, types::ColumnType};

/// Number of classes.
pub(crate) const CLASSES: usize = 7;
/// One person, same address.
pub(crate) const SAME: usize = 0;
/// One person who moved.
pub(crate) const MOVED: usize = 1;
/// Two people, by chance.
pub(crate) const CHANCE: usize = 2;
/// Two people of one area.
pub(crate) const AREA: usize = 3;
/// Two people of one household, or two firms of one house.
pub(crate) const HOUSEHOLD: usize = 4;
/// Two people of one household who were born on one day.
pub(crate) const TWINS: usize = 5;
/// Two people of one household and one name, such as a junior and a senior.
pub(crate) const JUNIORS: usize = 6;
/// Classes that share columns with some probability.
pub(crate) const SHARING: [usize; 4] = [AREA, HOUSEHOLD, TWINS, JUNIORS];
/// Classes whose pairs are counted; all pairs of the lists are those of chance.
pub(crate) const COUNTED: [usize; 6] = [SAME, MOVED, AREA, HOUSEHOLD, TWINS, JUNIORS];

/// What the classes are in a list with these columns.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    /// Which classes there are.
    pub(crate) there: [bool; CLASSES],
    /// By class and column, the probability to agree as one person's records do, to start from. Else the
    /// column agrees as by chance.
    pub(crate) shared: [Vec<f64>; CLASSES],
    /// Whether a probability is learnt.
    pub(crate) learnt: Vec<bool>,
}

impl Classes {
    pub(crate) fn new(fields: &[Field]) -> Self {
        let all = |of: &dyn Fn(ColumnType) -> f64| {
            fields
                .iter()
                .map(|field| of(field.kind))
                .collect::<Vec<f64>>()
        };
        let has =
            |of: &dyn Fn(ColumnType) -> bool| fields.iter().filter(|field| of(field.kind)).count();
        let household = |kind: ColumnType| match kind {
            kind if kind.is_home() => 0.97,
            ColumnType::FamilyName => 0.75,
            ColumnType::Phone => 0.5,
            ColumnType::Email => 0.1,
            _ => 0.0,
        };
        let twins = |kind: ColumnType| match kind {
            kind if kind.is_home() || kind == ColumnType::FamilyName => 0.97,
            ColumnType::Date => 0.97,
            ColumnType::Phone => 0.9,
            ColumnType::Email => 0.1,
            _ => 0.0,
        };
        let juniors = |kind: ColumnType| match kind {
            ColumnType::Date => 0.0,
            // The name tells the sex.
            ColumnType::GivenName | ColumnType::Category | ColumnType::FamilyName => 0.99,
            kind if kind.is_home() => 0.99,
            kind => twins(kind),
        };
        let place = has(&|kind| matches!(kind, ColumnType::Street | ColumnType::Phone));
        let own = has(&|kind| {
            use ColumnType::{Date, EntityName, FullName, GivenName};
            matches!(kind, GivenName | FullName | EntityName | Date)
        });
        let dates = has(&|kind| kind == ColumnType::Date);
        let names = has(&|kind| kind == ColumnType::GivenName);
        Self {
            there: [
                true,
                has(&ColumnType::is_home) > 0,
                true,
                has(&ColumnType::is_area) > 1,
                place > 0 && own > 0,
                place > 0 && dates > 0 && names > 0,
                place > 0 && dates > 0 && names > 0,
            ],
            shared: [
                all(&|_| 1.0),
                all(&|kind| f64::from(u8::from(!kind.is_home()))),
                all(&|_| 0.0),
                all(&|kind| if kind.is_area() { 0.97 } else { 0.0 }),
                all(&household),
                all(&twins),
                all(&juniors),
            ],
            learnt: fields
                .iter()
                .map(|field| {
                    matches!(
                        field.kind,
                        ColumnType::FamilyName | ColumnType::Phone | ColumnType::Email
                    )
                })
                .collect(),
        }
    }
}
