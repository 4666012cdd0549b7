"""What other records say about a pair: rivals between two clean lists, a third record within one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._columns import arrow_schema, ddl
from .._tables import table_of
from .. import _midband
from ._actions import run
from ._blocking import Records
from ._components import components
from ._fit import Fit, compared, people, probability
from ._folder import Folder, digest
from ._texts import id_type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

__all__ = ["ThirdRecords", "by_rivals"]

# Records with several partners, of those with any, up to which two lists look clean, and how many must have any: as the command
# has it.
_UNCLEAN, _ENOUGH = 0.02, 20

# Rounds in which the share of records with a partner is found: as the command has it.
_ROUNDS = 10


def by_rivals(folder: Folder, scored: DataFrame, made_of: str, smaller: int, *, one_to_one: bool) -> DataFrame:
    """Between two clean lists the odds of a pair stand against those of its rivals and against "no partner". ``smaller`` is the
    length of the shorter list."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    if not (one_to_one or _look_clean(folder, scored)):
        return scored
    odds = F.exp("log_odds")
    of = [F.sum(odds).over(Window.partitionBy(end)) for end in ("left_id", "right_id")]
    rivals = F.greatest(of[0] - odds, F.lit(0.0)) + F.greatest(of[1] - odds, F.lit(0.0))
    near = folder.stage("rivals", digest("rivals", {"links": made_of}), lambda: scored.withColumn("rivals", rivals))
    # The more records have a partner, the less likely a record is to have none.
    matched, after = 0.0, F.col("log_odds")
    for _ in range(_ROUNDS):
        none = max(1.0 - matched / max(smaller, 1), 0.01)
        after = F.col("log_odds") - F.log(F.lit(none) + F.col("rivals"))
        sums = near.agg(F.sum(probability(after)))
        (row,) = run(folder.spark, lambda sums=sums: sums.collect())  # type: ignore[misc]
        matched = min(row[0] or 0.0, float(smaller))
    return near.withColumn("log_odds", after).drop("rivals")


def _look_clean(folder: Folder, scored: DataFrame) -> bool:
    """Whether hardly a record has more than one partner at odds of 1 or more."""
    from pyspark.sql import functions as F

    likely = scored.where("log_odds >= 0")
    one, two = (likely.groupBy(end).agg(F.count("*").alias("partners")).select("partners") for end in ("left_id", "right_id"))
    counts = one.union(two).agg(F.count("*"), F.sum(F.when(F.col("partners") > 1, 1).otherwise(0)))
    (row,) = run(folder.spark, lambda: counts.collect())
    with_any, with_several = int(row[0]), int(row[1] or 0)
    return with_any > _ENOUGH and with_several <= _UNCLEAN * with_any


@dataclass(frozen=True)
class ThirdRecords:
    """Two records of one list that each match a third one are of one person, as far as their columns do not speak against it.
    Only connected components tell, each by itself, by the command's own code."""

    folder: Folder
    records: Records
    fit: Fit
    shares: DataFrame
    made_of: str

    def weighed(self, scored: DataFrame) -> DataFrame:
        """The pairs with the log odds that they have then, and pairs that third records bring together."""
        from pyspark.sql import functions as F

        joined = scored.join(self._changed(scored), ["left_id", "right_id"], "full")
        return joined.select(
            "left_id",
            "right_id",
            F.coalesce("rules", F.lit(0).cast("bigint")).alias("rules"),
            F.coalesce("after", "log_odds").alias("log_odds"),
        )

    def _changed(self, scored: DataFrame) -> DataFrame:
        """``left_id``, ``right_id`` and ``after``: of pairs whose log odds change."""
        from pyspark.sql import functions as F

        matching = scored.where("log_odds >= 0").select("left_id", "right_id", "log_odds")
        ends = [F.col(end).cast("string").alias(name) for end, name in (("left_id", "a"), ("right_id", "b"))]
        firsts = components(self.folder, matching.select(*ends), self.made_of, "linked")
        edges = matching.withColumn("vertex", F.col("left_id").cast("string")).join(firsts, "vertex")
        # A pair that stands alone hears of nobody else.
        several = edges.groupBy("first").agg(F.count("*").alias("edges")).where("edges > 1").select("first")
        edges = edges.join(several, "first").select("first", "left_id", "right_id", "log_odds")
        fit, headers = self.fit, self.fit.opened().headers(False)
        for end, letter in (("left_id", "l"), ("right_id", "r")):
            edges = edges.join(compared(self.records, headers, letter, end), end)
            edges = edges.join(people(self.shares, end, f"{letter}p"), end)
        kind = id_type(self.records.frame, self.records.id)
        schema = {"left_id": kind, "right_id": kind, "after": "double"}

        def changed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow as pa

            whole = list(batches)
            if sum(batch.num_rows for batch in whole):
                yield from _weighed(pa.Table.from_batches(whole), fit, len(headers), arrow_schema(schema)).to_batches()

        return edges.repartition("first").mapInArrow(changed, ddl(schema))


def _weighed(edges: pa.Table, fit: Fit, width: int, schema: pa.Schema) -> pa.Table:
    """What third records say of whole components."""
    import pyarrow as pa

    left, right = edges.column("left_id").to_pylist(), edges.column("right_id").to_pylist()
    row_of: dict[Any, tuple[int, str]] = {}
    for row, (one, two) in enumerate(zip(left, right)):
        row_of.setdefault(one, (row, "l"))
        row_of.setdefault(two, (row, "r"))
    ids = sorted(row_of)
    number = {id: at for at, id in enumerate(ids)}
    count = len(edges)
    places = pa.array([row + (0 if side == "l" else count) for row, side in (row_of[id] for id in ids)], pa.int64())
    records = {}
    for name, one, two in [*((f"c{at}", f"l{at}", f"r{at}") for at in range(width)), ("people", "lp", "rp")]:
        both = pa.chunked_array([*edges.column(one).chunks, *edges.column(two).chunks])
        records[name] = both.take(places)
    odds = edges.column("log_odds").to_pylist()
    links = sorted((*sorted((number[one], number[two])), weight) for one, two, weight in zip(left, right, odds))
    found = pa.table(
        fit.opened().by_third_record(
            table_of(pa.table(records)), [link[0] for link in links], [link[1] for link in links], [link[2] for link in links]
        )
    )
    ends = {f"{side}_id": [ids[at] for at in found.column(side).to_pylist()] for side in ("left", "right")}
    return pa.table({**ends, "after": found.column("log_odds")}, schema=schema)
