//! A child process that ends with us, however we end.
//!
//! On Unix the shell starts the program in its own place and leaves a watcher beside it, which reads from a pipe that only we
//! hold: when the pipe closes without a word, we are gone, and the watcher kills the program. This needs neither a
//! helper program nor a system call between fork and exec, and holds on every Unix. Elsewhere the program ends when it
//! is dropped, and stays where we are killed.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};
#[cfg(unix)]
use std::{io::Write, os::unix::process::CommandExt, process::ChildStdin};

/// Lines of the program's last words that are kept.
const LINES: usize = 6;

/// `$$` is the shell's own number, which the program keeps. The watcher holds none of the program's files open.
#[cfg(unix)]
const WATCH: &str =
    r#"exec 3<&0; (read -r over <&3 || kill -KILL $$) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-"#;

type LastWords = Arc<Mutex<VecDeque<String>>>;

/// The process. Dropping it kills the program and waits for its end.
#[derive(Debug)]
pub(super) struct Watched {
    child: Child,
    said: LastWords,
    reading: Option<std::thread::JoinHandle<()>>,
    #[cfg(unix)]
    watcher: Option<ChildStdin>,
}

impl Watched {
    /// Starts a program; what it writes to standard error is read and, but for the last lines, forgotten.
    pub(super) fn spawn(command: Command) -> io::Result<Self> {
        let mut command = watching(command);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let said = LastWords::default();
        let reading = child.stderr.take().map(|stderr| {
            let said = said.clone();
            std::thread::spawn(move || keep_last(stderr, &said))
        });
        Ok(Self {
            #[cfg(unix)]
            watcher: child.stdin.take(),
            child,
            said,
            reading,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Status and last words where the program has ended.
    pub(super) fn ended(&mut self) -> Option<(String, String)> {
        let status = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.dismiss();
        if let Some(reading) = self.reading.take() {
            // Its output has ended with it.
            let _ = reading.join();
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        Some((status, said.join(" | ")))
    }

    /// Tells the watcher that there is nothing to kill any more: the number may be another process's soon.
    fn dismiss(&mut self) {
        #[cfg(unix)]
        if let Some(mut watcher) = self.watcher.take() {
            // A watcher that is gone needs no word.
            let _ = watcher.write_all(b"over\n");
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            // Nothing can be done about a process that can't be waited for.
            let _ = self.child.wait();
        }
        self.dismiss();
    }
}

/// The same program under a watcher, in a process group of its own: Ctrl-C is ours to answer.
#[cfg(unix)]
fn watching(command: Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", WATCH, "midband"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::piped()).process_group(0);
    shell
}

#[cfg(not(unix))]
fn watching(mut command: Command) -> Command {
    command.stdin(Stdio::null());
    command
}

fn keep_last(stderr: ChildStderr, said: &LastWords) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let words = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        if words.is_empty() {
            continue;
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_back(words);
        if said.len() > LINES {
            said.pop_front();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    /// True where a process of that number takes signals.
    fn lives(id: u32) -> bool {
        let sent = Command::new("/bin/sh")
            .args(["-c", &format!("kill -0 {id}")])
            .stderr(Stdio::null())
            .status();
        sent.is_ok_and(|ended| ended.success())
    }

    fn soon(mut what: impl FnMut() -> bool) -> bool {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if what() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    #[test]
    fn a_dropped_program_is_gone() {
        let watched = Watched::spawn(sh("exec sleep 600")).unwrap();
        let id = watched.id();
        assert!(lives(id));
        drop(watched);
        assert!(!lives(id));
    }

    #[test]
    fn a_closed_pipe_ends_the_program_as_a_killed_owner_would() {
        let mut watched = Watched::spawn(sh("exec sleep 600")).unwrap();
        drop(watched.watcher.take());
        assert!(soon(|| watched.child.try_wait().unwrap().is_some()));
    }

    #[test]
    fn the_last_words_of_a_program_that_fails_are_kept() {
        let mut watched = Watched::spawn(sh("echo no such model >&2; exit 3")).unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        let (status, said) = loop {
            if let Some(ended) = watched.ended() {
                break ended;
            }
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(
            status.contains('3') && said == "no such model",
            "{status} {said}"
        );
    }
}
