//! A note, ready to be compared: what it says of each concept, once.

use crate::{
    date::Date,
    finding::Finding,
    kind::{ConceptId, Kind, Relation},
    lexicon::Lexicon,
    note::Note,
    person::Person,
};

/// All that a note says of one concept.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) senses: Vec<ConceptId>,
    /// Share of the rarest possible word, 0..=1.
    pub(crate) rarity: f64,
    /// Hashes of the words that named it.
    pub(crate) wordings: Vec<u64>,
    pub(crate) affirmed: bool,
    pub(crate) negated: bool,
    pub(crate) family: bool,
    pub(crate) allergy: bool,
    pub(crate) is_drug: bool,
    /// A disease, a drug, an operation: what two texts may be about. Not a symptom or a part of the body.
    pub(crate) is_topic: bool,
    pub(crate) sides: u8,
    /// Whose sides these are, where they are parts of the body.
    pub(crate) parts: Vec<ConceptId>,
    pub(crate) doses: Vec<f64>,
    pub(crate) values: Vec<f64>,
    pub(crate) dates: Vec<Date>,
    /// What it belongs to, is given for, or is a part of.
    pub(crate) reaches: Vec<ConceptId>,
    /// What nobody has beside it.
    pub(crate) excludes: Vec<ConceptId>,
}

/// A note, ready to be compared. Holds numbers, no text.
#[derive(Clone, Default)]
pub struct ClinicalProfile {
    pub(crate) person: Person,
    pub(crate) items: Vec<Item>,
    /// Concept and item, sorted.
    pub(crate) index: Vec<(ConceptId, u32)>,
    /// What the items reach, sorted.
    pub(crate) reached: Vec<ConceptId>,
    pub(crate) years: Vec<u16>,
    /// What the patient does for a living, sorted, and what these are sorts of.
    pub(crate) occupations: Vec<ConceptId>,
    pub(crate) occupation_kinds: Vec<ConceptId>,
    pub(crate) no_allergies: bool,
    /// Share of the words that name something, 0..=1.
    pub(crate) covered: f64,
}

/// Things of a note that are compared; the later ones of a very long text seldom decide.
const MOST: usize = 256;

impl ClinicalProfile {
    /// Reads a text. `rarity` is how rare the words between two bytes of it are, as a share of the rarest possible, 0..=1.
    pub fn of(lexicon: &Lexicon, text: &str, rarity: impl Fn(&str) -> f64) -> Self {
        let note = lexicon.note(text);
        let rarity = |finding: &Finding| {
            let (from, to) = (finding.place.0 as usize, finding.place.1 as usize);
            text.get(from..to).map_or(0.0, &rarity)
        };
        Self::of_note(lexicon, &note, rarity)
    }

    fn of_note(lexicon: &Lexicon, note: &Note, rarity: impl Fn(&Finding) -> f64) -> Self {
        let mut items: Vec<Item> = Vec::new();
        for finding in &note.findings {
            // A drug that someone is allergic to and one that is taken are two things.
            let same =
                |item: &Item| item.senses == finding.senses && item.allergy == finding.allergy;
            match items.iter().position(same) {
                Some(at) => items[at].add(finding, rarity(finding)),
                None if items.len() < MOST => {
                    items.push(Item::of(lexicon, finding, rarity(finding)))
                }
                None => {}
            }
        }
        let mut index: Vec<(ConceptId, u32)> = (items.iter().enumerate())
            .flat_map(|(at, item)| item.senses.iter().map(move |c| (*c, at as u32)))
            .collect();
        index.sort_unstable();
        let mut reached: Vec<ConceptId> = items
            .iter()
            .flat_map(|item| item.reaches.iter().copied())
            .collect();
        reached.sort_unstable();
        reached.dedup();
        Self {
            person: note.person,
            items,
            index,
            reached,
            years: note.years.clone(),
            occupation_kinds: (note.occupations.iter())
                .flat_map(|c| lexicon.related(*c, Relation::IsA))
                .collect(),
            occupations: note.occupations.clone(),
            no_allergies: note.no_allergies,
            covered: note.named as f64 / note.words.max(1) as f64,
        }
    }

    /// Items of a concept.
    pub(crate) fn named(&self, concept: ConceptId) -> impl Iterator<Item = &Item> {
        let from = self.index.partition_point(|(c, _)| *c < concept);
        let here = self.index[from..]
            .iter()
            .take_while(move |(c, _)| *c == concept);
        here.filter_map(|(_, at)| self.items.get(*at as usize))
    }

    pub(crate) fn reaches(&self, concept: ConceptId) -> bool {
        self.reached.binary_search(&concept).is_ok()
    }
}

impl Item {
    fn of(lexicon: &Lexicon, finding: &Finding, rarity: f64) -> Self {
        let mut item = Self {
            senses: finding.senses.clone(),
            rarity,
            wordings: Vec::new(),
            affirmed: false,
            negated: false,
            family: false,
            allergy: finding.allergy,
            is_drug: (finding.senses.iter())
                .any(|c| matches!(lexicon.kind(*c), Some(Kind::Drug | Kind::Class))),
            is_topic: finding.senses.iter().all(|c| {
                use Kind::{Abbreviation, Class, Condition, Drug, Other, Procedure};
                matches!(
                    lexicon.kind(*c),
                    Some(Drug | Class | Condition | Procedure | Other | Abbreviation)
                )
            }),
            sides: 0,
            parts: Vec::new(),
            doses: Vec::new(),
            values: Vec::new(),
            dates: Vec::new(),
            reaches: Vec::new(),
            excludes: Vec::new(),
        };
        for &concept in &finding.senses {
            item.excludes
                .extend(lexicon.related(concept, Relation::Excludes));
            let parents: Vec<ConceptId> = lexicon.related(concept, Relation::IsA).collect();
            for &parent in &parents {
                item.reaches.push(parent);
                item.reaches.extend(lexicon.related(parent, Relation::IsA));
            }
            for how in [Relation::Treats, Relation::PartOf] {
                item.reaches.extend(lexicon.related(concept, how));
            }
        }
        item.add(finding, rarity);
        item
    }

    fn add(&mut self, finding: &Finding, rarity: f64) {
        self.rarity = self.rarity.min(rarity);
        if self.wordings.len() < 8 && !self.wordings.contains(&finding.wording) {
            self.wordings.push(finding.wording);
        }
        self.affirmed |= finding.status.is_affirmed();
        self.negated |= finding.status.negated && !finding.status.family;
        self.family |= finding.status.family;
        self.sides |= finding.sides;
        let part = finding.part.filter(|part| !self.parts.contains(part));
        self.parts.extend(part.filter(|_| self.parts.len() < 8));
        let keep = |values: &mut Vec<f64>, value: Option<f64>| {
            values.extend(value.filter(|v| values.len() < 8 && !values.contains(v)));
        };
        keep(&mut self.doses, finding.dose);
        keep(&mut self.values, finding.value);
        self.dates.extend(
            finding
                .when
                .filter(|date| self.dates.len() < 8 && !self.dates.contains(date)),
        );
    }
}
