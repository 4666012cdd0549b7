"""The stage that asks: on the driver, through one queue with one limit and a durable cache of verdicts. Never in executors: a
judge answers a few pairs a second, however many machines ask."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import JudgeError
from .._scorer import Scorer
from ._actions import run
from .._columns import ASKED, arrow_schema
from ._folder import Folder, digest
from .._recipe import Recipe, nobody_answered
from ._texts import id_type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

__all__ = ["Asking"]

log = logging.getLogger("midband.spark")

# Pairs that are fetched together: one job of the cluster for hours of a judge.
_PAGE = 20_000

# Pairs that are written together, at first; then as many as take so many seconds.
_CHUNK, _MOST = 64, 16_384
_SECONDS = 20.0


@dataclass
class Asking:
    """Asks about the pairs of the score stage that were routed to the judge."""

    folder: Folder
    pairs: DataFrame
    judge: Any
    recipe: Recipe
    options: Mapping[str, Any]
    made_of: str
    """The digest of the score stage."""

    @property
    def name(self) -> str:
        """The data set. Verdicts on other scores are in another one."""
        return f"asked-{self.made_of[:12]}"

    def asked(self) -> DataFrame:
        """What asking came to, by id."""
        return self.folder.read(self.name)

    def ask(self) -> bool:
        """Asks what is still open. False where there is nothing that was asked, or nobody.

        Raises
        ------
        JudgeError
            A judge that was named can't be asked. What it answered before is kept.
        """
        made_of = digest("ask", {"score": self.made_of})
        if not self.folder.is_whole("ask", made_of):
            begun = time.monotonic()
            if not self._ask_all():
                return False
            self.folder.finish("ask", made_of, time.monotonic() - begun)
        return self.folder.exists(self.name)

    def _ask_all(self) -> bool:
        scorer: Scorer | None = None
        size = _CHUNK
        while True:
            page = run(self.folder.spark, lambda: self._open().toArrow())
            if len(page) == 0:
                return True
            if scorer is None:
                scorer = self.recipe.asking(self.judge, self.options)
            at = 0
            while at < len(page):
                begun = time.monotonic()
                chunk = page.slice(at, size)
                at += len(chunk)
                if not self._keep(scorer.score(chunk).to_arrow()):
                    return False
                took = time.monotonic() - begun
                if took < _SECONDS / 2:
                    size = min(2 * size, _MOST)
                elif took > 2 * _SECONDS:
                    size = max(size // 2, 16)

    def _open(self) -> DataFrame:
        """Pairs that wait for a verdict, with their texts, which are never written."""
        from pyspark.sql import functions as F

        waiting = self.folder.read("score").where(F.col("route") == "ask").select("id")
        if self.folder.exists(self.name):
            waiting = waiting.join(self.asked().select("id"), "id", "left_anti")
        return self.pairs.join(waiting, "id", "left_semi").select("id", "a", "b").orderBy("id").limit(_PAGE)

    def _keep(self, answers: pa.Table) -> bool:
        """Writes answers. False where there was nobody to ask, which is no answer."""
        statuses = answers.column("status").to_pylist()
        if nobody_answered(statuses):
            if self.judge is not None:
                raise JudgeError(f"no pair could be asked: {statuses[0]}")
            log.warning("no judge answers: pairs that want one stay unanswered, and are asked about in the next run")
            return False
        schema = arrow_schema({"id": id_type(self.pairs, "id"), **ASKED})
        frame = self.folder.spark.createDataFrame(answers.select(schema.names).cast(schema)).coalesce(1)
        run(self.folder.spark, lambda: frame.write.mode("append").parquet(self.folder.at(self.name)))
        return True
