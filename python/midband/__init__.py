"""midband: which pairs of texts match. Tables in, tables out, by Arrow.

An embedding model compares every pair, a router settles the clear ones, and only the ambiguous ones go to a judge: a language
model on your machine, or a callable of yours. Everything runs on your machine.
"""

from __future__ import annotations

from ._api import Progress, calibrate, evaluate, from_splink, match, report, review, score
from ._engine import Engine
from ._errors import InputError, JudgeError, MidbandError, ModelError
from ._midband import __version__
from ._results import Calibration, Evaluation, Rejected, Scores
from ._runtime import bear_forks as _bear_forks
from ._runtime import find_runtime as _find_runtime
from ._scorer import Learnt, Scorer, learn

__all__ = [
    "Calibration",
    "Engine",
    "Evaluation",
    "InputError",
    "JudgeError",
    "Learnt",
    "MidbandError",
    "ModelError",
    "Progress",
    "Rejected",
    "Scorer",
    "Scores",
    "__version__",
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
