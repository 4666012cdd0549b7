"""The ONNX Runtime library of the running interpreter."""

from __future__ import annotations

import importlib.util
import os

from . import _midband

__all__ = ["bear_forks", "find_runtime"]


def find_runtime() -> None:
    """Names the folder of the package ``onnxruntime``, which is looked up and not imported."""
    found = importlib.util.find_spec("onnxruntime")
    if found is not None and found.submodule_search_locations:
        _midband.host_package(found.submodule_search_locations[0])


def bear_forks() -> None:
    """Makes a forked child of a parent that has run able to run: the tokenizer's threads are the parent's, and a child that
    waited for them would wait for ever. It tokenizes on the threads that ask, to the same tokens."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: os.environ.__setitem__("TOKENIZERS_PARALLELISM", "false"))
