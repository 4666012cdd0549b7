//! Whether texts are in a language whose names a lexicon has.

use whatlang::{Lang, detect};

use crate::lexicon::Lexicon;

/// Bytes of text that are looked at, and the fewest that show a language: a choice. A few terms do not: many are Latin.
const MOST: usize = 8_000;
const FEWEST: usize = 400;

/// How sure the detector must be, 0 to 1: a choice.
const SURE: f64 = 0.95;

/// Tags of two letters that lexicons name; other languages go by the three letters of ISO 639-3.
const TAGS: [(Lang, &str); 20] = [
    (Lang::Eng, "en"),
    (Lang::Deu, "de"),
    (Lang::Fra, "fr"),
    (Lang::Spa, "es"),
    (Lang::Ita, "it"),
    (Lang::Por, "pt"),
    (Lang::Nld, "nl"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "no"),
    (Lang::Fin, "fi"),
    (Lang::Pol, "pl"),
    (Lang::Ces, "cs"),
    (Lang::Hun, "hu"),
    (Lang::Ron, "ro"),
    (Lang::Tur, "tr"),
    (Lang::Ell, "el"),
    (Lang::Rus, "ru"),
    (Lang::Jpn, "ja"),
    (Lang::Cmn, "zh"),
];

impl Lexicon {
    /// The language of some texts in English words ("German"), if it is plain and the lexicon has no names in it; `None` if
    /// the lexicon has, or if the texts are too short to tell. Looks at the first 8,000 bytes.
    pub fn unknown_language<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'static str> {
        let mut sample = String::new();
        for text in texts {
            if sample.len() >= MOST {
                break;
            }
            sample.extend(text.chars().take(MOST - sample.len()));
            sample.push('\n');
        }
        let plain = |found: &whatlang::Info| found.confidence() >= SURE;
        let lang = detect(&sample)
            .filter(plain)
            .filter(|_| sample.len() >= FEWEST)?
            .lang();
        let two = TAGS.iter().find(|(of, _)| *of == lang);
        let known = |tag: &str| {
            let tag = tag.trim().split(['-', '_']).next().unwrap_or_default();
            tag == lang.code() || two.is_some_and(|(_, two)| tag == *two)
        };
        (!self.language().split(',').any(known)).then(|| lang.eng_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: [&str; 4] = [
        "Die Patientin klagt seit drei Wochen über Husten und Fieber, sie hat keine bekannten Allergien und nimmt Metformin.",
        "Der Mann wurde wegen eines Herzinfarktes in das Krankenhaus gebracht und dort sofort mit einem Katheter behandelt.",
        "Nach der Operation am linken Knie geht es ihm besser, die Schmerzen sind kaum noch vorhanden, er kann wieder laufen.",
        "Ihre Mutter hatte Brustkrebs, sie selbst ist gesund und raucht nicht, trinkt aber gelegentlich ein Glas Wein am Abend.",
    ];

    #[test]
    fn a_language_without_names_is_said_and_one_with_names_is_not() {
        let english = Lexicon::clinical();
        assert_eq!(english.unknown_language(GERMAN), Some("German"));
        let text =
            "# midband-lexicon 1, language de\nform,concept,kind,relations\nHusten,,symptom,\n";
        assert_eq!(Lexicon::read(text).unwrap().unknown_language(GERMAN), None);
        let note = "A 71 year old woman with type 2 diabetes who takes metformin and has no known drug allergies.";
        assert_eq!(english.unknown_language([note; 6]), None);
    }

    #[test]
    fn a_few_words_tell_no_language() {
        let few = ["Diabetes mellitus", "Angina pectoris"];
        assert_eq!(Lexicon::clinical().unknown_language(few), None);
        assert_eq!(Lexicon::clinical().unknown_language([]), None);
    }
}
