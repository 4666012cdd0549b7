//! What an examination found, as data.

use midband_llm::Capabilities;
use serde::Serialize;

use super::Measured;
use crate::{auto_mode::Picked, measurements::MeasuredCosts};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Good,
    /// It works, and could be better or safer.
    Warning,
    /// The judge can't work like this.
    Failure,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How serious it is.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do about it; empty where nothing is to be done.
    pub hint: String,
}

/// One model on one server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelReport {
    /// The tag that was asked for.
    pub tag: String,
    /// True where the server has it; all that follows is empty where not.
    pub present: bool,
    /// Digest, as the server lists it.
    pub digest: String,
    /// Such as `Q4_K_M`.
    pub quantisation: String,
    /// Such as `gemma3`.
    pub architecture: String,
    /// How it is spoken to: `raw Gemma template` or `the server's template`.
    pub template: String,
    /// What can be asked of it, where the server said or showed it.
    pub can: Option<Capabilities>,
    /// True where it thinks by itself or when it is told to.
    pub thinks: bool,
    /// The words in which the server is told of a schema; empty where that is a matter of course.
    pub schema_by: String,
    /// Longest context that it was made for, tokens; 0 where unknown.
    pub context_length: u32,
    /// True where it was in memory.
    pub loaded: bool,
    /// Share of it that is in the GPU's memory, where it was loaded.
    pub gpu_share: Option<f64>,
    /// What was measured, for the first model that is there.
    pub measured: Option<Measured>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerReport {
    /// Its address.
    pub address: String,
    /// True where it is on this machine: pair text stays here.
    pub local: bool,
    /// True where it answers.
    pub reachable: bool,
    /// Its version.
    pub version: String,
    /// True where it is a simulator: every figure is SIMULATED.
    pub simulated: bool,
    /// The models of the chain.
    pub models: Vec<ModelReport>,
}

/// One line of the recommended environment of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recommended {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Why.
    pub why: String,
}

/// Everything that was found. `Display` is the form for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DoctorReport {
    /// The servers in the order given.
    pub servers: Vec<ServerReport>,
    /// What was found, the most serious first.
    pub findings: Vec<Finding>,
    /// Settings for the server's environment.
    pub environment: Vec<Recommended>,
    /// What `auto` takes from now on.
    pub auto: Option<Picked>,
    /// True where a simulator was examined: every figure is SIMULATED.
    pub simulated: bool,
}

impl DoctorReport {
    /// True where a run can work: nothing found is a failure.
    pub fn is_healthy(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.level < Level::Failure)
    }

    /// What was measured, to be sent to others: models, modes and figures, and neither texts nor addresses. `machine` says in
    /// words where.
    pub fn shared(&self, machine: &str) -> serde_json::Value {
        let models = self.servers.iter().flat_map(|server| {
            let measured = server.models.iter().filter(|model| model.measured.is_some());
            measured.map(|model| {
                serde_json::json!({
                    "model": model.tag, "digest": model.digest, "quantisation": model.quantisation,
                    "architecture": model.architecture, "template": model.template, "thinks": model.thinks,
                    "capabilities": model.can, "server_version": server.version, "gpu_share": model.gpu_share,
                    "measured": model.measured, "simulated": server.simulated,
                })
            })
        });
        serde_json::json!({
            "format": 1, "midband": env!("CARGO_PKG_VERSION"), "machine": machine, "models": models.collect::<Vec<_>>(),
        })
    }

    /// The measured costs of the first server that was measured, for [`crate::JudgeSettings::costs`].
    pub fn costs(&self) -> Option<MeasuredCosts> {
        self.servers.iter().find_map(|server| {
            let model = server
                .models
                .iter()
                .find(|model| model.measured.is_some())?;
            let measured = model.measured.as_ref()?;
            Some(MeasuredCosts {
                server: server.address.clone(),
                digest: model.digest.clone(),
                task: measured.task.clone(),
                seconds_a_pair: measured.seconds_a_pair.clone(),
                knowledge: measured.knowledge.clone(),
                escalation: measured.escalation,
                tried: false,
                simulated: server.simulated,
            })
        })
    }
}
