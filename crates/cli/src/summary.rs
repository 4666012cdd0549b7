//! The summary at the end of a run: for people, and beside the output for the report.

use std::fmt::Write;

use midband::{
    DecidedBy, Decision, FitReport, Route, Summary,
    model::{Calibration, Goal, LabelShift},
    router::Certificate,
};
use midband_io::RejectedRow;
use midband_run::{Audited, WithoutPartner, number_of, number_that};

/// What the summary says beside the counts.
pub(crate) struct Context<'a> {
    /// The judge, or why there is none.
    pub(crate) judge: String,
    /// Rows of the input that are no pairs.
    pub(crate) rejected_rows: u64,
    /// The first of them.
    pub(crate) first_rejected: Option<&'a RejectedRow>,
    /// Where they are written, where they are.
    pub(crate) rejected_file: Option<&'a str>,
    /// True where a calibration was in force.
    pub(crate) calibrated: bool,
    /// What the run learnt, where it learnt.
    pub(crate) fit: Option<&'a FitReport>,
    /// Records of the lists without a partner.
    pub(crate) without_partner: Option<WithoutPartner>,
    /// What the judge said of settled pairs.
    pub(crate) audited: Option<&'a Audited>,
    /// True where a fixed band settled pairs and a judge could have been asked about them.
    pub(crate) bands: bool,
}

/// The summary, one fact a line, the answer first.
pub(crate) fn shown(summary: &Summary, context: &Context<'_>) -> String {
    let mut text = String::new();
    line(&mut text, &answer(summary, context));
    let undecided = context.fit.as_ref().is_some_and(|fit| !fit.vouched);
    if summary.pairs > 0 && undecided {
        line(
            &mut text,
            "NOT CALIBRATED: midband cannot decide any pair, so all are marked for review. It has no prior for this kind of text, no \
             verdicts and no labels (it needs at least 20). Label some pairs (`midband review`), learn from them (`midband calibrate`), \
             or start a judge",
        );
    }
    let seconds = summary.seconds.total;
    let rate = if seconds > 0.0 {
        summary.pairs as f64 / seconds
    } else {
        0.0
    };
    line(
        &mut text,
        &format!(
            "{} in {seconds:.1} s, {rate:.0} per second",
            number_of(summary.pairs, "pair")
        ),
    );
    let routes = [Route::Accept, Route::Ask, Route::Reject]
        .map(|route| format!("{route} {}", summary.routed(route)));
    line(&mut text, &format!("routes: {}", routes.join(", ")));
    let decisions = [Decision::Match, Decision::NoMatch, Decision::Review]
        .map(|decision| format!("{decision} {}", summary.decided(decision)));
    line(&mut text, &format!("decisions: {}", decisions.join(", ")));
    let decided: Vec<String> = summary
        .decided_by
        .iter()
        .map(|(by, count)| format!("{by} {count}"))
        .collect();
    if !decided.is_empty() {
        line(&mut text, &format!("decided by: {}", decided.join(", ")));
    }
    line(&mut text, &format!("judge: {}", context.judge));
    if let Some(why) = &summary.judge_failed {
        line(&mut text, &format!("the judge failed: {why}"));
    }
    for (reason, count) in &summary.unanswered {
        let wait = "each keeps its proxy score, decided_by = fallback, decision = review";
        line(
            &mut text,
            &format!(
                "{} no verdict ({reason}): {wait}",
                number_that(*count, "pair", ["has", "have"])
            ),
        );
    }
    for (reason, count) in &summary.rejected {
        let pairs = number_that(*count, "pair", ["has", "have"]);
        line(&mut text, &format!("{pairs} no score: {reason}"));
    }
    if context.rejected_rows > 0 {
        let written = context
            .rejected_file
            .as_ref()
            .map_or(String::new(), |file| format!(", listed in {file}"));
        line(
            &mut text,
            &format!(
                "{} rejected{written}{}",
                number_that(context.rejected_rows, "input row", ["was", "were"]),
                first(context.first_rejected)
            ),
        );
    }
    if summary.truncated > 0 {
        line(
            &mut text,
            &format!(
                "{} compared on truncated text (truncated = true)",
                number_that(summary.truncated, "pair", ["was", "were"])
            ),
        );
    }
    if let Some(fit) = &context.fit {
        line(&mut text, &fit_line(fit, summary.routed(Route::Ask) > 0));
        line(&mut text, &cut_line(&fit.calibration));
        if fit.calibration.embedding_model.writes_names_out() {
            line(&mut text, WRITTEN_OUT);
        }
        if let Some(language) = fit.unread_language {
            line(
                &mut text,
                &format!(
                    "the texts look {language}, and the lexicon has no names in that language: clinical features say little here; \
                     `--lexicon FILE` adds names"
                ),
            );
        }
        if fit.calibration.judge.knows_nothing() {
            line(
                &mut text,
                "the judge's answers carry no information (nearly always the same, or the opposite of known answers): they \
                 got no weight, and midband stopped asking",
            );
        }
        if let Some(shift) = &fit.label_shift {
            line(&mut text, &shift_line(shift));
        }
        if let Some(certificate) = &fit.certificate {
            line(&mut text, &certified(certificate));
        }
    }
    match context.audited {
        Some(audited) => line(&mut text, &audited_line(audited)),
        None if context.bands => line(
            &mut text,
            "the error rate of settled pairs is unknown: `--audit 100` asks the judge about some at random",
        ),
        None => {}
    }
    if summary.by(DecidedBy::Columns) > 0 {
        line(
            &mut text,
            "no labels were used: `midband review --random 40` draws pairs with which to check these figures",
        );
    } else if summary.pairs > 0 && !context.calibrated && !undecided {
        line(
            &mut text,
            "uncalibrated: this run learned from no labels; `midband calibrate` learns from labeled pairs",
        );
    }
    line(
        &mut text,
        &format!(
            "seconds: embedding {:.2}, judging {:.2}",
            summary.seconds.embedding, summary.seconds.judging
        ),
    );
    text
}

/// What the run was made for: how many pairs are matches, and how many records have no partner.
fn answer(summary: &Summary, context: &Context<'_>) -> String {
    if summary.pairs == 0 && context.without_partner.is_none() {
        return "no pairs in the input".to_owned();
    }
    let [matches, review, others] =
        [Decision::Match, Decision::Review, Decision::NoMatch].map(|one| summary.decided(one));
    let plural = |count: u64| if count == 1 { "match" } else { "matches" };
    let found = format!("{matches} {}, {review} for review", plural(matches));
    match context.without_partner {
        None => format!("{found}, {others} non-{}", plural(others)),
        Some(WithoutPartner { left, right: None }) => {
            format!("{found}, {} without a duplicate", number_of(left, "record"))
        }
        Some(WithoutPartner {
            left,
            right: Some(right),
        }) => format!("{found}; records without a partner: {left} left, {right} right"),
    }
}

/// Of a run or a calibration whose texts are embedded so.
pub(crate) const WRITTEN_OUT: &str =
    "names of the lexicon were written out before texts were embedded (--expand-terms)";

/// The place of the first rejected row, and why it is one.
fn first(row: Option<&RejectedRow>) -> String {
    row.map_or_else(String::new, |row| {
        let file = row
            .file
            .as_ref()
            .map_or_else(String::new, |file| format!("{file}, "));
        format!("; the first: {file}line {}: {}", row.line, row.reason)
    })
}

fn shift_line(shift: &LabelShift) -> String {
    format!(
        "estimated share of matches: {:.1} % of the pairs (standard error {:.1} points), from the scores alone",
        shift.prevalence * 100.0,
        shift.standard_error * 100.0
    )
}

fn audited_line(audited: &Audited) -> String {
    let Audited {
        settled,
        asked,
        answered,
        otherwise,
        ..
    } = audited;
    let drawn = format!("audit: asked about {asked} of {settled} settled pairs, drawn at random");
    match (audited.share, audited.interval) {
        (Some(share), Some((low, high))) => format!(
            "{drawn}; {otherwise} of {answered} answers disagree ({:.1} %, 95 % interval {:.1} to {:.1} %)",
            share * 100.0,
            low * 100.0,
            high * 100.0
        ),
        _ => format!("{drawn}; there was no answer"),
    }
}

fn fit_line(fit: &FitReport, asked: bool) -> String {
    let learnt = format!(
        "learned: texts treated as {}, {} embedded, {}",
        fit.calibration.kind,
        number_of(fit.embedded as u64, "pair"),
        number_of(fit.fits as u64, "refit")
    );
    if !asked {
        return learnt;
    }
    let judge = fit.calibration.judge;
    format!(
        "{learnt}; estimated judge: finds {:.0} % of matches and {:.0} % of non-matches",
        judge.sensitivity() * 100.0,
        judge.specificity() * 100.0
    )
}

/// From where on a score is a match, and why there.
fn cut_line(calibration: &Calibration) -> String {
    let why = match calibration.goal {
        Goal::Accuracy => "for the most correct decisions".to_owned(),
        Goal::F1 => "for the highest expected F1".to_owned(),
        Goal::Cost(costs) => format!(
            "a false match costs {}, a missed match {} (--cost-false-match, --cost-missed-match)",
            costs.false_match, costs.missed_match
        ),
    };
    format!("match from a score of {:.2}: {why}", calibration.rule.cut)
}

fn certified(certificate: &Certificate) -> String {
    let what = if certificate.certified {
        "certified"
    } else {
        "NOT certified"
    };
    let note = certificate
        .note
        .as_ref()
        .map_or(String::new(), |note| format!("; {note}"));
    format!(
        "{what}: {:?} against {} at failure probability {}; {}, {} settled without asking{note}",
        certificate.target,
        certificate.reference.as_str(),
        certificate.delta,
        number_of(certificate.labels as u64, "label"),
        number_of(certificate.settled as u64, "pair")
    )
}

fn line(text: &mut String, fact: &str) {
    // Writing to a String can't fail.
    let _ = writeln!(text, "midband: {fact}");
}
