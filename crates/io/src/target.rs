//! Where an output goes: what is there already, and whether two names are one file.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// What an output's name stands for.
pub(crate) enum Target {
    /// A regular file, or none yet, links followed.
    File(PathBuf),
    /// A device, a pipe, a socket, or whatever a file descriptor stands for.
    Other,
}

impl Target {
    /// # Errors
    /// The name is a folder's, or leads in circles.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                format!("{} is a folder", path.display()),
            )),
            Ok(about) if !about.is_file() => Ok(Self::Other),
            Ok(_) if descriptor(path).is_some() => Ok(Self::Other),
            Ok(_) | Err(_) => followed(path).map(Self::File),
        }
    }
}

/// Where links lead, also where nothing is there yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Err(_) => return Ok(path),
            Ok(next) => path = path.parent().map_or(next.clone(), |dir| dir.join(&next)),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{} is a link that leads in circles", path.display()),
    ))
}

/// The file descriptor that a name stands for, links followed: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`. The file behind
/// one is shared with whoever opened it: a log that is appended to, say.
#[cfg(unix)]
fn descriptor(path: &Path) -> Option<u32> {
    let own = ["/dev/fd", "/proc/self/fd"].map(|dir| fs::canonicalize(dir).ok());
    let mut path = path.to_path_buf();
    for _ in 0..40 {
        let dir = fs::canonicalize(path.parent()?).ok();
        if dir.is_some() && own.contains(&dir) {
            return path.file_name()?.to_str()?.parse().ok();
        }
        let next = fs::read_link(&path).ok()?;
        path = path.parent()?.join(next);
    }
    None
}

#[cfg(not(unix))]
fn descriptor(_: &Path) -> Option<u32> {
    None
}

/// Opens what is no regular file. What a descriptor stands for is never written over: standard output and standard error go
/// on where they are, any other is appended to.
pub(crate) fn stream(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        match descriptor(path) {
            Some(1) => return Ok(io::stdout().as_fd().try_clone_to_owned()?.into()),
            Some(2) => return Ok(io::stderr().as_fd().try_clone_to_owned()?.into()),
            Some(_) => return OpenOptions::new().append(true).open(path),
            None => {}
        }
    }
    OpenOptions::new().write(true).open(path)
}

/// True where the name is that of a device, a pipe, a socket or a file descriptor: nothing can stand beside it or be renamed
/// to it.
pub fn is_special(path: &Path) -> bool {
    matches!(Target::of(path), Ok(Target::Other))
}

/// True where both names are of one file, links of either kind included, also where it is not there yet. Never of what is
/// no regular file.
pub fn same_file(a: &Path, b: &Path) -> bool {
    let (Ok(Target::File(a)), Ok(Target::File(b))) = (Target::of(a), Target::of(b)) else {
        return false;
    };
    if let (Some(a), Some(b)) = (number(&a), number(&b)) {
        return a == b;
    }
    let whole = |path: &Path| {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = fs::canonicalize(dir.unwrap_or(Path::new("."))).ok()?;
        Some(dir.join(path.file_name()?))
    };
    match (whole(&a), whole(&b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(unix)]
fn number(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::metadata(path).ok()?;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn number(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Gives a new file the mode of the one that it replaces, and its owner where this process may.
pub(crate) fn keep_mode(target: &Path, file: &File) -> io::Result<()> {
    let Ok(about) = fs::metadata(target) else {
        return Ok(());
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (about.uid(), about.gid()) {
            // Another's file in a folder of ours: it stays readable to whom its mode says.
            let _ = fchown(file, Some(about.uid()), Some(about.gid()));
        }
    }
    file.set_permissions(about.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn one_file_has_many_names() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), "x").unwrap();
        fs::write(at("b"), "x").unwrap();
        std::os::unix::fs::symlink("a", at("soft")).unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        fs::create_dir(at("d")).unwrap();
        for name in ["a", "soft", "hard", "d/../a", "./a"] {
            assert!(same_file(&at("a"), &at(name)), "{name}");
        }
        assert!(!same_file(&at("a"), &at("b")));
        assert!(same_file(&at("new"), &at("d/../new")));
        assert!(!same_file(&at("new"), &at("newer")));
        assert!(!same_file(Path::new("/dev/null"), Path::new("/dev/null")));
    }
}
