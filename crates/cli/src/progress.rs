//! How far a run is: a bar on a terminal, a line every ten seconds where nobody looks.

mod stage;

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use midband::Progress;
use midband_run::{Listener, Notice};
use serde_json::{Map, Value, json};

use crate::print;
use stage::{Stage, Texts};

/// Time between two lines where no bar can be drawn.
const A_LINE: Duration = Duration::from_secs(10);

/// Seconds of asking from which on a run says how to bound it.
const AN_HOUR: f64 = 3600.0;

/// When the next line is due; the first one after as long as between two.
struct Due(Instant);

impl Due {
    fn new() -> Self {
        Self(Instant::now() + A_LINE)
    }

    /// True where a line is due now, which sets when the next one is.
    fn comes(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.0;
        if due {
            self.0 = now + A_LINE;
        }
        due
    }
}

/// Follows work whose parts have names.
pub(crate) struct DoctorProgress {
    steps: Steps,
    /// None where no line is wanted.
    due: Option<Mutex<Due>>,
}

impl DoctorProgress {
    pub(crate) fn new(quiet: bool) -> Self {
        let wants_lines = !quiet && !std::io::stderr().is_terminal();
        Self {
            steps: Steps::new(quiet, "measuring", "known pairs"),
            due: wants_lines.then(|| Mutex::new(Due::new())),
        }
    }

    pub(crate) fn show(&self, part: &str, done: usize, all: usize) {
        self.steps.0.set_message(part.to_owned());
        self.steps.at(done, all);
        let due = self.due.as_ref();
        let due = due.map(|due| due.lock().unwrap_or_else(PoisonError::into_inner));
        if due.is_some_and(|mut due| due.comes()) {
            noteln!("midband: {part}: {done} of {all} known pairs");
        }
    }

    pub(crate) fn finish(&self) {
        self.steps.finish();
    }
}

/// What was shown last.
struct Seen {
    now: Progress,
    texts: Texts,
    stage: &'static str,
    since: Instant,
    /// When the next line is due, where there is no terminal.
    due: Due,
}

/// Follows a run's totals.
pub(crate) struct Bar {
    bar: ProgressBar,
    quiet: bool,
    seen: Mutex<Seen>,
}

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::new_spinner();
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self {
            bar,
            quiet,
            seen: Mutex::new(Seen {
                now: Progress::default(),
                texts: Texts::default(),
                stage: "",
                since: Instant::now(),
                due: Due::new(),
            }),
        }
    }

    fn update(&self, change: impl FnOnce(&mut Seen)) {
        if self.quiet {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut seen);
        let stage = Stage::of(seen.now, seen.texts);
        if stage.name != seen.stage && stage.share.is_none_or(|share| share < 1.0) {
            // Embedding and comparing are one stage: the one is most of the other's time.
            let both = ["embedding", "comparing"];
            if !(both.contains(&stage.name) && both.contains(&seen.stage)) {
                seen.since = Instant::now();
            }
            seen.stage = stage.name;
        }
        let left = stage.left(seen.since.elapsed());
        if !self.bar.is_hidden() {
            self.bar.set_message(stage.words(left));
        } else if seen.due.comes() {
            print::progress(&stage.words(left), figures(&stage, left));
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn figures(stage: &Stage, left: Option<u64>) -> Map<String, Value> {
    let figures = json!({
        "stage": stage.name,
        "done": stage.done,
        "all": stage.all,
        "seconds_left": left,
    });
    match figures {
        Value::Object(figures) => figures,
        _ => Map::new(),
    }
}

/// Tells a run's notices on standard error and shows its progress.
pub(crate) struct Console {
    bar: Bar,
    quiet: bool,
}

impl Console {
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            bar: Bar::new(quiet),
            quiet,
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish();
    }
}

impl Listener for Console {
    fn notice(&self, notice: &Notice) {
        self.bar.bar.suspend(|| match notice {
            Notice::GoingOn(_)
            | Notice::Expects { .. }
            | Notice::StartingJudge(_)
            | Notice::TaskFound(..)
            | Notice::Told(_)
            | Notice::ShareLittle { .. }
            | Notice::Crowded { .. }
            | Notice::NoMatches
            | Notice::NotDistilled(_)
                if self.quiet => {}
            Notice::FewTokens(tokens) => noteln!(
                "midband: --max-tokens {tokens} keeps little more than one word per text: different texts look alike"
            ),
            Notice::ShareLittle { .. } => noteln!(
                "midband: {notice} Use `--map LEFT=RIGHT` to pair columns, or `--text` to choose columns to compare as text"
            ),
            Notice::NoMatches => noteln!(
                "midband: {notice} (use `--compare text` to compare the records as texts)"
            ),
            Notice::NotDistilled(_) => noteln!(
                "midband: {notice}: run `midband models distil` once to make this many times faster"
            ),
            said @ Notice::Expects {
                questions,
                pace: Some(pace),
                ..
            } if *questions as f64 * pace.seconds_a_pair > AN_HOUR => noteln!(
                "midband: {said}; use --time-limit or --max-questions to limit it (the most useful questions come first)"
            ),
            Notice::OtherTask { .. } => noteln!(
                "midband: {notice}; use a calibration of this task, or name the task with --task"
            ),
            said @ Notice::TaskFound(..) => noteln!("midband: {said} (use --task to change it)"),
            said => noteln!("midband: {said}"),
        });
    }

    fn progress(&self, now: Progress) {
        self.bar.update(|seen| seen.now = now);
    }

    fn embedded(&self, done: u64, all: u64) {
        self.bar.update(|seen| seen.texts = Texts { done, all });
    }
}

/// A bar over steps whose number is known, with the time left.
#[derive(Clone)]
pub(crate) struct Steps(ProgressBar);

impl Steps {
    pub(crate) fn new(quiet: bool, what: &str, unit: &str) -> Self {
        let bar = ProgressBar::new(1);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
            let line = format!("{{msg}} {{wide_bar}} {{pos}} of {{len}} {unit}, {{eta}} left");
            if let Ok(style) = ProgressStyle::with_template(&line) {
                bar.set_style(style);
            }
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }

    pub(crate) fn expect(&self, steps: usize) {
        self.0.set_length(steps as u64);
        self.0.set_position(0);
    }

    pub(crate) fn at(&self, step: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(step as u64);
    }

    pub(crate) fn done(&self, steps: usize) {
        self.0.inc(steps as u64);
    }

    /// Follows a run: what is compared, and then what is judged, which takes longer.
    pub(crate) fn show(&self, now: Progress) {
        let (done, all) = if now.asked > 0 {
            (now.judged, now.asked)
        } else {
            (now.compared, now.read)
        };
        self.0.set_length(all);
        self.0.set_position(done);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
