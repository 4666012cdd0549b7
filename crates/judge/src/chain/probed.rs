//! A server that answered, and the names of its models.

use std::sync::Arc;

use midband_llm::{Present, Transport};

/// A server that answered, with the models that it lists.
pub(super) struct Probed {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) simulated: bool,
    pub(super) present: Vec<Present>,
}

/// True where a tag names a present model: whatever the case, `:latest` where no tag stands.
pub(crate) fn names(tag: &str, present: &str) -> bool {
    let full = |name: &str| {
        let name = name.trim().to_lowercase();
        if name
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':'))
        {
            name
        } else {
            name + ":latest"
        }
    };
    full(tag) == full(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_matched_as_ollama_matches_them() {
        assert!(names("MedGemma", "medgemma:latest") && names("a/b:7b", "A/b:7B"));
        assert!(
            !names("medgemma:4b", "medgemma:27b")
                && !names("host:5000/medgemma", "medgemma:latest")
        );
    }
}
