//! A text with its names explained, for readers who know fewer of them: language models and embedding models.

use std::borrow::Cow;

use crate::{
    finding::Finding,
    kind::{ConceptId, Kind, Relation},
    lexicon::Lexicon,
    words::normal,
};

/// Most explanations of one text: a long text costs a judge enough as it is. A choice.
const MOST: usize = 24;

/// Most conditions that are named for one drug: of a drug that treats more, its class says more. A choice.
const CONDITIONS: usize = 2;

impl Lexicon {
    /// The text with what its names mean in parentheses after their first mention: "T2DM (type 2 diabetes), on metformin (for type
    /// 2 diabetes)". A name of several senses stays as it is, and so does all else: without the parentheses it is the text. At most 24
    /// names are explained. Linear in the text's length.
    pub fn written_out(&self, text: &str) -> String {
        self.with_words(text, |concept, named, finding| {
            self.explanation(concept, named, finding)
        })
        .into_owned()
    }

    /// The text with the usual name of each thing in parentheses after the first mention by another name, for an embedding model: "T2DM
    /// (type 2 diabetes), on Glucophage (metformin)". What [`Lexicon::written_out`] adds of drugs would bring other drugs for one disease
    /// close to each other. The text itself if it has only usual names.
    pub fn expanded<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.with_words(text, |concept, named, _| {
            let name = self.name(concept);
            (normal(named) != normal(name)).then(|| format!(" ({name})"))
        })
    }

    /// The text with words after the first mention of each concept that has one sense and for which there are any.
    fn with_words<'t>(
        &self,
        text: &'t str,
        words: impl Fn(ConceptId, &str, &Finding) -> Option<String>,
    ) -> Cow<'t, str> {
        let note = self.note(text);
        let mut seen: Vec<ConceptId> = Vec::new();
        let mut out = String::new();
        let mut from = 0;
        for finding in &note.findings {
            let [concept] = finding.senses[..] else {
                continue;
            };
            let place = (finding.place.0 as usize, finding.place.1 as usize);
            let (Some(named), Some(before)) = (text.get(place.0..place.1), text.get(from..place.1))
            else {
                continue;
            };
            if seen.contains(&concept) {
                continue;
            }
            let Some(words) = words(concept, named, finding) else {
                continue;
            };
            seen.push(concept);
            out.reserve(text.len() - from + words.len());
            out.push_str(before);
            out.push_str(&words);
            from = place.1;
            if seen.len() == MOST {
                break;
            }
        }
        if seen.is_empty() {
            return Cow::Borrowed(text);
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// What a name says that it does not say itself; `None` if there is nothing.
    fn explanation(&self, concept: ConceptId, named: &str, finding: &Finding) -> Option<String> {
        let name = self.name(concept);
        let mut said = Vec::new();
        if normal(named) != normal(name) {
            said.push(name.to_owned());
        }
        // What somebody is allergic to treats nothing.
        if self.kind(concept) == Some(Kind::Drug) && !finding.allergy {
            let treated: Vec<&str> = self
                .related(concept, Relation::Treats)
                .map(|c| self.name(c))
                .collect();
            if (1..=CONDITIONS).contains(&treated.len()) {
                said.push(format!("for {}", treated.join(" or ")));
            } else if let Some(class) = self.related(concept, Relation::IsA).next() {
                said.push(self.name(class).to_owned());
            }
        }
        (!said.is_empty()).then(|| format!(" ({})", said.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_explained_once() {
        let lexicon = Lexicon::clinical();
        let written = |text| lexicon.written_out(text);
        assert_eq!(
            written("T2DM on metformin; T2DM since 2004"),
            "T2DM (type 2 diabetes) on metformin (for type 2 diabetes); T2DM since 2004"
        );
        assert_eq!(
            written("takes Glucophage"),
            "takes Glucophage (metformin, for type 2 diabetes)"
        );
        assert_eq!(written("allergic to metformin"), "allergic to metformin");
        assert_eq!(written("bisoprolol"), "bisoprolol (beta blocker)");
        for text in ["", "asthma", "no names at all", "Müde, 漢字"] {
            assert_eq!(written(text), text);
        }
        let own = Lexicon::empty();
        assert_eq!(own.written_out("T2DM"), "T2DM");
    }

    #[test]
    fn an_embedding_model_is_given_usual_names_alone() {
        let expanded = |text| Lexicon::clinical().expanded(text);
        assert_eq!(
            expanded("T2DM on Glucophage, T2DM since 2004"),
            "T2DM (type 2 diabetes) on Glucophage (metformin), T2DM since 2004"
        );
        for usual in ["", "type 2 diabetes on metformin", "Müde, 漢字"] {
            assert!(matches!(expanded(usual), Cow::Borrowed(text) if text == usual));
        }
    }

    proptest! {
        /// Whatever the text, its own letters stay and stand in their order.
        #[test]
        fn the_text_stays(words in prop::collection::vec("(T2DM|MI|metformin|left|no|MS|ü|[a-z]{1,9}|\\PC)", 0..40)) {
            let text = words.join(" ");
            let out = Lexicon::clinical().written_out(&text);
            let mut letters = out.chars();
            prop_assert!(text.chars().all(|c| letters.any(|other| other == c)), "{}", out);
            prop_assert!(out.matches('(').count() <= MOST + text.matches('(').count());
            let expanded = Lexicon::clinical().expanded(&text).into_owned();
            let mut letters = expanded.chars();
            prop_assert!(text.chars().all(|c| letters.any(|other| other == c)), "{}", expanded);
            prop_assert!(expanded.len() <= out.len(), "{} / {}", expanded, out);
        }
    }
}
