//! `/match`: lists over HTTP, at once and as a job.

use super::*;

/// A list of the repository's as records, so many of them.
fn records(file: &str, most: usize) -> Vec<Value> {
    let text = fs::read_to_string(root().join("data").join(file)).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let record = |line: &str| {
        // Addresses stand in quotes.
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                letter => fields.last_mut().unwrap().push(letter),
            }
        }
        let fields = fields.into_iter().map(Value::String);
        Value::Object(
            names
                .iter()
                .map(|name| (*name).to_owned())
                .zip(fields)
                .collect(),
        )
    };
    lines.take(most).map(record).collect()
}

fn as_jsonl(dir: &Path, name: &str, records: &[Value]) {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    fs::write(dir.join(name), lines.join("\n")).unwrap();
}

fn post(server: &Served, request: &Value) -> crate::common::http::Answer {
    server.post("/match", JSON, serde_json::to_vec(request).unwrap())
}

#[test]
fn lists_are_matched_as_by_the_command_at_once_and_as_a_job() {
    let dir = tempdir().unwrap();
    let (left, right) = (records("hospital.csv", 300), records("practice.csv", 300));
    as_jsonl(dir.path(), "left.jsonl", &left);
    as_jsonl(dir.path(), "right.jsonl", &right);
    let command = [
        "match",
        "left.jsonl",
        "right.jsonl",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "-q",
    ];
    let options = [
        "--columns",
        "surname",
        "--one-to-one",
        "--parts",
        "--map",
        "dob=birth_date",
    ];
    Midband::new(dir.path(), &[&command[..], &options].concat()).run();
    let wanted = objects_in(&dir.path().join("out.jsonl"));

    let server = alone(dir.path());
    let mut request = json!({
        "left": left, "right": right, "columns": ["surname"], "one_to_one": true, "parts": true,
        "map": {"dob": "birth_date"},
    });
    let answered = post(&server, &request);
    assert_eq!(answered.status, 200, "{}", answered.text());
    let answer = answered.json();
    let rows = |rows: &[serde_json::Map<String, Value>]| -> Vec<Value> {
        let untimed = |row: &serde_json::Map<String, Value>| {
            let mut row = row.clone();
            row.remove("latency_ms");
            Value::Object(row)
        };
        rows.iter().map(untimed).collect()
    };
    let scores: Vec<_> = answer["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().clone())
        .collect();
    assert_eq!(rows(&scores), rows(&wanted));
    assert_eq!(
        answer["summary"]["pairs"].as_u64(),
        Some(wanted.len() as u64)
    );
    let findings: Vec<&str> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact.as_str().unwrap())
        .collect();
    assert!(
        findings
            .iter()
            .any(|fact| fact.contains("dob = birth_date (as given)")),
        "{findings:?}"
    );
    assert!(
        findings.iter().all(|fact| !fact.contains("--")),
        "a server names no flag: {findings:?}"
    );

    request["job"] = true.into();
    request["right"][0]["id"] = "".into();
    let create = |key: &str, request: &Value| {
        let keyed = server
            .request(Method::POST, "/match")
            .header("content-type", JSON)
            .header("idempotency-key", key);
        server.send(keyed.body(serde_json::to_vec(request).unwrap()))
    };
    let created = create("mine", &request);
    assert_eq!(created.status, 202, "{}", created.text());
    let path = created.headers["location"].to_str().unwrap().to_owned();
    // The same request is the same job; another one may not take its key.
    let again = create("mine", &request);
    assert_eq!(
        (again.status, &again.headers["location"]),
        (202, &created.headers["location"])
    );
    let mut other = request.clone();
    other["one_to_one"] = false.into();
    assert_eq!(create("mine", &other).status, 422);
    assert_eq!(create("", &request).status, 400);
    until(90, "the job is finished", || {
        server.get(&path).json()["state"] == "finished"
    });
    let job = server.get(&path).json();
    let lines = objects(&server.get(&format!("{path}/result")).text());
    assert!(
        lines.len() > 100 && job["pairs"].as_u64() == Some(lines.len() as u64),
        "{job}"
    );
    assert_eq!(job["summary"]["rejected_input"][0]["file"], "right");
    // Its report is about records, and its review page shows them column by column.
    let result = server.request(Method::GET, &format!("{path}/result"));
    let report = server.send(result.header("accept", JSON)).json();
    let found = &report["answer"]["left"];
    let records = request["left"].as_array().unwrap().len() as u64;
    assert_eq!(found["records"].as_u64(), Some(records), "{found}");
    assert!(found["found"].as_u64().unwrap() > 100, "{found}");
    let id = path.rsplit('/').next().unwrap();
    let page = server.get(&format!("/review?job={id}"));
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("\"columns\":[["));
    assert_eq!(server.get(&format!("/review?job={id}&jbo=1")).status, 422);
}

#[test]
fn one_list_of_texts_has_its_doubles_found() {
    let dir = tempdir().unwrap();
    let server = alone(dir.path());
    let texts = [
        "steel kettle 1.7 litres black",
        "black steel kettle, 1.7 l",
        "garden hose 20 m",
        "wooden chair oak",
        "oak chair, wood",
        "garden hose, 20 metres",
    ];
    let left: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(id, text)| json!({"id": id, "name": text}))
        .collect();
    let answered = post(
        &server,
        &json!({"left": left, "compare": "text", "top_k": 1}),
    );
    assert_eq!(answered.status, 200, "{}", answered.text());
    let answer = answered.json();
    let pairs: Vec<(u64, u64)> = answer["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["left_id"].as_u64().unwrap(),
                row["right_id"].as_u64().unwrap(),
            )
        })
        .collect();
    for pair in [(0, 1), (2, 5), (3, 4)] {
        assert!(pairs.contains(&pair), "{pairs:?}");
    }
}

#[test]
fn lists_that_can_not_be_matched_are_refused_without_their_texts() {
    let dir = tempdir().unwrap();
    let server = Served::start(
        dir.path(),
        &[
            "--judge",
            "none",
            "--max-pairs",
            "10",
            "--max-job-pairs",
            "20",
        ],
    );
    let record = |id: usize| json!({"id": id, "name": "Privatus"});
    let some = |count: usize| (0..count).map(record).collect::<Vec<Value>>();
    let refused = |request: Value, status: u16, said: &str| {
        let answer = post(&server, &request);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.kind, "application/problem+json");
        let text = answer.text();
        assert!(text.contains(said) && !text.contains("Privatus"), "{text}");
    };
    refused(json!({"left": some(11)}), 413, "\\\"job\\\": true");
    refused(
        json!({"left": some(15), "right": some(6), "job": true}),
        413,
        "21 records",
    );
    refused(json!({"right": some(2)}), 422, "left");
    let doubled = r#"{"left": [], "left": [{"id": 1, "name": "Privatus"}]}"#;
    let answer = server.post("/match", "application/json", doubled);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(!answer.text().contains("Privatus"), "{}", answer.text());
    refused(json!({"left": ["Privatus"]}), 422, "left");
    refused(
        json!({"left": some(2), "one_to_noe": true}),
        422,
        "one_to_noe",
    );
    refused(
        json!({"left": some(2), "compare": "Privatus"}),
        422,
        "compare",
    );
    refused(
        json!({"left": some(2), "one_to_one": true}),
        422,
        "two lists",
    );
    refused(
        json!({"left": some(2), "column": {"name": "no_type"}}),
        422,
        "no_type",
    );
    refused(json!({"left": some(2), "task": "none-such"}), 422, "tasks");
    refused(json!({"left": some(2), "text": ["colour"]}), 422, "colour");
    refused(json!({"left": [{"name": "Privatus"}]}), 422, "no id");
    let answer = server.post("/match", "text/csv", b"id,name\n1,Privatus".to_vec());
    assert_eq!(answer.status, 415);
}

#[test]
fn a_deadline_bounds_the_judge() {
    let dir = tempdir().unwrap();
    // Slow: a request takes seconds.
    let slow = Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 0.2);
    let url = slow.url();
    let server = Served::start(dir.path(), &["--ollama", url.as_str()]);
    let texts = [
        "kettle steel",
        "steel kettles",
        "hose",
        "hoses green",
        "chair",
        "chairs",
    ];
    let left: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(id, text)| json!({"id": id, "name": text}))
        .collect();
    let answered = post(
        &server,
        &json!({"left": left, "compare": "text", "deadline_ms": 700}),
    );
    assert_eq!(answered.status, 200, "{}", answered.text());
    let answer = answered.json();
    let judging = answer["summary"]["seconds"]["judging"].as_f64();
    assert!(judging < Some(3.0), "{judging:?}");
    let open = answer["summary"]["unanswered"]["out of budget"].as_u64();
    assert!(open > Some(0), "{answer}");
}
