"""The command ``midband``."""

from __future__ import annotations

import signal
import sys

from . import _midband
from ._runtime import find_runtime

__all__ = ["main"]


def main() -> int:
    """Runs the command line; its exit code is the command's."""
    find_runtime()
    # Without Python's handler, which would wait for the command to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _midband.main(["midband", *sys.argv[1:]])
