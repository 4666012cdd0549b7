//! What a run was made of, for the provenance beside its output: files by their digests, and how lists were searched.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

use midband::Provenance;
use midband_io::is_special;
use serde::Serialize;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileIdentity {
    /// As it was named, or found by a pattern.
    pub path: PathBuf,
    /// Its size; `None` for what can be read once only.
    pub bytes: Option<u64>,
    /// BLAKE3 of its bytes as they lie there, lower-case hexadecimal, prefixed by `blake3:`.
    pub digest: Option<String>,
}

impl FileIdentity {
    fn of(path: PathBuf) -> Self {
        let digest = if path == Path::new("-") || is_special(&path) {
            None
        } else {
            digest(&path).ok()
        };
        Self {
            bytes: digest.as_ref().map(|(bytes, _)| *bytes),
            digest: digest.map(|(_, digest)| format!("blake3:{digest}")),
            path,
        }
    }
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0);
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hasher.finalize().to_hex().to_string())),
            read => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// Those of these files that a run did not read, by the digests in its provenance. None if it has no digests.
pub fn unread<'p>(
    provenance: &serde_json::Value,
    files: impl IntoIterator<Item = &'p Path>,
) -> Vec<&'p Path> {
    let inputs = provenance["inputs"].as_array().into_iter().flatten();
    let read: Vec<&str> = inputs
        .filter_map(|input| input["digest"].as_str())
        .collect();
    let is_unread = |path: &&Path| {
        let own = FileIdentity::of(path.to_path_buf()).digest;
        !read.is_empty() && own.is_some_and(|own| !read.contains(&own.as_str()))
    };
    files.into_iter().filter(is_unread).collect()
}

/// How the pairs of lists were found and settled.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ListSearch {
    /// `columns` or `texts`.
    pub compared: &'static str,
    /// The columns that were compared, with their types where these count; one that has two names as `left = right`.
    pub columns: Vec<String>,
    /// The columns of the ids, left and right.
    pub ids: [String; 2],
    /// Rules or columns by which records had to agree; empty where any two could meet.
    pub rules: Vec<String>,
    /// Who proposed pairs of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<&'static str>,
    /// Partners that each record proposed at most, where texts were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
    /// True where every vector was compared with every other one whatever the size.
    pub exact: bool,
    /// True where a pair's standing among the candidates of its records counted.
    pub neighbours: bool,
    /// Pairs below were not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_proxy: Option<f64>,
    /// How matches that exclude each other were settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<&'static str>,
}

/// What a run was made of. Digests are taken by a thread of their own while it goes on.
#[derive(Default)]
pub struct Sources {
    digests: Option<JoinHandle<(Vec<FileIdentity>, Option<FileIdentity>)>>,
    /// Where the pairs come from lists.
    pub search: Option<ListSearch>,
}

impl Sources {
    /// Begins to take the digests of the inputs and of the calibration in force.
    pub fn of<'p>(inputs: impl IntoIterator<Item = &'p Path>, calibration: Option<&Path>) -> Self {
        let inputs: Vec<PathBuf> = inputs.into_iter().map(Path::to_path_buf).collect();
        let calibration = calibration.map(Path::to_path_buf);
        let digests = thread::Builder::new().spawn(move || {
            let inputs = inputs.into_iter().map(FileIdentity::of).collect();
            (inputs, calibration.map(FileIdentity::of))
        });
        Self {
            digests: digests.ok(),
            search: None,
        }
    }

    /// The provenance with what it was made of.
    pub(crate) fn recorded(self, provenance: &Provenance) -> serde_json::Result<serde_json::Value> {
        let digests = self.digests.and_then(|digests| digests.join().ok());
        let (inputs, calibration) = digests.unwrap_or_default();
        let mut recorded = serde_json::to_value(provenance)?;
        recorded["inputs"] = serde_json::to_value(inputs)?;
        recorded["calibration"] = serde_json::to_value(calibration)?;
        if let Some(search) = self.search {
            recorded["search"] = serde_json::to_value(search)?;
        }
        Ok(recorded)
    }
}
