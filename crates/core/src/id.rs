//! The caller's own name of a pair or a record.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The caller's own name of a pair or a record, unique within a run or a list. Shown in logs and errors.
///
/// It remembers whether it was written as a number and is written as one again; two ids of the same digits are equal
/// nevertheless, so that a label of a CSV file finds the pair of a JSON file.
#[derive(Clone)]
pub struct Id {
    text: String,
    is_number: bool,
}

/// The id of a pair.
pub type PairId = Id;

impl Id {
    /// Wraps a text as the caller gave it.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            text: id.into(),
            is_number: false,
        }
    }

    /// Wraps a number by its digits; a text where they are none that JSON could hold in 64 bits.
    pub fn number(digits: impl Into<String>) -> Self {
        let text = digits.into();
        Self {
            is_number: Number::of(&text).is_some(),
            text,
        }
    }

    /// The id as the caller gave it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True where it was given as a number.
    pub fn is_number(&self) -> bool {
        self.is_number
    }
}

/// A number that comes out as it went in.
enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
}

impl Number {
    fn of(text: &str) -> Option<Self> {
        // A sign or zeros before the digits would be lost.
        let same = |number: String| number == text;
        if let Some(number) = text.parse().ok().filter(|n: &i64| same(n.to_string())) {
            return Some(Self::Signed(number));
        }
        if let Some(number) = text.parse().ok().filter(|n: &u64| same(n.to_string())) {
            return Some(Self::Unsigned(number));
        }
        // A whole number without an exponent would lose digits as a float.
        let is_float = text.contains(['.', 'e', 'E']);
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.filter(|_| is_float).map(Self::Float)
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for Id {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({:?})", self.text)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.is_number.then(|| Number::of(&self.text)).flatten();
        match number {
            Some(Number::Signed(number)) => serializer.serialize_i64(number),
            Some(Number::Unsigned(number)) => serializer.serialize_u64(number),
            Some(Number::Float(number)) => serializer.serialize_f64(number),
            None => serializer.serialize_str(&self.text),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl de::Visitor<'_> for Either {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: de::Error>(self, id: &str) -> Result<Id, E> {
                Ok(Id::new(id))
            }
            fn visit_i64<E: de::Error>(self, id: i64) -> Result<Id, E> {
                Ok(Id::number(id.to_string()))
            }
            fn visit_u64<E: de::Error>(self, id: u64) -> Result<Id, E> {
                Ok(Id::number(id.to_string()))
            }
            fn visit_f64<E: de::Error>(self, id: f64) -> Result<Id, E> {
                Ok(Id::number(format!("{id:?}")))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(id: &Id) -> String {
        serde_json::to_string(id).unwrap()
    }

    #[test]
    fn what_is_no_number_of_json_stays_a_text() {
        for text in [
            "NaN",
            "inf",
            "007",
            "+5",
            "1e999",
            "123456789012345678901234",
            "x",
            "",
        ] {
            assert!(!Id::number(text).is_number(), "{text}");
            assert_eq!(written(&Id::number(text)), format!("{text:?}"));
        }
        assert_eq!(written(&Id::number("1.50")), "1.5");
    }

    #[test]
    fn a_number_finds_the_text_of_the_same_digits() {
        let known = std::collections::HashMap::from([(Id::number("7"), 1)]);
        assert_eq!(known.get(&Id::new("7")), Some(&1));
        assert_eq!(known.get(&Id::new("07")), None);
    }

    proptest! {
        #[test]
        fn whole_numbers_keep_every_digit(number in prop_oneof![any::<i64>().prop_map(i128::from), any::<u64>().prop_map(i128::from)]) {
            let digits = number.to_string();
            let id = Id::number(digits.clone());
            prop_assert_eq!(written(&id), digits.clone());
            let read: Id = serde_json::from_str(&digits).unwrap();
            prop_assert!(read.is_number() && read == id);
        }

        #[test]
        fn texts_stay_texts(text in "[0-9a-z.-]{1,6}") {
            let json = serde_json::to_string(&text).unwrap();
            let read: Id = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(written(&read), json);
        }
    }
}
