//! A job is taken: onto the disk, before anybody is told.

use std::hash::{BuildHasher, Hasher, RandomState};

use axum::{body::Bytes, http::HeaderMap};

use super::{
    queue::seconds,
    store::{About, Idempotency, State},
};
use crate::{
    app::App,
    problem::Problem,
    request::{Form, Wanted},
};

/// A job that is wished for.
pub(crate) struct NewJob {
    pub(crate) form: Form,
    pub(crate) wanted: Wanted,
    /// Pairs to score; records of lists.
    pub(crate) pairs: u64,
    pub(crate) body: Bytes,
    /// By which the caller knows the request again.
    pub(crate) key: Option<String>,
}

/// What became of a wish for a job.
enum Added {
    New(Box<About>),
    /// It was there already; true if it was of the same request.
    Known(Box<About>, bool),
    Full,
}

/// Takes a job, and wakes who works on it.
pub(super) async fn accept(app: &App, job: NewJob) -> Result<About, Problem> {
    let NewJob {
        form,
        wanted,
        pairs,
        body,
        key,
    } = job;
    let mut about = About {
        id: new_id(),
        number: 0,
        state: State::Queued,
        form,
        wanted,
        pairs,
        created: seconds(),
        started: None,
        ended: None,
        error: None,
        summary: None,
        provenance: None,
        idempotency: None,
    };
    about.idempotency = key.map(|key| Idempotency::new(&key, &about, &body));
    let most = app.settings.limits.jobs;
    let added = app
        .jobs
        .with_store(move |store| {
            store.alone(|| {
                let all = store.all()?;
                if let Some(wanted) = &about.idempotency {
                    let known = all.iter().find_map(|job| {
                        let before = job.idempotency.as_ref()?;
                        (before.key == wanted.key)
                            .then_some((job, before.request == wanted.request))
                    });
                    if let Some((job, is_same)) = known {
                        return Ok(Added::Known(Box::new(job.clone()), is_same));
                    }
                }
                let open = all.iter().filter(|job| job.ended.is_none()).count();
                if open >= most {
                    return Ok(Added::Full);
                }
                about.number = all.last().map_or(0, |last| last.number + 1);
                store.add(&about, &body)?;
                Ok(Added::New(Box::new(about)))
            })
        })
        .await?;
    let about = match added {
        Added::New(about) | Added::Known(about, true) => about,
        Added::Known(_, false) => {
            return Err(Problem::unprocessable(
                "another request used this idempotency key",
            ));
        }
        Added::Full => return Err(Problem::busy(60)),
    };
    app.jobs.wake.notify_one();
    Ok(*about)
}

/// Longest idempotency key.
const LONGEST_KEY: usize = 255;

/// The key by which a caller knows a request again.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => Err(Problem::bad(
            "an idempotency key has 1 to 255 visible characters",
        )),
    }
}

/// 128 bits that nobody can guess: a job's id is all that is needed to read it where no key is set.
fn new_id() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}
