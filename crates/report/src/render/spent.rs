//! What a run took, and what labels say of it.

use crate::{
    Evaluation, Report,
    words::{count, counted, duration, percent},
};

fn fact(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

pub(super) fn cost(report: &Report) -> Vec<(String, String)> {
    let Some(run) = &report.run else {
        return vec![fact(
            "Cost",
            "not known: the run's summary is not beside the scored file",
        )];
    };
    let mut facts = Vec::new();
    if run.seconds.wall > 0.0 {
        facts.push(fact("Time of the run", duration(run.seconds.wall)));
    }
    facts.push(fact(
        "Time for scoring",
        format!(
            "{:.2} s (embedding {:.2} s, waiting for the judge {:.2} s)",
            run.seconds.total, run.seconds.embedding, run.seconds.judging
        ),
    ));
    let Some(judge) = &run.judge else {
        facts.push(fact("Language model", "none was asked"));
        return facts;
    };
    facts.push(fact(
        "Calls to the judge",
        format!("{} ({} asked again)", judge.calls, judge.retries),
    ));
    facts.push(fact(
        "Answers",
        format!("{} ({} from the cache)", judge.answered, judge.cached),
    ));
    facts.push(fact(
        "Tokens",
        format!(
            "{} read, {} written ({} of thoughts)",
            count(judge.tokens_in),
            count(judge.tokens_out),
            count(judge.thought_tokens)
        ),
    ));
    if let Some(saved) = &report.saved {
        facts.push(fact(
            "Saved against asking about every pair",
            format!(
                "{:.1} of {:.1} minutes, at the judge's {:.2} s per pair",
                saved.minutes, saved.all_asked_minutes, saved.seconds_a_pair
            ),
        ));
    }
    facts
}

pub(super) fn against(evaluation: &Evaluation) -> Vec<(String, String)> {
    let mut facts = vec![fact(
        "Labelled",
        match evaluation.matches {
            Some(matches) => format!(
                "{}, {matches} of them matches",
                counted(evaluation.labelled as u64, "pair")
            ),
            None => format!(
                "{}, graded from 0 to 1: only correlations are measured",
                counted(evaluation.labelled as u64, "pair")
            ),
        },
    )];
    if evaluation.doubtful > 0 {
        facts.push(fact(
            "Left out",
            format!(
                "{} between 0 and 1, because most are 0 or 1",
                counted(evaluation.doubtful as u64, "label")
            ),
        ));
    }
    if let Some(all) = &evaluation.decisions {
        let share = |share: Option<f64>| share.map_or("not known".to_owned(), percent);
        facts.push(fact("Precision", share(all.precision)));
        facts.push(fact(
            "Recall",
            format!(
                "{}; matches left for review are not found",
                share(all.recall)
            ),
        ));
        facts.push(fact("Accuracy of the decided pairs", share(all.accuracy)));
    }
    let asked = evaluation.asked.filter(|asked| *asked > 0.0);
    if let (Some(asked), Some(clairvoyant)) = (asked, evaluation.clairvoyant) {
        facts.push(fact(
            "Asked",
            format!(
                "{}; hindsight with a perfect judge would have asked {} for the same accuracy",
                percent(asked),
                percent(clairvoyant)
            ),
        ));
    }
    if let Some(cost) = &evaluation.cost {
        facts.push(fact(
            "Cost of wrong decisions",
            format!("{:.1}, {:.4} per pair", cost.total, cost.a_pair),
        ));
    }
    facts
}
