"""Options that are said once."""

from __future__ import annotations

import asyncio
from typing import Any

from . import _api
from ._results import Calibration, Scores
from ._tables import TableLike

__all__ = ["Engine"]


class Engine:
    """A recipe: the options of a run, to be used again and again.

    Holds no model and no connection: each call opens its own, so that an engine pickles, and a forked or spawned worker can
    use it. With ``cache="folder"`` calls share vectors and verdicts.

    Parameters
    ----------
    **options
        Keyword arguments of :func:`midband.score`, or of :func:`midband.match`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def score(self, table: TableLike, **options: Any) -> Scores:
        """:func:`midband.score` with the engine's options; those that are named here win."""
        return _api.score(table, **{**self.options, **options})

    async def ascore(self, table: TableLike, **options: Any) -> Scores:
        """The same on a thread, to be awaited. Cancelling does not end the run."""
        return await asyncio.to_thread(self.score, table, **options)

    def match(self, left: TableLike, right: TableLike | None = None, **options: Any) -> Scores:
        """:func:`midband.match` with the engine's options; those that are named here win."""
        return _api.match(left, right, **{**self.options, **options})

    def calibrated(self, calibration: Calibration) -> Engine:
        """The same engine with a calibration."""
        return Engine(**{**self.options, "calibration": calibration})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Engine) and self.options == other.options

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"midband.Engine({said})"
