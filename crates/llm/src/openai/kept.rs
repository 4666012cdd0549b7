//! What probing found, kept for later runs: on a slow machine the requests of a probe take half a minute.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{
    dialect::{Dialect, SchemaBy},
    probe::Probed,
};
use crate::Capabilities;

/// Name of the file.
const FILE: &str = "judge-probes.json";
/// Seconds after which a server is tried anew: it may have become another version under the same name.
const LASTS: u64 = 7 * 24 * 3_600;

/// A file of what servers and their models can do, by server and model.
#[derive(Clone, Debug)]
pub struct KeptProbes {
    path: PathBuf,
    server: Option<String>,
    fresh: bool,
}

/// What was found of a model on a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    can: Capabilities,
    gemma: bool,
    schema_by: Option<String>,
    /// Seconds since 1970.
    at: u64,
}

impl KeptProbes {
    /// The file of a folder, which need not be there yet.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join(FILE),
            server: None,
            fresh: false,
        }
    }

    /// The same for a server that is known by a name and not by its address.
    #[must_use]
    pub fn named(mut self, server: String) -> Self {
        self.server = Some(server);
        self
    }

    /// The same, but everything is tried anew.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    fn all(&self) -> BTreeMap<String, Kept> {
        let bytes = fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn key(&self, address: &str, digest: &str) -> String {
        format!("{} {digest}", self.server.as_deref().unwrap_or(address))
    }

    /// What is known of a model.
    pub(super) fn get(&self, address: &str, digest: &str) -> Option<Probed> {
        if self.fresh {
            return None;
        }
        let kept = self.all().remove(&self.key(address, digest))?;
        if now().saturating_sub(kept.at) > LASTS {
            return None;
        }
        let schema_by = match &kept.schema_by {
            Some(words) => Some(SchemaBy::ALL.into_iter().find(|by| by.words() == words)?),
            None => None,
        };
        Some(Probed {
            dialect: Dialect { schema_by },
            can: kept.can,
            gemma: kept.gemma,
            requests: 0,
        })
    }

    /// Keeps what was found. A file that can't be written costs a later run its time and nothing else.
    pub(super) fn put(&self, address: &str, digest: &str, found: &Probed) {
        let mut all = self.all();
        let now = now();
        all.retain(|_, kept| now.saturating_sub(kept.at) <= LASTS);
        all.insert(
            self.key(address, digest),
            Kept {
                can: found.can,
                gemma: found.gemma,
                schema_by: found.dialect.schema_by.map(|by| by.words().to_owned()),
                at: now,
            },
        );
        let beside = self
            .path
            .with_extension(format!("{}.part", std::process::id()));
        let written = self
            .path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| {
                fs::write(&beside, serde_json::to_vec_pretty(&all)?)?;
                fs::rename(&beside, &self.path)
            });
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
