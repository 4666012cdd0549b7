"""The stages of scoring: learn on a sample, score everything else, ask, combine."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import InputError, MidbandError
from .._results import Calibration
from .._scorer import learn
from ._actions import run
from ._asking import Asking
from .._columns import ASKED, RESULT, SCORED, arrow_schema, ddl
from ._folder import Folder, digest
from .._recipe import MOST_TEXT_BYTES, Recipe, check_options, opened, ranked, sample_size, scored
from ._texts import fingerprint, id_type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

__all__ = ["Scoring", "name_of", "run_options", "shaping"]

# Before the first and behind the last place that a pair can have.
_FIRST, _LAST = -(1 << 63), (1 << 63) - 1

# Options that shape neither a score nor a question.
_OF_PLACE = {"cache", "threads", "onnxruntime", "in_flight", "keep_alive"}


def run_options(options: Mapping[str, Any], folder: Folder) -> dict[str, Any]:
    """The options that are given, and where verdicts are kept."""
    check_options(options)
    given = {name: value for name, value in options.items() if value is not None}
    if "cache" not in given and is_local(folder.path):
        given["cache"] = os.path.join(folder.path, "cache")
    return given


def shaping(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that shape a score or a question."""
    return {name: value for name, value in options.items() if name not in _OF_PLACE}


@dataclass
class Scoring:
    """A run over pairs."""

    folder: Folder
    pairs: DataFrame
    """``id``, ``a``, ``b``."""
    judge: Any
    options: dict[str, Any]
    calibration: Calibration | None = None
    given: tuple[int, str] | None = None
    """Rows of the pairs and their fingerprint, where they are known."""
    made_of: str = field(init=False, default="")
    """The digest of the scores, once they are there."""
    seed: int = field(init=False)
    sample: int = field(init=False)
    id_type: str = field(init=False)

    def __post_init__(self) -> None:
        self.options = run_options(self.options, self.folder)
        self.seed = int(self.options.get("seed") or 0)
        self.sample = sample_size(self.options, self.calibration)
        self.id_type = id_type(self.pairs, "id")

    def result(self) -> DataFrame:
        """Runs the stages that are not whole, and gives the scores."""
        rows, pairs = self.given or fingerprint(self.pairs, "id")
        learnt = digest(
            "learn",
            {
                "pairs": pairs,
                "options": shaping(self.options),
                "calibration": self.calibration and self.calibration.json,
                "judge": name_of(self.judge),
            },
        )
        calibration, last = self._learn(learnt)
        recipe = Recipe.of(calibration, self.options)
        score = digest("score", {"learn": learnt})
        self.folder.stage("score", score, lambda: self._score(recipe, last))
        asking = Asking(self.folder, self.pairs, self.judge, recipe, self.options, score)
        answered = self.judge != "none" and asking.ask()
        self.made_of = digest("scores", {"score": score, "answered": answered})
        return self.folder.stage(
            "scores",
            self.made_of,
            lambda: self._combine(asking.asked() if answered else None),
            lambda scores: self._count(scores, rows),
        )

    def _learn(self, made_of: str) -> tuple[str, int]:
        """The calibration, and the last place of a pair that it was learned from."""
        if self.folder.is_whole("calibration", made_of):
            (row,) = self.folder.rows("calibration")
            return str(row["json"]), int(str(row["last"]))
        begun = time.monotonic()
        calibration, last = self.calibration, _FIRST
        if self.sample > 0:
            calibration, last = self._learn_on_sample()
        assert calibration is not None
        self.folder.write_row("calibration", {"json": calibration.json, "last": last})
        self.folder.finish("calibration", made_of, time.monotonic() - begun)
        return calibration.json, last

    def _learn_on_sample(self) -> tuple[Calibration, int]:
        """What a run over the pairs that come first in the seed's order learns: the command's own sample."""
        spark = self.folder.spark
        sampled = run(spark, lambda: self._sampled().toArrow())
        ranks = sampled.column("rank").to_pylist()
        if not ranks:
            raise InputError("no row is a pair: texts are missing")
        known: dict[str, Any] = {} if self.calibration is None else {"calibration": self.calibration}
        options = {**self.options, "sample": self.sample}
        scores, calibration = learn(sampled.drop_columns(["rank"]), judge=self.judge, **known, **options)
        schema = arrow_schema({"id": self.id_type, **RESULT})
        frame = spark.createDataFrame(scores.to_arrow().select(schema.names).cast(schema))
        run(spark, lambda: frame.write.mode("overwrite").parquet(self.folder.at("learn")))
        return calibration, _LAST if len(ranks) < self.sample else max(ranks)

    def _sampled(self) -> DataFrame:
        from pyspark.sql import functions as F

        seed, most_bytes = self.seed, self._most_bytes()

        def places(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield ranked(batch, seed, most_bytes)

        columns = {"id": self.id_type, "a": "string", "b": "string", "rank": "bigint"}
        with_ranks = self.pairs.mapInArrow(places, ddl(columns)).where(F.col("rank").isNotNull())
        return with_ranks.orderBy("rank").limit(self.sample)

    def _score(self, recipe: Recipe, last: int) -> DataFrame:
        """Scores of the pairs behind the sample, with rows that are no pairs."""
        seed, most_bytes = self.seed, self._most_bytes()
        columns = {"id": self.id_type, **SCORED, "rejected": "string"}
        everything = last == _FIRST

        def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow.compute as pc

            def behind() -> Iterator[pa.RecordBatch]:
                for batch in batches:
                    if everything:
                        yield batch
                        continue
                    ranks = ranked(batch, seed, most_bytes).column("rank")
                    yield batch.filter(pc.fill_null(pc.greater(ranks, last), True))

            yield from scored(opened(recipe), behind(), arrow_schema(columns))

        return self.pairs.mapInArrow(score, ddl(columns))

    def _combine(self, asked: DataFrame | None) -> DataFrame:
        """One row for each pair: of the sample as it was learned from, of the others with the verdicts where they were asked."""
        from pyspark.sql import functions as F

        score = self.folder.read("score").where(F.col("rejected").isNull())
        unasked = {"judge_score": F.lit(None), "latency_ms": F.lit(0)}

        def before(name: str, kind: str) -> Column:
            return unasked.get(name, F.col(name)).cast(kind)

        def after(name: str, kind: str) -> Column:
            if name not in ASKED:
                return F.col(name)
            return F.when(F.col("is_asked"), F.col(f"asked_{name}")).otherwise(before(name, kind)).alias(name)

        if asked is None:
            joined = score.select("id", *[before(name, kind).alias(name) for name, kind in RESULT.items()])
        else:
            answers = asked.select("id", F.lit(True).alias("is_asked"), *[F.col(name).alias(f"asked_{name}") for name in ASKED])
            joined = score.join(answers, "id", "left").select("id", *[after(name, kind) for name, kind in RESULT.items()])
        if self.sample == 0:
            return joined
        return self.folder.read("learn").select("id", *RESULT).unionByName(joined)

    def _count(self, scores: DataFrame, rows: int) -> None:
        """Every row once: a fault here must not pass for a result."""
        from pyspark.sql import functions as F

        counted = scores.agg(F.count("*").alias("rows"), F.count_distinct("id").alias("ids"))
        found = run(self.folder.spark, lambda: counted.collect())[0]
        lost = self.folder.read("score").where(F.col("rejected").isNotNull())
        rejected = run(self.folder.spark, lambda: lost.count())
        if found["rows"] != found["ids"] or found["rows"] + rejected != rows:
            raise MidbandError(
                f"{rows} rows came in; {found['rows']} scores of {found['ids']} pairs and {rejected} rejected rows came out. "
                "Did the table change while it was read? Else this is a fault of midband's"
            )

    def _most_bytes(self) -> int:
        return int(self.options.get("max_text_bytes") or MOST_TEXT_BYTES)


def name_of(judge: object) -> object:
    """What tells judges apart."""
    if judge is None or isinstance(judge, str):
        return judge
    named = judge if hasattr(judge, "__qualname__") else type(judge)
    return f"{named.__module__}.{named.__qualname__}"


def is_local(path: str) -> bool:
    """Whether a folder is a path of this machine, and not a URL."""
    return re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]+:", path) is None
