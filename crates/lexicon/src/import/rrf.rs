//! UMLS and RxNorm releases in the Rich Release Format: `MRCONSO.RRF`, `MRSTY.RRF` and `MRREL.RRF`, or the same files of
//! RxNorm, which begin with RXN. Columns after the UMLS Reference Manual, chapter 3.

use std::io::BufRead;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ImportError, Imported, Table, collected::Collected};
use crate::kind::{Kind, Relation};

/// The files of a release.
pub struct Rrf<C, S, R> {
    /// `MRCONSO.RRF` or `RXNCONSO.RRF`: the names.
    pub names: C,
    /// `MRSTY.RRF` or `RXNSTY.RRF`: the semantic types. RxNorm's may be missing.
    pub types: Option<S>,
    /// `MRREL.RRF` or `RXNREL.RRF`: the relations.
    pub relations: Option<R>,
    /// True for RxNorm: every name is a drug's, and a brand is what is in it.
    pub rxnorm: bool,
}

/// UMLS's words for languages.
const LANGUAGES: [(&str, &str); 8] = [
    ("en", "ENG"),
    ("de", "GER"),
    ("fr", "FRE"),
    ("es", "SPA"),
    ("it", "ITA"),
    ("nl", "DUT"),
    ("pt", "POR"),
    ("sv", "SWE"),
];

/// Kinds of semantic types, the surer ones first. Others ("Finding", "Gene", "Organism") name too much that no note is about.
const TYPES: [(&str, Kind); 17] = [
    ("T121", Kind::Drug),
    ("T195", Kind::Drug),
    ("T200", Kind::Drug),
    ("T125", Kind::Drug),
    ("T127", Kind::Drug),
    ("T047", Kind::Condition),
    ("T191", Kind::Condition),
    ("T048", Kind::Condition),
    ("T019", Kind::Condition),
    ("T037", Kind::Condition),
    ("T046", Kind::Condition),
    ("T184", Kind::Symptom),
    ("T061", Kind::Procedure),
    ("T060", Kind::Procedure),
    ("T059", Kind::Lab),
    ("T034", Kind::Lab),
    ("T023", Kind::Anatomy),
];

/// RxNorm's terms for ingredients, alone and together, and for brands. Doses and packs are left out.
const INGREDIENTS: [&str; 3] = ["IN", "PIN", "MIN"];

/// Makes a lexicon of a release: names that are not suppressed, of the kinds that a lexicon holds.
///
/// # Errors
/// A file can't be read, a line has too few fields, or nothing of the language is there.
pub fn import_rrf<C: BufRead, S: BufRead, R: BufRead>(
    files: Rrf<C, S, R>,
    language: &str,
) -> Result<Imported, ImportError> {
    let said = LANGUAGES.iter().find(|(tag, _)| *tag == language);
    let (_, lat) = said.ok_or_else(|| {
        ImportError::Language(language.to_owned(), "en, de, fr, es, it, nl, pt, sv")
    })?;
    let mut kinds: FxHashMap<String, Kind> = FxHashMap::default();
    if let Some(types) = files.types.filter(|_| !files.rxnorm) {
        let table = table("MRSTY.RRF", 4);
        table.each(types, |row| {
            let rank = |kind: Kind| TYPES.iter().position(|(_, of)| *of == kind);
            if let Some((_, kind)) = TYPES.iter().find(|(tui, _)| *tui == row[1]) {
                let best = kinds.entry(row[0].to_owned()).or_insert(*kind);
                if rank(*kind) < rank(*best) {
                    *best = *kind;
                }
            }
        })?;
    }
    let mut found = Collected::default();
    let mut brands: FxHashSet<String> = FxHashSet::default();
    let name = if files.rxnorm {
        "RXNCONSO.RRF"
    } else {
        "MRCONSO.RRF"
    };
    table(name, 17).each(files.names, |row| {
        let (id, source, term, form) = (row[0], row[11], row[12], row[14]);
        if row[1] != *lat || !matches!(row[16], "N" | "") {
            return;
        }
        let kind = if files.rxnorm {
            let is_brand = term == "BN";
            let is_name = source == "RXNORM" && (is_brand || INGREDIENTS.contains(&term));
            if is_brand && is_name {
                brands.insert(id.to_owned());
            }
            // Names of other sources follow the concept's own.
            (is_name || (found.is_known(id) && term == "SY")).then_some(Kind::Drug)
        } else {
            kinds.get(id).copied()
        };
        // TS P, STT PF, ISPREF Y: the concept's preferred name.
        let preferred =
            u8::from(row[2] == "P") + u8::from(row[4] == "PF") + u8::from(row[6] == "Y");
        let preferred = if files.rxnorm {
            u8::from(source == "RXNORM")
        } else {
            preferred
        };
        if let Some(kind) = kind {
            found.name(id, kind, form, preferred);
        }
    })?;
    let mut sold: Vec<(String, String)> = Vec::new();
    if let Some(relations) = files.relations {
        let name = if files.rxnorm {
            "RXNREL.RRF"
        } else {
            "MRREL.RRF"
        };
        table(name, 8).each(relations, |row| {
            // The relation is that of the second concept to the first.
            let (first, rel, second, rela) = (row[0], row[3], row[4], row[7]);
            match (rel, rela) {
                (_, "tradename_of" | "has_tradename") => {
                    for (brand, drug) in [(first, second), (second, first)] {
                        if brands.contains(brand) && !brands.contains(drug) {
                            sold.push((brand.to_owned(), drug.to_owned()));
                        }
                    }
                }
                (_, "may_treat" | "may_be_treated_by") => {
                    for (drug, other) in [(first, second), (second, first)] {
                        if found.kind(drug) == Some(Kind::Drug)
                            && found.kind(other) != Some(Kind::Drug)
                        {
                            found.relate(drug, Relation::Treats, other);
                        }
                    }
                }
                (_, "has_finding_site" | "finding_site_of") => {
                    for (what, place) in [(first, second), (second, first)] {
                        if found.kind(place) == Some(Kind::Anatomy)
                            && found.kind(what) != Some(Kind::Anatomy)
                        {
                            found.relate(what, Relation::PartOf, place);
                        }
                    }
                }
                ("PAR", _) => found.relate(first, Relation::IsA, second),
                ("CHD", _) => found.relate(second, Relation::IsA, first),
                _ => {}
            }
        })?;
    }
    sold.sort_unstable();
    sold.dedup();
    for of in sold.chunk_by(|a, b| a.0 == b.0) {
        // A brand of several drugs is a thing of its own.
        match of {
            [(brand, drug)] => found.merge(brand, drug),
            _ => of
                .iter()
                .for_each(|(brand, drug)| found.relate(brand, Relation::IsA, drug)),
        }
    }
    let imported = found.finish(language);
    if imported.is_empty() {
        return Err(ImportError::Empty(language.to_owned()));
    }
    Ok(imported)
}

fn table(file: &'static str, wanted: usize) -> Table {
    Table {
        file,
        separator: '|',
        wanted,
    }
}
