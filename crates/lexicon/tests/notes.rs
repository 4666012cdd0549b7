//! What is read from a text.

#![allow(clippy::unwrap_used, clippy::panic)]

use midband_lexicon::{
    CLINICAL, ClinicalProfile, Difference, Finding, Lexicon, LexiconBuilder, LexiconError,
    LexiconRow, Note, Sex, compare, contradictions,
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
    for (a, b, concept) in [
        ("calcium 10.2 mg/dL", "calcium 2.54", "calcium"),
        ("bilirubin 1.2 mg/dL", "bilirubin 20.5 umol/L", "bilirubin"),
        ("albumin 3.8 g/dL", "albumin 38 g/L", "albumin"),
        ("magnesium 1.9 mg/dL", "magnesium 0.78 mmol/L", "magnesium"),
        ("lactate 18 mg/dL", "lactate 2.0", "lactate"),
    ] {
        let (a, b) = (value(a, concept), value(b, concept));
        assert!((a - b).abs() < 0.02 * b, "{concept}: {a} {b}");
    }
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
fn an_occupation_is_the_patients_own() {
    let lexicon = Lexicon::clinical();
    let occupations = |text: &str| -> Vec<String> {
        let found = note(text).occupations;
        found.iter().map(|c| lexicon.name(*c).to_owned()).collect()
    };
    assert_eq!(occupations("71M, retired schoolteacher, COPD"), ["teacher"]);
    assert_eq!(
        occupations("works as a nurse on nights"),
        ["nurse by profession"]
    );
    for none in [
        "Father was a miner.",
        "seen by the nurse",
        "Mr Baker has gout",
        "feels fitter and cooks",
    ] {
        assert!(
            occupations(none).is_empty(),
            "{none}: {:?}",
            occupations(none)
        );
    }
    let read = |text| ClinicalProfile::of(lexicon, text, |_| 1.0);
    let levels = |a, b| {
        let values = compare(&read(a), &read(b)).values;
        let of = |name| values[CLINICAL.iter().position(|n| *n == name).unwrap()];
        (of("occupation_same"), of("occupation_other"))
    };
    assert_eq!(
        levels("ex bus driver, gout", "coach driver with gout"),
        (1.0, 0.0)
    );
    assert_eq!(
        levels("headmaster, gout", "retired teacher with gout"),
        (1.0, 0.0)
    );
    assert_eq!(
        levels("plumber, gout", "retired teacher with gout"),
        (0.0, 1.0)
    );
    assert_eq!(levels("plumber, gout", "gout"), (0.0, 0.0));
}

#[test]
fn an_age_follows_from_the_dates_of_birth_and_note() {
    let age = |text: &str| note(text).person.age;
    for text in [
        "Clinic date 3/4/2021. DOB 17/09/1950. COPD.",
        "Date: 2021-04-03. Born 17 September 1950.",
        "Seen on 3 April 2021, dob 17.9.1950",
        "Date of visit 03/04/2021, date of birth 17/09/1950",
        "Letter dated April 2021: lady born 17/9/1950",
    ] {
        assert_eq!(age(text), Some((70.0, 71.0)), "{text}");
    }
    // What the note says of the age itself goes first, and an event is no note.
    assert_eq!(
        age("Date: 3/4/2021. 71F, born 17/9/1950"),
        Some((71.0, 71.0))
    );
    for text in [
        "MI 3/4/2021, DOB 17/9/1950",
        "Operation date 3/4/2021, born 1950",
        "Clinic 2021, born 1950",
    ] {
        assert_eq!(age(text), None, "{text}");
    }
    let dated = note("Date: 3/4/2021. Stroke in 2019.");
    assert_eq!(dated.years, [2019]);
}

#[test]
fn months_of_events_contradict_each_other() {
    let lexicon = Lexicon::clinical();
    let found = |a, b| contradictions(lexicon, a, b);
    assert_eq!(
        found("heart attack in March 2019", "MI 11/2019"),
        ["month of myocardial infarction: 2019-03 / 2019-11"]
    );
    assert_eq!(
        found("heart attack in March 2019", "MI in 2017"),
        ["year of myocardial infarction: 2019-03 / 2017"]
    );
    assert!(found("heart attack in March 2019", "MI 2019").is_empty());
    assert!(found("heart attack 3/2019", "MI on 14 March 2019").is_empty());
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
