//! Runs a mode and measures it.
//!
//! A simulator's clock runs faster than the world's, while embedding and routing take real time: only what
//! was waited for the judge is multiplied by its speed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use midband::{
    Decision, Embedder, Engine, EngineBuilder, Judge, LabelledPair, Learning, Pair, Scored,
    judge::{JudgeSettings, LlmJudge},
    router::Policy,
};

use super::{
    Parted,
    bench_mode::{Asker, BenchMode, Load},
    row::{Measured, ModeRow, Spent},
    simulated::{self, Simulated},
};
use crate::{args::BenchArgs, progress::Steps};

/// What every mode shares.
pub(crate) struct Bench<'a> {
    pub(crate) args: &'a BenchArgs,
    pub(crate) parted: &'a Parted,
    /// Where the judge is.
    pub(crate) reached: &'a JudgeSettings,
    /// Where a mode routes.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
}

impl Bench<'_> {
    /// One mode: a server, a judge, a warm-up, the runs.
    pub(crate) async fn measure(&self, way: &BenchMode, place: &str) -> Result<ModeRow> {
        let speed = Simulated::of(self.args).map_or(1.0, |told| {
            let usual = if way.may_think() { 200.0 } else { 10.0 };
            told.speed.unwrap_or(usual)
        });
        let simulator = simulated::start(self.args, self.parted, speed).await?;
        let mut reached = self.reached.clone();
        if let Some(simulator) = &simulator {
            reached.servers = vec![simulator.url.clone()];
        } else {
            reached.costs = midband_run::measured_costs();
            reached.probes = midband_run::kept_probes();
        }
        // The judge's own waiting runs by the world's clock too.
        reached.max_wait = reached
            .max_wait
            .div_f64(speed)
            .max(Duration::from_millis(1));
        let judge = Arc::new(LlmJudge::connect(way.settings(&reached)).await?);
        let steps = Steps::new(self.args.quiet, place, "pairs");
        let (measured, before) = match way.asker {
            Asker::Everything(load) => self.ask_everything(&judge, load, speed, &steps).await?,
            Asker::Router => self.route(&judge, speed, &steps).await?,
        };
        steps.finish();
        Ok(ModeRow::new(
            way,
            judge.picked().mode,
            self.args.iterations,
            measured,
            Spent {
                before,
                after: judge.usage(),
            },
        ))
    }

    /// Every pair to the judge, by as many callers as there may be requests.
    async fn ask_everything(
        &self,
        judge: &LlmJudge,
        load: Load,
        speed: f64,
        steps: &Steps,
    ) -> Result<(Measured, midband::judge::Usage)> {
        let asked = &self.parted.measured[..self.parted.asked];
        let pairs: Vec<Pair> = asked.iter().map(|gold| gold.pair.clone()).collect();
        let begin = Instant::now();
        judge.judge(&pairs[..1]).await?;
        let mut measured = Measured {
            warm_up: begin.elapsed().as_secs_f64() * speed,
            pairs: pairs.len(),
            ..Measured::default()
        };
        let before = judge.usage();
        steps.expect(pairs.len() * self.args.iterations as usize);
        for _ in 0..self.args.iterations {
            let begin = Instant::now();
            let requests = stream::iter(pairs.chunks(load.a_request)).map(|chunk| async move {
                let sent = Instant::now();
                let verdicts = judge.judge(chunk).await?;
                steps.done(chunk.len());
                anyhow::Ok((verdicts, sent.elapsed().as_secs_f64() * speed))
            });
            let answers: Vec<_> = requests.buffered(load.at_once).try_collect().await?;
            measured.seconds += begin.elapsed().as_secs_f64() * speed;
            let mut right = (0, 0);
            let mut truth = asked.iter();
            for (verdicts, took) in answers {
                for (verdict, gold) in verdicts.iter().zip(truth.by_ref()) {
                    measured.waits.push(took);
                    match &verdict.outcome {
                        Ok(answer) => {
                            right.0 += usize::from(answer.says_match() == gold.is_match);
                            right.1 += 1;
                        }
                        Err(_) => measured.unanswered += 1,
                    }
                }
            }
            (measured.right, measured.right_on_asked) = (right, right);
        }
        Ok((measured, before))
    }

    /// The cascade: what the gold pairs teach, then every measured pair.
    async fn route(
        &self,
        judge: &Arc<LlmJudge>,
        speed: f64,
        steps: &Steps,
    ) -> Result<(Measured, midband::judge::Usage)> {
        let learning = Learning::new(Policy::Gain(self.args.min_gain.options()));
        let warming = self.builder(steps)?.learn(learning.clone()).build()?;
        let measured = &self.parted.measured;
        let pairs: Vec<Pair> = measured.iter().map(|gold| gold.pair.clone()).collect();
        let begin = Instant::now();
        warming.score(pairs[..1].to_vec()).await?;
        let loaded = begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        judge.judge(&pairs[..1]).await?;
        let mut came = Measured {
            warm_up: loaded + begin.elapsed().as_secs_f64() * speed,
            pairs: pairs.len(),
            ..Measured::default()
        };
        let calibration = if self.parted.gold.is_empty() {
            None
        } else {
            let engine = self
                .builder(steps)?
                .learn(learning.clone())
                .judge(judge.clone())
                .build()?;
            let begin = Instant::now();
            let calibrated = engine.calibrate(self.parted.gold.clone()).await?;
            // Nearly all of it is the judge.
            came.warm_up += begin.elapsed().as_secs_f64() * speed;
            Some(Arc::new(calibrated.calibration))
        };
        let before = judge.usage();
        for _ in 0..self.args.iterations {
            // A new engine: no text is known from the run before.
            let engine = self
                .builder(steps)?
                .learn(Learning {
                    calibration: calibration.clone(),
                    ..learning.clone()
                })
                .judge(judge.clone())
                .build()?;
            let scored = engine.score(pairs.clone()).await?;
            if let Some(why) = &scored.summary.judge_failed {
                bail!("the judge failed: {why}");
            }
            self.count(&mut came, &scored, speed);
        }
        Ok((came, before))
    }

    fn builder(&self, steps: &Steps) -> Result<EngineBuilder> {
        let steps = steps.clone();
        let embedder = self.embedder.clone().context("no embedder was opened")?;
        Ok(Engine::builder()
            .embedder(embedder)
            .seed(self.args.seed)
            .on_progress(move |now| steps.show(now)))
    }

    fn count(&self, came: &mut Measured, scored: &Scored, speed: f64) {
        let seconds = scored.summary.seconds;
        came.seconds += (seconds.total - seconds.judging).max(0.0) + seconds.judging * speed;
        came.unanswered += scored.summary.unanswered_pairs();
        let (mut right, mut right_on_asked) = ((0, 0), (0, 0));
        let pairs = scored.scores.iter().zip(&self.parted.measured);
        for (place, (score, LabelledPair { is_match, .. })) in pairs.enumerate() {
            if score.judge_seconds > 0.0 {
                came.waits.push(score.judge_seconds * speed);
            }
            // A pair for review has a score all the same, and only a rejected one has none.
            let says = match (score.decision, score.score) {
                (Decision::Match, _) => true,
                (Decision::NoMatch, _) => false,
                (Decision::Review, Some(score)) => score >= 0.5,
                (Decision::Review, None) => continue,
            };
            let is_right = says == *is_match;
            let add = |to: &mut (usize, usize)| *to = (to.0 + usize::from(is_right), to.1 + 1);
            add(&mut right);
            if place < self.parted.asked {
                add(&mut right_on_asked);
            }
        }
        (came.right, came.right_on_asked) = (right, right_on_asked);
    }
}
