//! Notation taken away: what is written differently but means the same becomes one form.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Words of a text: compatibility forms resolved (NFKD), accents off, lower case, punctuation as space,
/// apostrophes dropped, one space between words.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut gap = false;
    let mut push = |c: char| {
        if c.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            match c {
                'ß' => out.push_str("ss"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                'đ' => out.push('d'),
                c => out.push(c),
            }
        } else if !matches!(c, '\'' | '’' | '`' | '´') {
            gap = true;
        }
    };
    if raw.is_ascii() {
        raw.chars().for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        raw.nfkd()
            .filter(|&c| !is_combining_mark(c))
            .flat_map(char::to_lowercase)
            .for_each(push);
    }
    out
}

/// A full name, normalised, without a form of address before or after it.
pub(crate) fn without_title(name: &str) -> &str {
    const TITLES: &str = "mr mrs ms miss mx dr prof sir madam herr frau mme mlle";
    let is_title = |word: &str| TITLES.split(' ').any(|title| title == word);
    let mut rest = name;
    while let Some((_, others)) = rest.split_once(' ').filter(|(first, _)| is_title(first)) {
        rest = others;
    }
    while let Some((others, _)) = rest.rsplit_once(' ').filter(|(_, last)| is_title(last)) {
        rest = others;
    }
    rest
}

/// Words that say what kind of firm it is, and no more.
const LEGAL_FORMS: &str = "inc incorporated corp corporation co company ltd limited llc llp lp plc pty pte gmbh mbh ag kg kgaa ohg ug ev eg se sa sas sarl srl spa sl bv nv oy ab as aps kk";

pub(crate) fn is_legal_form(word: &str) -> bool {
    LEGAL_FORMS.split(' ').any(|form| form == word)
}

/// The name of a firm or thing: as [`text`], dotted abbreviations as one word, without legal forms, "and" and a "the" in front.
pub fn entity(raw: &str) -> String {
    let plain = text(&undotted(raw));
    let words = || plain.split(' ');
    let telling = words().enumerate().filter(|(at, word)| {
        !(is_legal_form(word)
            || matches!(*word, "and" | "und" | "et" | "y")
            || *at == 0 && *word == "the")
    });
    let telling: Vec<&str> = telling.map(|(_, word)| word).collect();
    match telling[..] {
        // "The Company Ltd" has no other name.
        [] => words().collect::<Vec<_>>().join(" "),
        _ => telling.join(" "),
    }
}

/// "G.m.b.H." as "GmbH": points after single letters are taken out.
fn undotted(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut letters = 0;
    for c in raw.chars() {
        if c == '.' && letters == 1 {
            letters = 0;
            continue;
        }
        letters = if c.is_alphabetic() { letters + 1 } else { 0 };
        out.push(c);
    }
    out
}

/// Letters and digits alone, lower case: identifiers and postcodes. A trailing `.0` that a spreadsheet
/// added to a number is dropped, and `https://www.` of a web address.
pub fn code(raw: &str) -> String {
    let raw = raw.trim();
    let raw = match raw.strip_suffix(".0") {
        Some(whole) if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) => whole,
        _ => raw,
    };
    text(without_scheme(raw)).replace(' ', "")
}

/// Whether a value begins as web addresses do.
pub(crate) fn is_web_address(raw: &str) -> bool {
    without_scheme(raw).len() < raw.len()
}

/// A web address without what all of them begin with.
fn without_scheme(raw: &str) -> &str {
    let mut rest = raw;
    for start in ["https://", "http://", "www."] {
        if let Some(begin) = rest.get(..start.len())
            && begin.eq_ignore_ascii_case(start)
        {
            rest = &rest[start.len()..];
        }
    }
    rest
}

/// A postcode: as [`code`], the US form of five and four digits as its first five.
pub fn postcode(raw: &str) -> String {
    let bytes = raw.trim().as_bytes();
    if bytes.len() == 10
        && bytes[5] == b'-'
        && bytes
            .iter()
            .enumerate()
            .all(|(at, b)| at == 5 || b.is_ascii_digit())
    {
        return raw.trim()[..5].to_owned();
    }
    code(raw)
}

/// Digits of a phone number without the country's and the trunk prefix: the last nine where there are more.
pub fn phone(raw: &str) -> String {
    let raw = raw.split(['x', 'X']).next().unwrap_or(raw);
    let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    digits[digits.len().saturating_sub(9)..].to_owned()
}

/// An e-mail address: lower case, no space.
pub fn email(raw: &str) -> String {
    raw.trim()
        .trim_start_matches("mailto:")
        .to_lowercase()
        .split_whitespace()
        .collect()
}

/// Words that streets are written with, long and short.
const STREET_WORDS: [(&str, &str); 40] = [
    ("street", "st"),
    ("str", "st"),
    ("road", "rd"),
    ("avenue", "ave"),
    ("av", "ave"),
    ("drive", "dr"),
    ("lane", "ln"),
    ("court", "ct"),
    ("crt", "ct"),
    ("place", "pl"),
    ("crescent", "cres"),
    ("cr", "cres"),
    ("circuit", "cct"),
    ("close", "cl"),
    ("boulevard", "blvd"),
    ("parade", "pde"),
    ("terrace", "tce"),
    ("ter", "tce"),
    ("square", "sq"),
    ("highway", "hwy"),
    ("parkway", "pkwy"),
    ("grove", "gr"),
    ("gardens", "gdns"),
    ("garden", "gdns"),
    ("mount", "mt"),
    ("saint", "st"),
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
    ("apartment", "apt"),
    ("suite", "ste"),
    ("unit", "apt"),
    ("flat", "apt"),
    ("floor", "fl"),
    ("building", "bldg"),
    ("strasse", "st"),
    ("heights", "hts"),
    ("junction", "jct"),
    ("point", "pt"),
];

/// Whether a word is one that streets are written with.
pub(crate) fn is_street_word(word: &str) -> bool {
    STREET_WORDS
        .iter()
        .any(|(long, short)| *long == word || (*short == word && short.len() > 1))
}

/// A street address: as [`text`], its usual words abbreviated, also at the end of a German one (`Parkstraße`, `Parkstr.`).
pub fn street(raw: &str) -> String {
    let plain = text(raw);
    let mut out = String::with_capacity(plain.len());
    for word in plain.split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        let known = STREET_WORDS.iter().find(|(long, _)| *long == word);
        match (known, word.strip_suffix("strasse")) {
            (Some((_, short)), _) => out.push_str(short),
            (None, Some(stem)) => {
                out.push_str(stem);
                out.push_str("str");
            }
            (None, None) => out.push_str(word),
        }
    }
    out
}

/// A number with or without thousands separators, currency sign and unit; and its unit (lower case).
pub fn number(raw: &str) -> Option<(f64, String)> {
    let raw = raw.trim().trim_start_matches(['$', '€', '£', '+']).trim();
    let end = raw
        .char_indices()
        .find(|&(at, c)| !(c.is_ascii_digit() || matches!(c, '.' | ',') || (at == 0 && c == '-')))
        .map_or(raw.len(), |(at, _)| at);
    let (digits, unit) = raw.split_at(end);
    let unit = unit.trim().to_lowercase();
    if !digits.bytes().any(|b| b.is_ascii_digit())
        || unit.split_whitespace().count() > 1
        || unit.len() > 8
    {
        return None;
    }
    let digits = match (digits.rfind('.'), digits.rfind(',')) {
        (Some(point), Some(comma)) if comma > point => digits.replace('.', "").replace(',', "."),
        (None, Some(comma)) if digits.len() - comma != 4 && digits.matches(',').count() == 1 => {
            digits.replace(',', ".")
        }
        _ => digits.replace(',', ""),
    };
    digits.parse().ok().map(|number| (number, unit))
}

/// Soundex (Russell 1918): a letter and three digits of how a name sounds; empty where there is no Latin letter.
pub fn soundex(name: &str) -> String {
    let class = |c: char| match c {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        'h' | 'w' => '-',
        _ => '0',
    };
    let mut letters = name.chars().filter(char::is_ascii_lowercase);
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut out = String::from(first);
    let mut last = class(first);
    for c in letters {
        let now = class(c);
        if now != '-' {
            if now != '0' && now != last {
                out.push(now);
            }
            last = now;
        }
        if out.len() == 4 {
            return out;
        }
    }
    while out.len() < 4 {
        out.push('0');
    }
    out
}
