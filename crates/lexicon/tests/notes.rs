//! What is read from a text.

#![allow(clippy::unwrap_used, clippy::panic)]

use midband_lexicon::{
    ClinicalProfile, Difference, Finding, Lexicon, LexiconBuilder, LexiconError, LexiconRow, Note,
    Sex, compare,
};

fn note(text: &str) -> Note {
    Lexicon::clinical().note(text)
}

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
fn finding(text: &str, concept: &str) -> Finding {
    let lexicon = Lexicon::clinical();
    let id = lexicon.find(concept)[0];
    let findings = note(text).findings;
    findings.into_iter().find(|f| f.senses == [id]).unwrap()
}

fn names(text: &str) -> Vec<String> {
    let lexicon = Lexicon::clinical();
    let of = |f: &Finding| {
        f.senses
            .iter()
            .map(|c| lexicon.name(*c))
            .collect::<Vec<_>>()
            .join("/")
    };
    note(text).findings.iter().map(of).collect()
}

#[test]
fn one_thing_in_other_words_is_one_concept() {
    for (a, b) in [
        ("HTN", "high blood pressure"),
        ("T2DM", "type II diabetes mellitus"),
        ("heart attack", "myocardial infarction"),
        ("Lasix", "frusemide"),
        ("Tylenol", "paracetamol"),
        ("anaemia", "anemia"),
        ("Crohn's disease", "crohns"),
        ("pnuemonia", "pneumonia"),
        ("metformine", "metformin"),
    ] {
        assert_eq!(names(a), names(b), "{a} and {b}");
        assert_eq!(names(a).len(), 1, "{a}");
    }
    assert!(names("He took part in the art fair as planned").is_empty());
}

#[test]
fn a_neighbour_chooses_the_sense() {
    assert_eq!(
        names("MS, on natalizumab"),
        ["multiple sclerosis", "natalizumab"]
    );
    let (a, b) = ("MS", "multiple sclerosis");
    let read = |text| ClinicalProfile::of(Lexicon::clinical(), text, |_| 1.0);
    assert!(
        compare(&read(a), &read(b)).values[0] > 0.0,
        "any sense may match"
    );
}

#[test]
fn status_is_read_from_the_words_around() {
    let negated = |text: &str, concept: &str| finding(text, concept).status.negated;
    assert!(negated("No history of asthma or epilepsy", "asthma"));
    assert!(negated("No history of asthma or epilepsy", "epilepsy"));
    assert!(negated("denies fever, cough and chest pain", "cough"));
    assert!(!negated("no fever, asthma", "asthma"));
    assert!(!negated("No fever. Asthma.", "asthma"));
    assert!(!negated("no fever but cough", "cough"));
    assert!(negated("PE was ruled out", "pulmonary embolism"));
    assert!(!negated("not only asthma", "asthma"));
    assert!(
        finding("Mother had breast cancer", "breast cancer")
            .status
            .family
    );
    assert!(
        !finding("Mother had breast cancer. Asthma.", "asthma")
            .status
            .family
    );
    assert!(
        finding("?PE", "pulmonary embolism").status.suspected
            || finding("query PE", "pulmonary embolism").status.suspected
    );
    assert!(finding("history of stroke", "stroke").status.past);
}

#[test]
fn doses_and_values_have_one_unit() {
    assert_eq!(finding("metformin 1 g bd", "metformin").dose, Some(1000.0));
    assert_eq!(finding("40mg of furosemide", "furosemide").dose, Some(40.0));
    assert_eq!(
        finding("thyroxine 125 micrograms", "levothyroxine").dose,
        Some(0.125)
    );
    assert_eq!(finding("ramipril, aspirin 75 mg", "ramipril").dose, None);
    let value = |text: &str, concept: &str| finding(text, concept).value.unwrap();
    assert!((value("HbA1c 7.5%", "hba1c") - value("HbA1c 58 mmol/mol", "hba1c")).abs() < 1.0);
    assert!(
        (value("glucose 180 mg/dL", "glucose") - value("glucose of 10.0 mmol/L", "glucose")).abs()
            < 0.1
    );
}

#[test]
fn the_person_is_read() {
    let person = |text: &str| note(text).person;
    for text in [
        "71F with COPD",
        "A 71-year-old woman",
        "Lady of 71 years of age",
        "aged 71, she",
        "71 y/o female",
    ] {
        let found = person(text);
        assert_eq!(
            (found.age, found.sex),
            (Some((71.0, 71.0)), Some(Sex::Female)),
            "{text}"
        );
    }
    assert_eq!(person("a man in his late sixties").age, Some((66.0, 69.0)));
    let birth = |text: &str| person(text).birth.unwrap();
    for text in [
        "DOB 03/04/1956",
        "born 3 April 1956",
        "Date of birth: 1956-04-03",
        "born April 3rd, 1956",
        "dob 3.4.1956",
    ] {
        assert_eq!(birth(text), birth("born 3/4/1956"), "{text}");
    }
    for (text, group, rhesus) in [
        ("blood group O+", 4, true),
        ("Group: A neg", 1, false),
        ("AB Rh positive", 3, true),
    ] {
        let found = person(text);
        assert_eq!(
            (found.blood_group, found.rhesus),
            (Some(group), Some(rhesus)),
            "{text}"
        );
    }
}

#[test]
fn allergies_are_no_medication() {
    assert!(finding("Allergic to penicillin and latex", "latex").allergy);
    assert!(finding("penicillin allergy, on ramipril", "penicillin").allergy);
    assert!(!finding("penicillin allergy, on ramipril", "ramipril").allergy);
    assert!(note("NKDA").no_allergies && note("No known drug allergies").no_allergies);
    assert!(!note("Allergies: penicillin").no_allergies);
}

#[test]
fn what_nobody_has_both_of_is_a_contradiction() {
    let read = |text| ClinicalProfile::of(Lexicon::clinical(), text, |_| 1.0);
    let found = |a, b| {
        compare(&read(a), &read(b))
            .contradictions
            .into_iter()
            .map(|c| c.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("T1DM since school", "type 2 diabetes on metformin"),
        [Difference::Kind]
    );
    assert_eq!(
        found("blood group A+", "blood type B+"),
        [Difference::Blood]
    );
    assert_eq!(
        found("allergic to penicillin", "NKDA"),
        [Difference::Allergy]
    );
    assert_eq!(
        found("DOB 3/4/1956", "born 3 April 1965"),
        [Difference::Birth]
    );
    assert!(found("left knee pain", "right hip pain").is_empty());
}

#[test]
fn a_users_lexicon_is_read_beside_another() {
    let mine = "# midband-lexicon 1, language de\nform,concept,kind,relations\nZuckerkrankheit,Diabetes,condition,\nDiabetes,,condition,\n";
    let mut builder = LexiconBuilder::new();
    builder.text(mine).unwrap();
    let more = "# midband-lexicon 1\nform,concept,kind\nZucker,Diabetes,condition\n";
    builder.text(more).unwrap();
    let row = |relations| LexiconRow {
        form: "Zuckerfuss",
        kind: "condition",
        relations,
        ..LexiconRow::default()
    };
    let unknown = builder.rows("de", [row("is_a Fuss")]);
    assert!(matches!(unknown, Err(LexiconError::Row { row: 1, .. })));
    builder.rows("de", [row("is_a zucker")]).unwrap();
    let lexicon = builder.build();
    assert_eq!(lexicon.find("zuckerfuß").len(), 0);
    assert_eq!(lexicon.find("zuckerfuss").len(), 1);
    assert_eq!(lexicon.find("Zuckerkrankheit"), lexicon.find("zucker"));
    assert_eq!(lexicon.language(), "de,en");
    assert!(lexicon.digest().starts_with("blake3:"));
    assert!(Lexicon::clinical().len() > 30_000);
}
