//! What a question asks for: a cause, a treatment, whether something is safe.
//!
//! "How is asthma treated?" and "How is asthma diagnosed?" share every rare word. A closed list of words for what people ask
//! of a disease or a drug tells them apart. With weights taught by the other set (`midband-study clinical`), the AUROC of
//! rqe_consumer rises from .894 to .917 and that of mqp stays within .001.

use std::sync::LazyLock;

/// What is asked for, and the words that ask for it, by commas. `*` is any ending.
const ASKED: [&str; 16] = [
    // Cause.
    "caus*, why, reason*, due to, etiolog*, lead to, leads to, trigger*, responsible, result of, results from, \
     brought on, because of, come from, explain*, how come, behind, makes me, make my, make me, making me, bring on",
    // Symptoms.
    "symptom*, sign of, signs of, warning sign*, feel like, feels like, look like, looks like, indicat*, early sign*, first sign*, notice, recognis*, recogniz*",
    // Treatment.
    "treat*, cure, cures, cured, curable, curing, therap*, remed*, reliev*, relief, manage*, get rid, getting \
     rid, fix, heal*, medicine*, medication*, pill, pills, soothe, alleviat*, ease, helps, help with, help against, what can be done, what can i do, what to do, \
     should i do, do about, done about, first aid, how do i stop, how can i stop, how to stop, deal with, clear up, control",
    // Diagnosis.
    "test, tests, tested, testing, diagnos*, detect*, screen*, scan*, check for, checked for, find out, know if, \
     know whether, tell if, tell whether, confirm*, biops*, exam*, do i know, can i tell, would i know, be sure, recognis*, \
     recogniz*",
    // Prognosis.
    "prognos*, surviv*, life expectanc*, outlook, lifespan, fatal, curable, cured, go away, come back, recur*, \
     long term, live with, how long do people, how long can you live, progress*, get worse, gets worse, worsen*, relapse*, \
     clear on its own, clear by itself",
    // Safety and effects.
    "side effect*, adverse, safe*, danger*, harm*, bad for, can i take, can i drink, can i eat, can i use, ok to, \
     okay to, alright to, allowed, toxic, complication*, affect*, effect, effects, unwanted, hurt, hurts, damag*, risky, is it ok, is it okay, is it fine, may i, \
     can you take, can you drink, can children take, permitted, problem if",
    // Dose.
    "dose, doses, dosage, dosing, how much, how often, how many, mg, maximum, amount, times a day, too much, intake, miss a dose, missed, forgot, overdose",
    // Prevention.
    "prevent*, avoid*, protect*, vaccin*, immuni*",
    // Spread and inheritance.
    "contagio*, spread*, transmit*, transmission, infectious, catch, pass on, pass it, passed on, inherit*, \
     heredit*, genetic*, run in, runs in, infect others, give it to, get it from, in the family, familial, pass it on",
    // Things taken together.
    "together, interact*, mix*, combin*, along with, at the same time, while taking, while on, with alcohol",
    // How long.
    "how long, how soon, how many days, how many weeks, how many months, how many hours, when will, when can, \
     when should, duration, recover*, for how many, how quickly, how fast, back to normal, how soon",
    // How likely.
    "how common, how likely, how often, likelihood, chance, chances, odds, probab*, percent*, rate, risk*, \
     possib*",
    // What it is.
    "mean, means, meaning, definition, define, explain, information, tell me about",
    // Where to go.
    "specialist*, kind of doctor, type of doctor, clinic, hospital, where can, where do, emergency, see a doctor, call a doctor",
    // What tells two things apart.
    "difference*, differ, differs, distinguish*, tell apart, versus, vs, same as, compared",
    // What it costs.
    "cost, costs, price*, expensive, insurance, pay for, afford*, cheap*",
];

/// Place of "what it is" in [`ASKED`]: a short question that begins with "what is" asks for it too.
const WHAT_IT_IS: u32 = 12;

/// Words of such a short question, at most.
const SHORT: usize = 7;

/// Words that begin a question to be answered by yes or no.
const CLOSED: [&str; 19] = [
    "can", "could", "is", "are", "was", "were", "do", "does", "did", "should", "will", "would",
    "has", "have", "had", "may", "might", "am", "must",
];

/// Words that ask for more than yes or no.
const OPEN: [&str; 7] = ["what", "how", "why", "when", "which", "where", "who"];

/// Whether a question is answered by yes or no.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Closed,
    Open,
}

/// What one text asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Asks {
    /// One bit a line of [`ASKED`].
    asked: u32,
    form: Option<Form>,
    /// True if it asks at all.
    is_question: bool,
}

/// The phrases by their first letter, as words.
static BY_LETTER: LazyLock<Vec<Vec<Phrase>>> = LazyLock::new(|| {
    let mut letters = vec![Vec::new(); 26];
    for (asked, phrases) in ASKED.iter().enumerate() {
        for phrase in phrases.split(", ") {
            if let Some(place) = letter(phrase) {
                letters[place].push(Phrase {
                    asked: asked as u32,
                    words: phrase.split(' ').collect(),
                });
            }
        }
    }
    letters
});

/// Words that ask for a line of [`ASKED`].
#[derive(Clone)]
struct Phrase {
    asked: u32,
    words: Vec<&'static str>,
}

fn letter(word: &str) -> Option<usize> {
    let first = word.bytes().next()?;
    first
        .is_ascii_lowercase()
        .then(|| usize::from(first - b'a'))
}

fn fits(word: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == pattern,
    }
}

impl Asks {
    /// Reads a text, in time linear in its length.
    pub(crate) fn of(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let mut found = Self {
            is_question: text.contains('?'),
            ..Self::default()
        };
        let mut last = None;
        for sentence in sentences(&lower) {
            let words: Vec<&str> = words(sentence).collect();
            if words.is_empty() {
                continue;
            }
            for at in 0..words.len() {
                let Some(place) = letter(words[at]) else {
                    continue;
                };
                for Phrase {
                    asked,
                    words: phrase,
                } in &BY_LETTER[place]
                {
                    let here = &words[at..];
                    if here.len() >= phrase.len()
                        && phrase.iter().zip(here).all(|(p, w)| fits(w, p))
                    {
                        found.asked |= 1 << asked;
                    }
                }
            }
            let asks = sentence.ends_with('?');
            if asks
                && words.len() <= SHORT
                && words[0] == "what"
                && matches!(words.get(1), Some(&"is" | &"are"))
            {
                found.asked |= 1 << WHAT_IT_IS;
            }
            let begins = CLOSED.contains(&words[0]) || OPEN.contains(&words[0]);
            found.is_question |= begins;
            // The first sentence with a question mark says what is asked; without any, the last one.
            if asks && found.form.is_none() {
                found.form = form(sentence, &words);
            }
            last = form(sentence, &words);
        }
        found.form = found.form.or(last);
        found
    }

    /// What both ask for, as `ln(1 + n)`; whether both ask and for other things; whether one wants yes or no and the other
    /// more. All 0 if neither text is a question.
    pub(crate) fn compare(self, other: Self) -> [f64; 3] {
        if !(self.is_question || other.is_question) {
            return [0.0; 3];
        }
        let shared = (self.asked & other.asked).count_ones();
        let both = self.asked != 0 && other.asked != 0;
        let forms = self.form.zip(other.form).is_some_and(|(a, b)| a != b);
        [
            f64::from(shared).ln_1p(),
            f64::from(u8::from(both && shared == 0)),
            f64::from(u8::from(forms)),
        ]
    }
}

/// Sentences with their mark: they end at `.`, `!`, `?` before a space, and at line ends.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let ends = rest.char_indices().find(|(at, c)| {
            let after = rest[at + c.len_utf8()..].chars().next();
            *c == '\n' || (matches!(c, '.' | '!' | '?') && after.is_none_or(char::is_whitespace))
        });
        let end = ends.map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after;
        Some(sentence.trim_end())
    })
}

fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
}

fn form(sentence: &str, all: &[&str]) -> Option<Form> {
    let closed = |word: Option<&str>| word.is_some_and(|word| CLOSED.contains(&word));
    let after_a_comma = || {
        sentence
            .split(',')
            .skip(1)
            .any(|part| closed(words(part).next()))
    };
    if closed(all.first().copied()) || after_a_comma() {
        return Some(Form::Closed);
    }
    all.iter()
        .any(|word| OPEN.contains(word))
        .then_some(Form::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compared(a: &str, b: &str) -> [f64; 3] {
        Asks::of(a).compare(Asks::of(b))
    }

    #[test]
    fn questions_of_one_subject_are_told_apart() {
        let [shared, other, form] = compared("How is asthma treated?", "How is asthma diagnosed?");
        assert_eq!((shared, other, form), (0.0, 1.0, 0.0));
        let [shared, other, _] = compared(
            "I have asthma. Which therapy helps?",
            "How is asthma treated?",
        );
        assert!(shared > 0.0 && other == 0.0);
        assert_eq!(
            compared("Can stress cause hives?", "What causes hives?")[2],
            1.0
        );
        assert_eq!(compared("What is lupus?", "What does lupus mean?")[1], 0.0);
    }

    #[test]
    fn statements_ask_nothing() {
        assert_eq!(
            compared("treated for asthma", "asthma was diagnosed in 2011"),
            [0.0; 3]
        );
        assert_eq!(compared("", "?!"), [0.0; 3]);
    }

    #[test]
    fn every_phrase_begins_with_a_letter() {
        assert!(
            ASKED
                .iter()
                .flat_map(|phrases| phrases.split(", "))
                .all(|phrase| letter(phrase).is_some())
        );
    }

    proptest! {
        #[test]
        fn both_orders_say_the_same(a in "(what|is|can|treat|cause|\\?|,| |é|\n){0,12}", b in ".{0,40}") {
            prop_assert_eq!(compared(&a, &b), compared(&b, &a));
        }
    }
}
