"""Connected components of a graph too large for one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import MidbandError
from ._actions import run
from ._folder import Folder, digest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["components"]

# Rounds grow with the logarithm of the vertices: a billion take about thirty.
_MOST_ROUNDS = 100


def components(folder: Folder, edges: DataFrame, made_of: str, name: str) -> DataFrame:
    """The smallest vertex of the component of each vertex that has an edge: columns ``vertex`` and ``first``.

    Large and small stars in turn (Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii, "Connected Components in MapReduce and
    Beyond", 2014), until nothing changes. Each round is written, so that no round computes those before it again.

    Parameters
    ----------
    edges : DataFrame
        Columns ``a`` and ``b``: strings, the two ends of an edge.
    """
    from pyspark.sql import functions as F

    found = folder.stage(
        f"{name}-0",
        digest(f"{name}-0", {"edges": made_of}),
        lambda: edges.select(F.greatest("a", "b").alias("a"), F.least("a", "b").alias("b")).where("a != b").distinct(),
    )
    before = _state(folder, found)
    for round in range(1, _MOST_ROUNDS):
        last = found
        found = folder.stage(
            f"{name}-{round % 2 + 1}",
            digest(f"{name}-{round}", {"edges": made_of}),
            lambda last=last: _small_star(_large_star(last)),  # type: ignore[misc]
        )
        now = _state(folder, found)
        if now == before:
            # Now every vertex but the first of a component has one edge, to the first.
            firsts = found.select(F.col("b").alias("vertex"), F.col("b").alias("first"))
            return found.select(F.col("a").alias("vertex"), F.col("b").alias("first")).union(firsts).distinct()
        before = now
    raise MidbandError(f"connected components are not found after {_MOST_ROUNDS} rounds: this is a fault of midband's")


def _large_star(edges: DataFrame) -> DataFrame:
    """Joins every larger neighbor of a vertex to the smallest one."""
    from pyspark.sql import functions as F

    both = edges.select(F.col("a").alias("u"), F.col("b").alias("v")).union(
        edges.select(F.col("b").alias("u"), F.col("a").alias("v"))
    )
    least = both.groupBy("u").agg(F.least(F.min("v"), F.first("u")).alias("m"))
    joined = both.join(least, "u").where(F.col("v") > F.col("u"))
    return joined.select(F.col("v").alias("a"), F.col("m").alias("b")).where("a != b").distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Joins every smaller neighbor of a vertex, and the vertex, to the smallest one. Edges point from the larger end."""
    from pyspark.sql import functions as F

    least = edges.groupBy("a").agg(F.min("b").alias("m"))
    neighbours = edges.join(least, "a").select(F.col("b").alias("a"), F.col("m").alias("b"))
    own = least.select("a", F.col("m").alias("b"))
    return neighbours.union(own).where("a != b").distinct()


def _state(folder: Folder, edges: DataFrame) -> tuple[object, ...]:
    """What tells two sets of edges apart."""
    from pyspark.sql import functions as F

    hashed = F.xxhash64("a", "b")
    sums = edges.agg(
        F.count("*"), F.sum(F.shiftrightunsigned(hashed, 32)), F.sum(hashed.bitwiseAND(F.lit(0xFFFFFFFF)))
    )
    return tuple(run(folder.spark, lambda: sums.collect())[0])
