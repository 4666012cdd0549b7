//! What the system says of this process, under the names that Prometheus clients share
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>). Linux only: elsewhere only the start.

use std::{
    fs,
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::{ConstGauge, Gauge},
    },
    registry::Registry,
};

/// Gauges of the process, read anew for each answer.
pub(crate) struct Process {
    resident: Gauge<i64, AtomicI64>,
    open_files: Gauge<i64, AtomicI64>,
    threads: Gauge<i64, AtomicI64>,
    /// The bits of a float.
    cpu: Counter<f64, AtomicU64>,
}

impl Process {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        registry.register(
            "process_start_time_seconds",
            "Start of the server, seconds since 1970",
            ConstGauge::new(since.unwrap_or_default().as_secs_f64()),
        );
        let process = Self {
            resident: Gauge::default(),
            open_files: Gauge::default(),
            threads: Gauge::default(),
            cpu: Counter::default(),
        };
        registry.register(
            "process_resident_memory_bytes",
            "Memory in use, bytes",
            process.resident.clone(),
        );
        registry.register(
            "process_open_fds",
            "Open file descriptors",
            process.open_files.clone(),
        );
        registry.register("process_threads", "Threads", process.threads.clone());
        registry.register(
            "process_cpu_seconds",
            "Processor time, user and system, seconds",
            process.cpu.clone(),
        );
        process
    }

    /// Reads what there is; what can't be read stays as it was.
    pub(crate) fn look(&self) {
        if let Ok(status) = fs::read_to_string("/proc/self/status") {
            let field = |name: &str| -> Option<i64> {
                let line = status.lines().find_map(|line| line.strip_prefix(name))?;
                line.split_whitespace().next()?.parse().ok()
            };
            if let Some(kib) = field("VmRSS:") {
                self.resident.set(kib << 10);
            }
            if let Some(threads) = field("Threads:") {
                self.threads.set(threads);
            }
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            self.open_files.set(files.count() as i64);
        }
        if let Ok(stat) = fs::read_to_string("/proc/self/stat")
            && let Some(ticks) = ticks(&stat)
        {
            let seconds = ticks as f64 / TICKS_A_SECOND;
            self.cpu.inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
    }
}

/// What the kernel counts processor time in; 100 on every Linux in use (`getconf CLK_TCK`).
const TICKS_A_SECOND: f64 = 100.0;

/// Ticks of user and system time: fields 14 and 15 of `/proc/self/stat`, the second being a name in brackets.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    Some(user + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_whatever_the_name_is() {
        let stat = "12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 5 0 100";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("nothing"), None);
    }
}
