//! Reads as much JSON as there is, and says where it stops being sure.
//!
//! A common parser refuses a cut or doubled answer as a whole and lets the last of two equal keys
//! win; here both matter. Runs over bytes, never recurses, always moves forward.

/// A value in a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SlotValue {
    /// An integer in 0..=100, as a score in 0..=1.
    Score(f64),
    /// Something else: a word, a fraction, a number out of range.
    Bad,
    /// It may go on after the end of the text.
    Cut,
}

/// A `{…}` in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object {
    pub(super) members: Vec<(String, SlotValue)>,
    /// True where its closing brace was reached without a fault.
    pub(super) closed: bool,
    /// Offset behind its last byte that was read.
    pub(super) end: usize,
}

/// A `[…]` that is the whole text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Array {
    pub(super) values: Vec<SlotValue>,
    pub(super) closed: bool,
}

/// Most members of one object that are kept: three times as many as any request asks for.
const MAX_MEMBERS: usize = 48;

/// An integer in 0..=100, as a score. `85.0` is one, `0.85` is not: a model that writes it means
/// another scale.
pub(super) fn score(word: &str) -> Option<f64> {
    let whole = match word.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => word,
    };
    let plain = whole.len() <= 3
        && !whole.is_empty()
        && whole.bytes().all(|b| b.is_ascii_digit())
        && (whole.len() == 1 || !whole.starts_with('0'));
    if !plain {
        return None;
    }
    whole
        .parse::<u8>()
        .ok()
        .filter(|&value| value <= 100)
        .map(|value| f64::from(value) / 100.0)
}

/// Every object at the outer level of a text, in order; prose around them is passed over. The last
/// one may be cut.
pub(super) fn objects(text: &str) -> Vec<Object> {
    let mut cursor = Cursor { text, at: 0 };
    let mut found = Vec::new();
    while let Some(offset) = text[cursor.at..].find('{') {
        cursor.at += offset + 1;
        let object = object(&mut cursor);
        if !object.members.is_empty() {
            found.push(object);
        }
    }
    found
}

/// The array that the text consists of, white space and a code fence around it aside.
pub(super) fn array(text: &str) -> Option<Array> {
    let inner = text
        .trim()
        .trim_start_matches("```json")
        .trim_start_matches("```")
        .trim_start();
    let mut cursor = Cursor {
        text: inner.strip_prefix('[')?,
        at: 0,
    };
    let mut array = Array::default();
    cursor.skip_space();
    if cursor.take(b']') {
        array.closed = true;
        return Some(array);
    }
    while array.values.len() < MAX_MEMBERS {
        cursor.skip_space();
        let Some(value) = cursor.value() else {
            return Some(array);
        };
        array.values.push(value);
        cursor.skip_space();
        if cursor.take(b',') {
            continue;
        }
        array.closed = cursor.take(b']');
        let rest = cursor.rest().trim().trim_start_matches("```");
        // Anything else behind a value is no list of ours.
        return (rest.is_empty()).then_some(array);
    }
    None
}

/// The digits of a string of digits, and whether its closing quote was reached. `None` where the
/// text is something else.
pub(super) fn digits(text: &str) -> Option<(Vec<u8>, bool)> {
    let text = text.trim();
    let (inner, quoted) = match text.strip_prefix('"') {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let (inner, closed) = match inner.strip_suffix('"') {
        Some(inner) if quoted => (inner, true),
        _ => (inner, false),
    };
    let digits: Option<Vec<u8>> = inner
        .bytes()
        .map(|b| b.is_ascii_digit().then(|| b - b'0'))
        .collect();
    digits
        .filter(|digits| !digits.is_empty())
        .map(|digits| (digits, closed))
}

fn object(cursor: &mut Cursor<'_>) -> Object {
    let mut object = Object::default();
    loop {
        cursor.skip_space();
        if cursor.take(b'}') {
            object.closed = true;
            break;
        }
        if !cursor.take(b'"') {
            break;
        }
        let Some(name) = cursor.string() else { break };
        cursor.skip_space();
        if !cursor.take(b':') {
            break;
        }
        cursor.skip_space();
        let value = cursor.value().unwrap_or(SlotValue::Cut);
        if object.members.len() < MAX_MEMBERS {
            object.members.push((name.to_owned(), value));
        } else {
            break;
        }
        cursor.skip_space();
        if !cursor.take(b',') {
            object.closed = cursor.take(b'}');
            break;
        }
    }
    object.end = cursor.at;
    object
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, byte: u8) -> bool {
        let here = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(here);
        here
    }

    /// The rest of a string behind its opening quote; `None` where it does not end.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let mut escaped = false;
        for (offset, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'"' if !escaped => {
                    self.at = start + offset + 1;
                    return Some(&self.text[start..start + offset]);
                }
                _ => escaped = byte == b'\\' && !escaped,
            }
        }
        self.at = self.text.len();
        None
    }

    /// One value; `None` at the end of the text.
    fn value(&mut self) -> Option<SlotValue> {
        match self.rest().bytes().next()? {
            b'"' => {
                self.at += 1;
                // A quoted integer is what a model without a schema writes now and then.
                Some(self.string().map_or(SlotValue::Cut, |word| {
                    score(word).map_or(SlotValue::Bad, SlotValue::Score)
                }))
            }
            b'{' | b'[' => Some(if self.skip_nested() {
                SlotValue::Bad
            } else {
                SlotValue::Cut
            }),
            _ => {
                let rest = self.rest();
                let length = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']'))
                    .unwrap_or(rest.len());
                self.at += length;
                Some(if length == rest.len() {
                    // `1` at the very end may be the beginning of `100`.
                    SlotValue::Cut
                } else {
                    score(&rest[..length]).map_or(SlotValue::Bad, SlotValue::Score)
                })
            }
        }
    }

    /// Passes over a nested object or list; false where it does not end.
    fn skip_nested(&mut self) -> bool {
        let mut depth = 0usize;
        while let Some(byte) = self.rest().bytes().next() {
            match byte {
                b'"' => {
                    self.at += 1;
                    if self.string().is_none() {
                        return false;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            // Every byte matched above is ASCII; others are stepped over as whole characters.
            self.at += self.rest().chars().next().map_or(1, char::len_utf8);
            if depth == 0 {
                return true;
            }
        }
        false
    }
}
