//! Tells `--version` which commit a release build is of, and when it was made. Other builds say that they are none, so that a commit
//! compiles nothing anew. `SOURCE_DATE_EPOCH` fixes the date (<https://reproducible-builds.org/specs/source-date-epoch/>).

use std::{
    env,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rerun-if-env-changed=MIDBAND_COMMIT");
    let about = if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        // A packaged source has no repository; what packs it can name the commit.
        let commit = env::var("MIDBAND_COMMIT").ok().or_else(commit);
        let commit = commit.map_or_else(String::new, |commit| format!("commit {commit}, "));
        format!("{commit}built {}", date())
    } else {
        "development build".to_owned()
    };
    println!("cargo:rustc-env=BUILT_OF={about}");
}

fn commit() -> Option<String> {
    // Each commit moves it.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo:rerun-if-changed={log}");
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let clean = git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if clean {
        commit
    } else {
        format!("{commit} with changes")
    })
}

fn git(arguments: &[&str]) -> Option<String> {
    let done = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(done.stdout).ok()?;
    done.status.success().then(|| said.trim().to_owned())
}

/// Today, or the date that is given: year, month and day, UTC.
fn date() -> String {
    let given = env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    let time = given.map_or_else(SystemTime::now, |seconds| {
        UNIX_EPOCH + Duration::from_secs(seconds)
    });
    let date = humantime::format_rfc3339_seconds(time).to_string();
    date.chars().take(10).collect()
}
