//! The doctor against simulated servers.

#![allow(clippy::unwrap_used)]

mod common;

use common::{options, settings, simulator};
use midband_judge::{JudgeSettings, LlmJudge, Measurements, PromptingMode, Task, doctor};
use midband_sim::{Api, Labels, Options, SimModel};

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_server_is_measured_and_its_costs_feed_auto() {
    let folder = tempfile::tempdir().unwrap();
    for api in [Api::V0_24, Api::V0_33] {
        let sim = simulator(Options {
            api,
            speed: 200.0,
            labels: known_labels(),
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
        for (mode, known) in &measured.knowledge {
            assert_eq!((known.asked, known.right), (40, 40), "{mode}");
            assert_eq!(known.has_signal(), Some(true), "{mode}");
        }
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
        assert!(
            shown.contains("right of known") && shown.contains("40 of 40"),
            "{shown}"
        );
        let shared = report.shared("a machine").to_string();
        assert!(
            !shared.contains("127.0.0.1") && !shared.contains("metformin"),
            "{shared}"
        );
        assert!(
            shared.contains("auroc") && shared.contains("\"simulated\":true"),
            "{shared}"
        );
        let mut kept = Measurements::load(folder.path());
        kept.add(report.costs().unwrap());
        kept.save(folder.path()).unwrap();
        let costs = Measurements::load(folder.path());
        let judge = LlmJudge::connect(JudgeSettings {
            costs,
            ..settings(&[&sim])
        })
        .await
        .unwrap();
        assert!(
            judge.picked().why.contains("most information a second")
                && judge.picked().mode != PromptingMode::Standard,
            "{:?}",
            judge.picked()
        );
    }
}

/// What the known pairs of the default task are.
fn known_labels() -> Labels {
    let pairs = Task::default().known_pairs();
    Labels::new(pairs.into_iter().map(|pair| {
        let truth = f64::from(u8::from(pair.is_match));
        (
            pair.a.as_str().to_owned(),
            pair.b.as_str().to_owned(),
            truth,
        )
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_knows_nothing_is_said_to_know_nothing() {
    let sim = simulator(Options {
        labels: known_labels(),
        accuracy: 0.5,
        seed: 3,
        ..options(0)
    })
    .await;
    let report = doctor::examine(&settings(&[&sim]), true).await.unwrap();
    let shown = report.to_string();
    assert!(
        shown.contains("no signal") && shown.contains("may know nothing of the task"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_without_known_pairs_is_measured_on_general_ones_and_that_is_said() {
    let sim = simulator(options(0)).await;
    let task = Task::from_toml(
        "name = 'mine'\nquestion = 'Same?'\nyes_no = 'Same?'\nzero = 'no'\nhundred = 'yes'\n",
    );
    let own = JudgeSettings {
        task: task.unwrap(),
        ..settings(&[&sim])
    };
    let report = doctor::examine(&own, true).await.unwrap();
    assert!(
        report
            .to_string()
            .contains("the task mine has no known pairs"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unmeasured_a_thinking_model_thinks_and_another_says_yes_or_no() {
    for (model, mode) in [
        (SimModel::medgemma("medgemma"), PromptingMode::Think),
        (SimModel::plain("gemma3:4b", "gemma3"), PromptingMode::YesNo),
    ] {
        let name = model.name.clone();
        let sim = simulator(Options {
            models: vec![model],
            ..options(4)
        })
        .await;
        let judge = LlmJudge::connect(JudgeSettings {
            models: vec![name],
            ..settings(&[&sim])
        });
        assert_eq!(judge.await.unwrap().picked().mode, mode);
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
