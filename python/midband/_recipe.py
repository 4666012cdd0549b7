"""What a worker needs to score pairs, and the scorer that it keeps open."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _midband
from ._errors import InputError
from ._results import Calibration
from ._scorer import Scorer
from ._tables import table_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Recipe", "check_options", "nobody_answered", "opened", "ranked", "sample_size", "scored"]

# Scorers by their recipe: one is open in a worker process, which lives as long as its executor.
_OPEN: dict[str, Scorer] = {}
_OPENING = threading.Lock()

# A worker has an environment of its own. Only where things are may differ there, not what a score is.
_OF_PLACE = ("MIDBAND_DATA_DIR", "MIDBAND_OFFLINE", "MIDBAND_ONNXRUNTIME", "MIDBAND_EMBED_MODEL_DIR")

_WRITES_TEXT = ("include_text", "explain")
_OF_ONE_MACHINE = ("band", "band_on", "max_questions", "target", "reference", "gold", "parts", "only")

# Options of `midband score` that shape a score. The others say where things are, or who is asked and how: the driver's.
_SHAPING = (
    "allow_batch_dependent batch_tokens cost_false_match cost_missed_match cost_review embed embed_model embed_model_dir "
    "features goal max_text_bytes max_tokens min_gain task task_kind"
).split()

# As the command's.
_SAMPLE = 100_000

# What a pair says that no judge could be asked about.
_NOBODY = ("unanswered(no judge)", "unanswered(unreachable)")

MOST_TEXT_BYTES = 1 << 20
"""Longer texts are rejected, by default."""


def check_options(options: Mapping[str, Any]) -> None:
    """Refuses options that mean nothing for pairs one by one, and those that would put text into a stage.

    Raises
    ------
    InputError
        Such an option is given.
    """
    for name, value in options.items():
        if value is None or value is False:
            continue
        if name in _WRITES_TEXT:
            raise InputError(f"{name} would write texts, and the stages of a cluster hold none: join the scores with your table by the id")
        if name in _OF_ONE_MACHINE or (name == "policy" and value != "gain"):
            raise InputError(f"{name} is for runs of one machine: here pairs are scored by the policy gain")


def sample_size(options: Mapping[str, Any], calibration: Calibration | None) -> int:
    """Pairs that a run learns on.

    Raises
    ------
    InputError
        There are to be none, and there is no calibration.
    """
    sample = options.get("sample")
    size = _SAMPLE if sample is None else int(sample)
    if size == 0 and calibration is None:
        raise InputError("a sample of 0 teaches nothing: give a calibration")
    return size


def nobody_answered(statuses: Sequence[str]) -> bool:
    """True if no judge could be asked about any of some pairs."""
    return bool(statuses) and all(status in _NOBODY for status in statuses)


@dataclass(frozen=True)
class Recipe:
    """Options and calibration of a scorer, small enough to travel with each task."""

    packed: bytes = field(repr=False)
    """The calibration's JSON, compressed. It counts words by their hashes and holds no text."""
    options: Mapping[str, Any]
    """Options of :class:`midband.Scorer`."""
    key: str

    @classmethod
    def of(cls, calibration: str, options: Mapping[str, Any]) -> Recipe:
        """The recipe of a calibration's JSON, and of a run's options that shape a score."""
        shaping = {name: options[name] for name in _SHAPING if options.get(name) is not None}
        packed = zlib.compress(calibration.encode(), 6)
        key = hashlib.sha256(packed + repr(sorted(shaping.items())).encode()).hexdigest()
        return cls(packed, shaping, key)

    @property
    def calibration(self) -> Calibration:
        """The calibration."""
        return Calibration(zlib.decompress(self.packed).decode())

    def asking(self, judge: Any, options: Mapping[str, Any]) -> Scorer:
        """The driver's scorer, which asks a judge. What shapes a score is the recipe's, the rest the run's own options."""
        options = {**options, **self.options}
        for name in ("sample", "seed", "policy"):
            options.pop(name, None)
        return Scorer(self.calibration, judge=judge, **options)


def opened(recipe: Recipe) -> Scorer:
    """The scorer of a recipe, opened once in a process. It embeds on one thread: an executor runs as many tasks as it has
    cores."""
    with _OPENING:
        if recipe.key not in _OPEN:
            _OPEN.clear()
            with _alike():
                _OPEN[recipe.key] = Scorer(recipe.calibration, judge="none", threads=1, **recipe.options)
        return _OPEN[recipe.key]


@contextlib.contextmanager
def _alike() -> Iterator[None]:
    """The environment without what would change a score: it is the driver's that counts."""
    aside = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MIDBAND_") and name not in _OF_PLACE}
    try:
        yield
    finally:
        os.environ.update(aside)


def ranked(batch: pa.RecordBatch, seed: int, most_bytes: int) -> pa.RecordBatch:
    """Pairs (``id``, ``a``, ``b``) with a column ``rank``: their places in the seed's order, null for rows that are no pairs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.table(_midband.sample_ranks(table_of(batch.select(["id"])), "id", seed))
    ranks = table.column("rank").combine_chunks()
    whole = pa.array([True] * batch.num_rows)
    for name in ("a", "b"):
        bytes_ = pc.binary_length(batch.column(name))
        whole = pc.and_(whole, pc.fill_null(pc.less_equal(bytes_, most_bytes), False))
    return batch.append_column("rank", pc.if_else(whole, ranks, pa.scalar(None, pa.int64())))


def scored(scorer: Scorer, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterable[pa.RecordBatch]:
    """Rows of ``schema`` for pairs (``id``, ``a``, ``b``): their scores, and for rows that are no pairs the reason in
    ``rejected``."""
    import pyarrow as pa

    for batch in batches:
        if batch.num_rows == 0:
            continue
        result = scorer.score(batch)
        table = result.to_arrow()
        table = table.append_column("rejected", pa.nulls(len(table), pa.string()))
        yield from table.select(schema.names).cast(schema).combine_chunks().to_batches()
        if result.rejected:
            rows = [row.row for row in result.rejected]
            columns = {name: pa.nulls(len(rows), schema.field(name).type) for name in schema.names}
            columns["id"] = batch.column("id").take(pa.array(rows, pa.int64()))
            columns["rejected"] = pa.array([row.reason for row in result.rejected], pa.string())
            yield pa.RecordBatch.from_pydict(columns, schema=schema)
