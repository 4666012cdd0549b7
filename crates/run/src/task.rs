//! What a judge is to be asked, found in the texts where nobody says it.

use midband::{
    features::{reads_as_note, reads_as_record},
    judge::{Task, record_fields},
    lexicon::Lexicon,
};

use midband_io::Item;
use midband_linkage::{Subject, Table, TableBuilder, infer, subject};

use crate::{JudgeChoice, Listener, Notice, Rows, RunOptions, TaskFrom};

/// Texts that are looked at.
const SAMPLE: usize = 400;
/// Fewer texts contradict no calibration.
const ENOUGH: usize = 40;
/// Tasks that fit texts of any kind.
const GENERAL: [&str; 2] = ["same-thing", "similarity"];
/// Words of a term at most, on average.
const TERM_WORDS: f64 = 6.0;

/// Names of columns that only records of people, citations or products have, in their parts.
const PEOPLE: [&str; 12] = [
    "surname",
    "last_name",
    "lastname",
    "family_name",
    "given_name",
    "first_name",
    "firstname",
    "birth",
    "dob",
    "soc_sec",
    "ssn",
    "sex",
];
const WORKS: [&str; 6] = [
    "author",
    "venue",
    "journal",
    "doi",
    "booktitle",
    "publication",
];
const PRODUCTS: [&str; 7] = [
    "price",
    "brand",
    "manufacturer",
    "model",
    "modelno",
    "sku",
    "description",
];

/// The built-in task that texts suggest, and the reason in a few words.
pub fn suited_task<'a>(texts: impl IntoIterator<Item = &'a str>) -> (&'static str, &'static str) {
    let mut all = 0_usize;
    let mut table = Fields::default();
    let (mut records, mut people, mut works, mut products) = (0, 0, 0, 0);
    let (mut notes, mut questions, mut words) = (0_usize, 0_usize, 0_usize);
    for text in texts.into_iter().take(SAMPLE) {
        all += 1;
        words += text.split_whitespace().count();
        if reads_as_record(text) {
            records += 1;
            let fields = record_fields(text).unwrap_or_default();
            table.push(&fields);
            let has = |names: &[&str]| {
                usize::from(fields.iter().any(|(field, _)| {
                    let field = field.to_lowercase().replace([' ', '-'], "_");
                    names
                        .iter()
                        .any(|name| field == *name || name.len() > 4 && field.contains(name))
                }))
            };
            people += has(&PEOPLE);
            works += has(&WORKS);
            products += has(&PRODUCTS);
        } else if is_question(text) {
            questions += 1;
        } else if reads_as_note(text, Lexicon::clinical()) {
            notes += 1;
        }
    }
    let most = |count: usize| 2 * count > all;
    if most(records) {
        // Works have titles like products, and people have none of either's columns.
        return if most(people) {
            (
                "same-person",
                "most texts are records with names or dates of birth",
            )
        } else if most(works) {
            ("same-work", "most texts are records with authors or venues")
        } else if most(products) {
            (
                "same-product",
                "most texts are records with prices, brands or descriptions",
            )
        } else {
            by_columns(&table.finish())
        };
    }
    if most(notes) {
        ("patient-match", "most texts look like clinical notes")
    } else if most(questions) {
        ("same-question", "most texts are questions")
    } else if all > 0 && words as f64 / all as f64 <= TERM_WORDS {
        ("same-concept", "the texts are a few words long")
    } else {
        ("same-thing", "the texts are of an unknown kind")
    }
}

/// What the columns of records hold says it in any language.
fn by_columns(table: &Table) -> (&'static str, &'static str) {
    match subject(table, &infer(table)) {
        Some(Subject::People) => (
            "same-person",
            "the columns of most texts hold names of persons",
        ),
        Some(Subject::Works) => (
            "same-work",
            "the columns of most texts hold authors or journals",
        ),
        Some(Subject::Products) => (
            "same-product",
            "the columns of most texts hold prices or makers",
        ),
        _ => ("same-thing", "most texts are records of an unknown kind"),
    }
}

/// Records of "field: value" as a list.
#[derive(Default)]
struct Fields {
    table: TableBuilder,
    headers: Vec<String>,
}

impl Fields {
    fn push(&mut self, fields: &[(&str, &str)]) {
        for (header, _) in fields {
            if !self.headers.iter().any(|known| known == header) {
                self.headers.push((*header).to_owned());
                self.table.add_column(*header);
            }
        }
        let value = |header: &String| {
            fields
                .iter()
                .find(|(name, _)| name == header)
                .map(|(_, value)| *value)
        };
        self.table.push(self.headers.iter().map(value));
    }

    fn finish(self) -> Table {
        self.table.finish()
    }
}

/// By its mark, or by its first word.
fn is_question(text: &str) -> bool {
    const FIRST: [&str; 16] = [
        "what", "why", "how", "when", "where", "who", "which", "is", "are", "can", "could", "do",
        "does", "did", "should", "will",
    ];
    let first = text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    text.contains('?') || FIRST.contains(&first.as_str())
}

impl RunOptions {
    /// Takes the task that the texts suggest if nobody named one. If a calibration names another, a notice says so.
    pub fn suit_task<'a>(
        &mut self,
        texts: impl IntoIterator<Item = &'a str>,
        listener: &dyn Listener,
    ) {
        if self.task_from == TaskFrom::Caller {
            return;
        }
        let texts: Vec<&str> = texts.into_iter().take(SAMPLE).collect();
        let (name, why) = suited_task(texts.iter().copied());
        if self.task_from == TaskFrom::Calibration {
            let speaks = texts.len() >= ENOUGH && !GENERAL.contains(&self.task.as_str());
            if speaks && name != self.task {
                listener.notice(&Notice::OtherTask {
                    calibrated: self.task.clone(),
                    suggested: name,
                    why,
                });
            }
            return;
        }
        name.clone_into(&mut self.task);
        if let (JudgeChoice::Server(settings), Some(task)) = (&mut self.judge, Task::built_in(name))
        {
            settings.task = task;
            listener.notice(&Notice::TaskFound(name, why));
        }
    }

    /// The same by the first rows, at most so many, which come again.
    pub fn suit_task_to_rows(
        &mut self,
        mut rows: Rows,
        at_most: usize,
        listener: &dyn Listener,
    ) -> Rows {
        if self.task_from == TaskFrom::Caller {
            return rows;
        }
        let first: Vec<_> = rows.by_ref().take(at_most.min(SAMPLE)).collect();
        let pairs = first.iter().filter_map(|item| match item {
            Ok(Item::Row(row)) => Some(&row.pair),
            _ => None,
        });
        let texts = pairs.flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]);
        self.suit_task(texts, listener);
        Box::new(first.into_iter().chain(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_suggest_their_task() {
        let task = |texts: &[&str]| suited_task(texts.iter().copied()).0;
        assert_eq!(
            task(&[
                "given_name: Ann; surname: Marsh",
                "name: x; date of birth: 1990-01-01"
            ]),
            "same-person"
        );
        assert_eq!(
            task(&["title: a survey; authors: b. rossi; year: 1999"]),
            "same-work"
        );
        assert_eq!(
            task(&[
                "title: lamp; price: 3.99",
                "name: lamp; description: warm white"
            ]),
            "same-product"
        );
        assert_eq!(task(&["name: blue fig; city: aldbury"]), "same-thing");
        assert_eq!(
            task(&[
                "Vorname: Anna; Nachname: Meyer; Geburtsdatum: 01.02.1971",
                "Vorname: Jörg; Nachname: Weiß; Geburtsdatum: 17.03.1980"
            ]),
            "same-person"
        );
        assert_eq!(
            task(&[
                "Bezeichnung: Lampe; Wert: 19,90 €",
                "Bezeichnung: Tisch; Wert: 89,00 €"
            ]),
            "same-product"
        );
        assert_eq!(
            task(&["Can I drink milk?", "how long is the flu contagious"]),
            "same-question"
        );
        assert_eq!(
            task(&["heart attack", "myocardial infarction"]),
            "same-concept"
        );
        let note = "62 y/o woman with hypertension and type 2 diabetes on metformin, presents with chest pain and dyspnoea";
        assert_eq!(task(&[note]), "patient-match");
        assert_eq!(task(&[]), "same-thing");
    }

    #[test]
    fn known_pairs_of_a_task_suggest_it() {
        for name in [
            "same-person",
            "same-work",
            "same-product",
            "same-question",
            "same-concept",
        ] {
            let pairs = Task::built_in(name).unwrap().known_pairs();
            let texts = pairs
                .iter()
                .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]);
            assert_eq!(suited_task(texts).0, name);
        }
    }
}
