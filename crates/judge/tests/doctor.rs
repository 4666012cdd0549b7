//! The doctor against simulated servers.

#![allow(clippy::unwrap_used)]

mod common;

use common::{options, settings, simulator};
use midband_judge::{JudgeSettings, LlmJudge, MeasuredCosts, doctor};
use midband_sim::{Api, Options};

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_server_is_measured_and_its_costs_feed_auto() {
    let folder = tempfile::tempdir().unwrap();
    for api in [Api::V0_24, Api::V0_33] {
        let sim = simulator(Options {
            api,
            speed: 200.0,
            ..options(0)
        })
        .await;
        let report = doctor::examine(&settings(&[&sim]), true).await.unwrap();
        assert!(report.is_healthy() && report.simulated, "{report}");
        let model = &report.servers[0].models[0];
        let measured = model.measured.as_ref().unwrap();
        assert!(
            measured.schema && measured.logprobs && measured.thoughts,
            "{report}"
        );
        assert_eq!(measured.seconds_a_pair.len(), 6);
        assert!((30.0..60.0).contains(&measured.answer_rate), "{report}");
        assert_eq!(measured.prefix_reuse > 0.3, api == Api::V0_24, "{report}");
        let shown = report.to_string();
        assert!(
            shown.contains("SIMULATED") && shown.contains("OLLAMA_KEEP_ALIVE=24h"),
            "{shown}"
        );
        assert_eq!(
            serde_json::to_value(&report).unwrap()["servers"][0]["local"],
            true
        );
        report.costs().unwrap().save(folder.path()).unwrap();
        let costs = MeasuredCosts::load(folder.path());
        let judge = LlmJudge::connect(JudgeSettings {
            costs,
            ..settings(&[&sim])
        })
        .await
        .unwrap();
        assert!(
            judge.picked().why.contains("measured"),
            "{:?}",
            judge.picked()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_with_what_to_do() {
    let sim = simulator(options(0)).await;
    let absent = JudgeSettings {
        models: vec!["medgemma:27b".to_owned()],
        ..settings(&[&sim])
    };
    let report = doctor::examine(&absent, true).await.unwrap();
    assert!(
        !report.is_healthy() && report.to_string().contains("ollama pull"),
        "{report}"
    );
    let gone = JudgeSettings {
        servers: vec!["127.0.0.1:9".to_owned()],
        ..JudgeSettings::default()
    };
    let report = doctor::examine(&gone, true).await.unwrap();
    assert!(
        !report.is_healthy() && report.to_string().contains("does not answer"),
        "{report}"
    );
}
