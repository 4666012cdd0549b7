//! Packs the shipped lexicon: `cargo run -p midband-lexicon --example pack` makes data/clinical.bin of data/clinical.csv.

use std::{error::Error, fs, path::Path};

use midband_lexicon::Lexicon;

fn main() -> Result<(), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let text = fs::read_to_string(data.join("clinical.csv"))?;
    fs::write(data.join("clinical.bin"), Lexicon::read(&text)?.pack(&text))?;
    Ok(())
}
