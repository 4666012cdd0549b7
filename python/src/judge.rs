//! A Python callable in the place of a judge.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use midband::{Answer, BoxFuture, Fingerprint, Judge, JudgeError, Pair, Unanswered, Verdict};
use pyo3::{prelude::*, types::PyList};

/// Asks a callable: a list of `(a, b)` in, as many probabilities of a match out, `None` where it has none.
pub(crate) struct Callable {
    callable: Arc<Py<PyAny>>,
    name: String,
}

impl Callable {
    pub(crate) fn new(callable: &Bound<'_, PyAny>) -> Self {
        let word = |name: &str| {
            let found = callable
                .getattr(name)
                .and_then(|word| word.extract::<String>());
            found.ok()
        };
        let name = word("__qualname__")
            .or_else(|| callable.get_type().qualname().ok()?.extract().ok())
            .unwrap_or_else(|| "callable".to_owned());
        let module = word("__module__").unwrap_or_default();
        Self {
            callable: Arc::new(callable.clone().unbind()),
            name: format!("python:{module}.{name}"),
        }
    }
}

impl Judge for Callable {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        let texts: Vec<(String, String)> = pairs
            .iter()
            .map(|pair| (pair.a.as_str().to_owned(), pair.b.as_str().to_owned()))
            .collect();
        let (callable, name) = (self.callable.clone(), self.name.clone());
        Box::pin(async move {
            let begin = Instant::now();
            let asked = tokio::task::spawn_blocking(move || ask(&callable, texts));
            let answers = match asked.await {
                Ok(answers) => answers?,
                Err(_) => return Err(JudgeError::Settings("its thread died".to_owned())),
            };
            let each = begin.elapsed().div_f64(answers.len().max(1) as f64);
            Ok(answers
                .into_iter()
                .map(|answer| verdict(answer, &name, each))
                .collect())
        })
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(self.name.clone())
    }
}

fn ask(callable: &Py<PyAny>, texts: Vec<(String, String)>) -> Result<Vec<Option<f64>>, JudgeError> {
    let wanted = texts.len();
    // The error's own words may hold a pair's text: its type alone is told. The Python half keeps the error itself.
    let failed = |py: Python<'_>, error: PyErr| {
        let kind = error
            .get_type(py)
            .name()
            .map_or_else(|_| "an error".to_owned(), |name| name.to_string());
        JudgeError::Settings(format!("the callable raised {kind}"))
    };
    Python::attach(|py| {
        let pairs = PyList::new(py, texts).map_err(|error| failed(py, error))?;
        let answers = callable
            .call1(py, (pairs,))
            .map_err(|error| failed(py, error))?;
        let answers: Vec<Option<f64>> = answers.extract(py).map_err(|_| {
            JudgeError::Settings("the callable returned no list of numbers and None".to_owned())
        })?;
        if answers.len() != wanted {
            return Err(JudgeError::Settings(format!(
                "the callable returned {} answers for {wanted} pairs",
                answers.len()
            )));
        }
        Ok(answers)
    })
}

fn verdict(answer: Option<f64>, name: &str, took: Duration) -> Verdict {
    match answer.map(|score| Answer::new(score, name)) {
        Some(Ok(answer)) => Verdict::answered(answer, took),
        Some(Err(_)) => Verdict::unanswered(Unanswered::Unparseable, took),
        None => Verdict::unanswered(Unanswered::Refused, took),
    }
}
