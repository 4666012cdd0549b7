//! What to say of models that no server has.

use super::probed::Probed;

/// Names of the models that are there.
fn model_names(probed: &[Probed]) -> impl Iterator<Item = &str> {
    let models = probed.iter().flat_map(|server| &server.present);
    models.map(|model| model.name.as_str())
}

/// True where a server can fetch a model.
fn some_pulls(probed: &[Probed]) -> bool {
    let mut servers = probed.iter().map(|server| &server.transport);
    servers.any(|server| server.capabilities().pulls_models)
}

/// What to do about a model that no server has.
pub(super) fn absent(tag: &str, probed: &[Probed]) -> String {
    if some_pulls(probed) {
        return format!(
            "model {tag} is on no server and is skipped; `ollama pull {tag}` fetches it"
        );
    }
    let there = model_names(probed).collect::<Vec<_>>().join(", ");
    format!("model {tag} is on no server and is skipped; there is {there}")
}

/// That no server has any of these models, with those that they have.
pub(super) fn none_there(wanted: &[String], probed: &[Probed]) -> String {
    let mut there: Vec<&str> = model_names(probed).collect();
    there.sort_unstable();
    there.dedup();
    let there = match &there[..] {
        [] => "it has none at all".to_owned(),
        names => format!("there is {}", names.join(", ")),
    };
    let way = match (some_pulls(probed), wanted.first()) {
        (true, Some(tag)) => format!("; `ollama pull {tag}` fetches it"),
        _ => String::new(),
    };
    let addresses: Vec<&str> = probed
        .iter()
        .map(|server| server.transport.address())
        .collect();
    format!(
        "{} does not have {}; {there}{way}",
        addresses.join(", "),
        wanted.join(", ")
    )
}
