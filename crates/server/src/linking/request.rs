//! What a request asks about lists, by the names of the command's options.

use std::collections::{BTreeMap, HashMap};

use midband::Decision;
use midband_io::id_of;
use midband_report::{ResultRow, record_text};
use midband_run::lists::{Compare, ListInput, ListInputs, MatchOptions, Partners, RecordOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    Limits,
    problem::Problem,
    request::{MOST_QUESTIONS, Wanted, object},
    schema,
};

/// What the document's type of a whole number holds.
const MOST_PARTNERS: u32 = i32::MAX as u32;

/// Lists of records, and how to match them. Options have the names of `midband match`, and mean the same.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MatchRequest {
    /// Records: objects with an id and further fields, each a column.
    #[schema(required, value_type = Vec<BTreeMap<String, Value>>)]
    left: Vec<Map<String, Value>>,
    /// The other list; without it the doubles within the first are found.
    #[schema(value_type = Option<Vec<BTreeMap<String, Value>>>)]
    right: Option<Vec<Map<String, Value>>>,
    /// Pairs that are known to match, with `left_id` and `right_id`: each pair gets a `label`.
    #[schema(value_type = Option<Vec<BTreeMap<String, Value>>>)]
    gold_pairs: Option<Vec<Map<String, Value>>>,
    /// Answer with a job instead of the pairs.
    #[schema(nullable)]
    job: bool,
    /// The column of the ids; `id` where none is named.
    id: Option<String>,
    left_id: Option<String>,
    right_id: Option<String>,
    /// How records are compared: by their columns, by their texts, or (`auto`) whichever tells them apart.
    compare: Option<CompareName>,
    /// Types of columns where the inferred ones are wrong, such as `{"born": "date"}`.
    #[schema(nullable)]
    column: BTreeMap<String, String>,
    /// Columns of the two lists that hold the same under other names, left to right.
    #[schema(nullable)]
    map: BTreeMap<String, String>,
    /// Columns that are compared as text.
    #[schema(nullable)]
    text: Vec<String>,
    /// Rules such as `birth_date` or `prefix(family_name,3)+year(birth_date)`: only records that agree by one are paired.
    #[schema(nullable)]
    block_on: Vec<String>,
    /// Who proposes pairs of texts.
    candidates: Option<SourceName>,
    /// Partners that each record proposes, at most.
    #[schema(minimum = 1, maximum = 2147483647)]
    top_k: Option<u32>,
    #[schema(nullable)]
    exact: bool,
    #[schema(nullable)]
    no_neighbours: bool,
    /// Columns whose values each pair gets, such as `surname_l` and `surname_r`; `all` for every one.
    #[schema(nullable)]
    columns: Vec<String>,
    /// Pairs of a smaller proxy score are counted and left out.
    #[schema(minimum = 0.0, maximum = 1.0)]
    min_proxy: Option<f64>,
    #[schema(nullable)]
    one_to_one: bool,
    #[schema(nullable)]
    many_to_one: bool,
    /// Pairs of these decisions alone: `match`, `no_match`, `review`.
    #[schema(nullable)]
    only: Vec<schema::DecisionName>,
    /// `gain` where none is named.
    policy: Option<schema::PolicyName>,
    /// One of the tasks in `/info`; the first where none is named.
    task: Option<String>,
    /// Time that the judge has, milliseconds; at most the server's limit.
    #[schema(maximum = 600_000, minimum = 0)]
    deadline_ms: Option<u64>,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    max_questions: Option<u64>,
    target: Option<String>,
    #[schema(exclusive_minimum = 0.0, exclusive_maximum = 1.0)]
    delta: Option<f64>,
    #[schema(nullable)]
    include_text: bool,
    #[schema(nullable)]
    parts: bool,
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CompareName {
    Auto,
    Columns,
    Text,
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SourceName {
    Embedding,
    Lexical,
    Both,
}

impl MatchRequest {
    /// Reads a body. Errors name fields, and hold no value.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Problem> {
        let fields: Map<String, Value> = object(body)?
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
        if !fields.contains_key("left") {
            return Err(Problem::unprocessable(
                "\"left\" must be an array of records",
            ));
        }
        let of = |fields: &Map<String, Value>| Self::deserialize(fields);
        match of(&fields) {
            Ok(request) => Ok(request),
            Err(_) => {
                let alone =
                    |name: &String, value: &Value| Map::from_iter([(name.clone(), value.clone())]);
                let wrong = fields
                    .iter()
                    .find(|(name, value)| of(&alone(name, value)).is_err());
                let name = wrong.map_or("the body", |(name, _)| name.as_str());
                let shown: String = name.chars().take(40).collect();
                Err(Problem::unprocessable(format!(
                    "{shown:?} is not a field of a match request, or its value has the wrong type; /openapi.json lists all fields"
                )))
            }
        }
    }

    pub(super) fn is_job(&self) -> bool {
        self.job
    }

    /// Records of both lists.
    pub(super) fn records(&self) -> usize {
        self.left.len() + self.right.as_ref().map_or(0, Vec::len)
    }

    pub(super) fn sees_neighbours(&self) -> bool {
        !self.no_neighbours
    }

    pub(super) fn only(&self) -> Result<Vec<Decision>, Problem> {
        use schema::DecisionName;
        let of = |name: &DecisionName| match name {
            DecisionName::Match => Decision::Match,
            DecisionName::NoMatch => Decision::NoMatch,
            DecisionName::Review => Decision::Review,
        };
        Ok(self.only.iter().map(of).collect())
    }

    /// How the pairs are to be scored, as any request says it.
    pub(super) fn scoring(&self) -> Result<Wanted, Problem> {
        let policy = match (&self.policy, &self.target) {
            (Some(policy), _) => json!(policy),
            (None, Some(_)) => json!(schema::PolicyName::Target),
            (None, None) => json!(schema::PolicyName::Gain),
        };
        if self
            .delta
            .is_some_and(|delta| !(delta > 0.0 && delta < 1.0))
        {
            return Err(Problem::unprocessable(
                "\"delta\" must be a number between 0 and 1",
            ));
        }
        if self.max_questions.is_some_and(|most| most > MOST_QUESTIONS) {
            return Err(Problem::unprocessable(
                "\"max_questions\" is at most 1,000,000,000",
            ));
        }
        let wanted = json!({
            "policy": policy,
            "task": self.task,
            "deadline_ms": self.deadline_ms,
            "max_questions": self.max_questions,
            "target": self.target,
            "delta": self.delta,
            "include_text": self.include_text,
            "parts": self.parts,
        });
        Wanted::deserialize(wanted).map_err(|_| Problem::internal("the settings can't be read"))
    }

    /// How the lists are to be matched.
    pub(super) fn options(&self, limits: &Limits) -> Result<MatchOptions, Problem> {
        let wrong = |name: &str, why: String| Problem::unprocessable(format!("{name:?}: {why}"));
        let mut types = BTreeMap::new();
        for (column, kind) in &self.column {
            let kind = kind.parse();
            let kind = kind.map_err(|error: midband_linkage::UnknownType| {
                wrong("column", error.to_string())
            })?;
            types.insert(column.clone(), kind);
        }
        let rules = self.block_on.iter().map(|rule| {
            rule.parse()
                .map_err(|error: midband_linkage::RuleError| wrong("block_on", error.to_string()))
        });
        let id = self.id.as_deref().unwrap_or("id");
        let column = |own: &Option<String>| own.as_deref().unwrap_or(id).to_owned();
        if self.one_to_one && self.many_to_one {
            return Err(Problem::unprocessable(
                "\"one_to_one\" and \"many_to_one\" exclude each other",
            ));
        }
        if self
            .top_k
            .is_some_and(|most| most == 0 || most > MOST_PARTNERS)
        {
            return Err(Problem::unprocessable(format!(
                "\"top_k\" is between 1 and {MOST_PARTNERS}"
            )));
        }
        let default = MatchOptions::default();
        Ok(MatchOptions {
            records: RecordOptions {
                left_id: column(&self.left_id),
                right_id: column(&self.right_id),
                max_text_bytes: limits.text_bytes,
                ..RecordOptions::default()
            },
            compare: match self.compare {
                None | Some(CompareName::Auto) => Compare::Auto,
                Some(CompareName::Columns) => Compare::Columns,
                Some(CompareName::Text) => Compare::Text,
            },
            text: self.text.clone(),
            types,
            map: self.map.clone().into_iter().collect(),
            block_on: rules.collect::<Result<_, _>>()?,
            candidates: self.candidates.map(|source| match source {
                SourceName::Embedding => midband::block::Source::Embedding,
                SourceName::Lexical => midband::block::Source::Words,
                SourceName::Both => midband::block::Source::Both,
            }),
            top_k: self.top_k.map_or(default.top_k, |most| most as usize),
            exact: self.exact,
            columns: self.columns.clone(),
            min_proxy: self.min_proxy,
            partners: Partners::wanted(self.one_to_one, self.many_to_one),
            ..default
        })
    }

    /// Gives pairs of these lists the texts of their records.
    pub(crate) fn give_texts(&self, rows: &mut [ResultRow]) {
        let id = self.id.as_deref().unwrap_or("id");
        let texts = |records: &[Map<String, Value>], id: &str| -> HashMap<String, String> {
            let mut texts = HashMap::new();
            for record in records {
                // Of records with one id, the run takes the first.
                if let Some(own) = record.get(id).and_then(id_of) {
                    let text = || record_text(record, id);
                    texts.entry(own.to_string()).or_insert_with(text);
                }
            }
            texts
        };
        let left = texts(&self.left, self.left_id.as_deref().unwrap_or(id));
        let right = self.right.as_deref();
        let right = right.map(|list| texts(list, self.right_id.as_deref().unwrap_or(id)));
        let right = right.as_ref().unwrap_or(&left);
        for row in rows {
            row.a = (row.left_id.as_deref()).and_then(|id| left.get(id).cloned());
            row.b = (row.right_id.as_deref()).and_then(|id| right.get(id).cloned());
        }
    }

    /// The lists themselves.
    pub(super) fn inputs(self) -> ListInputs {
        let rows =
            |rows: Vec<Map<String, Value>>| ListInput::Rows(Box::new(rows.into_iter().map(Ok)));
        ListInputs {
            left: rows(self.left),
            right: self.right.map(rows),
            gold_pairs: self.gold_pairs.map(rows),
            known: None,
        }
    }
}
