//! Where midband keeps what it did not make itself: the runtime library and the models.

use std::{env, path::PathBuf};

/// midband's data folder: `MIDBAND_DATA_DIR`, else `%LOCALAPPDATA%\midband` on Windows, else
/// `$XDG_DATA_HOME/midband`, else `~/.local/share/midband`. `scripts/setup` names the same folder.
/// `None` where not even a home folder is known.
pub fn data_folder() -> Option<PathBuf> {
    let from = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = from("MIDBAND_DATA_DIR") {
        return Some(folder);
    }
    if cfg!(windows) {
        return from("LOCALAPPDATA").map(|folder| folder.join("midband"));
    }
    from("XDG_DATA_HOME")
        .or_else(|| env::home_dir().map(|home| home.join(".local").join("share")))
        .map(|folder| folder.join("midband"))
}
