"""The stages that make scores and decisions of what the columns say: on the cluster, and on the driver where a judge is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import _midband
from .._calling import words
from .._columns import RESULT, arrow_schema, ddl
from .._flags import flags
from .._recipe import sample_size
from .._results import Scores
from .._tables import table_of
from ._actions import run
from ._fit import Fit, compared, people, probability
from ._folder import Folder, digest
from ._linking import Linking
from ._texts import pair_id

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

__all__ = ["Deciding"]

# Steps of probability by which the best cut for F1 is looked for: as the command has it.
_F1_STEPS = 400

# Log odds up to which columns count in a score, either way: as the command has it.
_FARTHEST = 4.0

# Options that shape the decisions.
_OF_GOAL = ("goal", "cost_false_match", "cost_missed_match", "cost_review")


@dataclass(frozen=True)
class Deciding:
    """Scores of linked pairs."""

    folder: Folder
    linking: Linking
    judge: Any
    options: Mapping[str, Any]
    min_proxy: float
    """Probability below which a pair is left out."""

    def scores(self, links: DataFrame, made_of: str) -> DataFrame:
        """The stage ``scores``: ``id``, ``left_id``, ``right_id``, ``rules`` and the columns of a score."""
        from pyspark.sql import functions as F

        kept = links.where(probability(F.col("log_odds")) >= self.min_proxy)
        kept = kept.select(pair_id("left_id", "right_id").alias("id"), "left_id", "right_id", "rules", "log_odds")

        def make() -> DataFrame:
            if self.judge == "none":
                return self._by_columns(kept, kept)
            asked = self.folder.stage("asked", digest("asked", {"scores": made_of}), lambda: self._asked(kept))
            of = kept.join(asked, "id").select("id", "left_id", "right_id", "rules", *RESULT)
            return of.unionByName(self._by_columns(kept.join(asked.select("id"), "id", "left_anti"), kept))

        return self.folder.stage("scores", made_of, make)

    def _by_columns(self, links: DataFrame, every: DataFrame) -> DataFrame:
        """Scores of pairs about which nobody is asked. Of ``every`` pair the goal F1 wants the probability."""
        from pyspark.sql import functions as F

        score = probability(F.greatest(F.least("log_odds", F.lit(_FARTHEST)), F.lit(-_FARTHEST)))
        goal = flags("score", {name: self.options.get(name) for name in _OF_GOAL}, of="match")
        bins = []
        if self.options.get("goal") == "f1":
            step = F.floor(score * _F1_STEPS).alias("step")
            sums = every.groupBy(step).agg(F.avg(score), F.count("*"))
            bins = [(row[1], float(row[2])) for row in run(self.folder.spark, lambda: sums.collect())]
        cut, review = _midband.linked_rule(goal, self.linking.learned["of_people"], self.judge != "none", bins)
        decision = F.when(score >= cut, F.lit("match")).otherwise(F.lit("no_match"))
        if review is not None:
            decision = F.when((score >= review[0]) & (score < review[1]), F.lit("review")).otherwise(decision)
        of: dict[str, Column] = {
            "proxy_score": score,
            "route": F.when(score >= cut, F.lit("accept")).otherwise(F.lit("reject")),
            "score": score,
            "decision": decision,
            "decided_by": F.lit("columns"),
            "status": F.lit("settled"),
            "truncated": F.lit(False),
            "latency_ms": F.lit(0),
        }
        columns = [of.get(name, F.lit(None)).cast(kind).alias(name) for name, kind in RESULT.items()]
        return links.select("id", "left_id", "right_id", "rules", *columns)

    def _asked(self, links: DataFrame) -> DataFrame:
        """Scores of the pairs that are nearest to even odds, as many as a run learns on: the driver asks about them as the
        command does about all."""
        from pyspark.sql import functions as F

        most = sample_size({**self.options, "sample": self.options.get("sample") or None}, None)
        wanted = links.orderBy(F.abs("log_odds"), "id").limit(most)
        linking, fit = self.linking, self.linking.fit
        names, opened = fit.opened().feature_names(), fit.opened()
        left, right = linking.left, linking.right or linking.left
        one = compared(left, opened.headers(False), "l", "left_id").join(people(linking.shares["left"], "left_id", "lp"), "left_id")
        two = compared(right, opened.headers(True), "r", "right_id")
        two = two.join(people(linking.shares.get("right", linking.shares["left"]), "right_id", "rp"), "right_id")
        rows = wanted.join(one, "left_id").join(two, "right_id")
        rows = rows.join(left.texts("left"), "left_id").join(right.texts("right"), "right_id")
        schema = {"id": "string", "a": "string", "b": "string", "log_odds": "double"}
        schema |= {f"feature{at}": "double" for at in range(len(names))}
        table = run(self.folder.spark, lambda: rows.mapInArrow(_features(fit, schema), ddl(schema)).toArrow()).sort_by("id")
        values = table.drop_columns(["id", "a", "b"]).rename_columns(["log_odds", *names])
        options = {name: value for name, value in self.options.items() if name != "sample"}
        with words(self.judge, None) as (more, callable_):
            said = flags("score", {"left": "a", "right": "b", "id": "id", **more, **options}, of="match")
            of_people = bool(linking.learned["of_people"])
            pairs = table.select(["id", "a", "b"])
            scored = Scores(*_midband.score_compared(said, table_of(pairs), table_of(values), of_people, callable_))
        result = arrow_schema({"id": "string", **RESULT})
        return self.folder.spark.createDataFrame(scored.to_arrow().select(result.names).cast(result))


def _features(fit: Fit, schema: Mapping[str, str]) -> Any:
    def features(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            if batch.num_rows == 0:
                continue
            found = pa.table(fit.opened().features(table_of(batch)))
            own = [batch.column(name) for name in ("id", "a", "b", "log_odds")]
            table = pa.table([*own, *found.columns], schema=arrow_schema(schema))
            yield from table.combine_chunks().to_batches()

    return features
