//! Which program serves a model, and which of its flags this version of it knows.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::LocalError;

/// Name of llama.cpp's server.
const PROGRAM: &str = if cfg!(windows) {
    "llama-server.exe"
} else {
    "llama-server"
};

/// Folder in midband's data folder in which `scripts/live-judge` keeps the Python package.
const WHEELS: &str = "live-judge";
/// The package's name, with which its folder begins.
const WHEEL: &str = "xllamacpp-";

/// llama.cpp's server, as its own program or out of the Python package `xllamacpp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalProgram {
    /// The program `llama-server`.
    LlamaServer(PathBuf),
    /// The server's library in an unpacked wheel.
    Wheel {
        /// The Python that runs it.
        python: PathBuf,
        /// The folder with the package in it.
        folder: PathBuf,
    },
}

/// What this version of the program knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Keeping the whole of a sliding window, without which no beginning of a prompt is reused (May 2025).
    swa_full: bool,
    /// True where layers go to a device only where that is asked for, and there is one.
    wants_layers: bool,
}

impl Known {
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let mut arguments = Vec::new();
        if self.swa_full {
            arguments.push("--swa-full");
        }
        if self.wants_layers {
            // More layers than any model has.
            arguments.extend(["--n-gpu-layers", "999"]);
        }
        arguments
    }

    /// By the program's own help. Versions that fit a model to the device by themselves know `--fit`.
    fn of(help: &str, has_device: impl Fn() -> bool) -> Self {
        let asked_for = env::var_os("LLAMA_ARG_N_GPU_LAYERS").is_some();
        Self {
            swa_full: help.contains("--swa-full"),
            wants_layers: !help.contains("--fit")
                && help.contains("--list-devices")
                && !asked_for
                && has_device(),
        }
    }
}

impl LocalProgram {
    /// The program that was named; else `llama-server` on the PATH; else the newest package in `data_folder`.
    ///
    /// # Errors
    /// The one that was named is not there, or none is.
    pub fn find(named: Option<&Path>, data_folder: Option<&Path>) -> Result<Self, LocalError> {
        if let Some(path) = named {
            return if path.is_file() {
                Ok(Self::LlamaServer(path.to_owned()))
            } else {
                Err(LocalError::NotAProgram(path.to_owned()))
            };
        }
        if let Some(path) = on_path(PROGRAM) {
            return Ok(Self::LlamaServer(path));
        }
        let wheels = data_folder.map(|folder| folder.join(WHEELS));
        let newest = wheels.as_deref().and_then(newest_wheel);
        match (newest, on_path("python3").or_else(|| on_path("python"))) {
            (Some(folder), Some(python)) => Ok(Self::Wheel { python, folder }),
            _ => Err(LocalError::NoProgram { wheel: wheels }),
        }
    }

    /// The file that is started.
    pub fn path(&self) -> &Path {
        match self {
            Self::LlamaServer(path) => path,
            Self::Wheel { python, .. } => python,
        }
    }

    pub(super) fn known(&self) -> Known {
        match self {
            Self::LlamaServer(path) => Known::of(&said(path, "--help"), || {
                // The first line is a heading.
                said(path, "--list-devices")
                    .lines()
                    .skip_while(|line| !line.starts_with("Available devices"))
                    .skip(1)
                    .any(|line| line.contains(':'))
            }),
            Self::Wheel { .. } => Known::default(),
        }
    }
}

fn newest_wheel(wheels: &Path) -> Option<PathBuf> {
    let found = wheels.read_dir().ok()?;
    let folders = found.filter_map(|entry| Some(entry.ok()?.path()));
    folders
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(WHEEL) && path.is_dir()
        })
        .max()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// What a program writes when it is called with one flag; nothing where it can't be.
fn said(program: &Path, flag: &str) -> String {
    let output = Command::new(program)
        .arg(flag)
        .stdin(Stdio::null())
        .output();
    output.map_or_else(
        |_| String::new(),
        |output| {
            let both = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&both).into_owned()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_that_the_program_knows_are_given() {
        let old = Known::of("--ctx-size --n-gpu-layers", || true);
        assert_eq!(old.arguments(), Vec::<&str>::new());
        let middle = Known::of("--swa-full --list-devices", || true);
        assert_eq!(middle.arguments(), ["--swa-full", "--n-gpu-layers", "999"]);
        let no_device = Known::of("--swa-full --list-devices", || false);
        assert_eq!(no_device.arguments(), ["--swa-full"]);
        let new = Known::of("--swa-full --list-devices --fit [on|off]", || true);
        assert_eq!(new.arguments(), ["--swa-full"]);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = LocalProgram::find(Some(Path::new("/nowhere/llama-server")), None).unwrap_err();
        assert!(
            error.to_string().contains("/nowhere/llama-server"),
            "{error}"
        );
    }
}
