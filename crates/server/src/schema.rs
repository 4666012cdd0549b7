//! Shapes of requests and answers, for the API's own document. A test holds them to what is really sent.

mod id;
mod refusals;
mod report;
mod requests;
mod runs;
mod scores;
mod status;
mod verdicts;

pub(crate) use self::{
    refusals::{NoResult, Refused, Unusable},
    report::Analysis,
    requests::{AnalyzeRequest, JobRequest, PolicyName, ScoreRequest},
    runs::{Job, JobList, Provenance, ScoreResponse, Summary},
    scores::{DecisionName, Score},
    status::{Health, Info, JudgeState, LimitsInfo, Ready, TaskInfo},
    verdicts::{VerdictOut, VerdictState, Verdicts, VerdictsRequest},
};
