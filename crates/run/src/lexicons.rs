//! Lexicons of the user's own: read from files, and made of the release files of licensed vocabularies.

use std::{
    fs,
    io::BufRead,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use midband::lexicon::{
    Imported, LexiconBuilder, LexiconError, LexiconRow, Rf2, Rrf, SharedLexicon, import_rf2,
    import_rrf,
};
use midband_io::{Form, Format, form_of, objects, read_text};

/// The built-in clinical lexicon with those of some files, in their order; the built-in one alone if there is no file.
///
/// # Errors
/// A file can't be read, or a row of it is no entry. The error names the file and the row.
pub fn lexicon(files: &[PathBuf]) -> Result<SharedLexicon> {
    if files.is_empty() {
        return Ok(SharedLexicon::default());
    }
    let mut builder = LexiconBuilder::shipped();
    for file in files {
        add(&mut builder, file)
            .with_context(|| format!("cannot use the lexicon {}", file.display()))?;
    }
    Ok(builder.build().into())
}

fn add(builder: &mut LexiconBuilder, file: &Path) -> Result<()> {
    if file.is_dir() {
        bail!("it is a folder");
    }
    if form_of(file) != Some(Format::Parquet) {
        builder.text(&read_text(file)?)?;
        return Ok(());
    }
    let rows = objects(midband_io::open(file)?, &Form::new(Format::Parquet))?;
    let mut cells: Vec<[String; 4]> = Vec::new();
    for row in rows {
        let row = row?;
        let at = cells.len() as u64 + 1;
        let object = row.object.map_err(|why| anyhow!("row {at}: {why}"))?;
        for name in ["form", "concept", "kind"] {
            if !object.contains_key(name) {
                bail!(LexiconError::Column(name));
            }
        }
        let cell = |name: &str| {
            let value = object.get(name).and_then(serde_json::Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        cells.push(["form", "concept", "kind", "relations"].map(cell));
    }
    let rows = cells
        .iter()
        .map(|[form, concept, kind, relations]| LexiconRow {
            form,
            concept,
            kind,
            relations,
        });
    builder.rows("en", rows)?;
    Ok(())
}

/// Folders below a release's own in which its files are looked for.
const DEPTH: usize = 5;

/// Makes a lexicon of a release's folder: UMLS (`MRCONSO.RRF`), RxNorm (`RXNCONSO.RRF`) or SNOMED CT
/// (`sct2_Description_Snapshot…txt`). `language` is a tag such as `en`.
///
/// # Errors
/// No such file is there, a file can't be read, or nothing of the language is in it.
pub fn import_release(folder: &Path, language: &str) -> Result<Imported> {
    let mut files = Vec::new();
    list(folder, DEPTH, &mut files)
        .with_context(|| format!("cannot read the release {}", folder.display()))?;
    files.sort();
    let named = |test: &dyn Fn(&str) -> bool| {
        files.iter().find(|file| {
            let name = file.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| test(&name.to_ascii_lowercase()))
        })
    };
    for (prefix, rxnorm) in [("mr", false), ("rxn", true)] {
        let rrf = |name: &str| named(&|file| file == format!("{prefix}{name}.rrf"));
        let [names, types, relations] = ["conso", "sty", "rel"].map(rrf);
        let Some(names) = names else {
            continue;
        };
        if types.is_none() && !rxnorm {
            bail!(
                "the release has no MRSTY.RRF next to {}; midband needs it for the kinds",
                names.display()
            );
        }
        let files = Rrf {
            names: open(names)?,
            types: types.map(|file| open(file)).transpose()?,
            relations: relations.map(|file| open(file)).transpose()?,
            rxnorm,
        };
        return Ok(import_rrf(files, language)?);
    }
    // A national release has a file for each language; the international one has English alone.
    let of_language = format!("-{language}_");
    let described =
        |file: &str| file.contains("sct2_description_snapshot") && file.ends_with(".txt");
    let descriptions = named(&|file| described(file) && file.contains(&of_language));
    let descriptions = descriptions.or_else(|| named(&described));
    let related =
        named(&|file| file.contains("sct2_relationship_snapshot") && file.ends_with(".txt"));
    let Some(descriptions) = descriptions else {
        bail!(
            "{} has no MRCONSO.RRF, RXNCONSO.RRF or sct2_Description_Snapshot file",
            folder.display()
        );
    };
    let files = Rf2 {
        descriptions: open(descriptions)?,
        relationships: related.map(|file| open(file)).transpose()?,
    };
    Ok(import_rf2(files, language)?)
}

fn open(file: &Path) -> Result<Box<dyn BufRead + Send>> {
    midband_io::open(file).with_context(|| format!("cannot read {}", file.display()))
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            list(&path, depth - 1, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}
