//! Finds and loads the ONNX Runtime library, once a process.
//!
//! The library is loaded at run time, so that nothing is downloaded at build time and a closed network
//! can bring its own. The search order is part of the promise to users: what they name wins.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, OnceLock},
};

use crate::data_folder;

/// Why no usable ONNX Runtime was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// No library at any of the places. Run `scripts/setup`, or name one.
    #[error(
        "no ONNX Runtime library was found. Looked for:\n{}\nRun `scripts/setup` once, or set \
         ORT_DYLIB_PATH to the library of ONNX Runtime 1.{} or newer.",
        listed(.looked_for),
        ort::MINOR_VERSION
    )]
    NotFound {
        /// The places, in the order they were tried.
        looked_for: Vec<String>,
    },
    /// A library that the user named, or the first one found, can't be used: it is too old, or not
    /// ONNX Runtime at all.
    #[error(
        "cannot use the ONNX Runtime library {}: {why}. midband needs 1.{} or newer: run \
         `scripts/setup` once, or set ORT_DYLIB_PATH to such a library.",
        path.display(),
        ort::MINOR_VERSION
    )]
    Unusable {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        why: String,
    },
}

fn listed(places: &[String]) -> String {
    let lines: Vec<String> = places.iter().map(|place| format!("  - {place}")).collect();
    lines.join("\n")
}

const LIBRARY: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// The folder of the `onnxruntime` package of the interpreter that this process is.
static HOST: OnceLock<PathBuf> = OnceLock::new();

/// Names the folder of the `onnxruntime` package where this process is itself a Python interpreter: it is looked at in the
/// place of that of the `python3` on the path. The first call counts.
pub fn host_package(folder: PathBuf) {
    let _ = HOST.set(folder);
}

/// Loads ONNX Runtime, and says where from. Looks at `ORT_DYLIB_PATH`, then `named` (a
/// setting), then midband's data folder, then the `onnxruntime` package of [this interpreter](host_package) or of the Python on the path, then
/// the system's library path. A second call returns the first one's library.
///
/// From 1.31 on ONNX Runtime reports to Microsoft unless the variable `ORT_DISABLE_TELEMETRY` is `1` when it is loaded. The program
/// and the Python package set it; a program of your own has to do so before this call.
///
/// # Errors
/// Nothing was found, or what was found is too old or is not ONNX Runtime.
pub fn onnx_runtime(named: Option<&Path>) -> Result<PathBuf, RuntimeError> {
    static LOADED: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut loaded = LOADED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(path) = loaded.as_ref() {
        return Ok(path.clone());
    }
    let path = load_first(named)?;
    *loaded = Some(path.clone());
    Ok(path)
}

fn load_first(named: Option<&Path>) -> Result<PathBuf, RuntimeError> {
    let mut looked_for = Vec::new();
    let variable = env::var_os("ORT_DYLIB_PATH")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let wanted = [
        ("ORT_DYLIB_PATH", variable),
        ("the library named", named.map(Path::to_path_buf)),
    ];
    for (origin, path) in wanted {
        match path {
            None => looked_for.push(format!("{origin} (not set)")),
            Some(path) if path.is_file() => return load(path),
            Some(path) => looked_for.push(format!("{origin} = {} (no such file)", path.display())),
        }
    }
    if let Some(path) = data_folder().map(|folder| folder.join("onnxruntime").join(LIBRARY)) {
        if path.is_file() {
            return load(path);
        }
        looked_for.push(path.display().to_string());
    }
    match python_package() {
        Some(path) => return load(path),
        None => looked_for.push("the `onnxruntime` package of `python3`".to_owned()),
    }
    let system = PathBuf::from(LIBRARY);
    match load(system.clone()) {
        // The loader could not open it: it is not on the system's path.
        Err(RuntimeError::Unusable { why, .. }) if !why.contains("expected version") => {
            looked_for.push(format!("{LIBRARY} on the system's library path"));
            Err(RuntimeError::NotFound { looked_for })
        }
        other => other,
    }
}

fn load(path: PathBuf) -> Result<PathBuf, RuntimeError> {
    match ort::init_from(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(RuntimeError::Unusable {
            path,
            why: error.to_string(),
        }),
    }
}

/// The library inside of an installed `onnxruntime` package; the package is looked up, not imported.
fn python_package() -> Option<PathBuf> {
    if let Some(folder) = HOST.get() {
        return library_of(folder);
    }
    let script = "import importlib.util as u; s = u.find_spec('onnxruntime'); \
                  print(s.submodule_search_locations[0] if s else '')";
    let python = if cfg!(windows) { "python" } else { "python3" };
    let output = Command::new(python).args(["-c", script]).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    let folder = Path::new(folder.trim());
    if folder.as_os_str().is_empty() {
        return None;
    }
    library_of(folder)
}

fn library_of(package: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(package.join("capi")).ok()?;
    let stem = LIBRARY.split('.').next().unwrap_or(LIBRARY);
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or("");
            name.strip_prefix(stem)
                .is_some_and(|rest| rest.starts_with('.'))
        })
        .min()
}
