//! Shapes of requests and answers, for the API's own document. A test holds them to what is really sent.

mod id;
mod refusals;
mod requests;
mod runs;
mod scores;
mod status;
mod verdicts;

pub(crate) use self::{
    refusals::{NoResult, Refused, Unusable},
    requests::{AnalyzeRequest, JobRequest, PolicyName, ScoreRequest},
    runs::{Analysis, Job, JobList, ScoreResponse},
    scores::{DecisionName, Score},
    status::{Health, Info, JudgeState, LimitsInfo, Ready, TaskInfo},
    verdicts::{VerdictOut, VerdictState, Verdicts, VerdictsRequest},
};
