//! The built-in lexicon as bytes that are read in a few milliseconds: its text takes ten times as long.
//!
//! Layout, numbers little-endian: the 32 bytes of the text's BLAKE3; language; concepts, each with kind, sex, name and relations;
//! senses; the automaton of the forms. Lists and strings begin with their length as u32. `examples/pack.rs` writes the file.

use fst::Map;

use crate::{
    kind::{ConceptId, Kind, Relation, Sex},
    lexicon::{Concept, Lexicon},
};

const KINDS: [Kind; 11] = [
    Kind::Drug,
    Kind::Class,
    Kind::Condition,
    Kind::Symptom,
    Kind::Procedure,
    Kind::Anatomy,
    Kind::Lab,
    Kind::Allergen,
    Kind::Other,
    Kind::Abbreviation,
    Kind::Occupation,
];

const RELATIONS: [Relation; 5] = [
    Relation::IsA,
    Relation::Treats,
    Relation::PartOf,
    Relation::Excludes,
    Relation::Sex,
];

const SEXES: [Option<Sex>; 3] = [None, Some(Sex::Male), Some(Sex::Female)];

/// Bytes of the digest at the beginning.
const DIGEST: usize = 32;

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).unwrap_or(0) as u8
}

impl Lexicon {
    /// The lexicon as bytes, for the text that it was read from.
    pub fn pack(&self, text: &str) -> Vec<u8> {
        let mut out = blake3::hash(text.as_bytes()).as_bytes().to_vec();
        let number = |out: &mut Vec<u8>, n: usize| out.extend((n as u32).to_le_bytes());
        let bytes = |out: &mut Vec<u8>, of: &[u8]| {
            number(out, of.len());
            out.extend_from_slice(of);
        };
        bytes(&mut out, self.language().as_bytes());
        number(&mut out, self.concepts.len());
        for concept in &self.concepts {
            out.push(place(&KINDS, &concept.kind));
            out.push(place(&SEXES, &concept.sex));
            bytes(&mut out, concept.name.as_bytes());
            number(&mut out, concept.relations.len());
            for (how, to) in &concept.relations {
                out.push(place(&RELATIONS, how));
                number(&mut out, *to as usize);
            }
        }
        number(&mut out, self.senses.len());
        for senses in &self.senses {
            number(&mut out, senses.len());
            for concept in senses {
                number(&mut out, *concept as usize);
            }
        }
        bytes(&mut out, self.forms.as_fst().as_bytes());
        out
    }

    /// Of packed bytes; `None` if they are damaged or were made of a text with another hash.
    pub(crate) fn unpack(bytes: &[u8], text: &blake3::Hash, digest: String) -> Option<Self> {
        let (made_of, rest) = bytes.split_at_checked(DIGEST)?;
        if made_of != text.as_bytes() {
            return None;
        }
        let mut reader = Reader(rest);
        let language = reader.string()?.to_owned();
        let concepts = reader.list(|reader| {
            Some(Concept {
                kind: *KINDS.get(usize::from(reader.byte()?))?,
                sex: *SEXES.get(usize::from(reader.byte()?))?,
                name: reader.string()?.into(),
                relations: reader.list(|reader| {
                    let how = *RELATIONS.get(usize::from(reader.byte()?))?;
                    Some((how, reader.number()?))
                })?,
            })
        })?;
        let senses = reader.list(|reader| {
            let senses: Vec<ConceptId> = reader.list(Reader::number)?;
            Some(senses.into_boxed_slice())
        })?;
        Some(Self {
            forms: Map::new(reader.bytes()?.to_vec()).ok()?,
            concepts,
            senses,
            language,
            digest,
        })
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (first, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let n = self.number()? as usize;
        self.take(n)
    }

    fn string(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.number()?;
        (0..n).map(|_| one(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lexicon::{PACKED, SHIPPED, SHIPPED_HASH},
        words::normal,
    };

    #[test]
    fn the_packed_lexicon_is_its_text() {
        let read = Lexicon::read(SHIPPED).unwrap();
        // Where this fails: cargo run -p midband-lexicon --example pack
        assert!(
            read.pack(SHIPPED) == PACKED,
            "data/clinical.bin is not what data/clinical.csv says"
        );
        let unpacked = Lexicon::unpack(PACKED, &SHIPPED_HASH, String::new()).unwrap();
        assert!(unpacked.pack(SHIPPED) == PACKED);
        for form in ["T2DM", "metformin", "heart attack"] {
            let names = |of: &Lexicon| -> Vec<String> {
                of.find(form)
                    .iter()
                    .map(|c| of.name(*c).to_owned())
                    .collect()
            };
            assert!(
                !names(&read).is_empty() && names(&read) == names(&unpacked),
                "{}",
                normal(form)
            );
        }
    }

    #[test]
    fn damaged_bytes_are_no_lexicon() {
        let text = "form,concept,kind,relations\ngout,,condition,\nallopurinol,,drug,treats gout\n";
        let packed = Lexicon::read(text).unwrap().pack(text);
        let unpack =
            |bytes: &[u8]| Lexicon::unpack(bytes, &blake3::hash(text.as_bytes()), String::new());
        assert!(unpack(&packed).is_some());
        assert!(Lexicon::unpack(&packed, &blake3::hash(b"another text"), String::new()).is_none());
        for cut in 0..packed.len() {
            assert!(unpack(&packed[..cut]).is_none(), "{cut}");
        }
    }
}
