"""midband: which pairs of texts match. Tables in, tables out, by Arrow.

An embedding model compares every pair, a router settles the clear ones, and only the ambiguous ones go to a judge: a language
model on your machine, or a callable of yours. Everything runs on your machine.
"""

from __future__ import annotations

import os as _os

# ONNX Runtime reports to Microsoft from 1.31 on unless this stands in the environment when it is loaded.
_os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from ._api import calibrate, evaluate, from_splink, match, report, review, score
from ._calling import Progress
from ._embedder import Embedder, Embeddings
from ._engine import Engine, acalibrate, amatch, ascore
from ._errors import InputError, JudgeError, MidbandError, ModelError
from ._judge import Judge
from ._midband import __version__
from ._results import Calibration, Evaluation, Records, Rejected, Scores, Waterfall
from ._runtime import bear_forks as _bear_forks
from ._runtime import find_runtime as _find_runtime
from ._scorer import Learnt, Scorer, learn

__all__ = [
    "Calibration",
    "Embedder",
    "Embeddings",
    "Engine",
    "Evaluation",
    "InputError",
    "Judge",
    "JudgeError",
    "Learnt",
    "MidbandError",
    "ModelError",
    "Progress",
    "Records",
    "Rejected",
    "Scorer",
    "Scores",
    "Waterfall",
    "__version__",
    "acalibrate",
    "amatch",
    "ascore",
    "calibrate",
    "evaluate",
    "from_splink",
    "learn",
    "match",
    "report",
    "review",
    "score",
]

_find_runtime()
_bear_forks()
