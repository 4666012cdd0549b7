"""The stages that look at many pairs: one partner for a record, and clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .. import _midband
from ._actions import run
from .._columns import arrow_schema, ddl
from ._components import components
from ._folder import Folder, digest
from ._texts import id_type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

__all__ = ["clustered", "list_and_id", "log_odds", "resolved", "vertex", "within"]

# Below it a pair in a cluster contradicts it: as the command has it.
_CLEAR = 0.2


def log_odds() -> Column:
    """Log odds of ``score``."""
    from pyspark.sql import functions as F

    score = F.least(F.greatest(F.coalesce("score", F.lit(0.5)), F.lit(1e-9)), F.lit(1 - 1e-9))
    return F.log(score / (1 - score))


def resolved(folder: Folder, matched: DataFrame, made_of: str, *, many: bool) -> DataFrame:
    """The pairs with a column ``resolved``: why a pair is no match although its score is that of one.

    One to one: the matches with the largest sum of log odds stay, each connected component by itself (docs of ``midband match``).
    Many to one: the best match of each left record. Ties go by the records' ids.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    word = "many_to_one" if many else "one_to_one"
    own = digest(word, {"matched": made_of})
    matches = matched.where(F.col("decision") == "match").select("id", "left_id", "right_id", log_odds().alias("weight"))

    def lost() -> DataFrame:
        if not many:
            return _not_assigned(folder, matches, own)
        best = Window.partitionBy("left_id").orderBy(F.col("weight").desc(), "right_id")
        return matches.withColumn("place", F.row_number().over(best)).where("place > 1").select("id")

    kept = folder.stage("resolved", own, lost)
    columns = [name for name in matched.columns if name != "decision"]
    joined = matched.join(kept.select("id", F.lit(word).alias("resolved")), "id", "left")
    decision = F.when(F.col("resolved").isNotNull(), F.lit("no_match")).otherwise(F.col("decision"))
    return joined.select(*columns, decision.alias("decision"), "resolved")


def _not_assigned(folder: Folder, matches: DataFrame, made_of: str) -> DataFrame:
    """Ids of the matches that the best assignment leaves out."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    # A match whose records have no other stays, and has no part in what follows.
    of_left = F.count("*").over(Window.partitionBy("left_id"))
    of_right = F.count("*").over(Window.partitionBy("right_id"))
    counted = matches.withColumns({"of_left": of_left, "of_right": of_right})
    contested = folder.stage(
        "contested",
        digest("contested", {"matches": made_of}),
        lambda: counted.where("of_left > 1 OR of_right > 1").select("id", "left_id", "right_id", "weight"),
    )
    left, right = vertex("left_id", "l"), vertex("right_id", "r")
    firsts = components(folder, contested.select(left.alias("a"), right.alias("b")), made_of, "assigned")
    least = run(folder.spark, lambda: matches.agg(F.min("weight")).collect())[0][0]
    # What a policy calls a match may begin below even odds.
    base = min(0.0, least or 0.0)
    grouped = contested.join(firsts, left == F.col("vertex")).repartition("first")
    types = {name: id_type(contested, name) for name in ("id", "left_id", "right_id")}

    def lost(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        table = pa.Table.from_batches(list(batches), arrow_schema({**types, "weight": "double"}))

        def numbered(name: str) -> list[int]:
            ids = table.column(name).to_pylist()
            numbers = {id: number for number, id in enumerate(sorted(set(ids)))}
            return [numbers[id] for id in ids]

        weights = [weight - base for weight in table.column("weight").to_pylist()]
        stays = _midband.partners(numbered("left_id"), numbered("right_id"), weights, False)
        out = table.select(["id"]).filter(pa.array([not stay for stay in stays], pa.bool_()))
        yield from out.combine_chunks().to_batches()

    return grouped.select("id", "left_id", "right_id", "weight").mapInArrow(lost, ddl({"id": types["id"]}))


def vertex(column: str, side: str) -> Column:
    """A record as a vertex of a graph: its list and its id."""
    from pyspark.sql import functions as F

    return F.concat(F.lit(f"{side}:"), F.col(column).cast("string"))


def within(ends: DataFrame, firsts: DataFrame) -> DataFrame:
    """Of pairs with the ends ``a`` and ``b`` those within one component, with its first vertex ``of_a``."""
    from pyspark.sql import functions as F

    for end in ("a", "b"):
        ends = ends.join(firsts.select(F.col("vertex").alias(end), F.col("first").alias(f"of_{end}")), end)
    return ends.where("of_a = of_b")


def list_and_id() -> list[Column]:
    """What a vertex names."""
    from pyspark.sql import functions as F

    side = F.when(F.col("vertex").startswith("r:"), "right").otherwise("left")
    return [side.alias("list"), F.expr("substring(vertex, 3)").alias("id")]


def clustered(folder: Folder, matched: DataFrame, made_of: str, *, two_lists: bool) -> DataFrame:
    """Records that belong together: ``list``, ``id`` (as text), ``cluster`` (the smallest record of it), ``contradicted`` where
    a pair within is clearly none. Records without a match are in no row."""
    from pyspark.sql import functions as F

    own = digest("clusters", {"matched": made_of})
    left, right = vertex("left_id", "l"), vertex("right_id", "r" if two_lists else "l")

    def make() -> DataFrame:
        edges = matched.where(F.col("decision") == "match").select(left.alias("a"), right.alias("b"))
        firsts = components(folder, edges, own, "clusters")
        clear = matched.where((F.col("decision") == "no_match") & (F.col("score") < _CLEAR))
        ends = clear.select(left.alias("a"), right.alias("b"))
        against = within(ends, firsts).select(F.col("of_a").alias("first"), F.lit(True).alias("against")).distinct()
        return firsts.join(against, "first", "left").select(
            *list_and_id(),
            F.col("first").alias("cluster"),
            F.coalesce("against", F.lit(False)).alias("contradicted"),
        )

    return folder.stage("clusters", own, make)
