//! Survivorship rules as they are written: `most_frequent`, `surname=longest`, `phone=most_recent(updated)`,
//! `trusted(source,hospital,practice)`.

use std::{fmt, str::FromStr};

use serde_json::{Map, Value};

use super::GoldenColumn;

/// Why a rule can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// It is written otherwise.
    #[error(
        "{0:?} is not a rule: write most_frequent, longest, most_recent(COLUMN), trusted(COLUMN,VALUE,…), trusted(left) or \
         trusted(right), with COLUMN= in front for a single column"
    )]
    Unknown(String),
    /// No list has such a column.
    #[error("the rule {rule} names a column that is in no list: {column:?}")]
    NoColumn {
        /// The rule.
        rule: String,
        /// The column.
        column: String,
    },
    /// Two rules are for the same column, or for all of them.
    #[error("two rules for {0}")]
    Twice(String),
    /// One list has no other side.
    #[error("the rule {0} needs two lists")]
    OneList(String),
}

/// How a value is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    MostFrequent,
    Longest,
    /// The record with the greatest value in this column.
    MostRecent(String),
    /// The record with the first of these values in this column.
    Trusted(String, Vec<String>),
    /// A record of the left list, or of the right one.
    List {
        left: bool,
    },
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MostFrequent => f.write_str("most_frequent"),
            Self::Longest => f.write_str("longest"),
            Self::MostRecent(column) => write!(f, "most_recent({column})"),
            Self::Trusted(column, values) => write!(f, "trusted({column},{})", values.join(",")),
            Self::List { left: true } => f.write_str("trusted(left)"),
            Self::List { left: false } => f.write_str("trusted(right)"),
        }
    }
}

/// A rule for one column, or for all that have none of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldenRule {
    column: Option<String>,
    pub(crate) how: How,
}

impl FromStr for GoldenRule {
    type Err = GoldenError;

    fn from_str(text: &str) -> Result<Self, GoldenError> {
        let unknown = || GoldenError::Unknown(text.to_owned());
        // A column's name may hold a parenthesis, and an argument an equals sign: the last `=` before the rule's word counts.
        let (head, arguments) = match text.trim().strip_suffix(')') {
            Some(rest) => {
                let (head, arguments) = rest.rsplit_once('(').ok_or_else(unknown)?;
                let arguments = arguments.split(',').map(|word| word.trim().to_owned());
                (head, arguments.collect())
            }
            None => (text.trim(), Vec::new()),
        };
        let (column, word) = match head.rsplit_once('=') {
            Some((column, word)) => (Some(column.trim().to_owned()), word),
            None => (None, head),
        };
        if arguments.iter().any(String::is_empty) || column.as_ref().is_some_and(String::is_empty) {
            return Err(unknown());
        }
        let how = match (word.trim(), &arguments[..]) {
            ("most_frequent", []) => How::MostFrequent,
            ("longest", []) => How::Longest,
            ("most_recent", [column]) => How::MostRecent(column.clone()),
            ("trusted", [list]) if list == "left" || list == "right" => How::List {
                left: list == "left",
            },
            ("trusted", [column, values @ ..]) if !values.is_empty() => {
                How::Trusted(column.clone(), values.to_vec())
            }
            _ => return Err(unknown()),
        };
        Ok(Self { column, how })
    }
}

/// The rules of a run; the most frequent value where none is for a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoldenRules(Vec<GoldenRule>);

impl GoldenRules {
    /// These rules.
    ///
    /// # Errors
    /// One is written otherwise, or two are for the same column.
    pub fn new<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self, GoldenError> {
        let mut rules: Vec<GoldenRule> = Vec::new();
        for text in texts {
            let rule: GoldenRule = text.as_ref().parse()?;
            if rules.iter().any(|known| known.column == rule.column) {
                let of = rule.column.unwrap_or_else(|| "all columns".to_owned());
                return Err(GoldenError::Twice(of));
            }
            rules.push(rule);
        }
        Ok(Self(rules))
    }

    /// Whether the rules fit the columns of one list, or of two.
    ///
    /// # Errors
    /// A rule names a column that there is not, or a list where there is one.
    pub fn check(&self, columns: &[GoldenColumn], two: bool) -> Result<(), GoldenError> {
        for rule in &self.0 {
            let of_how = match &rule.how {
                How::MostRecent(column) | How::Trusted(column, _) => Some(column),
                How::List { .. } if !two => return Err(GoldenError::OneList(rule.how.to_string())),
                _ => None,
            };
            for named in [rule.column.as_ref(), of_how].into_iter().flatten() {
                if !columns.iter().any(|column| column.name == *named) {
                    return Err(GoldenError::NoColumn {
                        rule: rule.how.to_string(),
                        column: named.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The rule of each column, as it is written.
    pub fn told(&self, columns: &[GoldenColumn]) -> Map<String, Value> {
        let told = columns.iter().map(|column| {
            let how = self.of(&column.name).to_string();
            (column.name.clone(), how.into())
        });
        told.collect()
    }

    /// The columns of `trusted(COLUMN,VALUE,…)` rules with their values.
    pub(crate) fn trusted(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().filter_map(|rule| match &rule.how {
            How::Trusted(column, values) => Some((column.as_str(), &values[..])),
            _ => None,
        })
    }

    /// The rule for a column.
    pub(crate) fn of(&self, column: &str) -> &How {
        let own = self
            .0
            .iter()
            .find(|rule| rule.column.as_deref() == Some(column));
        let rule = own.or_else(|| self.0.iter().find(|rule| rule.column.is_none()));
        rule.map_or(&How::MostFrequent, |rule| &rule.how)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<GoldenColumn> {
        let column = |name: &&str| GoldenColumn {
            name: (*name).to_owned(),
            left: Some(0),
            right: None,
        };
        names.iter().map(column).collect()
    }

    #[test]
    fn rules_read_as_they_are_written() {
        for text in [
            "most_frequent",
            "longest",
            "most_recent(updated)",
            "trusted(source,a,b)",
            "trusted(left)",
            "trusted(right)",
        ] {
            let rule: GoldenRule = text.parse().unwrap();
            assert_eq!((rule.how.to_string().as_str(), &rule.column), (text, &None));
            let rule: GoldenRule = format!("date (of birth)={text}").parse().unwrap();
            assert_eq!(rule.how.to_string(), text);
            assert_eq!(rule.column.as_deref(), Some("date (of birth)"));
        }
        for wrong in [
            "",
            "newest",
            "most_recent",
            "most_recent()",
            "trusted(source)",
            "longest(name)",
            "=longest",
            "longest)",
        ] {
            assert!(wrong.parse::<GoldenRule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_columns_own_rule_comes_first() {
        let rules = GoldenRules::new(["longest", "name=most_recent(updated)"]).unwrap();
        assert_eq!(rules.of("name").to_string(), "most_recent(updated)");
        assert_eq!(rules.of("city").to_string(), "longest");
        assert_eq!(
            GoldenRules::default().of("city").to_string(),
            "most_frequent"
        );
        assert!(rules.check(&columns(&["name", "updated"]), false).is_ok());
        let error = rules.check(&columns(&["name"]), false).unwrap_err();
        assert!(matches!(error, GoldenError::NoColumn { column, .. } if column == "updated"));
        assert!(matches!(
            GoldenRules::new(["a=longest", "a=most_frequent"]),
            Err(GoldenError::Twice(_))
        ));
        let of_list = GoldenRules::new(["trusted(left)"]).unwrap();
        assert!(of_list.check(&[], true).is_ok() && of_list.check(&[], false).is_err());
    }
}
