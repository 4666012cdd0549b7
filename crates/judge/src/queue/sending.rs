//! What goes out: which pairs share a request, to which server, and for how long it is waited for.

use std::{sync::Arc, time::Instant};

use midband_core::Unanswered;

use super::{
    Batch, Queue,
    batch_queues::BatchQueue,
    job::{Job, Stage},
};
use crate::{batch::Sizes, mode::Question, rng::Rng};

impl Queue {
    /// Sends what is ready while there is a server for it.
    pub(super) fn dispatch(&mut self, now: Instant) {
        while self
            .caps
            .calls
            .is_none_or(|most| self.counted(|usage| usage.calls) < most)
        {
            let servers = &self.servers;
            let open =
                |queue: &BatchQueue| servers.iter().any(|server| server.takes(queue.model, now));
            let sizes = &self.sizes;
            let size = |queue: &BatchQueue| {
                let best = sizes.get(&(queue.model, queue.question)).map(Sizes::size);
                queue.limit.min(best.unwrap_or(queue.limit))
            };
            let Some((queue, jobs)) = self.batch_queues.next_batch(&self.plan, now, open, size)
            else {
                return;
            };
            if let Some(why) = self.passes_over(queue) {
                for job in jobs {
                    self.next_model(job, why.clone());
                }
                continue;
            }
            let best = (0..self.servers.len())
                .filter(|&index| self.servers[index].takes(queue.model, now))
                .min_by(|&a, &b| {
                    let load = |index: usize| {
                        self.servers[index].in_flight as f64 / self.servers[index].limit() as f64
                    };
                    load(a).total_cmp(&load(b))
                });
            match best {
                Some(server) => self.send(server, queue, jobs),
                None => {
                    return jobs
                        .into_iter()
                        .for_each(|job| self.batch_queues.push(queue, job));
                }
            }
        }
    }

    fn send(&mut self, server: usize, queue: BatchQueue, mut jobs: Vec<Job>) {
        self.order(&mut jobs);
        let pairs: Vec<_> = jobs
            .iter()
            .map(|job| (&job.words.pair, job.is_second() && self.plan.task.symmetric))
            .collect();
        let built = match (&jobs[0].stage, queue.question) {
            (Stage::Reason { score, .. }, _) => {
                self.plan
                    .ask_reason(queue.model, &jobs[0].words.pair, *score)
            }
            (_, Question::Score(mode)) => self.plan.ask(queue.model, mode, &pairs),
            (_, Question::Reason) => None,
        };
        let Some((mut ask, asked)) = built else {
            return jobs
                .into_iter()
                .for_each(|job| self.give_up(job, Unanswered::Refused));
        };
        let estimate =
            jobs.iter().map(|job| job.words.tokens).sum::<u32>() + self.plan.constant_tokens;
        let latency = self.servers[server].latency(queue.model);
        let retry_policy = &self.plan.retry_policy;
        let time_limit = latency.timeout(estimate, ask.num_predict, retry_policy);
        // Whoever ran out of time gets more of it: the model may have to be loaded anew.
        let tries = jobs.iter().map(|job| job.tries).max().unwrap_or(0);
        let longest = retry_policy.most_timeout.max(time_limit);
        ask.timeout = time_limit
            .saturating_mul(2u32.saturating_pow(tries.min(8)))
            .min(longest);
        let transport = Arc::clone(&self.servers[server].transport);
        let began = Instant::now();
        let abort = self.requests.spawn(async move {
            let result = transport.ask(&ask).await;
            (result, began.elapsed())
        });
        let again = jobs.iter().any(|job| job.sent > 0);
        self.servers[server].in_flight += 1;
        let at_once = self.servers[server].in_flight;
        let sizes = self.sizes(queue.model, queue.question);
        let (room, settled) = (queue.limit.min(sizes.size()), sizes.settled());
        let first_mode = queue.question == self.plan.mode.into() && queue.model == 0;
        self.count(|usage| {
            usage.sent(jobs.len(), room, again);
            if first_mode {
                usage.batch_size = settled;
            }
            usage.in_flight_peak = usage.in_flight_peak.max(at_once);
        });
        self.first_request.get_or_insert(began);
        let jobs = jobs
            .into_iter()
            .map(|job| {
                Some(Job {
                    sent: job.sent + 1,
                    ..job
                })
            })
            .collect();
        self.out.insert(
            abort.id(),
            Batch {
                server,
                queue,
                jobs,
                asked,
                estimate,
                began,
                abort,
            },
        );
    }

    /// An order that depends on the seed and on which pairs share the request, and on nothing else.
    fn order(&self, jobs: &mut [Job]) {
        jobs.sort_by(|a, b| {
            (a.words.digest.as_bytes(), a.is_second())
                .cmp(&(b.words.digest.as_bytes(), b.is_second()))
        });
        let mut hasher = blake3::Hasher::new();
        for job in jobs.iter() {
            hasher.update(job.words.digest.as_bytes());
            hasher.update(&[u8::from(job.is_second())]);
        }
        let mut seed = [0u8; 8];
        seed.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Rng::new(self.plan.seed ^ u64::from_le_bytes(seed)).shuffle(jobs);
    }
}
