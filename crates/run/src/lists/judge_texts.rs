//! What a judge is shown of two records whose lists name or write the same things differently: one name a column, and dates
//! in one notation, since only a whole column shows which of two numbers is the month.

use midband::{Pair, block::Candidate};
use midband_linkage::{Column, ColumnProfile, ColumnType, Plan, Table, dates};

/// Two lists as a judge sees them.
pub(super) struct Asked {
    left: Side,
    right: Side,
    /// Where two lists are one: the first record of the right list.
    second: Option<u32>,
}

struct Side {
    table: Table,
    /// Columns in the order in which they are shown.
    columns: Vec<Shown>,
}

struct Shown {
    at: usize,
    name: String,
    /// How its dates are read, where they are written anew.
    dates: Option<dates::Notation>,
}

impl Asked {
    /// `None` where both lists have the same names and notations: their records are shown as they are.
    pub(super) fn of(plan: &Plan, left: Table, right: Table) -> Option<Self> {
        let place =
            |table: &Table, name: &str| table.columns().iter().position(|own| own.name == name);
        let (mut shown, mut others, mut differ) = (Vec::new(), Vec::new(), false);
        let mut mapped: Vec<_> = plan.mapped.iter().collect();
        mapped.sort_by_key(|mapping| place(&left, &mapping.left));
        for mapping in mapped {
            let (Some(a), Some(b)) = (place(&left, &mapping.left), place(&right, &mapping.right))
            else {
                continue;
            };
            let notations = notation(&plan.left[a]).zip(notation(&plan.right[b]));
            let notations =
                notations.filter(|_| form(&left.columns()[a]) != form(&right.columns()[b]));
            differ |= mapping.left != mapping.right || notations.is_some();
            let name = || mapping.left.clone();
            shown.push(Shown {
                at: a,
                name: name(),
                dates: notations.map(|(one, _)| one),
            });
            others.push(Shown {
                at: b,
                name: name(),
                dates: notations.map(|(_, two)| two),
            });
        }
        if !differ {
            return None;
        }
        let alone = |table: &Table, known: &[Shown]| -> Vec<Shown> {
            let rest =
                (0..table.columns().len()).filter(|at| known.iter().all(|shown| shown.at != *at));
            let name = |at: usize| table.columns()[at].name.clone();
            rest.map(|at| Shown {
                at,
                name: name(at),
                dates: None,
            })
            .collect()
        };
        let rest = (alone(&left, &shown), alone(&right, &others));
        shown.extend(rest.0);
        others.extend(rest.1);
        Some(Self {
            left: Side {
                table: left,
                columns: shown,
            },
            right: Side {
                table: right,
                columns: others,
            },
            second: None,
        })
    }

    /// The same of two lists that are one: records of the right list follow those of the left one.
    pub(super) fn within(mut self) -> Self {
        self.second = self.left.table.len().try_into().ok();
        self
    }

    fn text(&self, row: u32, list: &Side) -> String {
        match self.second {
            Some(second) if row >= second => self.right.text(row - second),
            Some(_) => self.left.text(row),
            None => list.text(row),
        }
    }

    /// The pair under its id, with the texts that a judge is shown.
    pub(super) fn pair(&self, candidate: &Candidate, pair: Pair) -> Pair {
        Pair {
            a: self.text(candidate.left, &self.left).into(),
            b: self.text(candidate.right, &self.right).into(),
            ..pair
        }
    }
}

impl Side {
    fn text(&self, row: u32) -> String {
        let fields = self.columns.iter().filter_map(|shown| {
            let value = self.table.columns()[shown.at].get(row as usize)?;
            let date = shown
                .dates
                .and_then(|notation| dates::parse(value, notation));
            Some(match date {
                Some(date) => format!(
                    "{}: {:04}-{:02}-{:02}",
                    shown.name, date.year, date.month, date.day
                ),
                None => format!("{}: {value}", shown.name),
            })
        });
        fields.collect::<Vec<_>>().join("; ")
    }
}

fn notation(profile: &ColumnProfile) -> Option<dates::Notation> {
    profile
        .notation
        .filter(|_| profile.kind == ColumnType::Date)
}

/// The most frequent form of a column's values: digits as 0, letters as a.
fn form(column: &Column) -> String {
    let mut forms = std::collections::BTreeMap::<String, u32>::new();
    for (value, count) in column.values().iter().zip(column.counts()).skip(1) {
        let form = value.chars().map(|char| match char {
            char if char.is_ascii_digit() => '0',
            char if char.is_alphabetic() => 'a',
            char => char,
        });
        *forms.entry(form.collect()).or_default() += count;
    }
    let most = forms
        .into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    most.map(|(form, _)| form).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use midband_linkage::{Linker, Options, TableBuilder};

    use super::*;

    fn table(headers: [&str; 3], date: fn(usize) -> String) -> Table {
        let mut list = TableBuilder::new(headers);
        for at in 0..30 {
            let name = ["Anna", "Ben", "Carla"][at % 3];
            list.push([Some(name), Some(date(at).as_str()), None]);
        }
        list.finish()
    }

    fn asked(headers: [&str; 3], date: fn(usize) -> String) -> Option<Asked> {
        let left = table(["given_name", "birth_date", "ward"], iso);
        let right = table(headers, date);
        let linker = Linker::new(left.clone(), Some(right.clone()), Options::default()).unwrap();
        Asked::of(linker.plan(), left, right)
    }

    fn iso(at: usize) -> String {
        format!("19{:02}-{:02}-{:02}", 30 + at, 1 + at % 12, 1 + at % 28)
    }

    fn english(at: usize) -> String {
        format!("{:02}/{:02}/19{:02}", 1 + at % 28, 1 + at % 12, 30 + at)
    }

    #[test]
    fn a_judge_sees_one_name_and_one_notation() {
        let asked = asked(["first_name", "dob", "remark"], english).unwrap();
        let candidate = Candidate {
            left: 3,
            right: 3,
            cosine: None,
            words: None,
        };
        let pair = asked.pair(&candidate, Pair::new("3|3", "x", "y"));
        assert_eq!(pair.a.as_str(), "given_name: Anna; birth_date: 1933-04-04");
        assert_eq!(pair.b, pair.a);
        assert_eq!(pair.id.as_str(), "3|3");
    }

    #[test]
    fn lists_of_one_form_are_shown_as_they_are() {
        let headers = ["given_name", "birth_date", "ward"];
        assert!(asked(headers, iso).is_none());
        assert!(asked(headers, english).is_some());
        assert!(asked(["first_name", "birth_date", "ward"], iso).is_some());
    }
}
