"""What was learned of lists that are compared column by column, as workers have it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _midband
from ._blocking import Records

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["Fit", "compared", "people", "probability"]

# Fits by what they are: one is open in a worker process.
_OPEN: dict[int, _midband.Links] = {}
_OPENING = threading.Lock()


@dataclass(frozen=True)
class Fit:
    """What was learned: small enough to travel with each task."""

    json: str
    counts: list[tuple[float, float, float]]
    """By column: people, values of one person, values of two."""

    def opened(self) -> _midband.Links:
        """The fit, read once in a process."""
        key = hash((self.json, tuple(self.counts)))
        with _OPENING:
            if key not in _OPEN:
                _OPEN.clear()
                _OPEN[key] = _midband.Links(self.json, self.counts)
            return _OPEN[key]


def compared(records: Records, headers: list[str], letter: str, id: str) -> DataFrame:
    """The compared columns as text, named by a letter and their place, and the id."""
    from pyspark.sql import functions as F

    columns = [F.col(f"`{header}`").cast("string").alias(f"{letter}{at}") for at, header in enumerate(headers)]
    return records.frame.select(F.col(f"`{records.id}`").alias(id), *columns)


def people(shares: DataFrame, id: str, name: str) -> DataFrame:
    from pyspark.sql import functions as F

    return shares.select(F.col("id").alias(id), F.col("people").alias(name))


def probability(log_odds: Column) -> Column:
    """The probability of log odds."""
    from pyspark.sql import functions as F

    return F.lit(1.0) / (F.lit(1.0) + F.exp(-log_odds))
