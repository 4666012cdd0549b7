"""What a run will take, from a sample."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._scorer import Scorer, learn
from ._actions import run

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Estimate", "estimated"]

# What the score stage may take beside the engine on the same core: for Spark, Arrow and workers that start (docs/spark.md).
OVERHEAD = 1.3

# Bytes that `score` and `scores` keep of a pair, compressed: 22 were measured on 10,000 pairs of records, whose ids are short.
_KEPT = 30

# Passes over the pairs beside scoring: fingerprint, sample, questions.
_PASSES = 3


@dataclass(frozen=True)
class Estimate:
    """What scoring a table will take."""

    pairs: int
    """Rows of the table."""
    pairs_per_core_second: float
    """Speed of the score stage on a core like the driver's."""
    core_hours: float
    """Core hours of the score stage."""
    hours: float
    """Hours of the whole run on the cores that were named: the cluster's, then the judge's."""
    questions: int
    """Pairs that the judge will be asked about."""
    judge_hours: float
    """Hours that the judge takes, whatever the cluster."""
    bytes_read: int
    """Bytes of text that the stages read, all passes together."""
    bytes_kept: int
    """Bytes of the stages' data sets, about."""
    bill: float
    """What core hours and questions cost by the prices that were named."""

    def __str__(self) -> str:
        return (
            f"{self.pairs:,} pairs at {self.pairs_per_core_second:,.0f} a second and core: {self.core_hours:,.2f} core hours; "
            f"{self.questions:,} questions: {self.judge_hours:,.2f} hours of the judge; {self.hours:,.2f} hours in all; "
            f"{self.bytes_read / 1e9:,.2f} GB read, {self.bytes_kept / 1e9:,.2f} GB kept; bill {self.bill:,.2f}"
        )


@dataclass(frozen=True)
class Prices:
    """What things take and cost."""

    cores: int
    core_hour: float
    question: float
    judge_seconds: float
    at_once: int


def estimated(pairs: DataFrame, sample: int, prices: Prices, options: dict[str, Any]) -> Estimate:
    """Learns on one half of a sample without a judge, and times the other half on one core of the driver."""
    from pyspark.sql import functions as F

    if sample < 20:
        raise InputError("a sample of fewer than 20 pairs shows nothing")
    rows = run(pairs.sparkSession, lambda: pairs.count())
    some = pairs.where("a IS NOT NULL AND b IS NOT NULL").orderBy(F.xxhash64(F.col("id").cast("string"))).limit(sample)
    table = run(pairs.sparkSession, lambda: some.toArrow())
    if len(table) < 20:
        raise InputError(f"{len(table)} pairs show nothing")
    half = len(table) // 2
    _, calibration = learn(table.slice(0, half), judge="none", **options)
    scorer = Scorer(calibration, judge="none", **{**options, "threads": 1})
    scorer.score(table.slice(0, 1))
    begun = time.perf_counter()
    scores = scorer.score(table.slice(half))
    speed = (len(table) - half) / (time.perf_counter() - begun)
    asked = scores.summary["routes"].get("ask", 0) / max(scores.summary["pairs"], 1)
    bytes_of_pair = table.nbytes / len(table)
    core_hours = rows / speed * OVERHEAD / 3600
    questions = round(asked * rows)
    judge_hours = questions * prices.judge_seconds / prices.at_once / 3600
    return Estimate(
        pairs=rows,
        pairs_per_core_second=speed,
        core_hours=core_hours,
        hours=core_hours / prices.cores + judge_hours,
        questions=questions,
        judge_hours=judge_hours,
        bytes_read=round(bytes_of_pair * rows * (1 + _PASSES)),
        bytes_kept=_KEPT * rows,
        bill=core_hours * prices.core_hour + questions * prices.question,
    )


