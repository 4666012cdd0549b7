//! Labels that reviewers give on /review, kept by the server.

use super::*;

#[test]
fn the_server_keeps_labels_where_it_is_told_to() {
    let dir = tempdir().unwrap();
    let kept = dir.path().join("labels.jsonl");
    let server = Served::start(
        dir.path(),
        &["--judge", "none", "--save-labels", kept.to_str().unwrap()],
    );
    let page = server.get("/review").text();
    assert!(
        page.contains("data-save-to=\"/review/labels\"") && page.contains("connect-src 'self'")
    );
    let label = |value: Value| {
        server
            .post("/review/labels", JSON, value.to_string())
            .status
    };
    assert_eq!(
        label(
            json!({"id": "a|b", "left_id": "a", "right_id": "b", "label": 1, "reviewer": "AB", "note": "=same?"})
        ),
        204
    );
    assert_eq!(label(json!({"id": "c", "label": null})), 204);
    assert_eq!(label(json!({"id": "c", "label": 0})), 204);
    for wrong in [
        // Nothing but what a label is made of.
        json!({"id": "c", "label": 0, "a": "Zebulon Q."}),
        json!({"id": "c", "label": 0, "reviewr": "AB"}),
        json!({"id": "", "label": 1}),
        json!({"id": "c", "label": 2}),
        json!({"id": "c", "label": 1, "note": "x".repeat(5000)}),
        json!({"label": "Zebulon"}),
    ] {
        let answer = server.post("/review/labels", JSON, wrong.to_string());
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(!answer.text().contains("Zebulon"));
    }
    let rows = objects_in(&kept);
    assert_eq!(rows.len(), 3);
    assert_eq!(
        (&rows[0]["reviewer"], &rows[0]["note"], &rows[0]["label"]),
        (&json!("AB"), &json!("=same?"), &json!(1))
    );
    assert!(
        rows.iter()
            .all(|row| row["saved"].as_str().is_some_and(|at| at.starts_with("20")))
    );

    // The file is one that the report takes as it is: the last word about a pair counts.
    let scored = [("a|b", 0.9), ("c", 0.4)].map(|(id, score)| {
        json!({"id": id, "score": score, "proxy_score": score, "decision": "review", "decided_by": "columns"}).to_string()
    });
    fs::write(dir.path().join("scored.jsonl"), scored.join("\n")).unwrap();
    let ran = midband(
        dir.path(),
        &[
            "report",
            "scored.jsonl",
            "--labels",
            "labels.jsonl",
            "-o",
            "report.json",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report = fs::read_to_string(dir.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["evaluation"]["labelled"], 2);
    assert_eq!(report["evaluation"]["decisions"]["review_matches"], 1);
    assert_eq!(report["evaluation"]["decisions"]["recall"], 0.0);
}

#[test]
fn without_a_file_labels_stay_in_the_browser() {
    let dir = tempdir().unwrap();
    let server = alone(dir.path());
    let page = server.get("/review").text();
    assert!(!page.contains("data-save-to=\"") && !page.contains("connect-src"));
    let answer = server.post(
        "/review/labels",
        JSON,
        json!({"id": "c", "label": 1}).to_string(),
    );
    assert_eq!(answer.status, 404);
}
