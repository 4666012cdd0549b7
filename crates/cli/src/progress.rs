//! Progress on standard error: a bar on a terminal, elsewhere a line every ten seconds.

use std::{
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use midband::Progress;
use midband_run::{Listener, Notice};

/// Time between two lines where no bar can be drawn.
const A_LINE: Duration = Duration::from_secs(10);

/// Says where a long work is, where standard error is not a terminal: the first line after ten seconds.
#[derive(Clone)]
struct Lines(Option<Arc<Mutex<Instant>>>);

impl Lines {
    fn new(quiet: bool) -> Self {
        let wanted = !quiet && !std::io::stderr().is_terminal();
        Self(wanted.then(|| Arc::new(Mutex::new(Instant::now()))))
    }

    fn say(&self, words: impl FnOnce() -> String) {
        let Some(last) = &self.0 else { return };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= A_LINE {
            *last = Instant::now();
            noteln!("midband: {}", words());
        }
    }
}

/// Follows work whose parts have names.
pub(crate) struct Heard {
    steps: Steps,
    lines: Lines,
}

impl Heard {
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            steps: Steps::new(quiet, "measuring", "known pairs"),
            lines: Lines::new(quiet),
        }
    }

    pub(crate) fn show(&self, part: &str, done: usize, all: usize) {
        self.steps.0.set_message(part.to_owned());
        self.steps.at(done, all);
        self.lines
            .say(|| format!("{part}: {done} of {all} known pairs"));
    }

    pub(crate) fn finish(&self) {
        self.steps.finish();
    }
}

/// A line that follows the run's totals; it draws nothing where nobody looks.
#[derive(Clone)]
pub(crate) struct Bar(ProgressBar, Lines);

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
        Self(bar, Lines::new(quiet))
    }

    pub(crate) fn show(&self, now: Progress) {
        let judged = if now.asked > 0 {
            format!(", judged {} of {}", now.judged, now.asked)
        } else {
            String::new()
        };
        let words = || {
            format!(
                "read {}, compared {}{judged}, finished {}",
                now.read, now.compared, now.finished
            )
        };
        if !self.0.is_hidden() {
            self.0.set_message(words());
        }
        self.1.say(words);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Tells a run's notices on standard error and draws its progress.
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
        self.bar.0.suspend(|| match notice {
            Notice::GoingOn(_) | Notice::StartingJudge(_) if self.quiet => {}
            Notice::FewTokens(tokens) => noteln!(
                "midband: of each text --max-tokens {tokens} leaves little more than a word: different texts look alike"
            ),
            Notice::TaskFound(..) if self.quiet => {}
            said @ Notice::TaskFound(..) => noteln!("midband: {said} (--task names another)"),
            said => noteln!("midband: {said}"),
        });
    }

    fn progress(&self, now: Progress) {
        self.bar.show(now);
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
