"""Options that are said once, and runs that are awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from . import _api
from ._calling import Hears, Progress, heard
from ._results import Calibration, Scores
from ._tables import TableLike

__all__ = ["Engine", "acalibrate", "amatch", "ascore"]

T = TypeVar("T")


class _Cancelled(Exception):
    """Ends a run whose task was canceled."""


async def ascore(table: TableLike, *, progress: Hears = None, **options: Any) -> Scores:
    """:func:`midband.score` on a thread, to be awaited. Canceling the task ends the run, without waiting for it."""
    return await _awaited(_api.score, table, progress=progress, **options)


async def acalibrate(labelled: TableLike, *, progress: Hears = None, **options: Any) -> Calibration:
    """:func:`midband.calibrate` on a thread, to be awaited. Canceling the task ends the run, without waiting for it."""
    return await _awaited(_api.calibrate, labelled, progress=progress, **options)


async def amatch(left: TableLike, right: TableLike | None = None, **options: Any) -> Scores:
    """:func:`midband.match` on a thread, to be awaited. Canceling the task does not end the run."""
    import asyncio

    return await asyncio.to_thread(_api.match, left, right, **options)


async def _awaited(call: Callable[..., T], table: TableLike, *, progress: Hears, **options: Any) -> T:
    # Costs a tenth of the package's import.
    import asyncio

    cancelled = threading.Event()
    with heard(progress) as shown:

        def hears(now: Progress) -> None:
            if cancelled.is_set():
                raise _Cancelled
            if shown is not None:
                shown(*now)

        try:
            return await asyncio.to_thread(call, table, progress=hears, **options)
        except asyncio.CancelledError:
            cancelled.set()
            raise


class Engine:
    """A recipe: the options of a run, to be used again and again.

    Holds no model and no connection: each call opens its own, so that an engine pickles, and a forked or spawned worker can
    use it. With ``cache="folder"`` calls share vectors and verdicts; with an :class:`midband.Embedder` they share an open model.

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
        """:func:`midband.ascore` with the engine's options."""
        return await ascore(table, **{**self.options, **options})

    def match(self, left: TableLike, right: TableLike | None = None, **options: Any) -> Scores:
        """:func:`midband.match` with the engine's options; those that are named here win."""
        return _api.match(left, right, **{**self.options, **options})

    async def amatch(self, left: TableLike, right: TableLike | None = None, **options: Any) -> Scores:
        """:func:`midband.amatch` with the engine's options."""
        return await amatch(left, right, **{**self.options, **options})

    def calibrated(self, calibration: Calibration) -> Engine:
        """The same engine with a calibration."""
        return Engine(**{**self.options, "calibration": calibration})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Engine) and self.options == other.options

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"midband.Engine({said})"
