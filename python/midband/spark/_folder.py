"""The folder of a run: a Parquet data set for each stage, and beside it a marker that says what it was made of."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .. import _midband
from ._actions import run

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

__all__ = ["Folder", "digest"]

log = logging.getLogger("midband.spark")


def digest(stage: str, made_of: Mapping[str, object]) -> str:
    """A digest of a stage's name, what it is made of, and midband's version."""
    said = json.dumps({"stage": stage, "version": _midband.__version__, **made_of}, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


class Folder:
    """Where the stages of a run are kept: a path or URL that the cluster reads and writes.

    A stage is whole once its marker is written, which is written last. Whole stages of the same digest are read, all others
    are made again. Everything goes through Spark, so that the driver need not share a file system with the cluster.
    """

    def __init__(self, spark: SparkSession, path: str) -> None:
        self.spark = spark
        self.path = path.rstrip("/")
        # Some engines write no file for no rows, and then nothing on disk says what the columns are.
        self._schemas: dict[str, StructType] = {}

    def at(self, name: str) -> str:
        """The path of a data set."""
        return f"{self.path}/{name}"

    def read(self, name: str) -> DataFrame:
        """A stage that is there."""
        reader = self.spark.read
        if name in self._schemas:
            reader = reader.schema(self._schemas[name])
        return reader.parquet(self.at(name))

    def is_whole(self, name: str, made_of: str) -> bool:
        """Whether a stage of this digest was finished."""
        from pyspark.sql.types import StructType

        for marker in self.rows(f"{name}.whole"):
            if marker["digest"] == made_of:
                if marker.get("columns"):
                    self._schemas[name] = StructType.fromJson(json.loads(str(marker["columns"])))
                return True
        return False

    def stage(
        self,
        name: str,
        made_of: str,
        make: Callable[[], DataFrame],
        check: Callable[[DataFrame], object] | None = None,
    ) -> DataFrame:
        """The stage, made where it is not whole, and whole once its check raises nothing."""
        if not self.is_whole(name, made_of):
            begun = time.monotonic()
            frame = make()
            run(self.spark, lambda: frame.write.mode("overwrite").parquet(self.at(name)))
            self._schemas[name] = frame.schema
            if check is not None:
                check(self.read(name))
            self.finish(name, made_of, time.monotonic() - begun)
        return self.read(name)

    def finish(self, name: str, made_of: str, seconds: float) -> None:
        """Marks a stage as whole."""
        columns = self._schemas[name].json() if name in self._schemas else ""
        self.write_row(f"{name}.whole", {"digest": made_of, "seconds": round(seconds, 3), "columns": columns})
        log.info("stage %s: %.1f s", name, seconds)

    def write_row(self, name: str, row: Mapping[str, object]) -> None:
        """Writes a data set of one row."""
        frame = self.spark.createDataFrame([tuple(row.values())], list(row)).coalesce(1)
        run(self.spark, lambda: frame.write.mode("overwrite").parquet(self.at(name)))

    def rows(self, name: str) -> list[dict[str, object]]:
        """The rows of a small data set; none where it is not there."""
        if not self.exists(name):
            return []
        return [row.asDict() for row in run(self.spark, lambda: self.read(name).collect())]

    def exists(self, name: str) -> bool:
        """Whether a data set is there."""
        from pyspark.errors import PySparkException

        try:
            return bool(run(self.spark, lambda: self.read(name).columns))
        except PySparkException as error:
            said = f"{error.getCondition() or ''} {error}".lower()
            # Engines say it in words of their own; an empty folder, which a kill can leave, has no schema.
            if any(words in said for words in ("path_not_found", "not exist", "not found", "no such", "unable_to_infer")):
                return False
            if "no files found" in said or "infer schema" in said:
                return False
            raise
