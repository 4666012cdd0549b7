//! What a run is doing, as far as its totals tell.

use std::time::Duration;

use midband::Progress;

/// Texts that are embedded, of those at hand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts {
    pub(super) done: u64,
    pub(super) all: u64,
}

/// What a run is doing, as far as its totals tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) done: u64,
    pub(super) all: u64,
    /// Share of the stage that is done, where its size is known.
    pub(super) share: Option<f64>,
}

impl Stage {
    pub(super) fn of(now: Progress, texts: Texts) -> Self {
        let stage = |name, unit, done, all| Self {
            name,
            unit,
            done,
            all,
            share: None,
        };
        if now.asked > now.judged {
            // What a run learns changes how many more it asks: what is out is certain, the rest expected.
            let all = now.expected.unwrap_or(0).max(now.asked);
            return Self {
                share: now.expected.map(|_| now.judged as f64 / all.max(1) as f64),
                ..stage("asking the judge", "asked", now.judged, all)
            };
        }
        let open = now.read.saturating_sub(now.compared);
        if texts.done < texts.all {
            let done = texts.done as f64 / texts.all as f64;
            let part = open.min(midband::DEFAULT_CHUNK as u64) as f64;
            let share = (now.compared as f64 + done * part) / now.read as f64;
            return Self {
                share: (now.whole && now.read > 0).then_some(share),
                ..stage("embedding", "texts", texts.done, texts.all)
            };
        }
        if open > 0 {
            let share = now.compared as f64 / now.read as f64;
            return Self {
                share: now.whole.then_some(share),
                ..stage("comparing", "compared", now.compared, now.read)
            };
        }
        stage("scoring", "finished", now.finished, now.read)
    }

    /// Seconds that are left, by the pace since the stage began.
    pub(super) fn left(&self, since: Duration) -> Option<u64> {
        let share = self.share.filter(|&share| share > 0.0 && share < 1.0)?;
        let left = since.as_secs_f64() * (1.0 - share) / share;
        left.is_finite().then_some(left.round() as u64)
    }

    pub(super) fn words(&self, left: Option<u64>) -> String {
        let Self {
            name,
            unit,
            done,
            all,
            ..
        } = self;
        let left = left.map_or(String::new(), |seconds| {
            let left = humantime::format_duration(Duration::from_secs(seconds));
            format!(", about {left} left")
        });
        format!("{name}: {done} of {all} {unit}{left}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn but(mut now: Progress, change: impl FnOnce(&mut Progress)) -> Progress {
        change(&mut now);
        now
    }

    #[test]
    fn the_stage_and_what_is_left_follow_from_the_totals() {
        let now = but(Progress::default(), |now| {
            now.read = 1_000;
            now.whole = true;
        });
        let none = Texts::default();
        let texts = Texts { done: 50, all: 200 };
        let embedding = Stage::of(now, texts);
        assert_eq!((embedding.name, embedding.share), ("embedding", Some(0.25)));
        let left = embedding.left(Duration::from_secs(10));
        assert_eq!(left, Some(30));
        let said = "embedding: 50 of 200 texts, about 30s left";
        assert_eq!(embedding.words(left), said);
        let half = but(now, |now| {
            now.compared = 500;
        });
        assert_eq!(Stage::of(half, none).share, Some(0.5));
        // A stream's end is not known.
        let stream = but(half, |now| {
            now.whole = false;
        });
        let comparing = Stage::of(stream, none);
        assert_eq!((comparing.name, comparing.share), ("comparing", None));
        assert_eq!(comparing.left(Duration::from_secs(10)), None);
        let asking = but(now, |now| {
            now.compared = 1_000;
            now.asked = 40;
            now.judged = 8;
        });
        let words = Stage::of(asking, none).words(None);
        assert_eq!(words, "asking the judge: 8 of 40 asked");
        let done = but(asking, |now| {
            now.judged = 40;
            now.finished = 1_000;
        });
        assert_eq!(
            Stage::of(done, none).words(None),
            "scoring: 1000 of 1000 finished"
        );
    }
}
