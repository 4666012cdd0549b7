"""The ONNX Runtime library of the running interpreter."""

from __future__ import annotations

import importlib.util

from . import _midband

__all__ = ["find_runtime"]


def find_runtime() -> None:
    """Names the folder of the package ``onnxruntime``, which is looked up and not imported."""
    found = importlib.util.find_spec("onnxruntime")
    if found is not None and found.submodule_search_locations:
        _midband.host_package(found.submodule_search_locations[0])
