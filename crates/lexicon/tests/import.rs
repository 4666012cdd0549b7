//! Release files of the licensed vocabularies, in their form and with made-up content.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Cursor;

use midband_lexicon::{
    ImportError, Imported, Lexicon, LexiconBuilder, Rf2, Rrf, import_rf2, import_rrf,
};

type Text = Cursor<&'static str>;

const MRCONSO: &str = "\
C9000001|ENG|P|L1|PF|S1|Y|A1||||SAB|PT|X1|Blue river fever|0|N||
C9000001|ENG|S|L2|PF|S2|Y|A2||||SAB|SY|X1|BRF|0|N||
C9000001|ENG|S|L3|PF|S3|N|A3||||OLD|SY|X1|BLUE RIVER AGUE|0|N||
C9000001|ENG|S|L9|PF|S9|N|A9||||OLD|SY|X1|blue river withdrawn|0|O||
C9000001|GER|P|L4|PF|S4|Y|A4||||SAB|PT|X1|Blauflussfieber|0|N||
C9000002|ENG|P|L5|PF|S5|Y|A5||||SAB|PT|X2|Zarvolimab|0|N||
C9000003|ENG|P|L6|PF|S6|Y|A6||||SAB|PT|X3|Fever of rivers|0|N||
C9000004|ENG|P|L7|PF|S7|Y|A7||||SAB|PT|X4|River Society|0|N||
C9000005|ENG|P|L8|PF|S8|Y|A8||||SAB|PT|X5|Heart attack|0|N||
C9000005|ENG|S|L8|PF|S8|N|A8||||SAB|SY|X5|Cardiac crump|0|N||
";
const MRSTY: &str = "\
C9000001|T047|B2.2.1.2.1|Disease or Syndrome|AT1||
C9000002|T116|A1.4.1.2.1.7|Amino Acid|AT2||
C9000002|T121|A1.4.1.1.1|Pharmacologic Substance|AT3||
C9000003|T047|B2.2.1.2.1|Disease or Syndrome|AT4||
C9000004|T092|A2.7|Organization|AT5||
C9000005|T047|B2.2.1.2.1|Disease or Syndrome|AT6||
";
const MRREL: &str = "\
C9000001|A1|AUI|PAR|C9000003|A6|AUI|inverse_isa|R1||SAB|SAB|||N||
C9000001|A1|AUI|RO|C9000002|A5|AUI|may_treat|R2||SAB|SAB|||N||
C9000001|A1|AUI|RO|C9000004|A7|AUI|may_treat|R3||SAB|SAB|||N||
";

fn umls(language: &str) -> Result<Imported, ImportError> {
    let files: Rrf<Text, Text, Text> = Rrf {
        names: Cursor::new(MRCONSO),
        types: Some(Cursor::new(MRSTY)),
        relations: Some(Cursor::new(MRREL)),
        rxnorm: false,
    };
    import_rrf(files, language)
}

fn text(imported: &Imported) -> String {
    let mut out = Vec::new();
    imported.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn umls_gives_names_kinds_and_relations() {
    let imported = umls("en").unwrap();
    assert_eq!((imported.concepts(), imported.len()), (4, 7));
    let written = text(&imported);
    let lexicon = Lexicon::read(&written).unwrap();
    let fever = lexicon.find("blue river fever").to_vec();
    assert_eq!(lexicon.find("BRF"), fever);
    assert_eq!(lexicon.find("Blue river ague"), fever);
    assert!(
        lexicon.find("blue river withdrawn").is_empty(),
        "suppressed"
    );
    assert!(lexicon.find("river society").is_empty(), "of no such kind");
    assert!(written.contains("treats Blue river fever"), "{written}");
    assert!(written.contains("is_a Fever of rivers"), "{written}");
    // An abbreviation counts in capitals alone.
    assert!(lexicon.note("brf").findings.is_empty());
    assert_eq!(lexicon.note("?BRF").findings.len(), 1);

    let german = umls("de").unwrap();
    assert_eq!(german.len(), 1);
    assert!(text(&german).starts_with("# midband-lexicon 1, language de\n"));
    assert!(matches!(umls("xx"), Err(ImportError::Language(..))));
    assert!(matches!(umls("fr"), Err(ImportError::Empty(_))));
}

#[test]
fn an_imported_concept_joins_the_one_that_is_known_by_its_name() {
    let mut builder = LexiconBuilder::shipped();
    builder.text(&text(&umls("en").unwrap())).unwrap();
    let both = builder.build();
    assert_eq!(
        both.find("cardiac crump"),
        both.find("myocardial infarction")
    );
    assert!(!both.find("cardiac crump").is_empty());
}

#[test]
fn a_brand_of_rxnorm_is_what_is_in_it() {
    let names = "\
9001|ENG||||||1|||1|RXNORM|IN|1|zarvolimab||N||
9002|ENG||||||2|||2|RXNORM|BN|2|Zarvexa||N||
9003|ENG||||||3|||3|RXNORM|SCD|3|zarvolimab 10 MG Oral Tablet||N||
9004|ENG||||||4|||4|RXNORM|BN|4|Duozar||N||
9005|ENG||||||5|||5|RXNORM|IN|5|quelopril||N||
9005|ENG||||||6|||6|MTHSPL|SU|6|QUELOPRIL SODIUM||N||
";
    let relations = "\
9001|1|CUI|RO|9002|2|CUI|tradename_of|1||RXNORM|RXNORM||||
9001|1|CUI|RO|9004|4|CUI|tradename_of|2||RXNORM|RXNORM||||
9004|4|CUI|RO|9005|5|CUI|has_tradename|3||RXNORM|RXNORM||||
";
    let files: Rrf<Text, Text, Text> = Rrf {
        names: Cursor::new(names),
        types: None,
        relations: Some(Cursor::new(relations)),
        rxnorm: true,
    };
    let written = text(&import_rrf(files, "en").unwrap());
    let lexicon = Lexicon::read(&written).unwrap();
    assert_eq!(lexicon.find("Zarvexa"), lexicon.find("zarvolimab"));
    assert_ne!(lexicon.find("Duozar"), lexicon.find("zarvolimab"));
    assert!(
        written.contains("is_a quelopril|is_a zarvolimab"),
        "{written}"
    );
    assert!(!written.contains("Tablet"));
}

#[test]
fn snomed_gives_kinds_by_its_tags() {
    let head = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n";
    let full = "900000000000003001";
    let synonym = "900000000000013009";
    let rows = [
        ("1", "1", "91", "en", full, "Blue river fever (disorder)"),
        ("2", "1", "91", "en", synonym, "River ague"),
        ("3", "0", "91", "en", synonym, "Retired ague"),
        (
            "4",
            "1",
            "92",
            "en",
            full,
            "River gland structure (body structure)",
        ),
        ("5", "1", "93", "en", full, "River (environment)"),
        ("6", "1", "91", "de", synonym, "Blauflussfieber"),
    ];
    let line =
        |(id, active, concept, language, kind, term): (&str, &str, &str, &str, &str, &str)| {
            format!("{id}\t20260101\t{active}\t1\t{concept}\t{language}\t{kind}\t{term}\t1\r\n")
        };
    let descriptions = head.to_owned() + &rows.map(line).concat();
    let relationships = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId\n1\t20260101\t1\t1\t91\t92\t0\t363698007\t1\t1\n2\t20260101\t0\t1\t92\t91\t0\t116680003\t1\t1\n";
    let import = |language| {
        import_rf2(
            Rf2 {
                descriptions: Cursor::new(descriptions.clone()),
                relationships: Some(Cursor::new(relationships)),
            },
            language,
        )
    };
    let written = text(&import("en").unwrap());
    let lexicon = Lexicon::read(&written).unwrap();
    assert_eq!(lexicon.find("river ague"), lexicon.find("blue river fever"));
    assert!(
        written.contains("part_of River gland structure"),
        "{written}"
    );
    assert!(lexicon.find("retired ague").is_empty() && lexicon.find("river").is_empty());
    assert!(!written.contains("is_a"), "{written}");
    assert_eq!(import("de").unwrap().len(), 1);
}

#[test]
fn a_line_with_too_few_fields_is_named() {
    let files: Rrf<Text, Text, Text> = Rrf {
        names: Cursor::new("C1|ENG|P\n"),
        types: None,
        relations: None,
        rxnorm: false,
    };
    match import_rrf(files, "en") {
        Err(ImportError::Fields { file, line, .. }) => assert_eq!((file, line), ("MRCONSO.RRF", 1)),
        other => panic!("{:?}", other.err()),
    }
}
