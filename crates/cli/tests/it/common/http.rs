//! `midband serve` in a process of its own, and a client for it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::command;

/// A server that runs until it is dropped.
pub struct Served {
    child: Child,
    pub url: String,
    pub runtime: tokio::runtime::Runtime,
    client: Client,
    stderr: Arc<Mutex<String>>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }
}

impl Served {
    /// Starts the binary in a folder, on a free port, with its state in that folder.
    pub fn start(dir: &Path, arguments: &[&str]) -> Self {
        Self::start_with(dir, arguments, &[])
    }

    /// The same with variables.
    pub fn start_with(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let all = [
            &["serve", "--listen", "127.0.0.1:0", "--state", "state"],
            arguments,
        ]
        .concat();
        let mut child = command(dir, &all)
            // Tests share the machine: those that are about deadlines name theirs.
            .env("MIDBAND_REQUEST_DEADLINE", "9m")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let url = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("the server did not start: {said}");
            };
            said += &format!("{line}\n");
            if let Some(rest) = line.split("listening on ").nth(1) {
                break rest.split(',').next().unwrap().to_owned();
            }
        };
        let stderr = Arc::new(Mutex::new(said));
        let kept = stderr.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *kept.lock().unwrap() += &format!("{line}\n");
            }
        });
        Self {
            child,
            url,
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap(),
            client: Client::new(),
            stderr,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path))
    }

    pub fn post(&self, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path);
        self.send(request.header("content-type", kind).body(body))
    }

    pub fn send(&self, request: RequestBuilder) -> Answer {
        self.runtime.block_on(answer(request))
    }

    /// What the server wrote to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Sends a signal, and waits for the end. Returns the exit code.
    pub fn stop(&mut self, signal: &str) -> Option<i32> {
        super::signal(signal, self.child.id());
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not stop: {}", self.stderr());
    }
}

/// Sends a request and reads the whole answer.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let headers = response.headers().clone();
    let kind = headers
        .get("content-type")
        .map_or(String::new(), |kind| kind.to_str().unwrap().to_owned());
    Answer {
        status: response.status().as_u16(),
        kind,
        headers,
        body: response.bytes().await.unwrap().to_vec(),
    }
}

/// Waits until something holds, for at most so long.
pub fn until(seconds: u64, what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(
            begin.elapsed() < Duration::from_secs(seconds),
            "after {seconds} s still not: {what}"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
