//! The status of what a note mentions: denied, another's, past, suspected.
//!
//! Rule forms of NegEx (Chapman et al. 2001, J Biomed Inform 34:301) and ConText (Harkema et al. 2009, J Biomed Inform
//! 42:839): a trigger reaches forward or backward over a few words, until a word that ends its scope.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{
    matcher::Mention,
    words::{Words, normal},
};

/// What is said of a mention beside its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The patient does not have it.
    pub negated: bool,
    /// A relative has it.
    pub family: bool,
    /// It is over, or was done.
    pub past: bool,
    /// It is not sure.
    pub suspected: bool,
}

impl Status {
    /// True where the patient has it or had it.
    pub fn is_affirmed(self) -> bool {
        !self.negated && !self.family && !self.suspected
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    Negates,
    NegatesBefore,
    /// A relative: up to the next comma.
    Family,
    /// The heading of a list.
    FamilyHistory,
    FamilyBefore,
    Past,
    PastBefore,
    Suspects,
    SuspectsBefore,
    /// Ends every scope.
    Stop,
    /// Looks like a trigger and is none.
    Nothing,
}

/// Words over which each reaches: NegEx has 5, a list goes on from one mention to the next.
const REACH: usize = 6;

/// Words over which a relative reaches.
const FAMILY_REACH: usize = 14;

const TRIGGERS: &[(Trigger, &str)] = &[
    (
        Trigger::Negates,
        "no|not|denies|denied|denying|without|never had|never|nil|absence of|absent|negative for|no evidence of|no history of|no sign of|no signs of|free of|ruled out for|not have|does not have|no known|neither|nor|none of|no h/o|no hx of|no longer has|lacks|no complaints of|no complaint of|no previous|no prior|non|unremarkable for|doesn't have|didn't have|has not had|hasn't had|never been diagnosed with|isn't|wasn't|don't have|tested negative for|excluded|rules out|ruled out",
    ),
    (
        Trigger::NegatesBefore,
        "ruled out|negative|absent|not present|was excluded|is excluded|excluded|not seen|not found|denied|unlikely|not detected|nil",
    ),
    (
        Trigger::FamilyHistory,
        "family history|family hx|fh|fhx|runs in the family",
    ),
    (
        Trigger::Family,
        "mother|father|brother|sister|mum|mom|dad|parent|parents|sibling|siblings|grandmother|grandfather|grandparent|aunt|uncle|cousin|maternal|paternal|mother's|father's|relatives|brothers|sisters",
    ),
    (
        Trigger::FamilyBefore,
        "in mother|in father|in brother|in sister|in her mother|in his mother|in her father|in his father|in her sister|in his sister|in her brother|in his brother|in my mother|in my father|in the family|in family|in parents|in both parents|in an aunt|in an uncle|in a sister|in a brother|in grandmother|in grandfather|in relatives",
    ),
    (
        Trigger::Past,
        "history of|h/o|hx of|hx|previous|previously|prior|past|former|formerly|s/p|status post|post|pmh|pmhx|past medical history|had|underwent|old|earlier|recovered from|treated for|childhood",
    ),
    (
        Trigger::PastBefore,
        "years ago|months ago|ago|in childhood|as a child|resolved|in the past|in remission",
    ),
    (
        Trigger::Suspects,
        "possible|possibly|suspected|suspect|suspicion of|query|probable|probably|likely|rule out|r/o|to exclude|may have|might have|could be|might be|may be|differential|differential includes|concern for|concerned about|worried about|at risk of|risk of|screening for|screen for|in case of|if|fear of|investigate for|investigation for|assess for",
    ),
    (
        Trigger::SuspectsBefore,
        "suspected|possible|is possible|is likely|not confirmed|unconfirmed|cannot be excluded|can not be ruled out|cannot be ruled out|to be excluded",
    ),
    (
        Trigger::Stop,
        "but|however|though|although|except|apart from|aside from|other than|who|which|takes|taking|take|on|started|still|now|has|have|presents|presented|is|was|underwent|uses|using|lives|works|worked|smokes|drinks|secondary to|because|since|because of|due to|treated with|he|she|i|patient|pt|reports|complains|presenting|currently|managed|controlled|given|admitted|diagnosed|comes|came|attends|seen",
    ),
    (
        Trigger::Nothing,
        "no increase|no change|not only|no further|no new|not necessarily|not certain|without difficulty|no longer than|no known allergies|no known drug allergies|no allergies|no more than|not known whether|gram negative|rh negative|rhesus negative|no doubt|not to mention|without further|no interval change|no surgery|not sure|old man|old woman|old male|old female|old lady|old gentleman|year old|years old|post office|non smoker|non insulin|non alcoholic|non steroidal|non small|non hodgkin|iron deficient",
    ),
];

type Table = FxHashMap<String, Vec<(Vec<String>, Trigger)>>;

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let mut table = Table::default();
        for (trigger, phrases) in TRIGGERS {
            for phrase in phrases.split('|') {
                let words: Vec<String> = normal(phrase).split(' ').map(str::to_owned).collect();
                if let Some(first) = words.first() {
                    table
                        .entry(first.clone())
                        .or_default()
                        .push((words, *trigger));
                }
            }
        }
        table
            .values_mut()
            .for_each(|of| of.sort_by_key(|(words, _)| std::cmp::Reverse(words.len())));
        table
    });
    &TABLE
}

/// How far each trigger's scope reaches at a word: places from the trigger's end on; `usize::MAX` where none does.
#[derive(Default)]
struct Scopes {
    open: [Option<usize>; 4],
    /// True where a comma stands between a denial and here.
    comma: bool,
    /// True where one relative is spoken of, not the family's history.
    relative: bool,
}

/// The status of every mention, in their order. Linear in the number of words. `is_symptom` says of each mention whether
/// a list of what is denied goes on to it over a comma: symptoms are listed so, diseases stand for themselves.
pub(crate) fn statuses(words: &Words, mentions: &[Mention], is_symptom: &[bool]) -> Vec<Status> {
    let mut statuses = vec![Status::default(); mentions.len()];
    let triggers = triggers(words, mentions);
    forward(words, mentions, is_symptom, &triggers, &mut statuses);
    backward(words, mentions, &triggers, &mut statuses);
    statuses
}

/// Triggers by place: those that begin at a word, and how many words they have.
fn triggers(words: &Words, mentions: &[Mention]) -> Vec<Vec<(Trigger, usize)>> {
    let table = table();
    let mut at_word: Vec<Vec<(Trigger, usize)>> = vec![Vec::new(); words.len()];
    let mut inside = vec![false; words.len()];
    for mention in mentions {
        inside[mention.place.clone()]
            .iter_mut()
            .for_each(|word| *word = true);
    }
    let mut at = 0;
    while at < words.len() {
        let Some(phrases) = table.get(words.at(at)).filter(|_| !inside[at]) else {
            at += 1;
            continue;
        };
        let stands = |phrase: &[String]| {
            phrase
                .iter()
                .enumerate()
                .all(|(i, w)| words.at(at + i) == w)
        };
        let length = phrases
            .iter()
            .find(|(phrase, _)| stands(phrase))
            .map_or(0, |(phrase, _)| phrase.len());
        let here = phrases
            .iter()
            .filter(|(phrase, _)| phrase.len() == length && stands(phrase));
        at_word[at] = here
            .map(|(phrase, trigger)| (*trigger, phrase.len()))
            .collect();
        at += length.max(1);
    }
    at_word
}

fn forward(
    words: &Words,
    mentions: &[Mention],
    is_symptom: &[bool],
    triggers: &[Vec<(Trigger, usize)>],
    statuses: &mut [Status],
) {
    let mut scopes = Scopes::default();
    let mut next = mentions.iter().zip(is_symptom).zip(statuses).peekable();
    for (at, word) in words.all().iter().enumerate() {
        if at > 0 && word.clause != words.all()[at - 1].clause {
            scopes = Scopes::default();
        }
        scopes.comma |= word.before == ',';
        if word.before == ',' && scopes.relative {
            scopes.open[1] = None;
        }
        for (trigger, length) in &triggers[at] {
            let end = at + length;
            match trigger {
                Trigger::Negates => {
                    scopes.open[0] = Some(end);
                    scopes.comma = false;
                }
                Trigger::Family => {
                    scopes.open[1] = Some(end);
                    scopes.relative = true;
                }
                Trigger::FamilyHistory => {
                    scopes.open[1] = Some(end);
                    scopes.relative = false;
                }
                Trigger::Past => scopes.open[2] = Some(end),
                Trigger::Suspects => scopes.open[3] = Some(end),
                Trigger::Stop => [0, 2, 3].iter().for_each(|of| scopes.open[*of] = None),
                _ => {}
            }
        }
        // "?PE": a question mark right before the word.
        if word.before == '?' && at > 0 {
            scopes.open[3] = Some(at);
        }
        if let Some(((mention, is_symptom), status)) =
            next.next_if(|((mention, _), _)| mention.place.start == at)
        {
            let within = |open: Option<usize>, reach: usize| {
                open.is_some_and(|from| at >= from && at < from + reach)
            };
            let listed = *is_symptom || at > 0 && ["or", "nor"].contains(&words.at(at - 1));
            status.negated |= within(scopes.open[0], REACH) && (listed || !scopes.comma);
            status.family |= within(scopes.open[1], FAMILY_REACH);
            status.past |= within(scopes.open[2], REACH);
            status.suspected |= within(scopes.open[3], REACH);
            // A list: "no fever, cough or rash".
            let follows = words.all().get(mention.place.end);
            let lists = follows.is_some_and(|word| matches!(word.before, ',' | '/'))
                || ["or", "nor"].contains(&words.at(mention.place.end));
            if lists && status.negated {
                scopes.open[0] = Some(mention.place.end);
            }
        }
    }
}

fn backward(
    words: &Words,
    mentions: &[Mention],
    triggers: &[Vec<(Trigger, usize)>],
    statuses: &mut [Status],
) {
    let mut open: [Option<usize>; 4] = [None; 4];
    let mut next = mentions.iter().zip(statuses).rev().peekable();
    for at in (0..words.len()).rev() {
        if words
            .all()
            .get(at + 1)
            .is_some_and(|after| after.clause != words.all()[at].clause)
        {
            open = [None; 4];
        }
        // "Stoma, node negative": what is denied after a comma is beside it, unless the denial is all that follows ("PE, ruled out").
        let comma = words
            .all()
            .get(at + 1)
            .is_some_and(|after| after.before == ',');
        if comma && open[0] != Some(at + 1) {
            open[0] = None;
        }
        if let Some((mention, status)) = next.next_if(|(mention, _)| mention.place.end == at + 1) {
            let within =
                |from: Option<usize>| from.is_some_and(|from| from < mention.place.end + REACH / 2);
            status.negated |= within(open[0]);
            status.family |= within(open[1]);
            status.past |= within(open[2]);
            status.suspected |= within(open[3]);
        }
        for (trigger, _) in &triggers[at] {
            match trigger {
                Trigger::NegatesBefore => open[0] = Some(at),
                Trigger::FamilyBefore => open[1] = Some(at),
                Trigger::PastBefore => open[2] = Some(at),
                Trigger::SuspectsBefore => open[3] = Some(at),
                Trigger::Stop if !["is", "was"].contains(&words.at(at)) => open = [None; 4],
                _ => {}
            }
        }
    }
}
