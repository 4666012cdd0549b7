//! The report in words.

use std::fmt;

use super::{DoctorReport, Level, Measured, ModelReport};
use midband_llm::Capabilities;

fn yes(can: bool) -> &'static str {
    if can { "yes" } else { "no" }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for server in &self.servers {
            let place = if server.local {
                "this machine"
            } else {
                "NOT this machine"
            };
            let simulated = if server.simulated {
                ", SIMULATED: no figure below is a real server's"
            } else {
                ""
            };
            writeln!(f, "server {} ({place}{simulated})", server.address)?;
            if !server.reachable {
                writeln!(f, "  does not answer")?;
                continue;
            }
            writeln!(f, "  version {}", server.version)?;
            for model in &server.models {
                write_model(f, model)?;
            }
        }
        for finding in &self.findings {
            let level = match finding.level {
                Level::Good => "ok",
                Level::Warning => "warning",
                Level::Failure => "FAILURE",
            };
            let hint = if finding.hint.is_empty() {
                String::new()
            } else {
                format!(" ({})", finding.hint)
            };
            writeln!(f, "{level}: {}{hint}", finding.what)?;
        }
        if let Some(picked) = &self.auto {
            writeln!(f, "auto takes {}: {}", picked.mode, picked.why)?;
        }
        if !self.environment.is_empty() {
            writeln!(f, "\nRecommended environment of the server:")?;
        }
        for line in &self.environment {
            writeln!(f, "{}={}  # {}", line.name, line.value, line.why)?;
        }
        Ok(())
    }
}

fn write_model(f: &mut fmt::Formatter<'_>, model: &ModelReport) -> fmt::Result {
    if !model.present {
        return writeln!(f, "  model {}: not there", model.tag);
    }
    let digest = model.digest.get(..12).unwrap_or(&model.digest);
    writeln!(
        f,
        "  model {}: {} {}, digest {digest}, made for {} tokens, asked with {}",
        model.tag, model.architecture, model.quantisation, model.context_length, model.template
    )?;
    if !model.schema_by.is_empty() {
        let can = |it: fn(Capabilities) -> bool| yes(model.can.is_some_and(it));
        writeln!(
            f,
            "    schemas by {}, patterns {}, alternatives a token {}, arrays of prompts {}",
            model.schema_by,
            can(|can| can.pattern),
            model.can.map_or(0, |can| can.top_logprobs),
            can(|can| can.prompt_arrays),
        )?;
        return model
            .measured
            .as_ref()
            .map_or(Ok(()), |measured| write_measured(f, measured));
    }
    match (model.loaded, model.gpu_share) {
        (true, Some(share)) => {
            writeln!(f, "    in memory, {:.0} % of it on the GPU", share * 100.0)?
        }
        _ => writeln!(f, "    not in memory")?,
    }
    model
        .measured
        .as_ref()
        .map_or(Ok(()), |measured| write_measured(f, measured))
}

fn write_measured(f: &mut fmt::Formatter<'_>, measured: &Measured) -> fmt::Result {
    writeln!(
        f,
        "    loads in {:.1} s, reads {:.0} and writes {:.0} tokens a second",
        measured.load_seconds, measured.prompt_rate, measured.answer_rate
    )?;
    writeln!(
        f,
        "    schema {}, logprobs {}, thoughts {}, common beginnings save {:.0} % of the reading",
        yes(measured.schema),
        yes(measured.logprobs),
        yes(measured.thoughts),
        measured.prefix_reuse * 100.0
    )?;
    if measured.knowledge.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "    {:<18} {:>10} {:>15} {:>22}   known pairs of {}",
        "mode", "s a pair", "right of known", "AUROC (95 %)", measured.task
    )?;
    for (mode, known) in &measured.knowledge {
        let seconds = measured
            .seconds_a_pair
            .get(mode)
            .map_or("-".to_owned(), |seconds| format!("{seconds:.3}"));
        let area = match (known.auroc, known.interval()) {
            (Some(area), Some((low, high))) => format!("{area:.2} ({low:.2}..{high:.2})"),
            _ => "-".to_owned(),
        };
        let note = match known.has_signal() {
            Some(false) => "   no signal",
            None => "   too few answers to say",
            Some(true) => "",
        };
        let right = format!("{} of {}", known.right, known.answered);
        writeln!(
            f,
            "    {mode:<18} {seconds:>10} {right:>15} {area:>22}{note}"
        )?;
    }
    if let Some(escalation) = &measured.escalation {
        let known = &escalation.knowledge;
        let (low, high) = known.interval().unwrap_or((0.0, 1.0));
        writeln!(
            f,
            "    {:<18} {:>10.3} {:>15} {:>22}   a thought about the {:.0} % unsure",
            "yes-no, then think",
            escalation.seconds_a_pair,
            format!("{} of {}", known.right, known.answered),
            format!("{:.2} ({low:.2}..{high:.2})", known.auroc.unwrap_or(0.5)),
            escalation.unsure * 100.0
        )?;
    }
    if let Some(seconds) = measured.yes_no_array {
        writeln!(f, "    {:<18} {seconds:>10.3}", "yes-no in arrays")?;
    }
    Ok(())
}
